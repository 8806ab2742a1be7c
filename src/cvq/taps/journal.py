"""
A stretch of a device's journal: check the chain, settle what is new, move the head.

One transaction: what is acknowledged is stored for good, and what is not may be sent again.  What
is authentic is never lost: an event that cannot be settled is parked, and a journal that tells two
stories is kept by its box, which we no longer believe.
"""

from collections.abc import Sequence
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import django.db
import structlog
from msgspec import Struct
from psycopg import Connection, Cursor, Error, OperationalError

from cvq.kernel.local import instant
from cvq.plumbing.pipeline import Pipeline
from cvq.taps import record
from cvq.taps.models import ParkedFor
from cvq.taps.told import Answer, Told
from cvq.wire.events import Event, chained, genesis, happening
from cvq.wire.messages import Ack, Expect, Fork, Problem, Upload

# Devices before accounts: the order in which everybody takes their locks.
LOCK = """
SELECT head_seq, head_hash, state = 'ENROLLED' FROM catalog_device WHERE id = %s
FOR NO KEY UPDATE
"""
MOVE = "UPDATE catalog_device SET head_seq = %s, head_hash = %s WHERE id = %s"
# What was only counted, or purged, is not here: the one before it then says enough.
BEFORE = """
SELECT (extract(epoch FROM at) * 1000)::bigint, seq FROM taps_tapevent
WHERE device = %(device)s AND seq <= %(head)s
UNION ALL
SELECT (event->>'at')::bigint, seq FROM taps_parked
WHERE device = %(device)s AND seq <= %(head)s
ORDER BY seq DESC LIMIT 1
"""

DIGEST_BYTES = 16

log = structlog.get_logger()


class Settle(Protocol):
    """The spine."""

    def __call__(
        self,
        *,
        told: Sequence[Told],
        received_at: int,
        connection: Connection[Any],
        zone: ZoneInfo,
    ) -> list[Answer]:
        """Return what stands of each event."""


class Head(Struct, frozen=True):
    """The last event of a device that we acknowledged, and the hash of its chain there."""

    seq: int
    hash: bytes


class _TwoStories(Exception):
    """An event of the journal is known and tells something else."""

    def __init__(self, seq: int, digest: bytes) -> None:
        super().__init__(seq)
        self.seq = seq
        self.digest = digest


def upload(
    connection: Connection[Any],
    *,
    upload: Upload,
    received_at: int,
    zone: ZoneInfo,
    settle: Settle,
) -> Ack | Expect | Fork | Problem:
    """
    Take a stretch of journal whose signature and chain hold, and return what its device is told.

    Sending the same again is always safe.  A fork keeps nothing of the stretch but its trace, and
    quarantines the device; a problem is that of a device we do not listen to.
    """
    device = upload.m.dev
    with connection.transaction():
        row = Cursor(connection).execute(LOCK, (device,)).fetchone()
        if row is None or not row[2]:
            return Problem(
                error="Cet appareil est en quarantaine ou retiré.",
                where="m.dev",
                todo="Gardez le journal et enrôlez l'appareil sous un nouveau numéro.",
            )
        head = Head(row[0], bytes(row[1]) if row[0] else genesis(device))
        if upload.m.first > head.seq + 1:
            return Expect(expect=head.seq + 1)
        try:
            with connection.transaction():
                return _take(connection, upload, head, received_at, zone, settle)
        except _TwoStories as fork:
            at = instant(received_at)
            cursor = Cursor(connection)
            cursor.execute(record.FORK, (device, fork.seq, fork.digest, at))
            cursor.execute(record.QUARANTINE, (device,))
            log.error("journal_forked", device=device, seq=fork.seq)
            return Fork(fork=fork.seq)


def _take(
    connection: Connection[Any],
    upload: Upload,
    head: Head,
    received_at: int,
    zone: ZoneInfo,
    settle: Settle,
) -> Ack:
    _continue(connection, upload, head)
    fresh = [event for event in upload.events if event.seq > head.seq]
    if not fresh:
        return Ack(ack=head.seq)
    told = _told(connection, upload, head, fresh)
    for answer in _settled(connection, told, received_at, zone, settle):
        if answer.forked:
            event = fresh[answer.seq - fresh[0].seq]
            raise _TwoStories(event.seq, happening(event))
    moved = (upload.m.to, bytes.fromhex(upload.m.head), upload.m.dev)
    Cursor(connection).execute(MOVE, moved)
    return Ack(ack=upload.m.to)


def _continue(connection: Connection[Any], upload: Upload, head: Head) -> None:
    """Check that this journal goes on from the head that we have, and not from another."""
    reached = bytes.fromhex(upload.m.prev)
    if upload.m.first == head.seq + 1:
        if reached != head.hash:
            raise _TwoStories(max(head.seq, 1), reached[:DIGEST_BYTES])
        return
    if upload.m.to < head.seq:
        _agree(connection, upload.events)
        return
    for event in upload.events[: head.seq - upload.m.first + 1]:
        reached = chained(reached, event)
    if reached != head.hash:
        _agree(connection, upload.events)
        last = upload.events[head.seq - upload.m.first]
        raise _TwoStories(last.seq, happening(last))


def _agree(connection: Connection[Any], events: Sequence[Event]) -> None:
    """Check that what we still keep of these events tells the same; what is purged is believed."""
    known = record.known(
        record.ask_known(Pipeline(connection), [(one.dev, one.seq) for one in events])
    )
    for event in events:
        kept = known.get((event.dev, event.seq))
        if kept is not None and kept.digest != happening(event):
            raise _TwoStories(event.seq, happening(event))


def _told(
    connection: Connection[Any], upload: Upload, head: Head, fresh: Sequence[Event]
) -> list[Told]:
    """Return the new events, each with the instant of the one before it."""
    skipped = fresh[0].seq - upload.m.first
    if skipped:
        previous_at: int | None = upload.events[skipped - 1].at
    else:
        row = (
            Cursor(connection)
            .execute(BEFORE, {"device": upload.m.dev, "head": head.seq})
            .fetchone()
        )
        previous_at = row[0] if row else None
    told = []
    for event in fresh:
        told.append(Told(event=event, asks=False, previous_at=previous_at))
        previous_at = event.at
    return told


def _settled(
    connection: Connection[Any],
    told: Sequence[Told],
    received_at: int,
    zone: ZoneInfo,
    settle: Settle,
) -> list[Answer]:
    """Settle events; one that cannot be is parked, so that it holds up no other."""
    try:
        with connection.transaction():
            return settle(told=told, received_at=received_at, connection=connection, zone=zone)
    except (OperationalError, django.db.OperationalError, django.db.InterfaceError):
        raise
    except (Error, ArithmeticError, AssertionError, LookupError, TypeError, ValueError) as error:
        if len(told) > 1:
            middle = len(told) // 2
            first = _settled(connection, told[:middle], received_at, zone, settle)
            return first + _settled(connection, told[middle:], received_at, zone, settle)
        event = told[0].event
        log.error("event_broken", device=event.dev, seq=event.seq, exc_info=error)
        at = instant(received_at)
        parked = [(event, happening(event), ParkedFor.BROKEN)]
        record.park(Cursor(connection), parked, at)
        return [Answer(device=event.dev, seq=event.seq, said=event.said, parked="BROKEN")]
