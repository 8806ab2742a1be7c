"""
The one that seals: it chains the batches that are committed, in the order it sees them.

A batch is never waited for: one that commits late is sealed late.  The chain is territory-wide;
each day its end is signed, and whoever keeps that signature can prove that the past is whole.
"""

import hashlib
from datetime import date, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from psycopg import Connection, Cursor

from cvq.kernel.local import at_ms

SEALED_AT_ONCE = 1000
_LOCK = 0x43565153  # « CVQS »: the advisory lock that makes the sealer the only one
_DOMAIN = b"cvq/seal/v1\0"
_HEAD_DOMAIN = b"cvq/head/v1\0"
GENESIS = hashlib.blake2b(b"cvq/genesis\0", digest_size=32).digest()

UNSEALED = """
SELECT b.id, b.recorded_at, b.taps, b.entries, b.taps_digest, b.books_digest
FROM plumbing_unsealed AS u JOIN plumbing_batch AS b ON b.id = u.batch
ORDER BY u.batch LIMIT %s
"""
HEAD = "SELECT position, hash FROM plumbing_seal ORDER BY position DESC LIMIT 1"
INSERT = """
INSERT INTO plumbing_seal (position, batch_id, hash, sealed_at)
SELECT position, batch, hash, %s
FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[]) AS s(position, batch, hash)
"""


def link(previous: bytes, position: int, sealed_at: datetime, batch: tuple[Any, ...]) -> bytes:
    """Return the hash of the chain once this batch stands at this position, sealed then."""
    number, recorded_at, taps, entries, taps_digest, books_digest = batch
    when = f"{at_ms(sealed_at)}|{at_ms(recorded_at)}"
    told = f"{position}|{number}|{when}|{taps}|{entries}|".encode()
    chained = _DOMAIN + previous + told + bytes(taps_digest) + bytes(books_digest)
    return hashlib.blake2b(chained, key=settings.SEAL_KEY, digest_size=32).digest()


def seal(connection: Connection[Any], *, at: datetime, most: int = SEALED_AT_ONCE) -> int:
    """Seal what is committed, up to `most` batches, and return how many were; 0 if not alone."""
    with connection.transaction():
        cursor = Cursor(connection)
        alone = cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", (_LOCK,)).fetchone()
        if not alone or not alone[0]:
            return 0
        waiting = cursor.execute(UNSEALED, (most,)).fetchall()
        if not waiting:
            return 0
        position, head = cursor.execute(HEAD).fetchone() or (0, GENESIS)
        seals = []
        for batch in waiting:
            position += 1
            head = link(bytes(head), position, at, batch)
            seals.append((position, batch[0], head))
        cursor.execute(INSERT, (at, *(list(column) for column in zip(*seals, strict=True))))
        cursor.execute(
            "DELETE FROM plumbing_unsealed WHERE batch = ANY(%s)", ([s[1] for s in seals],)
        )
        cursor.execute("SELECT pg_notify('cvq_sealed', %s)", (str(position),))
        return len(seals)


def seal_all(connection: Connection[Any], *, at: datetime) -> int:
    """Seal everything that is committed now and return how many batches that was."""
    total = 0
    while sealed := seal(connection, at=at):
        total += sealed
    return total


def head_line(day: date, position: int, head: bytes) -> bytes:
    """Return the bytes that are signed for the end of the chain on a day."""
    return _HEAD_DOMAIN + f"{day.isoformat()}|{position}|".encode() + head


def sign_head(
    connection: Connection[Any], *, day: date, key: Ed25519PrivateKey, at: datetime
) -> bytes | None:
    """Sign the end of the chain for a day, once; return the signature, nothing if no seal yet."""
    cursor = Cursor(connection)
    end = cursor.execute(HEAD).fetchone()
    if end is None:
        return None
    position, head = end[0], bytes(end[1])
    cursor.execute(
        "INSERT INTO plumbing_head (day, position, hash, signature, signed_at)"
        " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (day) DO NOTHING",
        (day, position, head, key.sign(head_line(day, position, head)), at),
    )
    row = cursor.execute("SELECT signature FROM plumbing_head WHERE day = %s", (day,)).fetchone()
    return bytes(row[0]) if row else None
