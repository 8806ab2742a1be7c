"""The barriers of the waste centres on the spine: visits of the day, quota or price."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from msgspec import Struct
from psycopg import Connection, Cursor

from cvq.billing.packing import Carried, Packing, fund, priced
from cvq.billing.passages import Seen, columns, recount, take_back
from cvq.billing.presented import Presented, Stood
from cvq.kernel.local import at_ms
from cvq.ledger.books import Locked
from cvq.plumbing.pipeline import Answered, Speaks
from cvq.rights.messages import QuotaTerms, WantedQuota
from cvq.rules import waste
from cvq.rules.tap import Decision
from cvq.rules.vocabulary import Direction, Happening, Means, Unit
from cvq.rules.waste import WasteSituation
from cvq.wire.rows import AccountRow, Offer

TABLE = "waste_visit"
Key = tuple[int, date]  # the account that visits are counted on, local day

GATHER = """
SELECT v.account, v.day, v.device, v.seq, v.at, v.means, v.holder, v.counted, v.passed, v.entry
FROM (
    SELECT * FROM unnest(%s::bigint[], %s::date[]) AS t(account, day)
    UNION
    SELECT u.account, u.day FROM unnest(%s::int[], %s::bigint[]) AS n(device, seq)
    JOIN waste_visit AS u ON u.device = n.device AND u.seq = n.seq
) AS w JOIN waste_visit AS v ON v.account = w.account AND v.day = w.day
"""
INSERT = """
INSERT INTO waste_visit (device, seq, holder, at, day, means, account, counted, passed, entry)
SELECT * FROM unnest(%s::int[], %s::bigint[], %s::uuid[], %s::timestamptz[], %s::date[],
    %s::text[], %s::bigint[], %s::boolean[], %s::boolean[], %s::bigint[])
"""


class Visits(Struct):
    """What this batch knows of visits, moved on as each tap is decided."""

    scopes: dict[Key, list[Seen]]


def account_of(tap: Presented) -> int | None:
    """Return where the visits of this holder are counted: a quota, or a professional's wallet."""
    return tap.counter if tap.counter is not None else tap.wallet


def gather(pipeline: Speaks, taps: Sequence[Presented]) -> Callable[[], Visits]:
    """Ask for all visits of the day that matter to these taps; the answer is read later."""
    held = [tap for tap in taps if account_of(tap) is not None]
    undone = [tap.event for tap in taps if tap.event.what is Happening.NOT_PASSED]
    visits = pipeline.execute(
        GATHER,
        (
            [account_of(tap) for tap in held],
            [tap.day for tap in held],
            [event.dev for event in undone],
            [event.of for event in undone],
        ),
    )
    return lambda: _read(visits)


def _read(visits: Answered) -> Visits:
    scopes: dict[Key, list[Seen]] = {}
    for account, day, device, seq, at, means, holder, counted, passed, entry in visits.fetchall():
        scopes.setdefault((account, day), []).append(
            Seen(
                device=device,
                seq=seq,
                at=at_ms(at),
                means=Means(means),
                account=account,
                holder=holder,
                counted=counted,
                was=counted,
                passed=passed,
                had_passed=passed,
                stored=True,
                entry=entry,
            )
        )
    return Visits(scopes)


def situation(tap: Presented, visits: Visits, accounts: dict[int, Locked]) -> WasteSituation:
    """Return what the barrier knows at this tap."""
    account = account_of(tap)
    counted = [
        seen.at
        for seen in visits.scopes.get((account or 0, tap.day), ())
        if seen.counted and seen.fact < (tap.event.at, tap.event.dev, tap.event.seq)
    ]
    return WasteSituation(
        medium=tap.medium,
        kind=tap.kind,
        held=tap.holder is not None,
        open=tap.is_open,
        last_at=max(counted, default=None),
        served=tap.served,
        visits=max(0, accounts[tap.counter].spendable) if tap.counter is not None else None,
        price=_price(tap),
        spendable=accounts[tap.wallet].spendable if tap.wallet is not None else None,
    )


def _price(tap: Presented) -> int | None:
    """Return what a professional pays for a visit; a household never pays one."""
    if tap.household is not None:
        return 0
    return tap.price.cents if tap.price else None


