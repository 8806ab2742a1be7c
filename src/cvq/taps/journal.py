"""
A stretch of a device's journal: check the chain, settle what is new, move the head.

One transaction: what is acknowledged is stored for good, and what is not may be sent again.  What
is authentic is never lost: an event that cannot be settled is parked, and a journal that tells two
stories is kept by its box, which we no longer believe.
"""

from collections.abc import Sequence
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import structlog
from msgspec import Struct
from psycopg import Connection, Cursor

from cvq.kernel.local import instant
from cvq.plumbing.pipeline import Answered, Pipeline, Speaks
from cvq.taps import faults, record
from cvq.taps.models import ParkedFor
from cvq.taps.told import Answer, Told
from cvq.wire.events import Event, chained, genesis, happening
from cvq.wire.messages import Ack, Expect, Fork, Problem, Upload

# Devices before accounts, each in the order of their numbers: so does everybody take their locks.
LOCK = """
SELECT id, head_seq, head_hash, state = 'ENROLLED' FROM catalog_device WHERE id = ANY(%s::int[])
ORDER BY id FOR NO KEY UPDATE
"""
MOVE = """
UPDATE catalog_device AS d SET head_seq = w.seq, head_hash = w.hash
FROM unnest(%s::int[], %s::bigint[], %s::bytea[]) AS w(device, seq, hash) WHERE d.id = w.device
"""
# What was only counted, or purged, is not here: the one before it then says enough.
BEFORE = """
SELECT w.device, b.at FROM unnest(%s::int[], %s::bigint[]) AS w(device, head)
JOIN LATERAL (
    (SELECT (extract(epoch FROM t.at) * 1000)::bigint AS at, t.seq FROM taps_tapevent AS t
        WHERE t.device = w.device AND t.seq <= w.head ORDER BY t.seq DESC LIMIT 1)
    UNION ALL
    (SELECT (p.event->>'at')::bigint, p.seq FROM taps_parked AS p
        WHERE p.device = w.device AND p.seq <= w.head ORDER BY p.seq DESC LIMIT 1)
    ORDER BY seq DESC LIMIT 1
) AS b ON true
"""
CHECK_NOW = "SET CONSTRAINTS ALL IMMEDIATE"
CHECK_LATER = "SET CONSTRAINTS ALL DEFERRED"

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
    is_enrolled: bool = True


class _TwoStories(Exception):
    """An event of the journal is known and tells something else."""

    def __init__(self, seq: int, digest: bytes) -> None:
        super().__init__(seq)
        self.seq = seq
        self.digest = digest


class _NotPlain(Exception):
    """One of these stretches must go its own way."""


Taken = Ack | Expect | Fork | Problem


def take(
    connection: Connection[Any],
    *,
    uploads: Sequence[Upload],
    received_at: int,
    zone: ZoneInfo,
    settle: Settle,
) -> list[Taken]:
    """
    Take stretches of different devices, whose signatures and chains hold, in one transaction.

    Where one of them does not plainly go on from its head, or cannot be settled, each goes alone.
    """
    try:
        with connection.transaction():
            told = _plainly_next(connection, uploads)
            _move(connection, uploads)
            answers = settle(told=told, received_at=received_at, connection=connection, zone=zone)
            if any(answer.forked for answer in answers):
                raise _NotPlain
            return [Ack(ack=upload.m.to) for upload in uploads]
    except (_NotPlain, *faults.EVENT):
        return [
            upload(connection, upload=one, received_at=received_at, zone=zone, settle=settle)
            for one in uploads
        ]


