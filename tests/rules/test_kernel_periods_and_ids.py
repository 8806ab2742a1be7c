from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvq.kernel.ids import uuid7
from cvq.kernel.periods import days, is_current, is_in_season, is_odd_week, overlap

dates = st.dates(date(2024, 1, 1), date(2026, 12, 31))
ends = st.none() | dates


@pytest.mark.parametrize(
    ("day", "inside"),
    [("2024-12-31", False), ("2025-01-01", True), ("2025-12-31", True), ("2026-01-01", False)],
)
def test_a_period_holds_its_first_day_and_not_its_last(day, inside):
    first, end = date(2025, 1, 1), date(2026, 1, 1)

    assert is_current(first, end, date.fromisoformat(day)) is inside


def test_a_period_without_end_lasts():
    assert is_current(date(2025, 1, 1), None, date(2099, 1, 1))


@given(dates, ends, dates, ends)
def test_periods_overlap_when_a_day_is_in_both(start, end, other_start, other_end):
    both = any(
        is_current(start, end, day) and is_current(other_start, other_end, day)
        for day in (start, other_start)
    )

    if (end is None or start < end) and (other_end is None or other_start < other_end):
        assert overlap(start, end, other_start, other_end) is both


def test_the_days_of_a_leap_february_are_29():
    assert len(list(days(date(2024, 2, 1), date(2024, 3, 1)))) == 29


@pytest.mark.parametrize(
    ("day", "season", "inside"),
    [
        ("2025-06-17", ("06-18", "09-01"), False),
        ("2025-06-18", ("06-18", "09-01"), True),
        ("2025-08-31", ("06-18", "09-01"), True),
        ("2025-09-01", ("06-18", "09-01"), False),
        ("2025-01-15", ("11-01", "03-01"), True),
        ("2025-03-01", ("11-01", "03-01"), False),
        ("2025-03-01", (None, None), True),
    ],
)
def test_a_season_may_run_over_the_new_year(day, season, inside):
    assert is_in_season(date.fromisoformat(day), *season) is inside


def test_the_last_week_of_2026_and_the_first_of_2027_are_both_odd():
    assert is_odd_week(date(2026, 12, 31))
    assert is_odd_week(date(2027, 1, 4))
    assert not is_odd_week(date(2027, 1, 11))


def test_names_sort_by_the_millisecond_they_were_drawn():
    early, late = uuid7(1_000), uuid7(1_001)

    assert early < late
    assert early.version == 7
    assert early.variant == "specified in RFC 4122"
    assert early.int >> 80 == 1_000


def test_two_names_drawn_together_differ():
    assert uuid7(5) != uuid7(5)


def test_a_name_may_be_drawn_from_a_seed():
    assert str(uuid7(0, bytes)) == "00000000-0000-7000-8000-000000000000"
