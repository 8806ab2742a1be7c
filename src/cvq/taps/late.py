"""
What late facts change of what was booked: the difference, and nothing else.

A passage that counted and no longer does is given back; one that did not and now does is booked.
The net position of a household is then the same in whatever order its facts were told.
"""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Connection, Cursor

from cvq.billing import charging
from cvq.billing.passages import Seen
from cvq.billing.presented import Presented
from cvq.catalog.points import Points
from cvq.kernel.local import at_ms, local
from cvq.ledger import books
from cvq.ledger.services import digest_of
from cvq.plumbing.batches import Batch
from cvq.plumbing.pipeline import Pipeline, Speaks
from cvq.rules.vocabulary import Direction, Means
from cvq.taps import find, money
from cvq.taps.money import USED, Accounting
from cvq.wire.events import Event

Scopes = Sequence[tuple[str, list[Seen]]]

TOLD = """
SELECT t.device, t.seq, t.at, t.point, t.direction, t.ref, t.digest
FROM unnest(%s::int[], %s::bigint[]) AS w(device, seq)
JOIN taps_tapevent AS t ON t.device = w.device AND t.seq = w.seq
"""


def recount(
    connection: Connection[Any],
    batch: Batch,
    accounting: Accounting,
    scopes: Scopes,
    points: Points,
    zone: ZoneInfo,
) -> bool:
    """
    Book what changed of passages that were known before this batch; tell whether anything did.

    Money that came free must then pay what the household owes: the caller sees to it.
    """
    changed = [
        seen for _, scope in scopes for seen in scope if seen.stored and seen.counted != seen.was
    ]
    if not changed:
        return False
    told = _presented(connection, changed, points, zone)
    _lock_more(connection, accounting, changed, told)
    for seen in changed:
        if seen.was:
            _give_back(connection, accounting, seen, told[seen.device, seen.seq], batch)
    for seen in changed:
        if seen.counted:
            tap = told[seen.device, seen.seq]
            accounting.book(tap, seen, key=f"recount:{batch.number}:{seen.device}:{seen.seq}")
    return True


def _presented(
    connection: Connection[Any], changed: Sequence[Seen], points: Points, zone: ZoneInfo
) -> dict[tuple[int, int], Presented]:
    """Find again whose passages these are and what they cost, as of their own instant."""
    rows = Cursor(connection).execute(
        TOLD, ([seen.device for seen in changed], [seen.seq for seen in changed])
    )
    taps = []
    for device, seq, at, point, direction, ref, digest in rows.fetchall():
        event = Event(
            dev=device,
            seq=seq,
            at=at_ms(at),
            pt=point,
            ref=bytes(ref).hex(),
            dir=Direction(direction),
        )
        taps.append(
            Presented(
                event=event,
                point=points.points[point],
                local=local(event.at, zone),
                asks=False,
                digest=bytes(digest),
            )
        )
    find.take(find.ask(Pipeline(connection), taps).fetchall(), taps, connection)
    return {(tap.event.dev, tap.event.seq): tap for tap in taps}


def _lock_more(
    connection: Connection[Any],
    accounting: Accounting,
    changed: Sequence[Seen],
    told: dict[tuple[int, int], Presented],
) -> None:
    # They nearly always belong to somebody already locked.  Where not, the lock comes out of
    # order, and a deadlock sends the whole batch round again.
    taps = list(told.values())
    wanted = {seen.account for seen in changed if seen.account is not None}
    wanted |= {a for tap in taps for a in (tap.wallet, tap.owes) if a is not None}
    missing = wanted - accounting.accounts.keys()
    if missing:
        accounting.accounts |= books.lock(connection, missing)
    codes = money.codes(taps) | set(USED.values())
    money.open_shared(connection, codes, accounting.shared)
    spills = {a.spill for a in accounting.accounts.values() if a.spill is not None}
    if more := spills - accounting.accounts.keys():
        accounting.accounts |= books.lock(connection, more)


def _give_back(
    connection: Connection[Any], accounting: Accounting, seen: Seen, tap: Presented, batch: Batch
) -> None:
    if seen.entry is None:
        return
    key = f"uncount:{batch.number}:{seen.device}:{seen.seq}"
    digest = digest_of(key)
    if seen.means is Means.WALLET:
        given = charging.charges_of(Cursor(connection), [seen.entry])[seen.entry]
        postings = charging.refund(accounting.accounts, given)
        place = accounting.add(
            key=key, at=tap.event.at, day=tap.day, digest=digest, postings=postings
        )
        accounting.charges[place] = charging.taken_back(given)
        if given.owed:
            accounting.allocations.append((place, given.entry, given.owed))
    elif seen.account is not None and seen.means in USED:
        postings = books.give_back(
            accounting.accounts,
            seen.account,
            1,
            taken_from=accounting.shared[USED[seen.means]],
        )
        accounting.add(key=key, at=tap.event.at, day=tap.day, digest=digest, postings=postings)
    seen.entry = None


def write(cursor: Speaks, scopes: Scopes) -> None:
    """Keep with each known passage what became of it."""
    for table, scope in scopes:
        for seen in scope:
            if seen.changed:
                cursor.execute(
                    f"UPDATE {table} SET counted = %s::boolean, passed = %s::boolean,"
                    " entry = %s::bigint WHERE device = %s::int AND seq = %s::bigint",
                    (seen.counted, seen.passed, seen.entry, seen.device, seen.seq),
                )
