"""The facts of the spine: which events are known, and how new ones are remembered."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from psycopg import Connection, Cursor

from cvq.billing.presented import Stood
from cvq.kernel.local import at_ms, instant
from cvq.plumbing.batches import Batch, line
from cvq.plumbing.pipeline import Answered, Pipeline, Speaks
from cvq.rules.vocabulary import By, Happening, Means, Reason, Verdict
from cvq.taps.models import ParkedFor
from cvq.taps.told import Answer
from cvq.wire.events import Event

MAX_UNKNOWN_PER_MINUTE = 30
MINUTE_MS = 60_000
SETTLED = "SETTLED"  # what was parked and is a tap now

KNOWN = """
SELECT t.device, t.seq, t.digest, coalesce(a.said, t.said), CASE WHEN a.said IS NULL THEN t.why
    ELSE a.why END, coalesce(a.means, t.means), t.until_at, t.objection, NULL,
    t.by = 'DOOR' OR a.said IS NOT NULL
FROM unnest(%(dev)s::int[], %(seq)s::bigint[]) AS k(device, seq)
JOIN taps_tapevent AS t ON t.device = k.device AND t.seq = k.seq
LEFT JOIN taps_amendment AS a ON a.device = k.device AND a.seq = k.seq
UNION ALL
SELECT p.device, p.seq, p.digest, (p.event->>'said')::smallint, NULL, 'FREE', NULL, NULL,
    p.reason, true
FROM unnest(%(dev)s::int[], %(seq)s::bigint[]) AS k(device, seq)
JOIN taps_parked AS p ON p.device = k.device AND p.seq = k.seq
WHERE p.ending IS DISTINCT FROM 'SETTLED'
"""
INSERT = """
INSERT INTO taps_tapevent (device, seq, at, what, point, direction, ref, holder, said, why, by,
    means, objection, of, until_at, policy, digest, batch)
SELECT device, seq, at, what, point, direction, ref, holder, said, why, by, means, objection, of,
    until_at, policy, digest, %s::bigint
