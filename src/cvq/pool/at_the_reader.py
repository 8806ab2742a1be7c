"""The pool turnstiles on the spine: what the rules need to know, and what is kept of it."""

from collections.abc import Callable, Sequence
from datetime import date
from operator import attrgetter
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import Connection, Cursor

from cvq.billing.packing import Packing, fund, priced
from cvq.billing.passages import Seen, columns, recount, take_back
from cvq.billing.presented import Presented, Stood
from cvq.kernel.local import at_ms
from cvq.ledger.books import Locked
from cvq.plumbing.pipeline import Answered, Speaks
from cvq.rules import pool
from cvq.rules.pool import PoolSituation
from cvq.rules.tap import RETAP_GRACE_MS, Decision, Granted
from cvq.rules.vocabulary import Direction, Happening, Means
from cvq.wire.rows import Offer

Key = tuple[Any, str, date]  # holder, zone, local day

# The passages of each holder that day, and those of the passage that a NOT_PASSED undoes.
GATHER = """
SELECT s.holder, s.zone, s.day, s.device, s.seq, s.at, s.direction, s.means, s.account,
    s.counted, s.passed, s.entry
FROM (
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::date[]) AS t(holder, zone, day)
    UNION
    SELECT u.holder, u.zone, u.day FROM unnest(%s::int[], %s::bigint[]) AS n(device, seq)
    JOIN pool_stay AS u ON u.device = n.device AND u.seq = n.seq
) AS w JOIN pool_stay AS s ON s.holder = w.holder AND s.day = w.day AND s.zone = w.zone
"""
# The first of a day would find no row to hold still, and neither would whoever comes with them.
# Before any row is held, so that nobody waits for a row while holding one that comes before.
OPEN = """
INSERT INTO pool_zonecount (zone, day, inside)
SELECT DISTINCT w.zone, w.day, 0 FROM unnest(%s::text[], %s::date[]) AS w(zone, day)
WHERE NOT EXISTS (
    SELECT FROM pool_zonecount AS c WHERE c.zone = w.zone AND c.day = w.day
)
ORDER BY w.zone, w.day
ON CONFLICT (zone, day) DO NOTHING
"""
INSIDE = """
SELECT c.zone, c.day, c.inside FROM pool_zonecount AS c
JOIN (SELECT DISTINCT * FROM unnest(%s::text[], %s::date[]) AS t(zone, day)) AS w
    ON c.zone = w.zone AND c.day = w.day
ORDER BY c.zone, c.day
"""
HELD_STILL = "FOR NO KEY UPDATE OF c"
INSERT = """
INSERT INTO pool_stay (device, seq, holder, at, day, means, account, counted, passed, entry,
    zone, direction)
SELECT * FROM unnest(%s::int[], %s::bigint[], %s::uuid[], %s::timestamptz[], %s::date[],
    %s::text[], %s::bigint[], %s::boolean[], %s::boolean[], %s::bigint[], %s::text[], %s::text[])
"""
COUNT = """
INSERT INTO pool_zonecount (zone, day, inside)
SELECT * FROM unnest(%s::text[], %s::date[], %s::int[]) AS w(zone, day, change)
ON CONFLICT (zone, day) DO UPDATE SET inside = pool_zonecount.inside + excluded.inside
"""


_FACT = attrgetter("at", "device", "seq")


class Pools(Struct):
    """What this batch knows of the pools, moved on as each tap is decided."""

    scopes: dict[Key, list[Seen]]
    inside: dict[tuple[str, date], int]
    moved: dict[tuple[str, date], int]


def gather(pipeline: Speaks, taps: Sequence[Presented]) -> Callable[[], Pools]:
    """Ask for all passages that matter to these taps; the answer is read later."""
    held = [tap for tap in taps if tap.holder is not None]
    undone = [tap.event for tap in taps if tap.event.what is Happening.NOT_PASSED]
    limited = [tap for tap in taps if tap.point.max_attendance is not None]
    stays = pipeline.execute(
        GATHER,
        (
            [tap.holder for tap in held],
            [tap.point.zone for tap in held],
            [tap.day for tap in held],
            [event.dev for event in undone],
            [event.of for event in undone],
        ),
    )
    zones = ([tap.point.zone for tap in limited], [tap.day for tap in limited])
    if any(tap.asks for tap in limited):
        pipeline.execute(OPEN, zones)
        counts = pipeline.execute(INSIDE + HELD_STILL, zones)
    else:  # the doors have moved: whoever asks meanwhile need not wait for what they tell
        counts = pipeline.execute(INSIDE, zones)
    return lambda: _read(stays, counts)