def decide(tap: Presented, visits: Visits, accounts: dict[int, Locked]) -> Decision:
    """Return our answer to a tap at a barrier."""
    return waste.decide(tap.tap, situation(tap, visits, accounts))


def enter(stood: Stood, visits: Visits, ours: Decision, *, passed: bool) -> Seen | None:
    """Keep a visit that stands, and return it; nothing for who stayed outside or goes out."""
    tap = stood.tap
    account = account_of(tap)
    leaves = tap.event.dir is Direction.OUT
    if not stood.went_in or tap.holder is None or account is None or leaves:
        return None
    if tap.counter is not None:
        stood.means = Means.QUOTA
    else:
        stood.means = Means.WALLET if _price(tap) else Means.FREE
    seen = Seen(
        device=tap.event.dev,
        seq=tap.event.seq,
        at=tap.event.at,
        means=stood.means,
        account=account,
        holder=tap.holder,
        point=tap.event.pt,
        passed=passed,
    )
    visits.scopes.setdefault((account, tap.day), []).append(seen)
    recount(visits.scopes[account, tap.day], waste.SAME_VISIT_MS)
    return seen


def undo(tap: Presented, visits: Visits, seq: int) -> None:
    """Take back the visit that nobody made."""
    take_back(visits.scopes, (tap.event.dev, seq), waste.SAME_VISIT_MS)


def scopes(visits: Visits) -> list[list[Seen]]:
    """Return the visits of each scope, known and new."""
    return list(visits.scopes.values())


def apply(cursor: Speaks, fresh: Sequence[tuple[Stood, Seen]], visits: Visits) -> None:
    """Insert the new visits."""
    if not fresh:
        return
    rows = [columns(seen, stood.tap.day) for stood, seen in fresh]
    cursor.execute(INSERT, [list(column) for column in zip(*rows, strict=True)])


QUOTA = """
SELECT code, unit, amount FROM rights_product
WHERE kind = 'QUOTA' AND unit = 'VISIT' AND service_id IS NULL ORDER BY id LIMIT 1
"""
OPENED = "SELECT code, balance - held - floor FROM ledger_account WHERE code = ANY(%s)"


def pack(connection: Connection[Any], packing: Packing) -> None:
    """List whom the waste centres serve: households by their visits, professionals by the price."""
    zones = packing.zones()
    quota = Cursor(connection).execute(QUOTA).fetchone()
    terms = None if quota is None else QuotaTerms(*quota)
    homes = [one for one in packing.carried if one.household is not None and one.served]
    left = {} if terms is None else _visits(connection, packing, terms, homes)
    firms = [one for one in packing.carried if one.household is None]
    named = fund(connection, packing, [one.wallet for one in firms if one.wallet is not None])
    for one in packing.carried:
        one.listed = True
        one.group = packing.opaque("household", one.household) if one.household else ""
        for zone, service in zones.items():
            if one.household is None:
                wallet = named.get(one.wallet or 0)
                one.offers += priced(one, zone=zone, service=service, account=wallet)
            elif one.served:
                one.offers += [
                    Offer(zone=zone, means=Means.QUOTA, account=account, until=until)
                    for account, until in left.get(one.household, ())
                ]


def _visits(
    connection: Connection[Any], packing: Packing, terms: QuotaTerms, homes: Sequence[Carried]
) -> dict[int, list[tuple[str, int]]]:
    """Return the quota of each household, and the next year's where the policy reaches it."""
    last = packing.until - timedelta(days=1)
    households = sorted({one.household for one in homes if one.household is not None})
    wanted = [
        WantedQuota(terms, household, day)
        for household in households
        for day in sorted({packing.day.year: packing.day, last.year: last}.values())
    ]
    codes = [quota.code for quota in wanted]
    opened = dict(Cursor(connection).execute(OPENED, (codes,)).fetchall())
    found: dict[int, list[tuple[str, int]]] = {}
    for quota in wanted:
        name = packing.opaque("account", quota.code)
        # An account that nobody used yet opens full, at the first visit.
        left = max(0, opened.get(quota.code, terms.amount))
        packing.accounts[name] = AccountRow(ref=name, unit=Unit(terms.unit), allowance=left)
        ends = packing.midnight(date(quota.day.year + 1, 1, 1))
        found.setdefault(quota.household_id, []).append((name, ends))
    return found
