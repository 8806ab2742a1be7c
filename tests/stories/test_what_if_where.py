"""A month priced again where a draft is for: its services, and a word on what is left out."""

import json
from pathlib import Path

import pytest

from cvq.billing.what_if_items import NothingUsed, NotReplaced
from cvq.billing.what_if_told import Side, sides
from cvq.billing.what_if_words import by_how_much, whose
from cvq.catalog.models import Service, TariffVersion
from cvq.config import what_if as command
from cvq.config.commands.tariff import NoTariff
from drafts import changed, drafted
from rated_again import asked, charge, eat, written
from town import Town

FAMILIES = 12
MEALS_AND_SWIMS = """
    tariff: ensemble-2026
    title: Ensemble 2026
    items:
      repas:
        title: Repas
        grain: meal
        lines:
          - {label: Repas, amount: 4}
      entree:
        title: Entrée
        grain: visit
        lines:
          - {label: Entrée, amount: 5}
"""
BOTH = ["repas=Repas", "entree=Entrée piscine"]


@pytest.fixture
def june(town: Town) -> Town:
    """Return the town where a dozen families eat and as many swim."""
    for number in range(FAMILIES):
        eat(town, number)
        town.family(f"Nageur {number}", card=f"n{number}", topped_up="20,00")
        town.tap(f"n{number}", where="GâtinéO", at="15:00")
    charge(town)
    return town


@pytest.fixture
def together(tmp_path: Path) -> Path:
    """Return the file of a draft of meals and swims."""
    path = tmp_path / "ensemble.yaml"
    path.write_text(written(MEALS_AND_SWIMS), encoding="utf-8")
    return path


def test_a_draft_is_priced_in_the_services_that_are_told_and_in_no_other(
    june: Town, together: Path, capsys
) -> None:
    both = asked(together, service=["Cantine", "GâtinéO"], item=BOTH, json=True)
    assert command.do(both, june.connection) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["total"]["uses"], told["services"], told["service"]) == (24, 2, "Cantine, GâtinéO")

    alone = asked(together, service=["Cantine"], item=["repas=Repas"])
    assert command.do(alone, june.connection) == 0

    figures = " ".join(capsys.readouterr().out.split())
    assert "total 12 12 42,00 € 48,00 € +6,00 €" in figures
    assert "« repas » à la place de Repas. Parthenay, 1 service : Cantine." in figures
    assert "Attention" not in figures


def test_a_service_that_does_not_exist_is_an_error_among_others(june: Town, together: Path) -> None:
    with pytest.raises(NothingUsed, match="Aucun service n'a le code « Cantines »"):
        command.do(asked(together, service=["Cantine", "Cantines"]), june.connection)


def test_without_a_service_it_says_where_and_warns_that_several_councils_decide(
    june: Town, together: Path, capsys
) -> None:
    assert command.do(asked(together, item=BOTH), june.connection) == 0
    figures = " ".join(capsys.readouterr().out.split())

    assert "CC, 1 service : GâtinéO. Parthenay, 1 service : Cantine." in figures
    assert "Attention : 2 collectivités votent ces prix, chacune les siens." in figures
    assert "Ne rejouez que les services du brouillon : --draft CODE, ou --service A B." in figures

    assert command.do(asked(together, item=BOTH, json=True), june.connection) == 0
    assert json.loads(capsys.readouterr().out)["authorities"] == {"CC": 1, "Parthenay": 1}


def test_a_draft_of_the_catalogue_is_priced_in_the_services_that_it_is_for(
    june: Town, capsys
) -> None:
    document = drafted(june)
    changed(document, "4.50", "5.00")
    lake = Service.objects.create(
        code="Plan d'eau", name="Plan d'eau", purpose="POOL", authority=pool().authority
    )
    TariffVersion.objects.create(document=document, service=lake, number=1)
    item = f"pool_entry={'Entrée piscine'}"

    assert command.do(asked(draft="Plan d'eau", item=[item], json=True), june.connection) == 0

    told = json.loads(capsys.readouterr().out)
    assert (told["service"], told["total"]["uses"]) == ("GâtinéO, Plan d'eau", FAMILIES)
    assert told["total"]["difference_cents"] == FAMILIES * 50
    with pytest.raises(NoTariff, match="« Cantine » n'est pas un service qui prépare un tarif"):
        command.do(asked(draft="Cantine"), june.connection)


def pool() -> Service:
    return Service.objects.select_related("authority").get(code="GâtinéO")


def test_a_month_that_has_no_use_of_it_says_so_and_which_months_have(
    june: Town, together: Path
) -> None:
    june.family("Tardif", card="late", topped_up="20,00")
    with pytest.raises(NothingUsed) as none:
        command.do(
            asked(together, month="2025-05", service=["Cantine", "GâtinéO"], item=BOTH),
            june.connection,
        )
    assert str(none.value) == "Aucun usage que le tarif fixe en mai 2025, Cantine, GâtinéO."

    june.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    june.connection.execute("ALTER TABLE billing_charge DISABLE TRIGGER USER")
    june.connection.execute(
        "UPDATE billing_charge SET occurred_on = '2025-05-20' WHERE service_id = %s", [pool().pk]
    )
    with pytest.raises(NothingUsed) as meals:
        command.do(asked(together, month="2025-05", item=BOTH), june.connection)

    assert str(meals.value) == (
        "Aucun usage de « Repas » (Repas) en mai 2025. Il y en a de facturés en : juin 2025."
    )
    with pytest.raises(NotReplaced, match="s'écrit PRIX=CODE"):
        command.do(asked(together, item=["repas=REPAS"]), june.connection)


def test_sides_that_are_told_together_say_why_and_no_amount() -> None:
    changes = dict(enumerate([5] * 4 + [-5] * 40 + [0] * 20))

    two, less = sides(changes, {})

    assert (whose(two), len(two.sizes)) == ("paient plus ou autant", 24)
    assert by_how_much(two) == "ensemble, car l'un des deux groupes compte moins de 11 payeurs"
    assert by_how_much(less) == "la moitié d'au moins 0,05 €, un sur dix d'au moins 0,05 €"
    three = Side(("more", "same", "less"), [1] * 30)
    assert whose(three) == "paient plus, autant ou moins"
    assert by_how_much(three) == "ensemble, car l'un de ces groupes compte moins de 11 payeurs"


def test_a_month_of_few_says_why_it_is_masked_and_what_would_show_it(
    town: Town, together: Path, capsys
) -> None:
    for number in range(3):
        eat(town, number)
    charge(town)

    assert command.do(asked(together, item=["repas=Repas"]), town.connection) == 0

    told = " ".join(capsys.readouterr().out.split())
    assert "Masqué : le chiffre de moins de 11 payeurs dirait ce que paie une famille." in told
    assert "rejouez ensemble plus de services, ou un mois où l'on est venu davantage." in told
    assert told.count("€") == 0
