"""Until when a day may be booked or cancelled: the limits that towns publish."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvq.kernel.local import Local, ms_at
from cvq.rules.days import WEEKDAYS, WORKING_DAYS, NoDayLeft, ServiceDays, Skip
from cvq.rules.deadline import (
    Anytime,
    Never,
    Notice,
    clock_minute,
    earlier,
    is_within,
    limit,
    notice,
)
from deadlines import stated

PARIS = ZoneInfo("Europe/Paris")
DAYS = ServiceDays()
# A week without a public holiday, and the two around it.
MON, TUE, WED, THU, FRI, SAT, SUN = (date(2026, 3, 16) + timedelta(days=n) for n in range(7))
WEEK = timedelta(days=7)


def at(day: date, clock: str) -> int:
    """Return an instant in Paris."""
    return ms_at(day, clock_minute(clock), PARIS)


CRUAS = stated(kind="days_before", days=2, at="12:00", skip=["weekends"])
VEYRAS = stated(kind="weekday_of_week_before", weekday="tuesday", at="23:59")
EVE = stated(kind="days_before", days=1, at="18:00")
CRUAS_WEDNESDAY = stated(kind="weekday_of_week_before", weekday="thursday", at="12:00")
# « 48 heures ouvrées » are two whole working days between the limit and the meal.
PAULX = stated(kind="days_before", days=3, at="16:30", skip=["weekends", "public_holidays"])
LES_PIEUX = stated(kind="weekday_before", weekday="monday", at="9:30")
VAILHAUQUES = stated(
    kind="by_weekday",
    cases=[
        {
            "weekdays": ["monday", "tuesday"],
            "deadline": {"kind": "weekday_before", "weekday": "friday", "at": "9 h"},
        },
        {
            "weekdays": ["thursday", "friday"],
            "deadline": {"kind": "weekday_before", "weekday": "tuesday", "at": "9 h"},
        },
    ],
    otherwise={"kind": "never"},
)


@pytest.mark.parametrize(
    ("deadline", "day", "last", "clock"),
    [
        (CRUAS, MON, THU - WEEK, "12:00"),
        (CRUAS, TUE, FRI - WEEK, "12:00"),
        (CRUAS, THU, TUE, "12:00"),
        (CRUAS, FRI, WED, "12:00"),
        *((VEYRAS, day + WEEK, TUE, "23:59") for day in (MON, TUE, WED, THU, FRI, SAT, SUN)),
        (EVE, TUE, MON, "18:00"),
        (EVE, MON, SUN - WEEK, "18:00"),
        (CRUAS_WEDNESDAY, WED, THU - WEEK, "12:00"),
        (PAULX, MON, WED - WEEK, "16:30"),
        (PAULX, TUE, THU - WEEK, "16:30"),
        (PAULX, THU, MON, "16:30"),
        (PAULX, FRI, TUE, "16:30"),
        (LES_PIEUX, WED, MON, "9:30"),
        (VAILHAUQUES, MON, FRI - WEEK, "9:00"),
        (VAILHAUQUES, TUE, FRI - WEEK, "9:00"),
        (VAILHAUQUES, THU, TUE, "9:00"),
        (VAILHAUQUES, FRI, TUE, "9:00"),
    ],
)
def test_each_town_has_the_limit_that_it_publishes(deadline, day, last, clock):
    assert limit(deadline, day, DAYS) == Local(last, clock_minute(clock), last.weekday())


@pytest.mark.parametrize(
    ("document", "day", "expected"),
    [
        # 14 July 2026 is a Tuesday: two working days before Thursday are Monday and Wednesday.
        (
            {"kind": "days_before", "days": 2, "at": "12:00", "skip": ["public_holidays"]},
            date(2026, 7, 16),
            date(2026, 7, 13),
        ),
        # Easter Monday is 6 April 2026: nobody waits for the meal of Tuesday until Monday.
        (
            {
                "kind": "days_before",
                "days": 1,
                "at": "10:00",
                "skip": ["weekends", "public_holidays"],
            },
            date(2026, 4, 7),
            date(2026, 4, 3),
        ),
        # The Thursday of the week before is Ascension Day: the limit is on Wednesday.
        (
            {
                "kind": "weekday_of_week_before",
                "weekday": "thursday",
                "at": "9:00",
                "skip": ["public_holidays"],
            },
            date(2026, 5, 18),
            date(2026, 5, 13),
        ),
        # A Sunday belongs to the week that it ends, and is not its own last Sunday.
        ({"kind": "weekday_of_week_before", "weekday": "sunday", "at": "9:00"}, SUN, SUN - WEEK),
        ({"kind": "weekday_before", "weekday": "sunday", "at": "9:00"}, SUN, SUN - WEEK),
        (
            {"kind": "weekday_of_week_before", "weekday": "friday", "at": "9:00", "weeks": 2},
            WED,
            FRI - 2 * WEEK,
        ),
        (
            {"kind": "day_of_month_before", "day": 31, "at": "12:00"},
            date(2026, 3, 10),
            date(2026, 2, 28),
        ),
        (
            {"kind": "day_of_month_before", "day": 20, "at": "12:00"},
            date(2026, 1, 5),
            date(2025, 12, 20),
        ),
        ({"kind": "days_before", "days": 0, "at": "9:00"}, MON, MON),
        (
            {"kind": "days_before", "days": 1, "at": "9:00", "skip": ["wednesday"]},
            THU,
            TUE,
        ),
    ],
)
def test_holidays_short_months_and_sundays_are_counted_as_a_clerk_would(document, day, expected):
    found = limit(stated(**document), day, DAYS)

    assert isinstance(found, Local)
    assert found.day == expected


def test_closed_days_and_school_holidays_may_be_skipped():
    days = ServiceDays(closed=frozenset({MON}), school_holidays=((TUE, THU),))
    both = ["closed_days", "school_holidays"]
    deadline = stated(kind="days_before", days=1, at="10:00", skip=both)

    assert limit(deadline, THU, days) == Local(FRI - WEEK, 600, 4)
    # The day on which class begins again is no holiday.
    assert limit(deadline, FRI, days) == Local(THU, 600, 3)


def test_hours_before_are_counted_from_the_beginning_of_what_is_booked():
    deadline = stated(kind="hours_before", hours=48)
    working = stated(kind="hours_before", hours=48, skip=["weekends"])

    assert limit(deadline, MON, DAYS, 14 * 60) == Local(SAT - WEEK, 14 * 60, 5)
    assert limit(working, MON, DAYS, 14 * 60) == Local(THU - WEEK, 14 * 60, 3)


def test_a_deadline_that_skips_every_day_is_refused():
    deadline = stated(kind="days_before", days=1, at="9:00", skip=[str(one) for one in WEEKDAYS])

    with pytest.raises(NoDayLeft):
        limit(deadline, MON, DAYS)


@pytest.mark.parametrize(
    "document",
    [
        {"kind": "days_before", "days": 1, "at": "9:00"},
        {"kind": "days_before", "days": 0, "at": "0:00"},
        {"kind": "hours_before", "hours": 48},
        {"kind": "weekday_before", "weekday": "sunday", "at": "9:00"},
        {"kind": "weekday_of_week_before", "weekday": "friday", "at": "9:00"},
        {"kind": "day_of_month_before", "day": 31, "at": "9:00"},
        {
            "kind": "by_weekday",
            "cases": [],
            "otherwise": {"kind": "day_of_month_before", "day": 1, "at": "9:00", "months": 12},
        },
    ],
    ids=lambda document: f"{document['kind']}-{document.get('days', '')}",
)
def test_a_day_before_which_there_is_no_calendar_has_no_limit_and_a_sentence_says_so(document):
    # The first of January of the year 1 is a Monday.
    with pytest.raises(NoDayLeft, match="Aucun jour ne compte avant le 01/01/"):
        notice(stated(**document), date.min, 0, DAYS)


def test_the_minute_of_the_limit_is_in_time_and_the_next_is_late():
    assert notice(VEYRAS, MON + WEEK, at(TUE, "23:59") + 59_999, DAYS) is Notice.IN_TIME
    assert notice(VEYRAS, MON + WEEK, at(WED, "0:00"), DAYS) is Notice.LATE
    assert notice(VEYRAS, MON + WEEK, None, DAYS) is Notice.NONE


@pytest.mark.parametrize(
    ("day", "last"),
    [(date(2026, 3, 30), date(2026, 3, 29)), (date(2026, 10, 26), date(2026, 10, 25))],
)
def test_the_clocks_may_change_on_the_night_of_the_limit(day, last):
    deadline = stated(kind="days_before", days=1, at="18:00")
    six = at(last, "18:00")

    assert notice(deadline, day, six, DAYS) is Notice.IN_TIME
    assert notice(deadline, day, six + 60_000, DAYS) is Notice.LATE


def test_a_kiosk_that_was_cut_off_tells_when_the_family_booked_not_when_it_spoke():
    booked_at = at(THU - WEEK, "11:59")  # told on Friday

    assert notice(CRUAS, MON, booked_at, DAYS) is Notice.IN_TIME


@pytest.mark.parametrize(
    "document",
    [
        {"kind": "days_before", "days": 366, "at": "12:00"},
        {"kind": "days_before", "days": -1, "at": "12:00"},
        {"kind": "days_before", "days": 1, "at": "24:30"},
        {"kind": "days_before", "days": 1},
        {"kind": "days_before", "days": 1, "at": "12:00", "skips": []},
        {"kind": "weekday_before", "weekday": "jeudi", "at": "12:00"},
        {"kind": "day_of_month_before", "day": 32, "at": "12:00"},
        {"kind": "tomorrow"},
        {"kind": "by_weekday", "cases": []},
    ],
)
def test_a_deadline_that_cannot_be_is_not_read(document):
    with pytest.raises(msgspec.ValidationError):
        stated(**document)


@pytest.mark.parametrize(
    "deadline",
    [CRUAS, VEYRAS, LES_PIEUX, VAILHAUQUES, Anytime(), Never()],
    ids=["Cruas", "Veyras", "Les Pieux", "Vailhauquès", "anytime", "never"],
)
def test_a_deadline_is_written_as_it_is_read(deadline):
    assert stated(**msgspec.to_builtins(deadline)) == deadline


@pytest.mark.parametrize(
    ("text", "minute"), [("9:30", 570), ("09:30", 570), ("9 h", 540), ("9h30", 570), ("0:00", 0)]
)
def test_a_time_is_read_as_people_write_it(text, minute):
    assert clock_minute(text) == minute


all_days = st.dates(date(2020, 1, 1), date(2040, 1, 1))
skips = st.frozensets(
    st.sampled_from(
        [Skip.WEEKENDS, Skip.PUBLIC_HOLIDAYS, Skip.SCHOOL_HOLIDAYS, Skip.CLOSED_DAYS, Skip.MONDAYS]
    )
)
clocks = st.integers(0, 1439).map(lambda m: f"{m // 60}:{m % 60:02}")


@st.composite
def deadlines(draw):
    common = {"at": draw(clocks), "skip": sorted(draw(skips))}
    weekday = draw(st.sampled_from(WEEKDAYS))
    return stated(
        **draw(
            st.sampled_from(
                [
                    {"kind": "days_before", "days": draw(st.integers(0, 30)), **common},
                    {"kind": "weekday_before", "weekday": weekday, **common},
                    {"kind": "weekday_of_week_before", "weekday": weekday, "weeks": 2, **common},
                    {"kind": "day_of_month_before", "day": draw(st.integers(1, 31)), **common},
                ]
            )
        )
    )


@given(deadlines(), all_days)
def test_a_limit_is_never_after_the_day(deadline, day):
    found = limit(deadline, day, DAYS)

    assert isinstance(found, Local)
    assert found.day <= day


@given(deadlines(), all_days)
def test_a_later_day_never_has_an_earlier_limit(deadline, day):
    first, second = (limit(deadline, on, DAYS) for on in (day, day + timedelta(days=1)))

    assert isinstance(first, Local)
    assert isinstance(second, Local)
    assert first <= second


@given(all_days, st.integers(0, 40), clocks, skips)
def test_as_many_days_that_count_lie_from_the_limit_to_the_eve_as_the_rule_says(
    day, count, clock, skip
):
    deadline = stated(kind="days_before", days=count, at=clock, skip=sorted(skip))
    found = limit(deadline, day, DAYS)

    assert isinstance(found, Local)
    between = (day - found.day).days
    counted = [found.day + timedelta(days=n) for n in range(between)]
    assert sum(not DAYS.is_skipped(one, skip) for one in counted) == count


@given(all_days, st.integers(0, 500), st.integers(0, 1439))
def test_hours_that_skip_nothing_are_hours_of_the_clock(day, hours, starts):
    found = limit(stated(kind="hours_before", hours=hours), day, DAYS, starts)

    assert isinstance(found, Local)
    assert found.minute < 1440
    assert (day - found.day).days * 1440 + starts - found.minute == hours * 60


@given(deadlines(), st.dates(max_value=date(3, 1, 1)), st.integers(0, 1439))
def test_a_limit_near_the_beginning_of_the_calendar_is_found_or_refused(deadline, day, starts):
    try:
        answer = notice(deadline, day, 0, DAYS, starts)
    except NoDayLeft:
        return

    assert answer is Notice.LATE


limits = st.one_of(
    st.just(Anytime()),
    st.just(Never()),
    st.builds(lambda d, m: Local(d, m, d.weekday()), all_days, st.integers(0, 1439)),
)


@given(limits, limits, all_days, st.integers(0, 1439))
def test_the_earlier_of_two_limits_holds_whoever_is_named_first(one, other, day, minute):
    now = ms_at(day, minute, PARIS)
    both = is_within(one, now, DAYS) and is_within(other, now, DAYS)

    assert is_within(earlier(one, other), now, DAYS) == both
    assert is_within(earlier(other, one), now, DAYS) == both


@given(all_days)
def test_a_working_day_is_neither_at_the_weekend_nor_a_public_holiday(day):
    assert DAYS.is_working(day) == DAYS.is_open(day)
    assert DAYS.is_working(day) == (not DAYS.is_skipped(day, WORKING_DAYS))
