"""
What becomes of each event of a batch before anything is decided.

Some were told before and get the answer that they had, some cannot be believed, and some tell two
stories under one name: what is left is new, or said otherwise, and is decided.
"""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from psycopg import Connection
from psycopg.errors import SerializationFailure

from cvq.billing.presented import Presented
from cvq.catalog.points import Point, Points
from cvq.kernel.local import local
from cvq.plumbing.pipeline import Pipeline
from cvq.rules.vocabulary import By, Happening, Verdict
from cvq.taps import record
from cvq.taps.believe import doubt
from cvq.taps.models import ParkedFor
from cvq.taps.record import Known, Name
from cvq.taps.told import Answer, Told
from cvq.wire.events import Event, happening


class Moved(SerializationFailure):
    """What we had looked at before the lock changed meanwhile."""


Happened = tuple[int, int, bytes]  # device, seq and digest: a name, and what it names


class Doubted(Struct, frozen=True):
    """An event that cannot be believed, and why."""

    told: Told
    digest: bytes
    reason: ParkedFor
    point: Point | None


class Sorted(Struct):
    """The events of a batch as they were told, and by what becomes of them."""

    told: list[Happened]
    fresh: list[Presented]
    parked: list[Doubted]
    forked: list[tuple[Event, bytes]]
    amended: list[Presented]
    answers: dict[Happened, Answer]


def sort(told: Sequence[Told], received_at: int, zone: ZoneInfo, points: Points) -> Sorted:
    """Set apart, by the events alone, what cannot be believed and what tells two stories."""
    result = Sorted([], [], [], [], [], {})
    named: dict[Name, bytes] = {}
    for one in told:
        event = one.event
        name, digest = _name(event), happening(event)
        result.told.append((*name, digest))
        if name in named:
            if named[name] != digest:
                result.forked.append((event, digest))
            continue
        named[name] = digest
        reason = doubt(one, points=points, received_at=received_at)
        if reason is not None:
            if one.asks:  # nothing is kept of it: whoever speaks next is the first
                del named[name]
            result.parked.append(Doubted(one, digest, reason, points.points.get(event.pt)))
            continue
        result.fresh.append(_presented(one, digest, zone, points.points[event.pt]))
    return result


def _presented(told: Told, digest: bytes, zone: ZoneInfo, point: Point) -> Presented:
    event = told.event
    return Presented(
        event=event,
        point=point,
        local=local(event.at, zone),
        asks=told.asks,
        digest=digest,
    )


def recall(sorted_: Sorted, connection: Connection[Any], zone: ZoneInfo) -> None:
    """
    Answer what doors that asked only tell again, before anybody is looked for.

    What is doubted but was believed when its door asked is taken as a tap: it says what it did.
    """
    told = [tap for tap in sorted_.fresh if _is_told_again(tap)]
    names = {_name(tap.event) for tap in told} | {_name(one.told.event) for one in sorted_.parked}
    if not names:
        return
    known = record.known(record.ask_known(Pipeline(connection), names))
    _answer_again(sorted_, known)
    doubted, sorted_.parked = sorted_.parked, []
    for one in doubted:
        if one.point is not None and _amends(one, known):
            sorted_.fresh.append(_presented(one.told, one.digest, zone, one.point))
        else:
            sorted_.parked.append(one)
    sorted_.fresh.sort(key=turn)


def _is_told_again(tap: Presented) -> bool:
    """Tell whether a door says that it had asked: we most likely know what it tells."""
    event = tap.event
    return not tap.asks and event.by is By.TOWN and event.what is Happening.TAP


def _answer_again(sorted_: Sorted, known: dict[Name, Known]) -> None:
    two_stories = {_name(event) for event, _ in sorted_.forked}
    fresh = []
    for tap in sorted_.fresh:
        name, before = _name(tap.event), known.get(_name(tap.event))
        if before is None or name in two_stories or not _is_the_same(tap, before):
            fresh.append(tap)
        else:
            sorted_.answers[*name, tap.digest] = before.answer
    sorted_.fresh = fresh


def _is_the_same(tap: Presented, before: Known) -> bool:
    settled = before.final or not _says_otherwise(tap.event, before.answer)
    return before.digest == tap.digest and settled


def _name(event: Event) -> Name:
    return (event.dev, event.seq)


def _amends(one: Doubted, known: dict[Name, Known]) -> bool:
    """Tell whether a door that had asked says now that it did otherwise than we answered."""
    event = one.told.event
    before = known.get(_name(event))
    if one.told.asks or one.point is None or before is None:
        return False
    settled = before.digest == one.digest and not before.final
    return settled and _says_otherwise(event, before.answer)


def turn(tap: Presented) -> tuple[int, int, int]:
    """Return where a tap stands in the order of the facts."""
    return (tap.event.at, tap.event.dev, tap.event.seq)


def set_apart(sorted_: Sorted, known: dict[Name, Known]) -> None:
    """Answer what was told before, and leave only what is new, or said otherwise, to decide."""
    forked, sorted_.forked = sorted_.forked, []
    for event, digest in forked:
        before = known.get(_name(event))
        if before is not None and before.digest == digest:
            sorted_.answers[event.dev, event.seq, digest] = before.answer
        else:
            sorted_.forked.append((event, digest))
    fresh = []
    for tap in sorted_.fresh:
        before = known.get(_name(tap.event))
        if before is None:
            fresh.append(tap)
        elif before.digest != tap.digest:
            sorted_.forked.append((tap.event, tap.digest))
        else:
            sorted_.answers[tap.event.dev, tap.event.seq, tap.digest] = before.answer
            if not (tap.asks or before.final) and _says_otherwise(tap.event, before.answer):
                tap.amends = True
                sorted_.amended.append(tap)
    sorted_.fresh = fresh
    _set_doubted_apart(sorted_, known)


def _set_doubted_apart(sorted_: Sorted, known: dict[Name, Known]) -> None:
    """Keep for the desk what a door did; of what it only asked, nothing: it will tell."""
    parked = []
    for one in sorted_.parked:
        event, digest = one.told.event, one.digest
        before = known.get(_name(event))
        if before is None:
            sorted_.answers[event.dev, event.seq, digest] = Answer(
                device=event.dev, seq=event.seq, said=event.said, parked=one.reason.value
            )
            if not one.told.asks:
                parked.append(one)
        elif before.digest != digest:
            sorted_.forked.append((event, digest))
        elif _amends(one, known):
            raise Moved("a door was answered meanwhile")
        else:
            sorted_.answers[event.dev, event.seq, digest] = before.answer
    sorted_.parked = parked


def _says_otherwise(event: Event, answer: Answer) -> bool:
    let_in = event.said is not Verdict.REFUSED
    return event.what is Happening.TAP and let_in != (answer.said is not Verdict.REFUSED)
