"""Tariffs that count what came before: free half-hours, late pick-ups, told in time or late."""

from collections import Counter
from datetime import date
from random import Random
from typing import Any

import pytest
from django.db.models import Sum

from cvq.billing.models import Charge
from cvq.catalog.versions import checked
from cvq.childcare import audit
from cvq.childcare.models import ChargedDay, SessionCount
from cvq.desk.tariffs.trying import asked_of, tried
from cvq.people import services as people
from cvq.people.models import Person
from cvq.rules.vocabulary import Sector
from stays import CARDS, FREE_HOURS, LATE_PICKUPS, charge, counts_by, garderie, june, paid, stays
from town import TODAY, Town


@pytest.fixture
def petit(town: Town) -> Town:
    """Return the town with the Petits, whose Léo and Mia stay at the garderie."""
    return garderie(town)


def test_the_first_four_half_hours_of_the_month_are_free(petit: Town) -> None:
    counts_by(petit, FREE_HOURS)
    stays(petit, "Léo", june(2), "16:30", "18:00")
    stays(petit, "Léo", june(3), "16:30", "18:00")
    stays(petit, "Léo", june(5), "16:30", "17:00")
    stays(petit, "Mia", june(5), "16:30", "17:00")

    charge(petit, june(5))

    # The second evening crosses the threshold: one half-hour is free, two are not.
    assert paid(petit) == {june(3): 180, june(5): 90}
    assert petit.wallet("Petit") == "197,30 €"
    said, _ = petit.charges("Petit")[0]
    assert said == "Garderie, Au-delà de 4 demi-heures, 2 demi-heures × 0,90 € : 1,80 €"
    told = [(int(one.before), int(one.moved)) for one in SessionCount.objects.all()]
    assert sorted(told) == [(0, 1), (0, 3), (3, 3), (6, 1)]


def test_the_half_hours_of_the_last_day_of_june_are_not_those_of_july(petit: Town) -> None:
    counts_by(petit, FREE_HOURS)
    stays(petit, "Léo", date(2025, 6, 30), "16:30", "18:30")
    stays(petit, "Léo", date(2025, 7, 1), "16:30", "18:30")

    charge(petit, date(2025, 7, 1))

    assert paid(petit) == {}


def test_an_evening_told_late_takes_the_free_hours_and_the_days_after_pay_the_difference(
    petit: Town,
) -> None:
    counts_by(petit, FREE_HOURS)
    for day in (june(3), june(4), june(5)):
        stays(petit, "Léo", day, "16:30", "17:30")
        charge(petit, day)
    assert paid(petit) == {june(5): 180}

    stays(petit, "Léo", june(2), "16:30", "17:00")
    entries = charge(petit, june(5))

    # Only 4 June changes: one of its half-hours is no longer free.  5 June was dear already.
    assert paid(petit) == {june(4): 90, june(5): 180}
    assert entries == 1
    assert Charge.objects.filter(cents__lt=0).count() == 0
    assert not ChargedDay.objects.filter(counts_moved=True).exists()
    assert charge(petit, june(5)) == 0


def test_a_departure_told_late_charges_the_days_after_it_again(petit: Town) -> None:
    counts_by(petit, FREE_HOURS)
    for day in (june(2), june(3), june(4)):
        stays(petit, "Léo", day, "16:30", "17:30")
    charge(petit, june(4))
    assert paid(petit) == {june(4): 180}

    stays(petit, "Léo", june(2), "16:30", "18:00")
    charge(petit, june(4))

    assert paid(petit) == {june(3): 90, june(4): 180}


def test_the_third_late_pick_up_of_the_school_year_costs_ten_euros(petit: Town) -> None:
    counts_by(petit, LATE_PICKUPS)
    stays(petit, "Léo", june(2), "17:30", "18:20")
    stays(petit, "Mia", june(3), "17:30", "18:20")
    stays(petit, "Léo", june(4), "17:30", "18:10")
    stays(petit, "Léo", june(5), "17:30", "18:20")
    for day in (june(2), june(3), june(4), june(5)):
        charge(petit, day)

    assert paid(petit) == {june(2): 180, june(3): 180, june(4): 180, june(5): 1180}


def test_a_late_pick_up_told_late_moves_the_third_to_the_day_before(petit: Town) -> None:
    counts_by(petit, LATE_PICKUPS)
    stays(petit, "Léo", june(3), "17:30", "18:20")
    stays(petit, "Mia", june(4), "17:30", "18:20")
    stays(petit, "Léo", june(5), "17:30", "18:20")
    charge(petit, june(5))
    assert paid(petit) == {june(3): 180, june(4): 180, june(5): 1180}

    stays(petit, "Mia", june(2), "17:30", "18:20")
    charge(petit, june(5))

    assert paid(petit) == {june(2): 180, june(3): 180, june(4): 1180, june(5): 1180}


