"""A month charged again: by what was in force, to the cent; by a draft, and nothing is written."""

import json
from datetime import date
from typing import Any

import pytest
from psycopg import errors

from cvq.billing import what_if_told as told_of
from cvq.billing.models import Charge
from cvq.billing.uses import Month
from cvq.billing.what_if import Group
from cvq.billing.what_if_items import NothingUsed, NotReplaced, replaced
from cvq.catalog.models import Tariff
from cvq.config import what_if as command
from cvq.config import what_if_shown as shown
from cvq.rules.tariff.document import compile_text
from cvq.taps.used_again import Replayed
from rated_again import JUNE, asked, by, charge, codes, compared, eat, meal_at, verified, written
from town import Town

PROTOCOL = "repas apporté, protocole médical (PAI)"
FAMILIES = 24  # half of them with a low quotient
BOOKS = (
    "billing_charge",
    "billing_allocation",
    "ledger_entry",
    "ledger_transfer",
    "ledger_account",
)
TEN_PERCENT_MORE = meal_at("2.20", "3.85")


def digest(town: Town) -> list[Any]:
    return [
        town.connection.execute(
            f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} AS t"
        ).fetchone()
        for table in BOOKS
    ]


@pytest.fixture
def june(town: Town) -> Town:
    """Return the town once the meals of two dozen families are charged."""
    for number in range(FAMILIES):
        eat(town, number, quotient=480 if number % 2 else None)
    charge(town)
    return town


def test_the_tariff_in_force_gives_what_was_billed(june: Town, capsys) -> None:
    found = verified(june)

    assert (found.charges, found.billed) == (FAMILIES, 12 * 200 + 12 * 350)
    assert (found.wrong, found.difference) == ([], 0)
    assert command.do(asked(), june.connection) == 0
    assert capsys.readouterr().out == (
        "Juin 2025 : 24 usages avec le tarif en vigueur, dont 0 gratuits, 66,00 € ; écart 0,00 €.\n"
    )


def test_a_charge_that_its_tariff_prices_otherwise_now_is_told(june: Town, capsys) -> None:
    voted = Tariff.objects.get(code="Repas")
    voted.document["rows"][1]["cents"] = 360
    june.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    june.connection.execute("ALTER TABLE catalog_tariff DISABLE TRIGGER USER")
    Tariff.objects.filter(pk=voted.pk).update(document=voted.document)

    found = verified(june)

    assert {(one.billed, one.rated) for one in found.wrong} == {(350, 360)}
    assert (len(found.wrong), found.difference) == (12, 12 * 10)
    assert command.do(asked(json=True), june.connection) == 1
    assert json.loads(capsys.readouterr().out)["difference_cents"] == 120


def test_ten_percent_more_is_ten_percent_more_and_nothing_is_written(june: Town) -> None:
    before = digest(june)

    found = compared(june, by(TEN_PERCENT_MORE))

    billed = 12 * 200 + 12 * 350
    assert (found.total.uses, found.total.billed) == (FAMILIES, billed)
    assert found.total.drafted - found.total.billed == billed // 10
    assert [(label, group.billed, group.drafted) for (_, label), group in found.bands.items()] == [
        ("plein tarif", 12 * 350, 12 * 385),
        ("petit quotient", 12 * 200, 12 * 220),
    ]
    assert {name: group.drafted for name, group in found.communes.items()} == {
        "Parthenay": 12 * 385 + 12 * 220
    }
    assert sorted(found.changes.values()) == [20] * 12 + [35] * 12
    assert digest(june) == before


def test_whoever_writes_meanwhile_is_refused_by_the_database(june: Town) -> None:
    def write(_: date) -> None:
        june.connection.execute("UPDATE people_household SET name = ''")

    with pytest.raises(errors.ReadOnlySqlTransaction):
        compared(june, by(TEN_PERCENT_MORE), write)


def test_what_the_draft_lacks_is_counted_apart_and_named(june: Town, tmp_path, capsys) -> None:
    text = written(TEN_PERCENT_MORE).replace(
        "  quotient: unknown", "  quotient: unknown\n  medical_protocol: required"
    )
    text = text.replace(
        "- {label: Repas, amount: prix}",
        '- {label: Repas, amount: "if(medical_protocol, 0 €, prix)"}',
    )
    draft = tmp_path / "draft.yaml"
    draft.write_text(text, encoding="utf-8")

    found = compared(june, by(text))

    assert found.unpriced == {f"Il manque : {PROTOCOL}.": FAMILIES}
    assert (found.total.uses, found.changes) == (0, {})
    assert command.do(asked(draft), june.connection) == 0
    assert f"24 usages sans prix. Il manque : {PROTOCOL}." in capsys.readouterr().out


