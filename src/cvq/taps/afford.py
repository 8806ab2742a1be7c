"""
What may pay these taps: passes, carnets and quotas, and every account to lock before looking.

The wallet of the payer is locked even when nothing is due: it serialises all that a household does.
"""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from psycopg import Connection

from cvq.billing.presented import Presented
from cvq.catalog.points import Points
from cvq.plumbing.batches import Batch
from cvq.plumbing.pipeline import Pipeline
from cvq.rights.messages import QuotaTerms, WantedQuota
from cvq.rights.models import ProductKind
from cvq.rights.selectors import rights_in_force
from cvq.rights.services import open_quotas
from cvq.rules.vocabulary import Direction, Happening, Purpose
from cvq.taps import find

# The quota of the territory's waste centres: the one of visits that belongs to no single service.
VISITS = """
SELECT code, unit, amount FROM rights_product
WHERE kind = 'QUOTA' AND unit = 'VISIT' AND service_id IS NULL ORDER BY id LIMIT 1
"""
SPILLS = """
SELECT id, spill_id FROM ledger_account WHERE id = ANY(%s::bigint[]) AND spill_id IS NOT NULL
"""
UNDONE = """
SELECT device, seq, account FROM pool_stay AS s
    JOIN unnest(%(dev)s::int[], %(of)s::bigint[]) AS n(device, seq) USING (device, seq)
UNION ALL
SELECT device, seq, account FROM waste_visit AS v
    JOIN unnest(%(dev)s::int[], %(of)s::bigint[]) AS n(device, seq) USING (device, seq)
"""
# The wallet serialises all that a household does; who has none is held by name.
HALF = 2**64 - 1  # of the 128 bits of a holder: what names a lock
HOLD = "SELECT pg_advisory_xact_lock(h.name) FROM unnest(%s::bigint[]) AS h(name)"


class Undone(Struct):
    """
    The passages that nobody made: the accounts they ran on, and whose they are.

    A pass and a free entry run on no account: those are found again.
    """

    accounts: set[int]
    made_by: Sequence[Presented] = ()


class Wanted(Struct):
    """The accounts to lock before looking, and the holders without any, in the order of locks."""

    accounts: set[int]
    holders: list[int]


def pay(connection: Connection[Any], taps: Sequence[Presented], batch: Batch) -> None:
    """Write on each tap its pass, carnet or quota."""
    _passes_and_carnets(connection, taps)
    _quotas(connection, taps, batch)


def undone(
    connection: Connection[Any], taps: Sequence[Presented], points: Points, zone: ZoneInfo
) -> Undone:
    """Return the passages of before that these taps say nobody made."""
    events = [tap.event for tap in taps if tap.event.what is Happening.NOT_PASSED]
    if not events:
        return Undone(set())
    rows = (
        Pipeline(connection)
        .execute(UNDONE, {"dev": [e.dev for e in events], "of": [e.of for e in events]})
        .fetchall()
    )
    free = [(device, seq) for device, seq, account in rows if account is None]
    made_by = find.told_before(connection, free, points, zone) if free else {}
    return Undone({row[2] for row in rows if row[2] is not None}, list(made_by.values()))


def accounts(connection: Connection[Any], taps: Sequence[Presented], undone: Undone) -> Wanted:
    """Return all that must be held still before looking, spills included."""
    moved = [*taps, *undone.made_by]
    found = {id_ for tap in moved for id_ in (tap.wallet, tap.owes) if id_ is not None}
    counters = {tap.counter for tap in taps if tap.counter is not None}
    counters |= {carnet for tap in taps for carnet in tap.carnets}
    counters |= undone.accounts
    if counters:
        spills = dict(Pipeline(connection).execute(SPILLS, (list(counters),)).fetchall())
        found |= counters | set(spills.values())
    return Wanted(found, _holders(moved))


def _holders(taps: Sequence[Presented]) -> list[int]:
    # Only the pool counts what these do: the other services keep no passage without an account.
    names = {
        tap.holder.int
        for tap in taps
        if tap.wallet is None and tap.holder is not None and tap.point.purpose is Purpose.POOL
    }
    return sorted((name & HALF) - 2**63 for name in names)


def _passes_and_carnets(connection: Connection[Any], taps: Sequence[Presented]) -> None:
    swimmers = [
        tap
        for tap in taps
        if tap.point.purpose is Purpose.POOL
        and tap.holder is not None
        and tap.event.dir is Direction.IN
    ]
    if not swimmers:
        return
    asked = [(tap.holder, tap.day) for tap in swimmers if tap.holder is not None]
    for tap, rights in zip(swimmers, rights_in_force(asked, connection), strict=True):
        for right in rights:
            in_zone = right.zone != "" and right.zone == tap.point.zone
            if right.service_id != tap.point.service and not in_zone:
                continue
            if right.kind is ProductKind.PASS:
                tap.has_pass = True
                tap.lock_minutes = max(tap.lock_minutes, right.time_lock_minutes)
            elif right.kind is ProductKind.CARNET and right.account_id is not None:
                tap.carnets = (*tap.carnets, right.account_id)


def _quotas(connection: Connection[Any], taps: Sequence[Presented], batch: Batch) -> None:
    visitors = [
        tap
        for tap in taps
        if tap.point.purpose is Purpose.WASTE and tap.household is not None and tap.served
    ]
    if not visitors:
        return
    row = Pipeline(connection).execute(VISITS).fetchone()
    if row is None:
        return
    terms = QuotaTerms(*row)
    wanted = [WantedQuota(terms, tap.household or 0, tap.day) for tap in visitors]
    opened = open_quotas(connection, wanted, batch=batch)
    for tap, account in zip(visitors, opened, strict=True):
        tap.counter = account
