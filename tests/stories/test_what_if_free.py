"""A month rated again sees what was free: who would pay for it, and what no tariff prices."""

import json
from datetime import date
from typing import Any

import pytest
from django.utils import translation

from cvq.childcare.models import SessionCharge
from cvq.config import what_if as command
from cvq.people.models import Quotient
from rated_again import asked, by, charge, codes, compared, eat, meal_at, verified, written
from town import Town
from town_plan import HALF_HOURS

FREE_MEAL = {
    "grid": 1,
    "item": "Repas",
    "inputs": ["quotient"],
    "rows": [
        {"when": {"quotient": [0, 600]}, "cents": 0, "label": "quotient jusqu'à 599"},
        {"when": {}, "cents": 350, "label": "plein tarif"},
    ],
}
NOTHING_A_HALF_HOUR = {**HALF_HOURS, "rows": [{"when": {}, "cents": 0, "label": "gratuit"}]}
FOUR_FREE = """
    tariff: garderie
    inputs: {half_hours: required}
    counters:
      given: {title: demi-heures, unit: demi-heure, of: child, per: month, adds: half_hours}
    items:
      garderie:
        title: Garderie
        grain: session
        lines:
          - {label: Au-delà, amount: 0.90, times: "beyond(given.before, half_hours, 4)"}
"""
LARGE_FAMILIES = """
    tariff: repas
    inputs: {household_size: required}
    items:
      repas:
        title: Repas
        grain: meal
        otherwise: nothing
        lines:
          - {label: Repas, when: household_size < 3, amount: 3.50}
"""
ONE_EURO = meal_at("1.00", "3.50")
FAMILIES = 24  # half of them with a low quotient
SINCE = date(2025, 1, 1)


def vote(town: Town, where: str, document: dict[str, Any]) -> None:
    town.tariff(town.points[where].service, document, since=SINCE)


@pytest.fixture
def free_meals(town: Town) -> Town:
    """Return the town once two dozen children have eaten, half of them for nothing."""
    vote(town, "Cantine", FREE_MEAL)
    for number in range(FAMILIES):
        eat(town, number, quotient=480 if number % 2 else None)
    charge(town)
    return town


def test_those_who_ate_free_lose_when_the_draft_asks_them_a_euro(free_meals: Town) -> None:
    found = compared(free_meals, by(ONE_EURO))

    assert (found.total.uses, found.total.billed, found.total.drafted) == (24, 4200, 5400)
    assert (found.free.uses, found.no_longer_free.uses, found.no_longer_free.drafted) == (
        12,
        12,
        1200,
    )
    assert sorted(found.changes.values()) == [0] * 12 + [100] * 12
    assert [(label, group.uses, group.drafted) for (_, label), group in found.bands.items()] == [
        ("plein tarif", 12, 4200),
        ("petit quotient", 12, 1200),
    ]
    assert found.communes["Parthenay"].uses == 24


def test_what_was_free_is_free_again_by_the_tariff_in_force(free_meals: Town, capsys) -> None:
    found = verified(free_meals)

    assert (found.charges, found.free, found.billed, found.wrong) == (12, 12, 4200, [])
    assert command.do(asked(), free_meals.connection) == 0
    assert capsys.readouterr().out == (
        "Juin 2025 : 24 usages avec le tarif en vigueur, dont 12 gratuits, 42,00 € ; "
        "écart 0,00 €.\n"
    )


def test_a_quotient_that_changed_since_makes_a_free_meal_a_difference(
    free_meals: Town, capsys
) -> None:
    Quotient.objects.filter(household=free_meals.households["Famille 1"]).update(value=900)

    found = verified(free_meals)

    assert [(one.entry, one.billed, one.rated) for one in found.wrong] == [(None, 0, 350)]
    assert found.difference == 350
    assert command.do(asked(), free_meals.connection) == 1
    told = capsys.readouterr().out
    assert "Repas, le 03/06/2025 : gratuit alors ; par ce que l'on sait maintenant : 3,50 €" in told
    assert command.do(asked(json=True), free_meals.connection) == 1
    assert json.loads(capsys.readouterr().out)["wrong"] == [
        {"entry": None, "day": "2025-06-03", "tariff": "Repas", "billed_cents": 0, "cents": 350}
    ]


