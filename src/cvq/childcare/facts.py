"""What a tariff may ask of a session of childcare, under the names of the vocabulary."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from cvq.billing.facts import facts_of_day, ranks, residence
from cvq.billing.payers import Payer
from cvq.catalog.calendar import Calendar
from cvq.catalog.points import Point
from cvq.catalog.sold import CONSTANT
from cvq.childcare.shares import Among
from cvq.rules.sessions import EVENING, MORNING, Session
from cvq.rules.vocabulary import Direction

# What nearly every tariff asks; the rest is worked out for those that ask for it.
USUAL = frozenset({"age", "booked", "half_hours", "hours", "quotient", "resident", "school_level"})
AMONG = frozenset({"children_present", "rank_present"})
ALONE = Among(children=1, rank=1)


class Day(NamedTuple):
    """
    A day of a child at a service: the taps, and the children of the same wallet there.

    `family` is told where the tariff asks for it.
    """

    on: date
    calendar: Calendar
    seen: Sequence[tuple[int, Direction]]
    among: Among | None
    family: dict[str, Any] = {}


def facts(
    asked: Sequence[str], *, payer: Payer, point: Point, session: Session, day: Day
) -> dict[str, Any]:
    """Return the facts that a tariff asks, None where they are not known."""
    known = facts_known(asked, payer=payer, point=point, session=session, day=day)
    return {name: known.get(name) for name in asked}


def facts_known(
    asked: Sequence[str], *, payer: Payer, point: Point, session: Session, day: Day
) -> dict[str, Any]:
    """Return the facts that are at hand, those that are asked among them."""
    # Booked as usual: the second source of presence, and its surcharge, come with roll-calls.
    known = payer.inputs(day.on) | {
        "booked": CONSTANT["booked"],
        "half_hours": session.half_hours,
        "hours": session.hours,
    }
    if not USUAL.issuperset(asked):
        known |= _others(payer, point, session, day) | day.family
    return known


def _others(payer: Payer, point: Point, session: Session, day: Day) -> dict[str, Any]:
    among = day.among or ALONE
    resident = payer.resident
    return facts_of_day(day.on, point.department) | {
        "regularity": CONSTANT["regularity"],
        "school_holiday": point.site is not None
        and day.calendar.is_school_holiday(point.site, day.on),
        "born_on": payer.born_on.isoformat(),
        "residence": residence(home=payer.commune, site=point.commune, resident=resident),
        "children_present": among.children,
        "rank_present": among.rank,
        **facts_of_session(session, day.seen),
    }


def facts_of_session(
    session: Session, seen: Sequence[tuple[int, Direction]]
) -> dict[str, int | bool | str | None]:
    """Return how long a session lasted and what part of the day it was, from what was seen."""
    came = [minute for minute, way in seen if way is Direction.IN]
    left = [minute for minute, way in seen if way is Direction.OUT]
    return {
        "half_hours": session.half_hours,
        "hours": session.hours,
        "arrived_at": _clock(min(came)) if came else None,
        "left_at": _clock(max(left)) if left else None,
        "duration": session.minutes,
        "morning": MORNING in (session.code, *session.parts),
        "evening": EVENING in (session.code, *session.parts),
    }


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"


def among(
    taken: Mapping[UUID, Mapping[int, object]], paying: Mapping[UUID, Payer]
) -> dict[UUID, dict[int, Among]]:
    """Return how many children of its wallet came with each child to a service, and its rank."""
    together: dict[tuple[int, int], list[tuple[date, UUID]]] = {}
    for child, services in taken.items():
        if child in paying:
            for service in services:
                one = (paying[child].born_on, child)
                together.setdefault((paying[child].wallet, service), []).append(one)
    found: dict[UUID, dict[int, Among]] = {}
    for ((_, service), child), (rank, children) in ranks(together).items():
        found.setdefault(child, {})[service] = Among(children=children, rank=rank)
    return found
