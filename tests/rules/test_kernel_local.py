from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvq.kernel.local import Local, at_ms, instant, local, ms_at

PARIS = ZoneInfo("Europe/Paris")
ZONES = ("Europe/Paris", "Indian/Reunion", "America/Miquelon", "Pacific/Marquesas")


@pytest.mark.parametrize(
    ("utc", "zone", "expected"),
    [
        ("2025-01-01T22:59:59", "Europe/Paris", Local(date(2025, 1, 1), 1439, 2)),
        ("2025-01-01T23:00:00", "Europe/Paris", Local(date(2025, 1, 2), 0, 3)),
        ("2025-03-30T00:59:59", "Europe/Paris", Local(date(2025, 3, 30), 119, 6)),
        ("2025-03-30T01:00:00", "Europe/Paris", Local(date(2025, 3, 30), 180, 6)),
        ("2025-10-26T00:30:00", "Europe/Paris", Local(date(2025, 10, 26), 150, 6)),
        ("2025-10-26T01:30:00", "Europe/Paris", Local(date(2025, 10, 26), 150, 6)),
        ("2025-12-31T20:00:00", "Indian/Reunion", Local(date(2026, 1, 1), 0, 3)),
        ("2025-07-01T09:29:00", "Pacific/Marquesas", Local(date(2025, 6, 30), 1439, 0)),
    ],
)
def test_an_instant_has_the_day_and_minute_of_the_clock_on_the_wall(utc, zone, expected):
    assert local(at_ms(datetime.fromisoformat(utc + "+00:00")), ZoneInfo(zone)) == expected


@given(
    at=st.integers(
        at_ms(datetime(1990, 1, 1, tzinfo=UTC)), at_ms(datetime(2060, 1, 1, tzinfo=UTC))
    ),
    zone=st.sampled_from(ZONES),
)
def test_local_time_is_that_of_the_standard_library(at, zone):
    there = instant(at).astimezone(ZoneInfo(zone))

    assert local(at, ZoneInfo(zone)) == (
        there.date(),
        there.hour * 60 + there.minute,
        there.weekday(),
    )
    assert at_ms(instant(at)) == at


@given(
    day=st.dates(date(2000, 1, 1), date(2050, 12, 31)),
    minute=st.integers(0, 1439),
    zone=st.sampled_from(ZONES),
)
def test_the_instant_of_a_minute_has_that_minute_unless_the_clocks_skip_it(day, minute, zone):
    back = local(ms_at(day, minute, ZoneInfo(zone)), ZoneInfo(zone))

    assert back.day == day
    assert back.minute in {minute, minute + 60}


def test_minute_1440_is_the_midnight_of_the_next_day():
    assert ms_at(date(2025, 3, 30), 1440, PARIS) == ms_at(date(2025, 3, 31), 0, PARIS)


def test_an_instant_before_1970_is_cut_to_the_millisecond_below():
    assert at_ms(datetime(1969, 12, 31, 23, 59, 59, 999_500, tzinfo=UTC)) == -1


def test_a_datetime_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="has no time zone"):
        at_ms(datetime(2025, 1, 1))