def _plainly_next(connection: Connection[Any], uploads: Sequence[Upload]) -> list[Told]:
    """Return the events of journals that all go on from where we know them."""
    devices = sorted(upload.m.dev for upload in uploads)
    pipeline = Pipeline(connection)
    locked = pipeline.execute(LOCK, (devices,))
    before = _ask_before(pipeline, [(one.m.dev, one.m.first - 1) for one in uploads])
    heads = {row[0]: Head(row[1], row[2], row[3]) for row in locked.fetchall()}
    previous = dict(before.fetchall())
    told: list[Told] = []
    for upload in uploads:
        device = upload.m.dev
        head = heads.get(device)
        if head is None or not head.is_enrolled or head.seq != upload.m.first - 1:
            raise _NotPlain
        if bytes.fromhex(upload.m.prev) != (head.hash if head.seq else genesis(device)):
            raise _NotPlain
        told += _told(upload.events, previous.get(device))
    return told


def _ask_before(pipeline: Speaks, heads: Sequence[tuple[int, int]]) -> Answered:
    """Ask for the instant of the last event that each device told up to its head."""
    return pipeline.execute(BEFORE, ([device for device, _ in heads], [seq for _, seq in heads]))


def _move(connection: Connection[Any], uploads: Sequence[Upload]) -> None:
    with Pipeline(connection) as pipeline:
        pipeline.execute(
            MOVE,
            (
                [upload.m.dev for upload in uploads],
                [upload.m.to for upload in uploads],
                [bytes.fromhex(upload.m.head) for upload in uploads],
            ),
        )


def upload(
    connection: Connection[Any],
    *,
    upload: Upload,
    received_at: int,
    zone: ZoneInfo,
    settle: Settle,
) -> Taken:
    """
    Take a stretch of journal whose signature and chain hold, and return what its device is told.

    Sending the same again is always safe.  A fork keeps nothing of the stretch but its trace, and
    quarantines the device; a problem is that of a device we do not listen to.
    """
    device = upload.m.dev
    with connection.transaction():
        row = Pipeline(connection).execute(LOCK, ([device],)).fetchone()
        if row is None or not row[3]:
            return Problem(
                error="Cet appareil est en quarantaine ou retiré.",
                where="m.dev",
                todo="Gardez le journal et enrôlez l'appareil sous un nouveau numéro.",
            )
        head = Head(row[1], row[2] if row[1] else genesis(device))
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
    told = _told(fresh, _previous(connection, upload, head, fresh[0].seq - upload.m.first))
    for answer in _settled(connection, told, received_at, zone, settle):
        if answer.forked:
            event = fresh[answer.seq - fresh[0].seq]
            raise _TwoStories(event.seq, happening(event))
    _move(connection, [upload])
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


def _previous(connection: Connection[Any], upload: Upload, head: Head, skipped: int) -> int | None:
    """Return the instant of the event before the first new one, if there is one."""
    if skipped:
        return upload.events[skipped - 1].at
    row = _ask_before(Pipeline(connection), [(upload.m.dev, head.seq)]).fetchone()
    return row[1] if row else None


def _told(events: Sequence[Event], previous_at: int | None) -> list[Told]:
    """Return the events, each with the instant of the one before it."""
    told = []
    for event in events:
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
            answers = settle(told=told, received_at=received_at, connection=connection, zone=zone)
            # At the commit nobody could tell any more which event is refused.
            for when in (CHECK_NOW, CHECK_LATER):
                Cursor(connection).execute(when)
            return answers
    except faults.EVENT as error:
        if len(told) > 1:
            middle = len(told) // 2
            first = _settled(connection, told[:middle], received_at, zone, settle)
            return first + _settled(connection, told[middle:], received_at, zone, settle)
        return [_broken(connection, told[0].event, received_at, error)]


def _broken(
    connection: Connection[Any], event: Event, received_at: int, error: Exception
) -> Answer:
    log.error("event_broken", device=event.dev, seq=event.seq, exc_info=error)
    name, digest = (event.dev, event.seq), happening(event)
    before = record.known(record.ask_known(Pipeline(connection), [name])).get(name)
    if before is not None and before.digest != digest:
        return Answer(device=event.dev, seq=event.seq, said=event.said, forked=True)
    parked = [(event, digest, ParkedFor.BROKEN)]
    record.park(Cursor(connection), parked, instant(received_at))
    return Answer(device=event.dev, seq=event.seq, said=event.said, parked="BROKEN")
