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
from cvq.ledger import books
from cvq.ledger.services import digest_of
from cvq.plumbing.batches import Batch
from cvq.plumbing.pipeline import Speaks
from cvq.rules.vocabulary import Means
from cvq.taps import find, money
from cvq.taps.money import USED, Accounting

Scopes = Sequence[tuple[str, list[Seen]]]


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
    names = [(seen.device, seen.seq) for seen in changed]
    told = find.told_before(connection, names, points, zone)
    _lock_more(connection, accounting, changed, told)
    for seen in changed:
        if seen.was:
            _give_back(connection, accounting, seen, told[seen.device, seen.seq], batch)
    for seen in changed:
        if seen.counted:
            tap = told[seen.device, seen.seq]
            accounting.book(tap, seen, key=f"recount:{batch.number}:{seen.device}:{seen.seq}")
    return True


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