def test_a_draft_may_ask_for_what_can_be_read_again_of_that_day(town: Town) -> None:
    for number in range(3):
        eat(town, number, second=number == 0)
    town.today = date(2025, 6, 4)
    charge(town)
    draft = by(
        """
        tariff: rangs
        title: Rangs
        inputs: {rank_present: required, children_present: required, residence: required,
                 age: required, weekday: required, public_holiday: required, regularity: required}
        items:
          repas:
            title: Repas
            grain: meal
            refuse:
              - {when: age != 8 or weekday != tuesday or public_holiday, reason: Un autre jour.}
              - {when: regularity = occasional, reason: Pas inscrit.}
              - {when: residence != commune, reason: Une autre commune.}
            lines:
              - {label: Repas, amount: 3 €, times: children_present}
              - {label: Deuxième enfant, nature: discount, when: rank_present = 2, amount: 1}
        """
    )

    found = compared(town, draft)

    assert found.unpriced == {}
    assert found.total.drafted == (600 + 500) + 300 + 300
    assert sorted(found.changes.values()) == [-50, -50, 1100 - 700]


def test_a_draft_may_ask_what_the_town_knows_of_families(town: Town) -> None:
    for number in range(2):
        eat(town, number, quotient=480 if number else None, second=number == 0)
    charge(town)
    draft = by(
        """
        tariff: familles
        title: Familles
        inputs: {children_registered: required, household_size: required, fund: unknown}
        items:
          repas:
            title: Repas
            grain: meal
            lines:
              - {label: Repas, amount: 1 €, times: children_registered}
              - {label: Grande famille, nature: discount, when: household_size = 3, amount: 0.50}
              - {label: CAF, nature: supplement, when: known(fund), amount: 0.01}
        """
    )

    found = compared(town, draft)

    assert (found.unpriced, found.unheard) == ({}, [])
    assert found.total.drafted == 2 * (200 - 50) + (100 + 1)


def test_what_was_given_back_is_not_charged_again(town: Town) -> None:
    town.family("Petit", topped_up="20,00")
    town.child("Petit", "Léo", card="p")
    town.enrol("p", "Garderie")
    town.tap("p", where="Garderie", at="16:30")
    town.tap("p", where="Garderie départ", at="17:00", seq=1)
    charge(town)
    town.tap("p", where="Garderie départ", at="18:20", seq=2)
    charge(town)
    assert Charge.objects.count() == 3

    found = verified(town)

    assert (found.charges, found.billed, found.difference) == (1, 360, 0)


def test_a_draft_that_sees_the_whole_day_prices_morning_and_evening_together(town: Town) -> None:
    town.family("Petit", topped_up="20,00")
    town.child("Petit", "Léo", card="p")
    town.enrol("p", "Garderie")
    town.tap("p", where="Garderie", at="07:30")
    town.tap("p", where="Garderie départ", at="08:20")
    town.tap("p", where="Garderie", at="16:30")
    town.tap("p", where="Garderie départ", at="17:35")
    charge(town)
    assert verified(town).charges == 2
    text = written(
        """
        tariff: forfait
        title: Forfait
        inputs: {morning: no, evening: no, half_hours: required}
        items:
          garderie:
            title: Garderie
            grain: child_day
            lines:
              - package: Matin et soir
                when: morning and evening
                amount: 3
                instead_of:
                  - {label: Une demi-heure, amount: 0.90, times: half_hours}
              - {label: Goûter, nature: supplement, when: half_hours = 5, amount: 0.10}
        """
    )
    items = compile_text(text).items

    found = compared(town, {"Garderie": items["garderie"]})

    assert (found.total.uses, found.total.billed, found.total.drafted) == (2, 5 * 90, 310)
    month = compile_text(text.replace("child_day", "month")).items
    with pytest.raises(NotReplaced, match="se calcule par month"):
        replaced(month, ["Garderie"], [])


def test_other_tariffs_and_services_stand_apart(june: Town) -> None:
    june.family("Nageur", card="n", topped_up="20,00")
    june.tap("n", where="GâtinéO", at="15:00")

    found = compared(june, by(TEN_PERCENT_MORE))
    pool = Month(first=JUNE.first, until=JUNE.until, services=("GâtinéO",))

    assert (found.untouched.uses, found.untouched.billed) == (1, 450)
    assert codes(june, pool) == ["Entrée piscine"]
    assert verified(june, pool).billed == 450


def test_a_month_without_a_charge_proves_nothing(town: Town) -> None:
    with pytest.raises(NothingUsed, match="Aucun usage que le tarif fixe en juin 2025"):
        command.do(asked(), town.connection)
    with pytest.raises(NothingUsed, match="n'est pas un mois"):
        command.do(asked(month="juin"), town.connection)