def _read(stays: Answered, counts: Answered) -> Pools:
    scopes: dict[Key, list[Seen]] = {}
    for row in stays.fetchall():
        scopes.setdefault((row[0], row[1], row[2]), []).append(
            Seen(
                device=row[3],
                seq=row[4],
                at=at_ms(row[5]),
                leaves=row[6] == Direction.OUT,
                means=Means(row[7]),
                account=row[8],
                holder=row[0],
                counted=row[9],
                was=row[9],
                passed=row[10],
                had_passed=row[10],
                stored=True,
                entry=row[11],
            )
        )
    return Pools(scopes, {(row[0], row[1]): row[2] for row in counts.fetchall()}, {})


def _key(tap: Presented) -> Key:
    return (tap.holder, tap.point.zone, tap.day)


def situation(tap: Presented, pools: Pools, accounts: dict[int, Locked]) -> PoolSituation:
    """Return what the turnstile knows at this tap."""
    before = [
        seen
        for seen in pools.scopes.get(_key(tap), ())
        if seen.passed and seen.fact < (tap.event.at, tap.event.dev, tap.event.seq)
    ]
    entries = [seen.at for seen in before if not seen.leaves]
    inside = pools.inside.get((tap.point.zone, tap.day), 0)
    limit = tap.point.max_attendance
    return PoolSituation(
        medium=tap.medium,
        kind=tap.kind,
        held=tap.holder is not None,
        open=tap.is_open,
        last_at=max(entries, default=None),
        full=limit is not None and inside >= limit,
        inside=_is_inside(before),
        has_pass=tap.has_pass,
        lock_minutes=tap.lock_minutes,
        entries=max(0, accounts[tap.counter].spendable) if tap.counter is not None else 0,
        price=tap.price.cents if tap.price else None,
        spendable=accounts[tap.wallet].spendable if tap.wallet is not None else None,
    )


def decide(tap: Presented, pools: Pools, accounts: dict[int, Locked]) -> Decision:
    """Return our answer to a tap at a turnstile."""
    tap.counter = _carnet(tap, accounts)
    return pool.decide(tap.tap, situation(tap, pools, accounts))


def _carnet(tap: Presented, accounts: dict[int, Locked]) -> int | None:
    """Return the first carnet with something left, else the last one, which would overrun."""
    for carnet in tap.carnets:
        if accounts[carnet].spendable > 0:
            return carnet
    return tap.carnets[-1] if tap.carnets else None


def means_of(tap: Presented) -> Means:
    """
    Return what the entry of a door that moved alone runs on.

    The door's word tells a carnet from the wallet, so that the answer is the same in whatever
    order late entries come; a pass is a matter of dates and goes first.
    """
    if tap.has_pass:
        return Means.PASS
    if tap.counter is not None and tap.event.means is Means.CARNET:
        return Means.CARNET
    if tap.price is None or tap.price.cents == 0 or tap.wallet is None:
        return Means.FREE
    return Means.WALLET


def enter(stood: Stood, pools: Pools, ours: Decision, *, passed: bool) -> Seen | None:
    """Keep a passage that stands, and return it; nothing for who stayed outside."""
    tap = stood.tap
    if not stood.went_in or tap.holder is None:
        return None
    leaves = tap.event.dir is Direction.OUT
    if leaves:
        stood.means = Means.FREE
    elif not tap.asks:
        stood.means = means_of(tap)
    elif isinstance(ours, Granted):
        stood.means = ours.means
    seen = Seen(
        device=tap.event.dev,
        seq=tap.event.seq,
        at=tap.event.at,
        means=stood.means,
        account=_account(tap, stood.means),
        holder=tap.holder,
        point=tap.event.pt,
        passed=passed,
        leaves=leaves,
    )
    scope = pools.scopes.setdefault(_key(tap), [])
    before = [one for one in scope if one.passed]
    scope.append(seen)
    recount(scope, RETAP_GRACE_MS)
    if passed:
        _move(pools, (tap.point.zone, tap.day), before, [*before, seen])
    return seen


