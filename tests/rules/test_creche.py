"""What a crèche bills: the hours of a contract, its overruns, what is taken off."""

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvq.rules.creche import (
    USUAL_EXCUSES,
    Adaptation,
    Contract,
    CrecheMonth,
    ImpossibleHours,
    OverrunRule,
    Rounding,
    adapted,
    average_rate,
    booked_minutes,
    contract_minutes,
    cut_minutes,
    deducted_minutes,
    month,
    overrun_minutes,
    planned_minutes,
    smoothed,
    smoothed_by_week,
)
from cvq.rules.days import ServiceDays
from cvq.rules.excuse import AbsenceTold, Excused, excused_days

DAYS = ServiceDays()


def h(clock: str) -> int:
    """Return the minute of the day."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def spans(*texts: str) -> tuple[tuple[int, int], ...]:
    """Return stays written `8:00-12:00`."""
    pairs = (text.split("-") for text in texts)
    return tuple((h(starts), h(ends)) for starts, ends in pairs)


def test_1496_hours_are_eleven_months_of_124_and_one_of_132():
    months = smoothed(1496 * 60, 12)
    billed = [month(119, contract=minutes).cents for minutes in months]

    assert months == (124 * 60,) * 11 + (132 * 60,)
    assert billed == [147_56] * 11 + [157_08]
    assert sum(billed) == 1_780_24 == 1496 * 119


def test_the_hours_of_a_week_may_be_spread_too():
    # 34 hours a week, 44 weeks, 12 months: 124 h 40, to the nearest half-hour.
    assert smoothed_by_week(34 * 60, 44, 12) == h("124:30")


@given(st.integers(0, 200_000), st.integers(1, 24))
def test_no_minute_of_a_contract_is_lost_and_the_last_month_has_the_rest(minutes, months):
    spread = smoothed(minutes, months)

    assert sum(spread) == minutes
    assert len(spread) == months
    assert len(set(spread[:-1])) <= 1
    assert all(part % 60 == 0 for part in spread[:-1])
    assert spread[-1] >= spread[0]


@given(st.integers(0, 3000), st.integers(1, 24), st.integers(1, 600))
def test_the_months_cost_what_the_hours_of_the_contract_cost(hours, months, hourly_cents):
    billed = [month(hourly_cents, contract=part).cents for part in smoothed(hours * 60, months)]

    assert sum(billed) == hours * hourly_cents


@pytest.mark.parametrize(("minutes", "months"), [(60, 0), (-60, 12)])
def test_a_contract_without_months_is_refused(minutes, months):
    with pytest.raises(ImpossibleHours):
        smoothed(minutes, months)
    with pytest.raises(ImpossibleHours):
        smoothed_by_week(minutes, 44, months)


DAY = spans("8:30-17:20")
DURATION = OverrunRule()
CLOCK = OverrunRule(rounding=Rounding.CLOCK)


@pytest.mark.parametrize(
    ("planned", "actual", "by_duration", "by_clock"),
    [
        (DAY, spans("8:30-17:40"), 30, 60),
        (DAY, spans("8:30-17:20"), 0, 0),
        (DAY, spans("9:00-17:00"), 0, 0),
        (DAY, spans("8:29-17:20"), 30, 30),
        (DAY, spans("8:00-18:00"), 90, 90),
        # Ten minutes before and ten after are a half-hour, or the two half-hours of the clock.
        (spans("8:30-17:30"), spans("8:20-17:40"), 30, 60),
        # A day that was not planned is all overrun.
        ((), spans("8:10-11:20"), 210, 210),
        ((), (), 0, 0),
        (DAY, (), 0, 0),
        # The beginning and the end of each stay count.
        (spans("8:00-12:00", "14:00-18:00"), spans("8:00-12:00", "14:00-18:00"), 0, 0),
        (spans("8:00-12:00"), spans("8:00-12:00", "14:00-18:00"), 240, 240),
        (spans("8:00-12:00", "14:00-18:00"), spans("7:45-12:10", "13:50-18:20"), 60, 120),
        (spans("8:00-12:00", "14:00-18:00"), spans("8:00-18:00"), 120, 120),
        # A half-hour of the clock is not added twice.
        ((), spans("8:10-8:20", "8:25-8:40"), 30, 60),
    ],
)
def test_each_half_hour_begun_beyond_the_contract_is_added(planned, actual, by_duration, by_clock):
    assert overrun_minutes(planned, actual, DURATION) == by_duration
    assert overrun_minutes(planned, actual, CLOCK) == by_clock


@pytest.mark.parametrize(
    ("actual", "overrun"),
    [
        (spans("8:25-17:20"), 0),
        (spans("8:24-17:20"), 30),
        (spans("8:30-17:30"), 0),
        (spans("8:30-17:31"), 30),
        (spans("8:25-17:30"), 0),
        (spans("8:25-17:51"), 60),
    ],
)
def test_what_is_inside_the_tolerance_is_not_counted(actual, overrun):
    rule = OverrunRule(tolerance_before=5, tolerance_after=10)

    assert overrun_minutes(DAY, actual, rule) == overrun


def test_a_tolerance_in_the_morning_is_none_in_the_evening():
    morning, evening = OverrunRule(tolerance_before=10), OverrunRule(tolerance_after=10)

    assert overrun_minutes(DAY, spans("8:30-17:25"), morning) == 30
    assert overrun_minutes(DAY, spans("8:25-17:20"), evening) == 30
    assert overrun_minutes((), spans("8:25-8:30"), morning) == 30


@pytest.mark.parametrize("actual", [((600, 540),), ((-10, 60),), ((600, 600),)])
def test_a_stay_that_ends_before_it_begins_is_refused(actual):
    with pytest.raises(ImpossibleHours):
        overrun_minutes(DAY, actual)


minutes_of_day = st.integers(0, 1439)
stays = st.lists(
    st.tuples(minutes_of_day, st.integers(1, 300)).map(lambda s: (s[0], min(1440, s[0] + s[1]))),
    max_size=4,
).map(tuple)
rules = st.builds(
    OverrunRule,
    rounding=st.sampled_from(Rounding),
    step=st.sampled_from([15, 30, 60]),
    tolerance_before=st.integers(0, 20),
    tolerance_after=st.integers(0, 20),
)


def covered(*all_spans: tuple[int, int]) -> set[int]:
    return {minute for starts, ends in all_spans for minute in range(starts, ends)}


@given(stays, rules)
def test_who_keeps_to_the_plan_owes_nothing_more(planned, rule):
    assert overrun_minutes(planned, planned, rule) == 0


@given(stays, stays, st.sampled_from(Rounding), st.sampled_from([15, 30, 60]))
def test_an_overrun_is_whole_steps_and_no_shorter_than_the_time_that_was_not_planned(
    planned, actual, rounding, step
):
    overrun = overrun_minutes(planned, actual, OverrunRule(rounding=rounding, step=step))
    extra = len(covered(*actual) - covered(*planned))

    assert overrun % step == 0
    assert overrun >= extra
    if rounding is Rounding.DURATION:
        assert overrun < extra + step


@given(stays, stays, rules, st.integers(0, 1380), st.integers(1, 60))
def test_staying_longer_never_costs_less(planned, actual, rule, starts, length):
    longer = (*actual, (starts, starts + length))

    assert overrun_minutes(planned, actual, rule) <= overrun_minutes(planned, longer, rule)


@given(stays, stays, rules, st.randoms())
def test_the_order_of_the_stays_changes_nothing(planned, actual, rule, random):
    shuffled = list(actual)
    random.shuffle(shuffled)

    assert overrun_minutes(planned, shuffled, rule) == overrun_minutes(planned, actual, rule)


FULL_DAY = spans("8:00-17:00")
NOTHING = ()
WEEK = (FULL_DAY, FULL_DAY, NOTHING, spans("8:10-12:00"), FULL_DAY, NOTHING, NOTHING)
# From Monday 27 October to Sunday 16 November 2025: 11 November is a Tuesday, and a holiday.
AUTUMN = Contract(
    starts_on=date(2025, 10, 27),
    ends_on=date(2025, 11, 17),
    week=WEEK,
    days_off=frozenset({date(2025, 10, 31)}),
)


def test_a_contract_books_its_weeks_less_days_off_closings_and_holidays():
    closed = ServiceDays(closed=frozenset({date(2025, 11, 3)}))
    planned = planned_minutes(AUTUMN, closed)

    # Three weeks of 3 days of 9 h and one of 4 h, less a day off, a holiday and a closing.
    assert contract_minutes(AUTUMN, closed) == (3 * (3 * 9 + 4) - 3 * 9) * 60
    assert sum(planned.values()) == contract_minutes(AUTUMN, closed)
    assert {date(2025, 10, 31), date(2025, 11, 3), date(2025, 11, 11)}.isdisjoint(planned)


def test_a_started_half_hour_is_due_in_what_is_booked_too():
    assert booked_minutes(spans("8:10-12:00")) == 240
    assert booked_minutes(spans("8:00-12:00", "14:00-16:05")) == 390


@pytest.mark.parametrize(
    ("planned", "minutes"),
    [
        (spans("8:00-9:00", "8:20-10:00"), 120),
        (spans("8:00-10:00", "8:00-10:00"), 120),
        (spans("8:00-12:00", "9:00-10:00"), 240),
        # The place is not given back in between: no half-hour begins at ten past nine.
        (spans("8:00-9:10", "9:10-10:00"), 120),
    ],
)
def test_an_hour_that_a_contract_tells_twice_is_booked_once(planned, minutes):
    # R6 and reference 5.6: the hours of a contract are the sum of its slots.
    assert booked_minutes(planned) == minutes
    assert overrun_minutes(planned, planned) == 0
    assert cut_minutes(planned, 0) == minutes


@given(stays, st.randoms())
def test_a_contract_books_the_minutes_that_it_covers_however_they_are_told(planned, random):
    told = [*planned, *planned]
    random.shuffle(told)

    assert booked_minutes(told, 1) == len(covered(*planned))
    assert booked_minutes(told) == booked_minutes(planned) >= len(covered(*planned))


@given(stays, st.integers(0, 1440))
def test_what_an_early_closing_takes_off_is_never_more_than_what_was_booked(planned, closes):
    lost = {minute for minute in covered(*planned) if minute >= closes}

    assert cut_minutes(planned, closes) == len(lost) <= booked_minutes(planned)


def test_sickness_is_taken_off_from_the_second_day_with_its_certificate():
    planned = planned_minutes(AUTUMN, DAYS)
    told = AbsenceTold(
        reason="sickness", first_on=date(2025, 11, 6), last_on=date(2025, 11, 10), proof_at=0
    )
    excused = excused_days(USUAL_EXCUSES, [told], booked=planned, came=(), days=DAYS)

    # Thursday is due; Friday and Monday are not.
    assert deducted_minutes(planned, excused) == 2 * 9 * 60
    without = msgspec.structs.replace(told, proof_at=None)
    assert excused_days(USUAL_EXCUSES, [without], booked=planned, came=(), days=DAYS) == {}


def test_a_closing_is_taken_off_whole_and_a_day_that_was_not_booked_not_at_all():
    planned = {date(2025, 11, 6): 540}
    closing = Excused(reason="closing", absence_day_rank=1, percent=0)
    half = Excused(reason="closing", absence_day_rank=1, percent=50)

    assert deducted_minutes(planned, {date(2025, 11, 6): closing}) == 540
    assert deducted_minutes(planned, {date(2025, 11, 6): half}) == 270
    assert deducted_minutes(planned, {date(2025, 11, 7): closing}) == 0


def test_a_creche_that_closes_early_takes_off_what_was_booked_after():
    assert cut_minutes(spans("8:00-12:00", "14:00-17:00"), h("15:30")) == 90
    assert cut_minutes(spans("8:00-12:00", "14:00-17:00"), h("11:00")) == 60 + 180
    assert cut_minutes(spans("8:00-12:00"), h("18:00")) == 0


def test_the_statement_of_a_month_adds_the_overruns_and_takes_off_the_absences():
    statement = month(119, contract=124 * 60, overrun=30, deducted=9 * 60)

    assert statement == CrecheMonth(contract_cents=147_56, overrun_cents=60, deducted_cents=10_71)
    assert statement.cents == 147_56 + 60 - 10_71


@pytest.mark.parametrize(
    ("adaptation", "billed"),
    [
        (Adaptation.NORMAL, (600, 30)),
        (Adaptation.REAL_HOURS, (90, 0)),
        (Adaptation.FREE, (0, 0)),
        (Adaptation.NO_OVERRUN, (600, 0)),
    ],
)
def test_a_child_who_gets_used_to_the_place_is_billed_as_the_town_says(adaptation, billed):
    assert adapted(adaptation, contract=600, overrun=30, actual=90) == billed


def test_an_hour_of_emergency_care_costs_what_hours_cost_on_average():
    assert average_rate(147_56 + 99_20, 124 * 60 + 80 * 60) == 121
    with pytest.raises(ImpossibleHours):
        average_rate(0, 0)