def test_an_item_replaces_the_tariff_of_its_name_or_the_one_that_is_told() -> None:
    items = compile_text(written(TEN_PERCENT_MORE)).items

    assert set(replaced(items, ["Repas", "Garderie"], [])) == {"Repas"}
    assert set(replaced(items, ["Garderie"], ["repas=Garderie"])) == {"Garderie"}
    with pytest.raises(NotReplaced, match="ajoutez --item"):
        replaced(items, ["Garderie"], [])
    with pytest.raises(NotReplaced, match="s'écrit PRIX=CODE"):
        replaced(items, ["Garderie"], ["repas=Repas"])


def test_what_is_shown_of_the_month(june: Town, tmp_path, capsys) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(written(TEN_PERCENT_MORE), encoding="utf-8")

    assert command.do(asked(draft), june.connection) == 0
    told = capsys.readouterr().out
    assert command.do(asked(draft, json=True), june.connection) == 0
    row = json.loads(capsys.readouterr().out)

    figures = " ".join(told.split())
    assert "total 24 24 66,00 € 72,60 € +6,60 € +10,0 %" in figures
    assert "petit quotient 12 12 24,00 € 26,40 € +2,40 € +10,0 %" in figures
    assert "Parthenay 24 24" in figures
    assert "paient plus 24 ; la moitié d'au moins 0,35 €, un sur dix d'au moins 0,35 €" in figures
    assert "Famille" not in told
    assert row["total"] == {
        "uses": 24,
        "payers": 24,
        "billed_cents": 6600,
        "draft_cents": 7260,
        "difference_cents": 660,
    }
    assert row["payers"][0] == {
        "ways": ["more"],
        "payers": 24,
        "paid_nothing": 0,
        "half_cents": 35,
        "tenth_cents": 35,
        "steps": [{"at_least_cents": 1, "below_cents": 500, "payers": 24}],
    }


def test_figures_of_few_payers_are_never_told(town: Town) -> None:
    for number in range(3):
        eat(town, number)
    charge(town)

    found = compared(town, by(TEN_PERCENT_MORE))
    told = "\n".join(shown.lines(Replayed(found, {}, {}, {})))

    assert found.total.billed == 3 * 350
    assert "€" not in told
    assert "moins de 11" in told
    assert "paient plus, autant ou moins moins de 11" in " ".join(told.split())


def group(payers: range, cents: int) -> Group:
    return Group(uses=len(payers), billed=cents, drafted=cents, payers=set(payers))


def test_a_small_group_alone_takes_the_next_with_it() -> None:
    groups = {"A": group(range(30), 3), "B": group(range(30, 35), 2), "C": group(range(40, 60), 1)}

    told = dict(told_of.masked(groups))

    assert set(told) == {"A", told_of.OTHERS}
    assert (len(told[str(told_of.OTHERS)].payers), told[str(told_of.OTHERS)].billed) == (25, 3)
    assert told_of.masked({"A": groups["A"], "C": groups["C"]}) == [
        ("A", groups["A"]),
        ("C", groups["C"]),
    ]


def test_a_few_who_lose_are_told_with_those_who_pay_as_much() -> None:
    changes = dict(enumerate([5] * 4 + [-5] * 40 + [0] * 20))

    found = told_of.sides(changes, {})

    assert [(side.ways, len(side.sizes)) for side in found] == [
        (("more", "same"), 24),
        (("less",), 40),
    ]
    assert (found[0].half, found[0].tenth, found[1].tenth) == (0, 5, 5)


def test_how_much_more_is_told_by_steps_of_eleven_payers_at_least() -> None:
    changes = dict(enumerate([100] * 30 + [700] * 4 + [1500] * 20 + [9000] * 9 + [-50] * 11))

    more, _, less = told_of.sides(changes, dict.fromkeys(range(50), 300))

    assert [(step.at_least, step.below, step.payers) for step in more.steps()] == [
        (500, None, 33),
        (1, 500, 30),
    ]
    assert (more.new, more.new_told) == (13, 13)
    assert [(step.at_least, step.below, step.payers) for step in less.steps()] == [(1, 500, 11)]
    few_new = told_of.Side(("more",), [1] * 30, new=3)
    assert few_new.new_told is None


def test_a_few_who_pay_as_much_are_told_with_the_smaller_side() -> None:
    changes = dict(enumerate([5] * 30 + [-9] * 40 + [0]))

    found = told_of.sides(changes, {})

    assert [(side.ways, len(side.sizes)) for side in found] == [
        (("more", "same"), 31),
        (("less",), 40),
    ]