def test_what_is_shown_tells_those_who_paid_nothing(free_meals: Town, tmp_path, capsys) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(written(ONE_EURO), encoding="utf-8")

    assert command.do(asked(draft), free_meals.connection) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert command.do(asked(draft, json=True), free_meals.connection) == 0
    row = json.loads(capsys.readouterr().out)

    assert "« repas » à la place de Repas." in told
    assert "total 24 24 42,00 € 54,00 € +12,00 € +28,6 %" in told
    assert "petit quotient 12 12 0,00 € 12,00 € +12,00 € plein" in told  # no part of nothing
    assert "dont qui ne payaient rien 12" in told
    assert "12 usages de ce total étaient gratuits." in told
    assert "Deviennent payants : 12 usages, 12 payeurs, +12,00 €." in told
    assert (row["free_uses"], row["no_longer_free"]["draft_cents"]) == (12, 1200)
    assert (row["payers"][0]["payers"], row["payers"][0]["paid_nothing"]) == (12, 12)


def test_what_becomes_free_is_told_and_a_few_are_not(free_meals: Town, tmp_path, capsys) -> None:
    draft = tmp_path / "draft.yaml"
    text = written(ONE_EURO).replace("3.50, plein tarif", "0, plein tarif")
    draft.write_text(text.replace('< 600"', '< 600"').replace("1.00", "0"), encoding="utf-8")
    eat(free_meals, 99, quotient=480)

    assert command.do(asked(draft), free_meals.connection) == 0

    told = " ".join(capsys.readouterr().out.split())
    assert "Deviennent gratuits : 12 usages, 12 payeurs, -42,00 €." in told
    assert "Deviennent payants" not in told


def test_it_speaks_english_when_asked(free_meals: Town, tmp_path, capsys) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(written(ONE_EURO), encoding="utf-8")

    with translation.override("en"):
        assert command.do(asked(draft), free_meals.connection) == 0
        assert command.do(asked(), free_meals.connection) == 0

    told = " ".join(capsys.readouterr().out.split())
    assert told.startswith("June 2025, with “Repas 2026” “repas” in the place of Repas.")
    assert "pay more 12; half of them by 1,00 € or more" in told
    assert "Nothing was written." in told
    assert "June 2025: 24 uses by the tariff in force, 12 of them free, 42,00 €" in told


def test_a_service_that_costs_nothing_at_all_may_be_given_a_price(town: Town) -> None:
    vote(town, "Garderie", NOTHING_A_HALF_HOUR)
    town.family("Petit", topped_up="20,00")
    town.child("Petit", "Léo", card="p")
    town.enrol("p", "Garderie")
    town.tap("p", where="Garderie", at="07:30")
    town.tap("p", where="Garderie départ", at="08:20")
    town.tap("p", where="Garderie", at="16:30")
    town.tap("p", where="Garderie départ", at="17:35")
    charge(town)
    assert set(SessionCharge.objects.values_list("entry", flat=True)) == {None}
    draft = """
        tariff: garderie
        title: Garderie
        inputs: {half_hours: required, duration: required, evening: required, left_at: required}
        items:
          garderie:
            title: Garderie
            grain: session
            refuse:
              - {when: duration != 50 and duration != 65, reason: Une autre durée.}
              - {when: "evening and left_at != 17:35", reason: Une autre heure.}
            lines:
              - {label: Demi-heures, amount: 0.90, times: half_hours}
    """

    found = compared(town, by(draft, code="Garderie"))

    assert codes(town) == ["Garderie"]
    assert (verified(town).free, verified(town).wrong) == (2, [])
    assert (found.unpriced, found.total.uses, found.total.drafted) == ({}, 2, 5 * 90)
    whole_day = by(
        draft.replace("session", "child_day").replace("50 and duration != 65", "115"),
        code="Garderie",
    )
    found = compared(town, whole_day)
    assert (found.unpriced, found.total.uses, found.total.drafted) == ({}, 2, 5 * 90)


