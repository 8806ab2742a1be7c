"""What an absence still costs once it is told: the rules that towns publish."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvq.kernel.local import ms_at
from cvq.rules.days import PARIS, ServiceDays
from cvq.rules.excuse import AbsenceTold, DayUnit, ExcuseRule, Need, SpellTooLong, excused_days

MON, TUE, WED, THU, FRI = (date(2026, 3, 16) + timedelta(days=n) for n in range(5))
NEXT_MON, NEXT_TUE = MON + timedelta(days=7), TUE + timedelta(days=7)
DAYS = ServiceDays()
SCHOOL_DAYS = [MON, TUE, WED, THU, FRI]


def told(first: date, last: date, reason: str = "sickness", **more: object) -> AbsenceTold:
    return AbsenceTold(reason=reason, first_on=first, last_on=last, **more)


def percents_of(
    rule: ExcuseRule, *absences: AbsenceTold, booked: list[date], came: tuple[date, ...] = ()
) -> dict[date, int]:
    found = excused_days([rule], absences, booked=booked, came=came, days=DAYS)
    return {day: excused.percent for day, excused in found.items()}


def test_five_days_of_sickness_less_two_opening_days_are_three_days_of_credit():
    rule = ExcuseRule(reason="sickness", carence_days=2)

    assert percents_of(rule, told(MON, FRI), booked=SCHOOL_DAYS) == {
        MON: 100, TUE: 100, WED: 0, THU: 0, FRI: 0
    }  # fmt: skip


@pytest.mark.parametrize(
    ("unit", "monday"), [(DayUnit.CALENDAR, 0), (DayUnit.OPENING, 100), (DayUnit.WORKING, 100)]
)
def test_a_weekend_counts_in_the_carence_only_in_calendar_days(unit, monday):
    rule = ExcuseRule(reason="sickness", carence_days=3, unit=unit)

    assert percents_of(rule, told(FRI, NEXT_MON), booked=[FRI, NEXT_MON]) == {
        FRI: 100, NEXT_MON: monday
    }  # fmt: skip


def test_two_certificates_around_a_closed_weekend_are_one_spell():
    rule = ExcuseRule(reason="sickness", carence_days=1)
    found = percents_of(
        rule, told(FRI, FRI), told(NEXT_MON, NEXT_TUE), booked=[FRI, NEXT_MON, NEXT_TUE]
    )

    assert found == {FRI: 100, NEXT_MON: 0, NEXT_TUE: 0}


def test_a_day_on_which_the_child_came_begins_another_spell():
    rule = ExcuseRule(reason="sickness", carence_days=1)
    found = percents_of(rule, told(MON, FRI), booked=SCHOOL_DAYS, came=(WED,))

    assert found == {MON: 100, TUE: 0, THU: 100, FRI: 0}


def test_an_open_day_that_nobody_told_begins_another_spell():
    rule = ExcuseRule(reason="sickness", carence_days=1)
    found = percents_of(rule, told(MON, MON), told(WED, THU), booked=[MON, WED, THU])

    assert found == {MON: 100, WED: 100, THU: 0}


def test_a_child_who_came_on_a_day_that_should_have_been_closed_was_well():
    rule = ExcuseRule(reason="sickness", carence_days=1)
    saturday = FRI + timedelta(days=1)
    absences = (told(FRI, FRI), told(NEXT_MON, NEXT_MON))
    found = percents_of(rule, *absences, booked=[FRI, NEXT_MON], came=(saturday,))

    assert found == {FRI: 100, NEXT_MON: 100}


def test_a_spell_goes_on_over_the_end_of_the_month():
    rule = ExcuseRule(reason="sickness", carence_days=2)
    mon, tue, wed = (date(2026, 3, 30) + timedelta(days=n) for n in range(3))

    assert percents_of(rule, told(mon, wed), booked=[mon, tue, wed]) == {
        mon: 100, tue: 100, wed: 0
    }  # fmt: skip


def test_days_that_were_not_booked_count_in_the_carence_and_are_not_credited():
    opening = ExcuseRule(reason="sickness", carence_days=2)
    booked_days = ExcuseRule(reason="sickness", carence_days=2, unit=DayUnit.BOOKED)
    booked = [MON, THU, FRI]

    assert percents_of(opening, told(MON, FRI), booked=booked) == {MON: 100, THU: 0, FRI: 0}
    assert percents_of(booked_days, told(MON, FRI), booked=booked) == {
        MON: 100, THU: 100, FRI: 0
    }  # fmt: skip


@pytest.mark.parametrize(
    "absences",
    [
        [told(MON, FRI)],
        [told(MON, TUE), told(THU, FRI)],
        [told(day, day) for day in (MON, TUE, THU, FRI)],
    ],
    ids=["at once", "but for Wednesday", "day by day"],
)
def test_a_day_on_which_nobody_waited_for_the_child_does_not_end_a_spell_of_booked_days(absences):
    # R5: a spell is made of consecutive absences, and nobody is absent who was not expected.
    rule = ExcuseRule(reason="sickness", carence_days=1, unit=DayUnit.BOOKED)
    booked = [MON, TUE, THU, FRI]

    assert percents_of(rule, *absences, booked=booked) == {MON: 100, TUE: 0, THU: 0, FRI: 0}


def test_a_child_who_came_without_a_booking_ends_a_spell_of_booked_days():
    rule = ExcuseRule(reason="sickness", carence_days=1, unit=DayUnit.BOOKED)
    found = percents_of(rule, told(MON, MON), told(THU, THU), booked=[MON, THU], came=(TUE,))

    assert found == {MON: 100, THU: 100}


# Saint-Exupéry: certificate within 72 h, ten days at most; otherwise two days are borne.
SAINT_EXUPERY = ExcuseRule(
    reason="sickness",
    needs=frozenset({Need.PROOF}),
    proof_hours=72,
    carence_days_otherwise=2,
    max_days=10,
)


@pytest.mark.parametrize(
    ("proof", "borne"),
    [
        ({"proof_at": ms_at(WED, 23 * 60 + 59, PARIS)}, 0),
        ({"proof_at": ms_at(THU, 9 * 60, PARIS)}, 2),  # on the fourth day
        ({"proof_at": ms_at(THU, 9 * 60, PARIS), "proof_accepted": "cabinet fermé"}, 0),
        ({"proof_at": ms_at(THU, 9 * 60, PARIS), "proof_accepted": " "}, 2),
        ({}, 2),
    ],
)
def test_a_certificate_within_72_hours_spares_the_two_days(proof, borne):
    found = percents_of(SAINT_EXUPERY, told(MON, FRI, **proof), booked=SCHOOL_DAYS)

    assert list(found.values()) == [100] * borne + [0] * (5 - borne)


def test_no_more_than_ten_days_are_credited():
    booked = [MON + timedelta(days=n) for n in range(21) if n % 7 < 5]
    sent = told(MON, booked[-1], proof_at=ms_at(MON, 600, PARIS))

    assert list(percents_of(SAINT_EXUPERY, sent, booked=booked).values()) == [0] * 10 + [100] * 5


def test_without_the_certificate_that_is_needed_nothing_is_excused():
    rule = ExcuseRule(reason="sickness", needs=frozenset({Need.PROOF}))

    assert percents_of(rule, told(MON, FRI), booked=SCHOOL_DAYS) == {}


def test_the_town_bears_the_first_days_only_if_it_was_warned():
    # Saint-Jean-du-Bois.
    rule = ExcuseRule(reason="sickness", needs=frozenset({Need.WARNING}), carence_days_otherwise=2)

    assert percents_of(rule, told(MON, WED), booked=SCHOOL_DAYS) == {MON: 0, TUE: 0, WED: 0}
    assert percents_of(rule, told(MON, WED, warned=False), booked=SCHOOL_DAYS) == {
        MON: 100, TUE: 100, WED: 0
    }  # fmt: skip


@pytest.mark.parametrize(
    ("otherwise", "prolonged"), [(None, {}), (3, {WED: 100, THU: 0})], ids=["leave", "sickness"]
)
def test_a_prolongation_without_a_warning_leaves_the_days_that_had_one(otherwise, prolonged):
    # R5, Saint-Jean-du-Bois; R6, the leave of a crèche is taken off where it was asked in time.
    rule = ExcuseRule(
        reason="sickness", needs=frozenset({Need.WARNING}), carence_days_otherwise=otherwise
    )
    found = percents_of(rule, told(MON, TUE), told(WED, THU, warned=False), booked=SCHOOL_DAYS)

    assert found == {MON: 0, TUE: 0, **prolonged}


def test_a_prolongation_told_late_leaves_the_days_that_were_told_before_they_came():
    rule = ExcuseRule(reason="sickness", retroactive=False)
    found = percents_of(rule, told(MON, TUE), told(WED, FRI, told_on=THU), booked=SCHOOL_DAYS)

    assert found == {MON: 0, TUE: 0, THU: 0, FRI: 0}


@pytest.mark.parametrize(("length", "percent"), [(7, 100), (8, 0)])
def test_only_more_than_seven_days_in_a_row_are_refunded(length, percent):
    # Saint-Vivien.
    rule = ExcuseRule(reason="sickness", unit=DayUnit.CALENDAR, from_days=8)
    last = MON + timedelta(days=length - 1)

    assert percents_of(rule, told(MON, last), booked=[MON]) == {MON: percent}


@pytest.mark.parametrize(("length", "percent"), [(3, 50), (4, 0)])
def test_half_of_the_meal_is_due_for_less_than_four_days(length, percent):
    # Collège Saint-Yves.
    rule = ExcuseRule(reason="sickness", from_days=4, short_percent=50)
    last = MON + timedelta(days=length - 1)

    assert percents_of(rule, told(MON, last), booked=[MON]) == {MON: percent}


@pytest.mark.parametrize(
    ("absent", "due_days"),
    [([MON, TUE, WED, THU, FRI], 3), ([MON, TUE], 2), ([MON, TUE, WED, THU], 3)],
)
def test_the_day_of_the_call_and_the_two_that_follow_stay_due(absent, due_days):
    # Lamagistère, whose own example is a week at 2.60 EUR a meal.
    rule = ExcuseRule(reason="sickness", unit=DayUnit.CALENDAR, carence_days=3)
    found = percents_of(rule, told(absent[0], absent[-1]), booked=SCHOOL_DAYS)

    assert sum(percent == 100 for percent in found.values()) == due_days


def test_a_care_plan_spares_the_carence():
    rule = ExcuseRule(reason="sickness", carence_days=2, care_plan_waives_carence=True)

    assert percents_of(rule, told(MON, TUE, care_plan=True), booked=[MON, TUE]) == {MON: 0, TUE: 0}
    assert percents_of(rule, told(MON, TUE), booked=[MON, TUE]) == {MON: 100, TUE: 100}


def test_days_before_the_call_are_credited_only_where_the_town_says_so():
    late = told(MON, WED, told_on=TUE)

    assert percents_of(ExcuseRule(reason="sickness"), late, booked=SCHOOL_DAYS) == {
        MON: 0, TUE: 0, WED: 0
    }  # fmt: skip
    rule = ExcuseRule(reason="sickness", retroactive=False)
    assert percents_of(rule, late, booked=SCHOOL_DAYS) == {TUE: 0, WED: 0}


def test_an_epidemic_that_sends_the_class_home_is_credited_from_the_first_day():
    rules = [ExcuseRule(reason="sickness", carence_days=2), ExcuseRule(reason="eviction")]
    both = [told(MON, WED), told(TUE, WED, reason="eviction")]
    found = excused_days(rules, both, booked=SCHOOL_DAYS, came=(), days=DAYS)

    assert {day: (one.reason, one.percent) for day, one in found.items()} == {
        MON: ("sickness", 100),
        TUE: ("eviction", 0),
        WED: ("eviction", 0),
    }


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (MON, MON - timedelta(days=1)),
        (MON, MON + timedelta(days=2000)),
        (date.min, date.min),
        (date.max, date.max),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused(first, last):
    proved = told(first, last, proof_at=0)

    with pytest.raises(SpellTooLong, match="n'est pas possible"):
        percents_of(SAINT_EXUPERY, proved, booked=[first])


windows = st.tuples(st.integers(0, 40), st.integers(0, 12)).map(
    lambda w: told(MON + timedelta(days=w[0]), MON + timedelta(days=w[0] + w[1]))
)
booked_sets = st.frozensets(st.integers(0, 55), max_size=40).map(
    lambda ns: sorted(MON + timedelta(days=n) for n in ns)
)
units = st.sampled_from(DayUnit)


@given(st.lists(windows, max_size=4), booked_sets, units, st.integers(0, 6), st.randoms())
def test_the_order_in_which_absences_are_told_changes_nothing(
    absences, booked, unit, carence, random
):
    rule = ExcuseRule(reason="sickness", unit=unit, carence_days=carence)
    shuffled = absences[:]
    random.shuffle(shuffled)

    assert percents_of(rule, *shuffled, booked=booked) == percents_of(
        rule, *absences, booked=booked
    )


@given(st.lists(windows, max_size=4), booked_sets, units, st.integers(0, 6))
def test_a_longer_carence_never_costs_less(absences, booked, unit, carence):
    due = [
        sum(
            percents_of(
                ExcuseRule(reason="sickness", unit=unit, carence_days=days),
                *absences,
                booked=booked,
            ).values()
        )
        for days in (carence, carence + 1)
    ]

    assert due[0] <= due[1]


@given(st.lists(windows, max_size=4), booked_sets, units)
def test_only_days_that_were_booked_and_told_are_excused(absences, booked, unit):
    found = percents_of(ExcuseRule(reason="sickness", unit=unit), *absences, booked=booked)

    every = {day for a in absences for day in booked if a.first_on <= day <= a.last_on}
    assert set(found) == every


told_so = st.fixed_dictionaries(
    {
        "warned": st.booleans(),
        "told_on": st.none() | st.integers(0, 60).map(lambda n: MON + timedelta(days=n)),
        "proof_at": st.none() | st.integers(0, 60 * 24).map(lambda h: ms_at(MON, h * 60, PARIS)),
    }
)
stated_rules = st.builds(
    ExcuseRule,
    reason=st.just("sickness"),
    needs=st.frozensets(st.sampled_from(Need)),
    proof_hours=st.none() | st.integers(0, 200),
    unit=units,
    carence_days=st.integers(0, 4),
    carence_days_otherwise=st.none() | st.integers(0, 6),
    max_days=st.none() | st.integers(0, 10),
    retroactive=st.booleans(),
)


@given(windows, told_so, st.sets(st.integers(0, 60), max_size=4), booked_sets, stated_rules)
def test_a_spell_told_bit_by_bit_is_the_spell_told_at_once(whole, so, cuts, booked, rule):
    first, last = whole.first_on, whole.last_on
    begins = {MON + timedelta(days=n) for n in cuts} | {first}
    starts = sorted(day for day in begins if first <= day <= last)
    ends = [day - timedelta(days=1) for day in starts[1:]] + [last]
    parts = [told(*part, **so) for part in zip(starts, ends, strict=True)]

    assert percents_of(rule, *parts, booked=booked) == percents_of(
        rule, told(first, last, **so), booked=booked
    )


@given(windows, booked_sets, st.integers(0, 6), st.integers(0, 6))
def test_booked_days_told_one_by_one_are_the_spell_told_at_once(whole, booked, carence, least):
    rule = ExcuseRule(reason="sickness", unit=DayUnit.BOOKED, carence_days=carence, from_days=least)
    each = [told(day, day) for day in booked if whole.first_on <= day <= whole.last_on]

    assert percents_of(rule, *each, booked=booked) == percents_of(rule, whole, booked=booked)


@given(windows, told_so, st.integers(1, 10), told_so, booked_sets, stated_rules)
def test_a_prolongation_without_a_certificate_changes_nothing_in_the_days_before(
    begun, so, more, otherwise, booked, rule
):
    before = told(begun.first_on, begun.last_on, **so)
    later = begun.last_on + timedelta(days=1), begun.last_on + timedelta(days=more)
    prolonged = told(*later, **{**otherwise, "proof_at": None})
    found = percents_of(rule, before, prolonged, booked=booked)

    known = {day: percent for day, percent in found.items() if day <= begun.last_on}
    assert known == percents_of(rule, before, booked=booked)
