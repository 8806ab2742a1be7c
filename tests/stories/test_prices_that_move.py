"""A day of the garderie whose price is lost, or decided again: the books say what the facts say."""

from datetime import date

import pytest

from cvq.billing import audit as billing
from cvq.billing.models import Charge
from cvq.childcare import audit
from cvq.childcare.models import ChargedDay, SessionCharge
from stays import charge, garderie, june, paid, stays
from town import Town

CLOSES = """
tariff: garderie
inputs: {half_hours: required, left_at: unknown, children_present: required}
tables:
  prix: {when: [children_present], then: €, rows: [["<= 1", 0.90], ["> 1", not published]]}
items:
  garderie-half-hour:
    title: Garderie
    grain: session
    refuse: [{when: "known(left_at) and left_at > 18:15", reason: La garderie ferme à 18 h 15.}]
    lines: [{label: Garderie, amount: prix, times: half_hours}]
"""
PLAIN = """
tariff: garderie
inputs: {half_hours: required}
items:
  garderie-half-hour:
    title: Garderie
    grain: GRAIN
    lines: [{label: Garderie, amount: AMOUNT, times: half_hours}]
"""


def decide(town: Town, text: str, since: date = date(2025, 1, 1)) -> None:
    document = {"text": text, "item": "garderie-half-hour"}
    town.tariff(town.points["Garderie"].service, document, since=since)


def plain(grain: str = "session", amount: str = "1.00") -> str:
    return PLAIN.replace("GRAIN", grain).replace("AMOUNT", amount)


def is_sound(town: Town) -> bool:
    return not [*audit.culprits(town.connection), *billing.culprits(town.connection)]


COUNTS = """
tariff: garderie
inputs: {WHAT: required}
counters: {used: {title: temps, of: child, per: year, adds: WHAT}}
items:
  garderie-half-hour:
    title: Garderie
    grain: session
    lines: [{label: Garderie, amount: AMOUNT, times: "beyond(used.before, TIMES)"}]
"""


@pytest.fixture
def petit(town: Town) -> Town:
    return garderie(town)


def test_a_session_that_late_facts_leave_without_a_price_is_given_back(petit: Town) -> None:
    decide(petit, CLOSES)
    for day in (2, 3):
        stays(petit, "Léo", june(day), "16:30", "17:30")
    charge(petit, june(3))
    assert paid(petit) == {june(2): 180, june(3): 180}

    stays(petit, "Léo", june(2), "16:30", "18:20")  # after it closed
    stays(petit, "Mia", june(3), "16:30", "17:00")  # two children have no published price
    charge(petit, june(4))

    assert paid(petit) == {}
    assert petit.wallet("Petit") == "200,00 €"
    assert set(SessionCharge.objects.values_list("entry", "basis")) == {(None, "")}
    assert is_sound(petit)


def test_a_session_that_gets_a_price_again_is_charged_again_once(petit: Town) -> None:
    decide(petit, CLOSES)
    stays(petit, "Léo", june(2), "16:30", "17:30")
    charge(petit, june(2))
    stays(petit, "Léo", june(2), "16:30", "18:20")
    charge(petit, june(3))
    assert paid(petit) == {}

    decide(petit, plain(), since=june(2))  # nothing closes any more
    charge(petit, june(4))
    charge(petit, june(5))

    assert paid(petit) == {june(2): 400}
    assert is_sound(petit)


def test_a_price_decided_for_the_past_is_that_of_every_day_since(petit: Town) -> None:
    decide(petit, plain())
    for day in (2, 3, 4):
        stays(petit, "Léo", june(day), "16:30", "17:30")
    charge(petit, june(4))

    decide(petit, plain(amount="2.00"), since=june(3))
    charge(petit, june(5))

    assert paid(petit) == {june(2): 200, june(3): 400, june(4): 400}
    assert petit.wallet("Petit") == "190,00 €"
    count = Charge.objects.count()
    charge(petit, june(6))
    assert Charge.objects.count() == count
    assert is_sound(petit)


def test_days_of_long_ago_are_charged_again_too(petit: Town) -> None:
    decide(petit, plain())
    stays(petit, "Léo", date(2025, 3, 3), "16:30", "17:30")
    stays(petit, "Léo", june(2), "16:30", "17:30")
    charge(petit, june(2))

    decide(petit, plain(amount="0.50"), since=date(2025, 3, 1))
    charge(petit, june(3))

    assert paid(petit) == {date(2025, 3, 3): 100, june(2): 100}


def test_a_tariff_of_another_service_does_nothing_to_a_charged_day(petit: Town) -> None:
    decide(petit, plain())
    stays(petit, "Léo", june(2), "16:30", "17:30")
    charge(petit, june(2))
    before = ChargedDay.objects.get().charged_at

    pool = petit.points["GâtinéO"].service
    petit.tariff(pool, {"grid": 1, "item": "Entrée", "inputs": [], "rows": [
        {"when": {}, "cents": 300, "label": "entrée"}]}, since=june(1))  # fmt: skip
    charge(petit, june(3))

    assert ChargedDay.objects.get().charged_at == before


def test_a_whole_day_decided_for_the_past_takes_the_place_of_its_parts(petit: Town) -> None:
    decide(petit, plain())
    stays(petit, "Léo", june(2), "7:30", "8:30")
    stays(petit, "Léo", june(2), "16:30", "17:30")
    charge(petit, june(2))
    assert paid(petit) == {june(2): 400}

    decide(petit, plain("child_day", "1.10"), since=june(1))
    stays(petit, "Léo", june(2), "7:00", "7:30")
    charge(petit, june(3))

    assert paid(petit) == {june(2): 550}
    assert is_sound(petit)


def test_a_counter_that_adds_something_else_under_its_name_begins_anew(petit: Town) -> None:
    half_hours = COUNTS.replace("WHAT", "half_hours").replace("TIMES", "half_hours, 10")
    minutes = COUNTS.replace("WHAT", "duration").replace("TIMES", "duration, 300")
    decide(petit, half_hours.replace("AMOUNT", "1.00"))
    decide(petit, minutes.replace("AMOUNT", "0.02"), since=june(4))

    for day in (2, 3, 4, 5):
        stays(petit, "Léo", june(day), "16:30", "19:00")
    charge(petit, june(5))

    # Ten half-hours are free, then none since 4 June: 300 minutes are, and these are two evenings.
    assert paid(petit) == {}
