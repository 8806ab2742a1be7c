"""
One batch row per transaction that writes facts: what the sealer will chain.

The digests are keyed (BLAKE2b) with a file that is never in the database, so that who can write
the tables still cannot write a row that passes for sealed.  Taps and books have one digest each:
taps are purged after their retention, books are kept ten years.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec
from django.conf import settings
from psycopg import Connection, Cursor

from cvq.plumbing.pipeline import Speaks

ENTRIES_PER_BATCH = 4096

MARK_BYTES = 4
MARKED_BYTES = 16

_encode = msgspec.json.Encoder(order="sorted").encode


def line(*values: Any) -> bytes:
    """Return the bytes under which a row is digested; bytes and dates become text."""
    return _encode(values)


def mark(row: bytes) -> bytes:
    """Return the keyed digest (16 bytes) of one row; its first bytes tell which row changed."""
    return blake2b(row, key=settings.SEAL_KEY, digest_size=MARKED_BYTES).digest()


def digest(tables: Mapping[str, Sequence[bytes]]) -> tuple[bytes, bytes]:
    """
    Return the keyed digest (32 bytes) of rows, table after table, and the marks of the rows.

    The digest proves them all; the marks (four bytes a row) name the one that is wrong.
    """
    told: list[bytes] = []
    marks: list[bytes] = []
    key = settings.SEAL_KEY
    for table in sorted(tables):
        rows = [blake2b(row, key=key, digest_size=MARKED_BYTES).digest() for row in tables[table]]
        told += (table.encode(), *rows)
        marks += (row[:MARK_BYTES] for row in rows)
    whole = blake2b(b"\n".join(told), key=key, digest_size=32)
    return whole.digest(), b"".join(marks)


class Batch:
    """The facts of the transaction under way; write it last, with `write`."""

    def __init__(self, number: int, recorded_at: datetime) -> None:
        """Open the batch of that number; `recorded_at` is when its facts reached us."""
        self.number = number
        self.recorded_at = recorded_at
        self.taps: dict[str, list[bytes]] = defaultdict(list)
        self.books: dict[str, list[bytes]] = defaultdict(list)
        self.entries = 0

    def next_entry_id(self) -> int:
        """Return the id of one more entry; it names this batch."""
        assert self.entries < ENTRIES_PER_BATCH, "a batch holds at most 4,096 entries"
        self.entries += 1
        return self.number * ENTRIES_PER_BATCH + self.entries - 1

    def write(self, cursor: Speaks) -> None:
        """Insert the batch and queue it for the sealer; nothing if it holds no fact."""
        if not self.taps and not self.entries:
            return
        cursor.execute(
            "INSERT INTO plumbing_batch"
            " (id, recorded_at, taps, entries, taps_digest, taps_marks, books_digest,"
            " books_marks) VALUES (%s::bigint, %s::timestamptz, %s::int, %s::int, %s::bytea,"
            " %s::bytea, %s::bytea, %s::bytea)",
            (
                self.number,
                self.recorded_at,
                sum(len(rows) for rows in self.taps.values()),
                self.entries,
                *digest(self.taps),
                *digest(self.books),
            ),
        )
        cursor.execute("INSERT INTO plumbing_unsealed (batch) VALUES (%s::bigint)", (self.number,))


NEXT_NUMBER = "SELECT nextval('plumbing_batch_id_seq')"


def open_batch(connection: Connection[Any], recorded_at: datetime) -> Batch:
    """Open a batch in the transaction under way."""
    row = Cursor(connection).execute(NEXT_NUMBER).fetchone()
    assert row is not None
    return Batch(row[0], recorded_at)
