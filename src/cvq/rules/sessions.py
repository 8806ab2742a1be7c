"""
What a child's day comes to: from the taps of a day to the sessions that it is charged for.

A meal is a meal.  Garderie, crèche and leisure centre count the time between arrival and
departure, of each stay where a child comes back; a tap that is missing is taken at the opening or
the closing, so that a forgotten card never makes a price that the hours could not.
"""

from collections.abc import Sequence

from msgspec import Struct

from cvq.rules.vocabulary import Direction, Purpose

HALF_HOUR, HOUR, NOON = 30, 60, 12 * 60
MORNING, EVENING = "MORNING", "EVENING"  # of a garderie
DAY = "DAY"
# A leisure centre's half-day is a morning or an afternoon; beyond that it is a day.
HALF_DAY_MINUTES = 5 * 60

Seen = tuple[int, Direction]  # local minute of the day, and which way
Interval = tuple[int, int]  # opening hours or a stay, in local minutes, the end being out


class Session(Struct, frozen=True, gc=False, kw_only=True):
    """
    A unit of childcare: `code` names it within the day, `item` the tariff where there are several.

    `half_hours` and `hours` are started units, 0 where the session is charged whole; `minutes` is
    how long its stays lasted, `parts` the sessions of a day that is charged as one.
    """

    code: str
    item: str | None = None
    half_hours: int = 0
    hours: int = 0
    minutes: int = 0
    parts: tuple[str, ...] = ()


def whole_day(several: Sequence[Session]) -> tuple[Session, ...]:
    """Return the sessions of a day as one, for a price that sees morning and evening together."""
    if not several:
        return ()
    return (
        Session(
            code=DAY,
            item=several[0].item,
            half_hours=sum(one.half_hours for one in several),
            hours=sum(one.hours for one in several),
            minutes=sum(one.minutes for one in several),
            parts=tuple(one.code for one in several),
        ),
    )


def sessions(
    purpose: Purpose, seen: Sequence[Seen], hours: Sequence[Interval]
) -> tuple[Session, ...]:
    """Return the sessions that the taps of one child, one day, at one service come to."""
    if not seen:
        return ()
    match purpose:
        case Purpose.CANTEEN:
            return (Session(code="MEAL"),)
        case Purpose.GARDERIE:
            return _garderie(seen, hours)
        case Purpose.CRECHE:
            stays = _stays(seen, _span(hours))
            return (Session(code="CRECHE", hours=_started(stays, HOUR), minutes=_lasted(stays)),)
        case Purpose.LEISURE:
            stays = _stays(seen, _span(hours))
            # Lunch at home does not make a morning and an afternoon one half-day.
            is_day = _lasted((_whole(stays),)) > HALF_DAY_MINUTES
            item = "LEISURE-DAY" if is_day else "LEISURE-HALF-DAY"
            return (Session(code="LEISURE", item=item, minutes=_lasted(stays)),)
        case _:
            return ()


def _garderie(seen: Sequence[Seen], hours: Sequence[Interval]) -> tuple[Session, ...]:
    """Return a morning and an evening, each with its started half-hours."""
    found = []
    for code, part in (
        (MORNING, [one for one in seen if one[0] < NOON]),
        (EVENING, [one for one in seen if one[0] >= NOON]),
    ):
        if part:
            opened = [one for one in hours if (one[0] < NOON) == (code == MORNING)]
            stays = _stays(part, _span(opened))
            half_hours = _started(stays, HALF_HOUR)
            found.append(Session(code=code, half_hours=half_hours, minutes=_lasted(stays)))
    return tuple(found)


def _span(hours: Sequence[Interval]) -> Interval | None:
    return (min(one[0] for one in hours), max(one[1] for one in hours)) if hours else None


def _stays(seen: Sequence[Seen], hours: Interval | None) -> tuple[Interval, ...]:
    """
    Return the stays of a day: each from its first arrival to its last departure.

    An arrival after a departure begins another stay; two the same way are one person who tapped
    twice, or somebody who forgot between, and nobody knows when.
    """
    every = [minute for minute, _ in seen]
    opens, closes = hours or (min(every), max(every))
    found: list[Interval] = []
    arrival: int | None = None
    departure: int | None = None
    # Of the same minute the arrival is first, however it was told: a stay may last no minute.
    for minute, way in sorted(seen, key=lambda one: (one[0], one[1] is Direction.OUT)):
        if way is Direction.OUT:
            arrival = min(opens, *every) if arrival is None else arrival
            departure = minute
        elif arrival is None:
            arrival = minute
        elif departure is not None:
            found.append((arrival, departure))
            arrival, departure = minute, None
    assert arrival is not None
    return *found, (arrival, max(closes, *every) if departure is None else departure)


def _whole(stays: Sequence[Interval]) -> Interval:
    return stays[0][0], stays[-1][1]


def _lasted(stays: Sequence[Interval]) -> int:
    return sum(departure - arrival for arrival, departure in stays)


def _started(stays: Sequence[Interval], unit: int) -> int:
    """
    Return how many units are started; being there at all starts one.

    Each stay starts its own, as a contract books them (`creche.booked_minutes`): the place was
    given back in between.  Yet somebody who taps out and in again never owes more than the hours
    from the first arrival to the last departure.
    """
    each = sum(_units(one, unit) for one in stays)
    return min(each, _units(_whole(stays), unit))


def _units(stay: Interval, unit: int) -> int:
    return max(1, -(-_lasted((stay,)) // unit))