def _account(tap: Presented, means: Means) -> int | None:
    match means:
        case Means.WALLET:
            return tap.wallet
        case Means.CARNET:
            return tap.counter
        case _:
            return None


def undo(tap: Presented, pools: Pools, seq: int) -> None:
    """Take back the passage that nobody made: they are not inside, or still are."""
    taken = take_back(pools.scopes, (tap.event.dev, seq), RETAP_GRACE_MS)
    if taken is not None:
        key, seen = taken
        made = [one for one in pools.scopes[key] if one.passed]
        _move(pools, key[1:], [*made, seen], made)


def _is_inside(made: Sequence[Seen]) -> bool:
    # The last passage says, whatever came before.  So a zone counts those who are in it in
    # whatever order their passages are told, and never less than nobody.
    """Tell whether the last passage that somebody made was on the way in."""
    return bool(made) and not max(made, key=_FACT).leaves


def _move(
    pools: Pools, zone: tuple[str, date], before: Sequence[Seen], after: Sequence[Seen]
) -> None:
    """Count one more inside, or one less, when the passages of somebody now say so."""
    change = _is_inside(after) - _is_inside(before)
    pools.inside[zone] = pools.inside.get(zone, 0) + change
    pools.moved[zone] = pools.moved.get(zone, 0) + change


def scopes(pools: Pools) -> list[list[Seen]]:
    """Return the passages of each scope, known and new."""
    return list(pools.scopes.values())


def apply(cursor: Speaks, fresh: Sequence[tuple[Stood, Seen]], pools: Pools) -> None:
    """Insert the new stays and move the counts of the zones."""
    if fresh:
        rows = [
            (*columns(seen, stood.tap.day), stood.tap.point.zone, stood.tap.event.dir)
            for stood, seen in fresh
        ]
        cursor.execute(INSERT, [list(column) for column in zip(*rows, strict=True)])
    moved = sorted((zone, day, change) for (zone, day), change in pools.moved.items() if change)
    if moved:
        cursor.execute(COUNT, [list(column) for column in zip(*moved, strict=True)])


TABLE = "pool_stay"


RIGHTS = """
SELECT r.holder, w.zone, p.kind, r.valid_until, r.account_id, p.time_lock_minutes
FROM unnest(%s::text[], %s::bigint[]) AS w(zone, service)
JOIN rights_product AS p ON p.kind IN ('PASS', 'CARNET')
    AND (p.service_id = w.service OR (p.zone <> '' AND p.zone = w.zone))
JOIN rights_right AS r ON r.product_id = p.id AND r.holder IS NOT NULL
WHERE r.valid_from <= %s AND (r.valid_until IS NULL OR %s < r.valid_until)
ORDER BY r.holder, w.zone, r.valid_until NULLS LAST, r.id
"""


def pack(connection: Connection[Any], packing: Packing) -> None:
    """List who may swim: what each entry may run on, and how far a box may go alone."""
    zones = packing.zones()
    asked = (list(zones), list(zones.values()), packing.day, packing.day)
    rights: dict[UUID, list[Any]] = {}
    for holder, *right in Cursor(connection).execute(RIGHTS, asked).fetchall():
        rights.setdefault(holder, []).append(right)
    accounts = [one.wallet for one in packing.carried if one.wallet is not None]
    carnets = [right[3] for some in rights.values() for right in some if right[3] is not None]
    named = fund(connection, packing, accounts + carnets)
    for one in packing.carried:
        one.listed = True
        for zone, kind, valid_until, account, lock in rights.get(one.holder, ()):
            one.offers.append(
                Offer(
                    zone=zone,
                    means=Means(kind),
                    account=named.get(account, ""),
                    until=packing.ends(valid_until),
                    lock=lock,
                )
            )
        wallet = named.get(one.wallet or 0)
        for zone, service in zones.items():
            one.offers += priced(one, zone=zone, service=service, account=wallet)