FROM unnest(%s::int[], %s::bigint[], %s::timestamptz[], %s::text[], %s::int[], %s::text[],
    %s::bytea[], %s::uuid[], %s::smallint[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::bigint[], %s::timestamptz[], %s::bigint[], %s::bytea[])
AS t(device, seq, at, what, point, direction, ref, holder, said, why, by, means, objection, of,
    until_at, policy, digest)
"""
AMEND = """
INSERT INTO taps_amendment (device, seq, said, why, means, batch)
SELECT device, seq, said, why, means, %s::bigint
FROM unnest(%s::int[], %s::bigint[], %s::smallint[], %s::text[], %s::text[])
AS a(device, seq, said, why, means)
"""
PARK = """
INSERT INTO taps_parked (device, seq, reason, event, digest, received_at)
VALUES (%s::int, %s::bigint, %s::text, %s::jsonb, %s::bytea, %s::timestamptz)
ON CONFLICT (device, seq) DO NOTHING
"""
FORK = """
INSERT INTO taps_fork (device, seq, digest, found_at)
VALUES (%s::int, %s::bigint, %s::bytea, %s::timestamptz)
ON CONFLICT (device, seq, digest) DO NOTHING
"""
QUARANTINE = """
UPDATE catalog_device SET state = 'QUARANTINED' WHERE id = %s::int AND state = 'ENROLLED'
"""
HOLD = "SELECT FROM catalog_device WHERE id = ANY(%s::int[]) ORDER BY id FOR NO KEY UPDATE"


class Known(Struct, frozen=True, gc=False):
    """What we keep under a name that we already know; `final` once the door told what it did."""

    digest: bytes
    answer: Answer
    final: bool


Name = tuple[int, int]


def ask_known(pipeline: Speaks, names: Iterable[Name]) -> Answered:
    """Ask which of these names are known; `known` reads the answer."""
    wanted = list(names)
    return pipeline.execute(
        KNOWN, {"dev": [name[0] for name in wanted], "seq": [name[1] for name in wanted]}
    )


def known(answered: Answered) -> dict[Name, Known]:
    """Return what we keep under each name that we know."""
    return {
        (row[0], row[1]): Known(
            bytes(row[2]),
            Answer(
                device=row[0],
                seq=row[1],
                said=Verdict(row[3]),
                why=Reason(row[4]) if row[4] else None,
                means=Means(row[5]),
                until=at_ms(row[6]) if row[6] else 0,
                objection=Reason(row[7]) if row[7] else None,
                known=True,
                parked=row[8],
            ),
            row[9],
        )
        for row in answered.fetchall()
    }


def insert(cursor: Speaks, stoods: Sequence[Stood], batch: Batch) -> None:
    """Insert the new taps, and what seals them."""
    if not stoods:
        return
    rows = [_row(stood) for stood in stoods]
    cursor.execute(INSERT, [batch.number, *(list(c) for c in zip(*rows, strict=True))])
    batch.taps["taps_tapevent"] += [tap_line(row) for row in sorted(rows, key=_name)]


def _name(row: Sequence[Any]) -> Name:
    return (row[0], row[1])


def _row(stood: Stood) -> tuple[Any, ...]:
    event = stood.tap.event
    return (
        event.dev,
        event.seq,
        instant(event.at),
        event.what,
        event.pt,
        event.dir,
        bytes.fromhex(event.ref),
        stood.tap.holder,
        stood.said,
        stood.why,
        By.TOWN if stood.tap.asks else event.by,
        stood.means,
        stood.objection,
        event.of or None,
        instant(stood.until) if stood.until else None,
        event.pol,
        stood.tap.digest,
    )


def tap_line(row: Sequence[Any]) -> bytes:
    """Return the bytes under which a tap is sealed: its columns, in the order of `INSERT`."""
    device, seq, at, what, point, direction, ref, holder, *told, until_at, policy, digest = row
    return line(
        device, seq, at_ms(at), what, point, direction, bytes(ref).hex(), holder, told,
        until_at and at_ms(until_at), policy, bytes(digest).hex(),
    )  # fmt: skip


def amend(cursor: Speaks, stoods: Sequence[Stood], batch: Batch) -> None:
    """Insert what doors did in the end, where it is not what we had answered."""
    if not stoods:
        return
    rows = sorted((s.tap.event.dev, s.tap.event.seq, int(s.said), s.why, s.means) for s in stoods)
    cursor.execute(AMEND, [batch.number, *(list(c) for c in zip(*rows, strict=True))])
    batch.taps["taps_amendment"] += [line(*row) for row in rows]


def park(cursor: Speaks, parked: Sequence[tuple[Event, bytes, ParkedFor]], at: datetime) -> None:
    """Keep what cannot be believed for the desk."""
    for event, digest, reason in parked:
        told = msgspec.json.encode(event).decode()
        cursor.execute(PARK, (event.dev, event.seq, reason.value, told, digest, at))


def hold(connection: Connection[Any], devices: Iterable[int]) -> None:
    """Hold devices still, in the order of their numbers, before any account is."""
    Pipeline(connection).execute(HOLD, (sorted(devices),)).fetchall()


def fork(cursor: Speaks, forked: Sequence[tuple[Event, bytes]], at: datetime) -> None:
    """Remember two happenings under one name, and quarantine the box that told them."""
    for event, digest in forked:
        cursor.execute(FORK, (event.dev, event.seq, digest, at))
        cursor.execute(QUARANTINE, (event.dev,))


def flooded(
    connection: Connection[Any], unknown: Sequence[Stood]
) -> tuple[set[int], dict[tuple[int, int], int]]:
    """
    Return which unknown media are too many to keep, and how many each device saw a minute.

    The first thirty of a device in a minute are kept one by one, then they are only counted.
    """
    counts: dict[tuple[int, int], int] = {}
    if not unknown:
        return set(), counts
    minutes = sorted({(s.tap.event.dev, s.tap.event.at // MINUTE_MS) for s in unknown})
    before = {
        (row[0], row[1]): row[2]
        for row in Cursor(connection)
        .execute(
            "SELECT f.device, f.minute, f.times FROM unnest(%s::int[], %s::bigint[])"
            " AS w(device, minute) JOIN taps_flood AS f"
            " ON f.device = w.device AND f.minute = w.minute",
            [list(column) for column in zip(*minutes, strict=True)],
        )
        .fetchall()
    }
    dropped = set()
    for stood in unknown:
        key = (stood.tap.event.dev, stood.tap.event.at // MINUTE_MS)
        counts[key] = counts.get(key, 0) + 1
        if before.get(key, 0) + counts[key] > MAX_UNKNOWN_PER_MINUTE:
            dropped.add(id(stood))
    return dropped, counts


def count_flood(cursor: Speaks, counts: dict[tuple[int, int], int]) -> None:
    """Add to what each device saw of unknown media, minute by minute."""
    if counts:
        rows = sorted((device, minute, times) for (device, minute), times in counts.items())
        cursor.execute(
            "INSERT INTO taps_flood (device, minute, times)"
            " SELECT * FROM unnest(%s::int[], %s::bigint[], %s::int[])"
            " ON CONFLICT (device, minute) DO UPDATE SET times = taps_flood.times + excluded.times",
            [list(column) for column in zip(*rows, strict=True)],
        )


def is_unknown(stood: Stood) -> bool:
    """Tell whether a tap showed a medium that we do not know."""
    return stood.tap.event.what is Happening.TAP and stood.tap.medium is None
