"""
Whoever reads on in the sealed books: notices, boards, statistics, snapshots.

A follower has a cursor in the chain, committed with what it writes: it sees each batch once, in
the order of the seals, and the spine queues nothing for it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection, Cursor

Follow = Callable[[Connection[Any], Sequence[int], datetime], None]

READ_AT_ONCE = 200


def advance(
    connection: Connection[Any],
    *,
    name: str,
    follow: Follow,
    at: datetime,
    most: int = READ_AT_ONCE,
) -> int:
    """Give the follower its next sealed batches, in order; return how many it read."""
    with connection.transaction():
        cursor = Cursor(connection)
        cursor.execute(
            "INSERT INTO plumbing_cursor (name, position) VALUES (%s, 0)"
            " ON CONFLICT (name) DO NOTHING",
            (name,),
        )
        row = cursor.execute(
            "SELECT position FROM plumbing_cursor WHERE name = %s FOR UPDATE", (name,)
        ).fetchone()
        assert row is not None
        seals = cursor.execute(
            "SELECT position, batch_id FROM plumbing_seal WHERE position > %s"
            " ORDER BY position LIMIT %s",
            (row[0], most),
        ).fetchall()
        if not seals:
            return 0
        follow(connection, [batch for _, batch in seals], at)
        cursor.execute(
            "UPDATE plumbing_cursor SET position = %s WHERE name = %s", (seals[-1][0], name)
        )
        return len(seals)


def catch_up(connection: Connection[Any], *, name: str, follow: Follow, at: datetime) -> int:
    """Give the follower everything that is sealed now; return how many batches it read."""
    total = 0
    while read := advance(connection, name=name, follow=follow, at=at):
        total += read
    return total