def test_two_children_picked_up_late_together_are_two_of_the_household(petit: Town) -> None:
    counts_by(petit, LATE_PICKUPS)
    for day in (june(2), june(3)):
        stays(petit, "Léo", day, "17:30", "18:20")
        stays(petit, "Mia", day, "17:30", "18:20")
    charge(petit, june(3))

    assert paid(petit) == {june(2): 360, june(3): 360 + 2000}


def test_a_household_is_counted_whole_however_few_children_are_charged_at_once(
    petit: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cvq.childcare.services.CHILDREN_AT_ONCE", 1)
    test_two_children_picked_up_late_together_are_two_of_the_household(petit)


def test_late_pick_ups_of_august_are_not_those_of_september(petit: Town) -> None:
    counts_by(petit, LATE_PICKUPS)
    days = [date(2025, 8, 28), date(2025, 8, 29), date(2025, 9, 1), date(2025, 9, 2)]
    for day in days:
        stays(petit, "Léo", day, "17:30", "18:20")
        charge(petit, day)

    assert set(paid(petit).values()) == {180}


def test_each_parent_who_has_the_child_has_a_count_of_their_own(petit: Town) -> None:
    counts_by(petit, LATE_PICKUPS)
    calendar = people.share_custody(
        child=Person.objects.get(first_name="Léo"),
        household_a=petit.households["Petit"],
        household_b=petit.family("Moreau", topped_up="50,00"),
        anchor_on=june(2),
        on=june(2),
    )
    days = [june(number) for number in (2, 3, 9, 10, 11)]
    for day in days:
        stays(petit, "Léo", day, "17:30", "18:20")
        charge(petit, day)
    assert (petit.wallet("Petit"), petit.wallet("Moreau")) == ("196,40 €", "34,60 €")

    # What the parents agree afterwards moves the pick-up from one count to the other.
    people.agree_exception(calendar=calendar, day=june(9), household=petit.households["Petit"])
    stays(petit, "Léo", june(9), "17:30", "18:21")
    charge(petit, june(11))

    assert (petit.wallet("Petit"), petit.wallet("Moreau")) == ("184,60 €", "46,40 €")


def test_a_day_without_a_counter_asks_nothing_of_the_counts(petit: Town) -> None:
    stays(petit, "Léo", june(2), "16:30", "17:30")

    petit.connection.execute("DROP TABLE childcare_sessioncount")
    charge(petit, june(2))

    assert paid(petit) == {june(2): 180}


def test_what_was_counted_is_given_again_when_the_month_is_rated_again(petit: Town) -> None:
    counts_by(petit, FREE_HOURS)
    for day in (june(2), june(3), june(4)):
        stays(petit, "Léo", day, "16:30", "17:45")
        charge(petit, day)

    assert [one.inputs["given.before"] for one in Charge.objects.order_by("entry_id")] == [3, 6]


def test_a_count_of_a_session_that_has_no_price_is_found(petit: Town) -> None:
    counts_by(petit, FREE_HOURS)
    stays(petit, "Léo", june(2), "16:30", "17:45")
    charge(petit, june(2))
    assert list(audit.culprits(petit.connection)) == []

    garderie = SessionCount.objects.get()
    SessionCount.objects.update(session="MORNING")

    assert list(audit.culprits(petit.connection)) == [
        f"La séance du 2025-06-02 (service {garderie.service_id}, MORNING) "
        "a compté pour « given » et n'a pas de prix."
    ]


def test_the_catalogue_takes_a_counter_where_somebody_counts(petit: Town) -> None:
    garderie, pool = petit.points["Garderie"].service, petit.points["GâtinéO"].service
    visits = """
tariff: piscine
counters: {visits: {title: bains de l'année, of: person, per: year}}
items:
  pool-entry:
    title: Entrée
    grain: visit
    lines: [{label: Entrée, amount: "if(visits.nth > 10, 2 €, 4.50 €)"}]
"""

    assert [one.sentence for one in checked(garderie, FREE_HOURS)[1]] == []
    assert [one.sentence for one in checked(garderie, LATE_PICKUPS)[1]] == []
    (told,) = checked(pool, visits)[1]
    assert told.told() == (
        "Ligne 3 : « bains de l'année » : ce service ne compte pas d'un usage à l'autre, il n'y "
        "aurait pas de prix. À choisir : retirez ce compteur ; ou : vendez un carnet ou ouvrez un "
        "quota : chaque passage les décompte"
    )


def test_the_catalogue_refuses_whom_nobody_counts_for_and_a_refusal_that_counts(
    petit: Town,
) -> None:
    garderie = petit.points["Garderie"].service
    firms = FREE_HOURS.replace("of: child", "of: organisation")
    turned_away = FREE_HOURS.replace(
        "    lines:",
        "    refuse: [{when: given.before > 60, reason: Trop d'heures.}]\n    lines:",
    )

    assert [one.told() for one in checked(garderie, firms)[1]] == [
        "Ligne 5 : « demi-heures du mois » : ce service ne compte pas par organisation. "
        "À choisir : of : child, person, household"
    ]
    assert [one.told() for one in checked(garderie, turned_away)[1]] == [
        "Ligne 10 : Qui est venu a un prix : un refus ne dépend pas d'un compteur. "
        "À choisir : donnez un prix à cet usage ; ou : retirez ce refus"
    ]


def test_a_tariff_that_counts_is_tried_from_what_was_counted(petit: Town) -> None:
    written = checked(petit.points["Garderie"].service, FREE_HOURS)[0]
    assert written is not None

    asked = asked_of(written, {}, {"f1.given.before": "3"}, TODAY)
    (one,) = tried(written, {}, asked)

    assert [field.value for field in asked[-1].fields] == ["0", "3", "0"]
    assert [answer.after for answer in one.answers] == [0, 90, 0]


def test_halves_are_counted_to_the_half(petit: Town) -> None:
    text = FREE_HOURS.replace("adds: half_hours", "adds: 0.5 * half_hours")
    text = text.replace("before, half_hours, 4)", "before, 0.5 * half_hours, 2)")
    text = text.replace("amount: 0.90", "amount: 1.80\n        round: {to: 0.01, how: half_up}")
    counts_by(petit, text)
    for day in (june(2), june(3), june(4)):
        stays(petit, "Léo", day, "16:30", "17:45")
        charge(petit, day)

    assert paid(petit) == {june(3): 180, june(4): 270}
    told = [one.inputs["given.before"] for one in Charge.objects.order_by("entry_id")]
    assert told == ["1.5", 3]


def expected(stayed: list[tuple[str, date, str, str]], text: str, first: str) -> Any:
    """Return what each child pays each day, worked out by hand; `first` goes first in a day."""
    counted: Counter[str] = Counter()
    owed: dict[tuple[date, str], int] = {}
    for name, day, since, until in sorted(stayed, key=lambda one: (one[1], one[0] != first)):
        minutes = (int(until[:2]) - int(since[:2])) * 60 + int(until[3:]) - int(since[3:])
        half_hours = -(-minutes // 30)
        if text is FREE_HOURS:
            free = min(half_hours, max(0, 4 - counted[name]))
            counted[name] += half_hours
            cents = 90 * (half_hours - free)
        else:
            counted["Petit"] += until > "18:15"
            cents = 90 * half_hours + 1000 * (until > "18:15" and counted["Petit"] >= 3)
        if cents:
            owed[day, name] = cents
    return owed


@pytest.mark.parametrize("text", [FREE_HOURS, LATE_PICKUPS], ids=["libres", "retards"])
@pytest.mark.parametrize("seed", range(3))
def test_a_month_told_late_and_shuffled_charges_what_it_does_in_order(
    petit: Town, text: str, seed: int
) -> None:
    counts_by(petit, text)
    names = {petit.holder(card, Sector.SCHOOL): name for name, card in CARDS.items()}
    random = Random(seed)
    stayed = [
        (name, day, "16:40", random.choice(["17:05", "18:00", "18:20"]))
        for day in (june(number) for number in range(2, 28))
        for name in CARDS
        if day.weekday() < 5 and random.random() < 0.6
    ]
    in_order = expected(stayed, text, first=names[min(names)])
    random.shuffle(stayed)

    while stayed:
        for one in stayed[:7]:
            stays(petit, *one)
        del stayed[:7]
        charge(petit, june(28))

    rows = Charge.objects.values_list("occurred_on", "holder").annotate(s=Sum("cents")).order_by()
    assert {(day, names[holder]): cents for day, holder, cents in rows if cents} == in_order
    assert list(audit.culprits(petit.connection)) == []
    assert not ChargedDay.objects.filter(counts_moved=True).exists()
