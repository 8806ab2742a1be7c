"""What the taps of a child's day come to: each stay counts, and what was forgotten."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvq.rules.sessions import HOUR, NOON, Seen, Session, sessions
from cvq.rules.vocabulary import Direction, Purpose

OPEN = ((7 * 60 + 30, 18 * 60 + 30),)
GARDERIE_OPEN = ((7 * 60, 8 * 60 + 30), (16 * 60 + 30, 18 * 60 + 30))


def taps(*told: str) -> list[Seen]:
    """Return « in 8:00 » and « out 12:00 » as they are seen."""
    return [_tap(one) for one in told]


def _tap(told: str) -> Seen:
    way, clock = told.split()
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes), Direction(way.upper())


def creche(*told: str) -> Session:
    (session,) = sessions(Purpose.CRECHE, taps(*told), OPEN)
    return session


@pytest.mark.parametrize(
    ("told", "minutes", "hours"),
    [
        (("in 8:00", "out 16:30"), 510, 9),
        (("in 8:00", "out 12:00", "in 14:00", "out 18:00"), 480, 8),
        (("in 8:00", "out 12:10", "in 14:00", "out 17:50"), 480, 9),  # each stay begins an hour
        (("in 8:00", "in 8:02", "out 12:00", "out 12:01", "in 14:00", "out 18:00"), 481, 9),
        (("in 8:00", "out 8:01", "in 8:02", "out 18:00"), 599, 10),  # no more than the whole day
        (("in 8:00", "in 14:00", "out 18:00"), 600, 10),  # a departure was forgotten between
        (("in 8:00", "out 12:00", "out 18:00"), 600, 10),  # and an arrival
        (("in 8:00", "out 12:00", "in 14:00"), 510, 9),  # until the closing
        (("out 12:00", "in 14:00", "out 18:00"), 510, 9),  # from the opening
        (("in 8:00",), 630, 11),
        (("out 12:00",), 270, 5),
        (("in 8:00", "out 8:00"), 0, 1),
        (("in 19:00",), 0, 1),  # after the closing: it came, and nobody knows for how long
    ],
)
def test_each_stay_of_a_day_at_the_creche_counts(
    told: tuple[str, ...], minutes: int, hours: int
) -> None:
    session = creche(*told)

    assert (session.minutes, session.hours) == (minutes, hours)


def test_an_evening_left_for_an_hour_is_two_stays_and_the_morning_is_apart() -> None:
    seen = taps("in 7:30", "in 16:30", "out 17:00", "in 18:00", "out 18:20")

    morning, evening = sessions(Purpose.GARDERIE, seen, GARDERIE_OPEN)

    assert (morning.code, morning.minutes, morning.half_hours) == ("MORNING", 60, 2)
    assert (evening.code, evening.minutes, evening.half_hours) == ("EVENING", 50, 2)


def test_a_morning_and_an_afternoon_with_lunch_at_home_are_a_day_of_the_leisure_centre() -> None:
    seen = taps("in 9:30", "out 11:30", "in 14:00", "out 16:00")

    (session,) = sessions(Purpose.LEISURE, seen, OPEN)

    assert (session.item, session.minutes) == ("LEISURE-DAY", 240)


@given(
    st.lists(
        st.tuples(st.integers(0, 24 * 60 - 1), st.sampled_from(Direction)), min_size=1, max_size=9
    )
)
def test_the_order_in_which_taps_are_told_changes_nothing(seen: list[Seen]) -> None:
    for purpose in (Purpose.CRECHE, Purpose.GARDERIE, Purpose.LEISURE):
        told = sessions(purpose, seen, OPEN)

        assert sessions(purpose, seen[::-1], OPEN) == told
        assert sessions(purpose, sorted(seen), OPEN) == told


@given(
    st.lists(st.integers(0, NOON), min_size=2, max_size=8, unique=True).filter(
        lambda every: len(every) % 2 == 0
    )
)
def test_stays_told_whole_last_what_they_last_and_never_more_than_the_day(
    minutes: Sequence[int],
) -> None:
    clock = sorted(minutes)
    ways = (Direction.IN, Direction.OUT) * (len(clock) // 2)

    (session,) = sessions(Purpose.CRECHE, list(zip(clock, ways, strict=True)), OPEN)

    assert session.minutes == sum(clock[1::2]) - sum(clock[::2])
    assert session.hours * HOUR >= session.minutes
    assert session.hours <= -(-(clock[-1] - clock[0]) // HOUR)