def test_half_hours_that_a_count_made_free_are_free_again(town: Town) -> None:
    document = {"text": written(FOUR_FREE), "item": "garderie"}
    town.tariff(town.points["Garderie"].service, document, since=SINCE)
    town.family("Petit", topped_up="20,00")
    town.child("Petit", "Léo", card="p")
    town.enrol("p", "Garderie")
    for day in (2, 3):
        town.tap("p", where="Garderie", at=f"2025-06-{day:02} 16:30")
        town.tap("p", where="Garderie départ", at=f"2025-06-{day:02} 17:05")
    charge(town)
    town.tap("p", where="Garderie", at="07:50")
    town.tap("p", where="Garderie départ", at="08:10")
    charge(town)
    draft = """
        tariff: garderie
        title: Garderie
        inputs: {half_hours: required}
        items:
          garderie:
            title: Garderie
            grain: session
            lines:
              - {label: Demi-heures, amount: 0.90, times: half_hours}
    """

    found = verified(town)

    assert sorted(SessionCharge.objects.values_list("entry", flat=True), key=bool)[:2] == [None] * 2
    assert (found.charges, found.free, found.billed, found.wrong) == (1, 2, 90, [])
    assert compared(town, by(draft, code="garderie")).total.drafted == 5 * 90


def test_a_meal_free_for_large_families_is_free_again(town: Town) -> None:
    document = {"text": written(LARGE_FAMILIES), "item": "repas"}
    town.tariff(town.points["Cantine"].service, document, since=SINCE)
    eat(town, 0, second=True)
    eat(town, 1)
    charge(town)

    found = verified(town)

    assert (found.charges, found.free, found.billed, found.wrong) == (1, 2, 350, [])


def test_a_brother_who_ate_free_counts_among_those_present(town: Town) -> None:
    vote(
        town,
        "Cantine",
        {
            "grid": 1,
            "item": "Repas",
            "inputs": ["age"],
            "rows": [
                {"when": {"age": [0, 6]}, "cents": 0, "label": "petits"},
                {"when": {}, "cents": 350, "label": "plein tarif"},
            ],
        },
    )
    town.family("Petit", topped_up="20,00")
    for card, first_name, born_on in (
        ("p1", "Léo", date(2017, 3, 2)),
        ("p2", "Mia", date(2021, 3, 2)),
    ):
        town.child("Petit", first_name, card=card, born_on=born_on)
        town.enrol(card, "Cantine")
        town.tap(card, where="Cantine", at="12:05")
    charge(town)
    draft = by("""
        tariff: rangs
        title: Rangs
        inputs: {rank_present: required, children_present: required}
        items:
          repas:
            title: Repas
            grain: meal
            lines:
              - {label: Repas, amount: 1 €, times: children_present}
              - {label: Deuxième enfant, nature: discount, when: rank_present = 2, amount: 0.50}
    """)

    found = compared(town, draft)

    assert (found.unpriced, found.total.uses) == ({}, 2)
    assert found.total.drafted == 200 + 150


def test_a_session_that_nobody_priced_is_told_apart(town: Town, tmp_path, capsys) -> None:
    for number in range(2):
        eat(town, number)
    town.child("Famille 0", "Gaspard", card="g")
    town.connection.execute(
        "DELETE FROM people_householdmember WHERE id = (SELECT max(id) FROM people_householdmember)"
    )
    town.enrol("g", "Cantine")
    town.tap("g", where="Cantine", at="12:05")
    charge(town)
    draft = tmp_path / "draft.yaml"
    draft.write_text(written(ONE_EURO), encoding="utf-8")

    assert command.do(asked(draft), town.connection) == 0

    told = " ".join(capsys.readouterr().out.split())
    assert "car aucun tarif n'en fixe le prix : 1 séance sans tarif ni payeur." in told
