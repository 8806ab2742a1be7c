"""
What a child's day comes to: from the taps of a day to the sessions that it is charged for.

A meal is a meal.  Garderie, crèche and leisure centre count the time between arrival and
departure; a tap that is missing is taken at the opening or the closing, so that a forgotten card
never makes a price that the hours could not.
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
Interval = tuple[int, int]  # opening hours, in local minutes, the end being out


class Session(Struct, frozen=True, gc=False, kw_only=True):
    """
    A unit of childcare: `code` names it within the day, `item` the tariff where there are several.

    `half_hours` and `hours` are started units, 0 where the session is charged whole; `minutes` is
    how long it lasted, `parts` the sessions of a day that is charged as one.
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
            minutes = _minutes(seen, _span(hours))
            return (Session(code="CRECHE", hours=_started(minutes, HOUR), minutes=minutes),)
        case Purpose.LEISURE:
            minutes = _minutes(seen, _span(hours))
            item = "LEISURE-DAY" if minutes > HALF_DAY_MINUTES else "LEISURE-HALF-DAY"
            return (Session(code="LEISURE", item=item, minutes=minutes),)
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
            minutes = _minutes(part, _span(opened))
            half_hours = _started(minutes, HALF_HOUR)
            found.append(Session(code=code, half_hours=half_hours, minutes=minutes))
    return tuple(found)


def _span(hours: Sequence[Interval]) -> Interval | None:
    return (min(one[0] for one in hours), max(one[1] for one in hours)) if hours else None


def _minutes(seen: Sequence[Seen], hours: Interval | None) -> int:
    """Return the minutes from the first arrival to the last departure."""
    every = [minute for minute, _ in seen]
    opens, closes = hours or (min(every), max(every))
    arrival = min((m for m, way in seen if way is Direction.IN), default=min(opens, *every))
    departure = max((m for m, way in seen if way is Direction.OUT), default=max(closes, *every))
    return max(0, departure - arrival)


def _started(minutes: int, unit: int) -> int:
    """Return how many units are started; being there at all starts one."""
    return max(1, -(-minutes // unit))
