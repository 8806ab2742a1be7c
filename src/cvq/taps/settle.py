"""
The spine: find, lock, known, gather, decide, record, post, apply, in one transaction.

The batch is the unit and a single tap is a batch of one.  Nothing is decided before the lock, so
the database refuses nothing; if a constraint fires it is a bug of ours, not an answer.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Connection

from cvq.billing.passages import Seen
from cvq.billing.presented import Presented, Stood
from cvq.billing.services import pay_debts
from cvq.catalog import points as catalogue
from cvq.catalog.points import Points
from cvq.kernel.local import instant
from cvq.ledger import books
from cvq.plumbing.again import again
from cvq.plumbing.batches import NEXT_NUMBER, Batch
from cvq.plumbing.pipeline import Pipeline
from cvq.rules.vocabulary import Happening, Verdict
from cvq.taps import afford, apart, dispatch, find, late, money, record
from cvq.taps.apart import Moved, Sorted
from cvq.taps.money import Accounting
from cvq.taps.stand import stand
from cvq.taps.told import Answer, Told

MAX_TAPS = 256
MAX_READINGS = 5


class TooMany(AssertionError):
    """The caller gave more taps than one batch holds."""


def settle(
    *, told: Sequence[Told], received_at: int, connection: Connection[Any], zone: ZoneInfo
) -> list[Answer]:
    """
    Take a batch of taps through the spine and return what stands of each, in their order.

    The same tap may come several times: the first one counts, the others get its answer.  A door
    that was cut off tells what it did.  That is a fact, not a request: its grant or refusal
    stands, and what we would have objected is recorded beside it.
    """
    if len(told) > MAX_TAPS:
        raise TooMany(f"{len(told)} taps in a batch of at most {MAX_TAPS}")
    forkers: set[int] = set()
    return again(connection, lambda: _settle(told, received_at, connection, zone, forkers))


def _settle(
    told: Sequence[Told],
    received_at: int,
    connection: Connection[Any],
    zone: ZoneInfo,
    forkers: set[int],
) -> list[Answer]:
    if forkers:
        record.hold(connection, forkers)
    points = catalogue.current(connection)
    found = _find(told, received_at, connection, zone, points)
    for _ in range(MAX_READINGS):
        if found is not None:
            break
        # The catalogue moved: the price of a moment ago is not the price.
        points = catalogue.refresh(connection)
        found = _find(told, received_at, connection, zone, points)
    if found is None:
        raise Moved("the catalogue moves faster than it is read")
    sorted_, batch, closed_on = found
    if not (sorted_.fresh or sorted_.parked or sorted_.forked):
        return [sorted_.answers[happened] for happened in sorted_.told]
    taps = sorted_.fresh
    afford.pay(connection, taps, batch)
    undone = afford.undone(connection, taps, points, zone)
    wanted = afford.accounts(connection, taps, undone)
    for tap in taps:
        tap.is_open = points.calendar.is_open(tap.point.service, tap.event.at)
    accounting, desks = _lock(connection, taps, wanted, closed_on, sorted_)
    _hold_forkers(sorted_, forkers)
    stoods = _decide(sorted_, accounting, desks)
    corrected = late.recount(connection, batch, accounting, dispatch.scopes(desks), points, zone)
    with Pipeline(connection) as pipeline:
        _write(pipeline, connection, sorted_, stoods, accounting, desks, batch)
        if corrected:
            pipeline.go()
            pay_debts(connection, accounting.accounts, batch=batch, at=batch.recorded_at)
        batch.write(pipeline)
    return [sorted_.answers[happened] for happened in sorted_.told]


def _find(
    told: Sequence[Told],
    received_at: int,
    connection: Connection[Any],
    zone: ZoneInfo,
    points: Points,
) -> tuple[Sorted, Batch, date | None] | None:
    """Find whose media these are; nothing if the catalogue is not the one in memory."""
    sorted_ = apart.sort(told, received_at, zone, points)
    apart.recall(sorted_, connection, zone)
    shown = [tap for tap in sorted_.fresh if tap.event.what is Happening.TAP]
    pipeline = Pipeline(connection)
    revision = pipeline.execute(catalogue.REVISION)
    closed = pipeline.execute(books.CLOSED)
    number = pipeline.execute(NEXT_NUMBER)
    media = find.ask(pipeline, shown)
    current, closed_on, next_number = (one.fetchone() for one in (revision, closed, number))
    if current and current[0] != points.revision:
        return None
    find.take(media.fetchall(), shown, connection)
    assert next_number is not None
    batch = Batch(next_number[0], instant(received_at))
    return sorted_, batch, closed_on[0] if closed_on else None


def _lock(
    connection: Connection[Any],
    taps: list[Presented],
    wanted: afford.Wanted,
    closed_on: date | None,
    sorted_: Sorted,
) -> tuple[Accounting, dispatch.Known]:
    codes = money.codes(taps)
    names = [(tap.event.dev, tap.event.seq) for tap in taps]
    names += [(one.told.event.dev, one.told.event.seq) for one in sorted_.parked]
    pipeline = Pipeline(connection)
    if wanted.holders:
        pipeline.execute(afford.HOLD, (wanted.holders,))
    locked = pipeline.execute(books.LOCK, (sorted(wanted.accounts),))
    known = record.ask_known(pipeline, names)
    shared = pipeline.execute(books.SHARED, (list(codes),))
    desks = dispatch.gather(pipeline, taps)
    accounts = books.locked(locked.fetchall())
    known_shared = dict(shared.fetchall())
    apart.set_apart(sorted_, record.known(known))
    gathered = desks()
    money.open_shared(connection, codes, known_shared)
    return Accounting(accounts, known_shared, closed_on, [], {}, [], []), gathered


def _hold_forkers(sorted_: Sorted, held: set[int]) -> None:
    """
    Begin again with the boxes that told two stories: they are quarantined.

    Everybody holds devices before accounts, and we have ours already.
    """
    forkers = {event.dev for event, _ in sorted_.forked}
    if not forkers <= held:
        held |= forkers
        raise Moved("a box told two stories")


def _decide(
    sorted_: Sorted, accounting: Accounting, desks: dispatch.Known
) -> list[tuple[Stood, Seen | None]]:
    """
    Decide each tap in the order of the facts, not of their arrival: what repeats is the later one.

    What nobody walked through is taken back first.
    """
    undone = {
        (tap.event.dev, tap.event.of)
        for tap in sorted_.fresh
        if tap.event.what is Happening.NOT_PASSED
    }
    for tap in sorted_.fresh:
        if tap.event.what is Happening.NOT_PASSED:
            dispatch.undo(tap, desks, tap.event.of)
    for tap in sorted_.amended:
        if tap.event.said is Verdict.REFUSED:
            dispatch.undo(tap, desks, tap.event.seq)
    stoods = []
    for tap in sorted(sorted_.fresh + sorted_.amended, key=apart.turn):
        passed = (tap.event.dev, tap.event.seq) not in undone
        stoods.append(stand(tap, accounting, desks, passed=passed))
    return stoods


def _write(
    pipeline: Pipeline,
    connection: Connection[Any],
    sorted_: Sorted,
    stoods: list[tuple[Stood, Seen | None]],
    accounting: Accounting,
    desks: dispatch.Known,
    batch: Batch,
) -> None:
    new = [stood for stood, _ in stoods if not stood.tap.amends]
    amended = [stood for stood, _ in stoods if stood.tap.amends]
    unknown = [stood for stood in new if record.is_unknown(stood)]
    dropped, flood = record.flooded(connection, unknown)
    record.insert(pipeline, [stood for stood in new if id(stood) not in dropped], batch)
    record.amend(pipeline, amended, batch)
    doubted = [(one.told.event, one.digest, one.reason) for one in sorted_.parked]
    record.park(pipeline, doubted, batch.recorded_at)
    accounting.write(pipeline, batch)
    dispatch.apply(pipeline, stoods, desks)
    late.write(pipeline, dispatch.scopes(desks))
    record.count_flood(pipeline, flood)  # after the counts of zones, which others hold before it
    record.fork(pipeline, sorted_.forked, batch.recorded_at)  # last: all boxes share the revision
    _answer(sorted_, stoods)


def _answer(sorted_: Sorted, stoods: list[tuple[Stood, Seen | None]]) -> None:
    for stood, _ in stoods:
        event = stood.tap.event
        sorted_.answers[event.dev, event.seq, stood.tap.digest] = Answer(
            device=event.dev,
            seq=event.seq,
            said=stood.said,
            why=stood.why,
            means=stood.means,
            until=stood.until,
            objection=stood.objection,
        )
    for event, digest in sorted_.forked:
        sorted_.answers[event.dev, event.seq, digest] = Answer(
            device=event.dev, seq=event.seq, said=Verdict.REFUSED, forked=True
        )
