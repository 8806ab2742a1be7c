"""What everybody answers alike as long as nobody books: said to who writes, and in a what-if."""

import pytest

from creches import service
from cvq.billing.facts_again import FactsAgain
from cvq.billing.models import Charge
from cvq.billing.uses import Used
from cvq.billing.what_if_told import SMALLEST_TOLD
from cvq.billing.what_if_words import beside
from cvq.catalog.remarks import ALIKE, remarks
from cvq.catalog.sold import CONSTANT, NOT_MEASURED, OF_A_CHILD, known_by
from cvq.catalog.versions import checked
from cvq.childcare.facts import facts_of_session
from cvq.rules.sessions import sessions
from cvq.rules.vocabulary import Direction, Purpose
from rated_again import by, compared, eat
from stays import charge, counts_by, garderie, june, stays
from town import TODAY, Town

BOOKED = """
tariff: garderie
inputs: {half_hours: required, booked: yes, regularity: regular, present: yes}
items:
  garderie-half-hour:
    title: Garderie
    grain: session
    lines:
      - {label: Garderie, amount: "if(regularity = occasional, 2 €, 1 €)", times: half_hours}
      - {label: Sans réservation, nature: supplement, when: not booked, amount: 5.00}
      - {label: Absent, nature: penalty, when: not present, amount: 3.00}
"""
PLAIN = """
tariff: garderie
inputs: {half_hours: required}
items:
  garderie-half-hour:
    title: Garderie
    grain: session
    lines: [{label: Garderie, amount: 1.00, times: half_hours}]
"""
MEAL = """
tariff: repas
inputs: {booked: yes}
items:
  repas:
    title: Repas
    grain: meal
    lines: [{label: Repas, amount: "if(booked, 3 €, 5 €)"}]
"""
TOLD = (
    "« réservé » : Personne ne réserve encore : chacun compte comme ayant réservé. "
    "Une ligne pour les autres ne servira pas."
)


@pytest.fixture
def petit(town: Town) -> Town:
    """Return the town with the Petits, whose Léo and Mia stay at the garderie."""
    return garderie(town)


def test_what_nobody_differs_by_is_said_and_keeps_nothing_back(petit: Town) -> None:
    service = petit.points["Garderie"].service

    tariff, findings = checked(service, BOOKED)
    said = remarks([service], tariff)

    assert findings == []
    assert [one.line for one in said] == [3, 3, 3]
    assert said[0].sentence == TOLD
    assert len({one.sentence for one in said}) == len(CONSTANT)


def test_nothing_is_said_of_a_text_that_does_not_ask_or_of_an_agent_who_answers(
    petit: Town,
) -> None:
    service = petit.points["Garderie"].service
    plain, _ = checked(service, PLAIN)
    asks, _ = checked(service, BOOKED)
    assert plain is not None
    assert asks is not None

    assert remarks([service], plain) == []
    assert remarks([service], None) == []
    service.purpose = None
    assert remarks([service], asks) == []


def test_a_charge_and_a_month_rated_again_are_told_what_the_catalogue_says(petit: Town) -> None:
    counts_by(petit, BOOKED)
    stays(petit, "Léo", june(2), "16:30", "17:30")
    charge(petit, june(2))

    kept = Charge.objects.get()
    used = Used(
        entry=1,
        payer=kept.payer_id,
        holder=kept.holder,
        service=kept.service_id,
        tariff=kept.tariff_id,
        inputs="{}",
        cents=kept.cents,
    )
    facts, _ = FactsAgain(petit.connection).of_day(june(2), [used])

    assert {name: kept.inputs[name] for name in CONSTANT} == CONSTANT
    assert {name: facts[1][name] for name in CONSTANT} == CONSTANT
    assert CONSTANT.keys() == ALIKE.keys() <= OF_A_CHILD


def test_a_what_if_says_what_everybody_answers_alike(petit: Town) -> None:
    stays(petit, "Léo", june(2), "16:30", "17:30")
    charge(petit, june(2))

    draft = BOOKED.replace("garderie-half-hour:", "garderie:")
    found = compared(petit, by(draft, code="Garderie"))

    assert (found.total.billed, found.total.drafted) == (180, 200)
    assert found.alike == ["fréquentation", "présent", "réservé"]
    assert found.unheard == []


def test_a_what_if_of_enough_families_says_it_in_a_sentence(town: Town) -> None:
    for number in range(SMALLEST_TOLD):
        eat(town, number)
    charge(town, TODAY)

    found = compared(town, by(MEAL))

    assert found.alike == ["réservé"]
    assert "tous ont ici la même réponse à réservé, et une ligne" in " ".join(beside(found, {}))


@pytest.mark.parametrize(
    ("purpose", "name"),
    [(purpose, name) for purpose, names in NOT_MEASURED.items() for name in sorted(names)],
)
def test_what_a_session_never_has_is_not_known_of_it(purpose: Purpose, name: str) -> None:
    day = [(8 * 60, Direction.IN), (17 * 60 + 40, Direction.OUT)]

    for session in sessions(purpose, day, [(7 * 60, 19 * 60)]):
        assert not facts_of_session(session, day)[name]
    assert name not in known_by(purpose)


@pytest.mark.parametrize("purpose", list(NOT_MEASURED))
def test_what_is_measured_of_a_session_is_known_of_it(purpose: Purpose) -> None:
    day = [(8 * 60, Direction.IN), (17 * 60 + 40, Direction.OUT)]

    found = [facts_of_session(one, day) for one in sessions(purpose, day, [(7 * 60, 19 * 60)])]

    measured = {name for facts in found for name, value in facts.items() if value}
    assert measured <= known_by(purpose)


def test_a_creche_priced_by_half_hours_that_it_has_not_is_refused(petit: Town) -> None:
    made = service(petit, "Crèche", Purpose.CRECHE)
    text = PLAIN.replace("garderie-half-hour", "nursery-hour")

    _, findings = checked(made, text)

    assert [one.sentence for one in findings] == [
        "« demi-heures commencées » : ce service ne le sait pas encore, personne n'aurait de prix."
    ]
