"""What the sessions of a day cost, and what each price stands on; nothing is booked here."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct

from cvq.billing.families import TOLD
from cvq.billing.payers import Payer
from cvq.catalog.points import Point, Points
from cvq.childcare.counting import DayCounts
from cvq.childcare.facts import USUAL, Day, facts
from cvq.childcare.shares import Attended
from cvq.ledger.services import digest_of
from cvq.rules.sessions import (
    EVENING,
    NOON,
    Interval,
    Seen,
    Session,
    sessions,
    whole_day,
)
from cvq.rules.tariff import Priced, Refused, rate
from cvq.rules.tariff.items import Item
from cvq.rules.vocabulary import CHILDCARE

CHILD_DAY = "child_day"  # the grain of a price that sees a child's whole day
# What a day is not charged again for: its sessions say it, or somebody told it since.
SETTLED = USUAL | TOLD
BEFORE = ".before"  # what a tariff reads of a counter
AT, TOLD_CHARACTERS = "@", 16  # what was counted, and what the price and its sentence were

Name = tuple[int, UUID, str]  # service, holder, session
Rated = dict[tuple[Any, ...], Priced | Refused]  # by tariff, item and inputs: many children share


class Asked(NamedTuple):
    """A session whose price is asked."""

    holder: UUID
    point: Point
    session: Session
    day: Day

    @property
    def name(self) -> Name:
        """Return what it is charged under."""
        return self.point.service, self.holder, self.session.code


class Due(Struct, gc=False, kw_only=True):
    """A session to charge: whose, by which tariff, and what it costs."""

    name: Name
    payer: Payer
    point: Point
    basis: str
    tariff: int
    inputs: dict[str, Any]
    priced: Priced
    revision: int = 1

    def is_settled(self, kept: str) -> bool:
        """
        Tell whether what a charge stood on still makes it.

        Where earlier sessions moved what was counted, it stands if its price and sentence do.
        """
        if kept == self.basis:
            return True
        (before, _, counted), (now, _, counts) = kept.partition(AT), self.basis.partition(AT)
        return before == now and bool(counts) and counted.split(AT)[-1] == counts.split(AT)[-1]


class Dues(Struct):
    """
    What is due of a day: the sessions that have a price and somebody to pay it, and the others.

    `looked_at` are the stays (service, holder) whose sessions are all known.  A session of theirs
    that is neither due nor `undecided` (no tariff, nobody to pay) has no price by its facts.
    """

    due: list[Due] = []
    unpriced: int = 0
    undecided: set[Name] = set()
    looked_at: set[tuple[int, UUID]] = set()

    def leaves(self, names: Iterable[Name]) -> list[Name]:
        """Return those of the sessions charged before that nothing is due for any more."""
        stands = {one.name for one in self.due} | self.undecided
        return [name for name in names if name[:2] in self.looked_at and name not in stands]


def dues(
    attended: Attended,
    points: Points,
    families: Mapping[tuple[UUID, int], dict[str, Any]],
    counts: DayCounts | None,
) -> Dues:
    """Return what is due of the sessions of some children on a day."""
    services = {p.service: p for p in points.points.values() if p.purpose in CHILDCARE}
    asked: list[Asked] = []
    found = Dues()
    day = attended.day
    for holder, by_service in attended.taken.items():
        for service, seen in by_service.items():
            point = services.get(service)
            if point is None:
                found.unpriced += 1
                continue
            found.looked_at.add((service, holder))
            hours = points.calendar.open_intervals(service, day)
            among_whom = attended.among.get(holder, {}).get(service)
            family = families.get((holder, service), {})
            seen_of = Day(day, points.calendar, seen, among_whom, family)
            for session in _sessions(point, seen, hours, day):
                asked.append(Asked(holder, point, session, seen_of))
    if counts is not None:
        asked.sort(key=_turn)
    rated: Rated = {}
    for one in asked:
        payer = attended.paying.get(one.holder)
        if payer and (due := _priced(payer, one, rated, counts)):
            found.due.append(due)
            continue
        found.unpriced += 1
        if payer is None or one.point.tariff(day, one.session.item) is None:
            found.undecided.add(one.name)
    return found


def _turn(one: Asked) -> tuple[int, UUID]:
    # By the minute it began; of two in the same minute always the same is first, however told.
    is_evening = one.session.code == EVENING
    began = min(minute for minute, _ in one.day.seen if minute >= NOON or not is_evening)
    return began, one.holder


def _sessions(
    point: Point, seen: Sequence[Seen], hours: Sequence[Interval], day: date
) -> tuple[Session, ...]:
    found = sessions(point.purpose, seen, hours)
    version = point.tariff(day, found[0].item) if found else None
    return whole_day(found) if version and version.tariff.grain == CHILD_DAY else found


def _priced(payer: Payer, one: Asked, rated: Rated, counts: DayCounts | None) -> Due | None:
    point, session = one.point, one.session
    version = point.tariff(one.day.on, session.item)
    if version is None:
        return None
    tariff, name = version.tariff, one.name
    asks = tariff.reads
    inputs = facts(asks, payer=payer, point=point, session=session, day=one.day)
    stands_on = (
        version.id, session.item or "", session.half_hours, session.hours, payer.wallet,
        *(inputs[fact] for fact in asks if fact not in SETTLED and not fact.endswith(BEFORE)),
    )  # fmt: skip
    basis = ":".join(map(str, stands_on))
    priced: Priced | Refused
    if counts is not None and isinstance(tariff, Item) and tariff.counts:
        priced = counts.rate(name, payer, tariff, inputs)
        if isinstance(priced, Priced):
            before = ":".join(str(inputs[fact]) for fact in asks if fact.endswith(BEFORE))
            told = digest_of(str(priced.cents), priced.sentence).hex()[:TOLD_CHARACTERS]
            basis += f"{AT}{before}{AT}{told}"
    else:
        asked = (version.id, session.item, *inputs.values())
        if asked not in rated:
            rated[asked] = rate(tariff, inputs)
        priced = rated[asked]
    if not isinstance(priced, Priced):
        return None
    return Due(
        name=name,
        payer=payer,
        point=point,
        basis=basis,
        tariff=version.id,
        inputs=inputs,
        priced=priced,
    )
