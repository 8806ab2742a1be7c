"""A month rated again: the passages that a tariff gives, what none prices, and what cannot be."""

from datetime import date

import pytest

from cvq.billing.uses import month_of
from cvq.billing.what_if_items import NothingUsed, NotReplaced, replaced
from cvq.config import what_if as command
from cvq.rights.models import ProductKind
from cvq.rules.tariff.document import compile_text
from cvq.taps.used_again import keepers
from rated_again import JUNE, asked, by, codes, compared, verified, written
from town import ZONE, Town
from town_plan import VISIT

SINCE = date(2025, 1, 1)
A_MEAL = """
    tariff: repas-2026
    title: Repas 2026
    items:
      repas:
        title: Repas
        grain: meal
        lines:
          - {label: Repas, amount: 3.50}
"""


def test_a_swim_that_the_tariff_gives_is_rated_and_one_on_a_pass_is_not(town: Town) -> None:
    town.family("Petit", topped_up="20,00")
    town.child("Petit", "Zoé", card="small", born_on=date(2022, 3, 2))
    town.tap("small", where="GâtinéO", at="15:00")
    town.tap("small", where="GâtinéO sortie", at="16:00")
    town.family("Nageur", card="year")
    town.give("year", town.product("ANNUEL", ProductKind.PASS, "GâtinéO"))
    town.tap("year", where="GâtinéO", at="15:00")
    town.family("Carnet", card="ten")
    carnet = town.product("DIX", ProductKind.CARNET, "GâtinéO", unit="ENTRY", amount=10)
    town.give("ten", carnet)
    town.tap("ten", where="GâtinéO", at="15:00")
    town.family("Payeur", card="paying", topped_up="20,00")
    town.tap("paying", where="GâtinéO", at="15:00")
    draft = by(
        """
        tariff: piscine
        title: Piscine
        inputs: {age: required, resident: required}
        items:
          entree:
            title: Entrée
            grain: visit
            lines:
              - choose:
                  - {label: Petits, when: age < 5 and resident, amount: 1}
                  - {label: Entrée, amount: 4.50}
    """,
        "entree=Entrée piscine",
        code="Entrée piscine",
    )

    found = compared(town, draft)
    services = keepers(town.connection, JUNE, ZONE)

    assert (found.total.uses, found.total.billed, found.total.drafted) == (2, 450, 550)
    assert (found.no_longer_free.uses, found.communes["Parthenay"].uses) == (1, 2)
    assert (verified(town).free, verified(town).wrong) == (1, [])
    assert services[1].outside(JUNE) == {"PASS": 1, "CARNET": 1}
    elsewhere = month_of(JUNE.first, ["Cantine"])
    assert keepers(town.connection, elsewhere, ZONE)[1].outside(elsewhere) == {}
    assert [len(services[1].of_day(date(2025, 6, 3)).free), services[1].of_day(SINCE).free] == [
        1,
        (),
    ]
    assert len(services[1].of_day(date(2025, 6, 3)).free) == 1


def test_the_free_visit_of_a_firm_is_rated_and_that_of_a_family_is_not(town: Town) -> None:
    free = {**VISIT, "rows": [{"when": {}, "cents": 0, "label": "gratuit"}]}
    town.tariff(town.points["Déchèterie"].service, free, since=SINCE)
    town.product("DECHETTERIE", ProductKind.QUOTA, unit="VISIT", amount=3)
    town.firm("Maçon", card="m")
    town.tap("m", where="Déchèterie", at="10:00")
    town.family("Petit", card="p")
    town.tap("p", where="Déchèterie", at="10:00")
    draft = by(
        """
        tariff: dechetterie
        title: Déchèterie
        items:
          passage:
            title: Passage
            grain: visit
            lines:
              - {label: Passage, amount: 20}
    """,
        "passage=Passage professionnel",
        code="Passage professionnel",
    )

    found = compared(town, draft)

    assert (found.total.uses, found.total.drafted) == (1, 2000)
    assert found.communes == {"": found.total}
    assert keepers(town.connection, JUNE, ZONE)[1].outside(JUNE) == {"QUOTA": 1}


def test_where_a_swim_was_is_found_again_once_its_tap_is_purged(town: Town) -> None:
    town.family("Petit", topped_up="20,00")
    town.child("Petit", "Zoé", card="small", born_on=date(2022, 3, 2))
    town.tap("small", where="GâtinéO", at="15:00")
    town.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    town.connection.execute("ALTER TABLE taps_tapevent DISABLE TRIGGER USER")
    town.connection.execute("DELETE FROM taps_tapevent")

    assert codes(town) == ["Entrée piscine"]
    assert verified(town).free == 1


@pytest.mark.parametrize("grain", ["household_day", "week", "month", "term", "year", "stay"])
def test_a_price_of_more_than_a_use_says_what_to_do(grain: str) -> None:
    items = compile_text(written(A_MEAL).replace("grain: meal", f"grain: {grain}")).items

    with pytest.raises(NotReplaced) as refused:
        replaced(items, ["Repas"], [])

    told = str(refused.value)
    assert f"« repas » se calcule par {grain}" in told
    assert "ce que coûte chaque usage (grain : meal, session, child_day" in told
    assert "« cvq tariff rate »" in told


def test_a_price_over_a_list_says_what_to_do() -> None:
    items = compile_text(
        written("""
        tariff: fratrie
        title: Fratrie
        inputs:
          enfants: {list: {age: {type: count, missing: required}}, missing: required}
        items:
          repas:
            title: Repas
            grain: meal
            lines:
              - {label: Repas, each: enfants, amount: 3}
    """)
    ).items

    with pytest.raises(NotReplaced, match=r"lit une liste \(enfants\).*children_present"):
        replaced(items, ["Repas"], [])


def test_a_service_that_does_not_exist_is_said_so(town: Town) -> None:
    with pytest.raises(NothingUsed, match="Aucun service n'a le code « Cantines »"):
        command.do(asked(service=["Cantines"]), town.connection)
