"""
Charge the days of childcare, after the fact: taps record who was there and never cost anything.

Each child, session and day is charged once, under the key `charge:<child>:<session>:<day>`.  A day
is done again when attendances of it came late, when an earlier day moved what it counted from, or
when a tariff was decided for the past; only the difference is booked.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg import Connection, Cursor

from cvq.billing import charging
from cvq.billing.charging import NewCharge, Revenue
from cvq.billing.payers import payers
from cvq.billing.services import pay_debts
from cvq.catalog import points as catalogue
from cvq.catalog.points import Points
from cvq.childcare.counting import counters_on, counts_before, keep_counts, together
from cvq.childcare.due import Due, Dues, Name, dues
from cvq.childcare.facts import AMONG, among
from cvq.childcare.families import facts_of_families
from cvq.childcare.seen import seen_on
from cvq.childcare.shares import Attended, Beside, Charged, shared
from cvq.kernel.local import at_ms, ms_at
from cvq.ledger import books
from cvq.ledger.books import Locked, NewEntry
from cvq.ledger.services import booking_day, digest_of
from cvq.plumbing.batches import Batch, open_batch
from cvq.plumbing.pipeline import Pipeline
from cvq.rules.vocabulary import CHILDCARE, Sector, Unit

LATE_DAYS = 31  # what is told later than thirty days is parked, never settled
CHILDREN_AT_ONCE = 500
NO_PRICE = ""  # what a session stands on that was charged once and has no price any more

# From thirty-one days before the last day that was charged: nothing older can still come, and a
# worker that stood still for a season takes up where it stopped.  What had no price or nobody to
# pay it is tried again once a day.  Older days are done again where what they stand on moved: a
# count, or the tariff itself, by a decision for the past.
UNCHARGED = """
WITH moved AS (
    SELECT c.day FROM childcare_chargedday AS c WHERE c.counts_moved OR EXISTS (
        SELECT FROM catalog_tariff AS t JOIN catalog_service AS s ON s.id = t.service_id
        WHERE t.id > c.tariffs AND s.purpose = ANY(%(purposes)s)
            AND t.valid_from <= c.day AND (t.valid_until IS NULL OR c.day < t.valid_until)
    )
)
SELECT a.day, c.day IS NULL FROM childcare_attendance AS a
LEFT JOIN childcare_chargedday AS c ON c.day = a.day
WHERE a.day <= %(until)s AND a.day > %(after)s AND a.day > least(
    coalesce(
        (SELECT max(day) FROM childcare_chargedday WHERE day <= %(until)s), '-infinity'::date
    ) - %(late)s,
    (SELECT min(day) - 1 FROM moved)
)
GROUP BY a.day, c.day, c.attendances, c.unpriced, c.charged_at
HAVING count(*) IS DISTINCT FROM c.attendances OR a.day IN (SELECT day FROM moved)
    OR (c.unpriced > 0 AND c.charged_at <= %(yesterday)s)
ORDER BY a.day
"""
TARIFFS = "SELECT coalesce(max(id), 0)::bigint FROM catalog_tariff"
STOOD = """
SELECT c.payer_id, w.spill_id FROM childcare_sessioncharge AS s
JOIN billing_charge AS c ON c.entry_id = s.entry JOIN ledger_account AS w ON w.id = c.payer_id
WHERE s.day = %s::date AND s.holder = ANY(%s::uuid[])
"""
STANDING = """
SELECT service_id, holder, session, basis, entry, revision FROM childcare_sessioncharge
WHERE day = %s::date AND holder = ANY(%s::uuid[])
"""
KEEP = """
INSERT INTO childcare_sessioncharge (day, service_id, holder, session, basis, entry, revision)
SELECT %s::date, * FROM unnest(
    %s::bigint[], %s::uuid[], %s::text[], %s::text[], %s::bigint[], %s::int[]
)
ON CONFLICT (day, service_id, holder, session) DO UPDATE
SET basis = excluded.basis, entry = excluded.entry, revision = excluded.revision
"""
DONE = """
INSERT INTO childcare_chargedday
    (day, attendances, unpriced, charged_at, tariffs, counts_moved)
VALUES (%s, %s, %s, %s, %s, FALSE)
ON CONFLICT (day) DO UPDATE SET attendances = excluded.attendances,
    unpriced = excluded.unpriced, charged_at = excluded.charged_at,
    tariffs = excluded.tariffs, counts_moved = FALSE
"""


def charge_days(
    connection: Connection[Any],
    *,
    until: date,
    at: datetime,
    zone: ZoneInfo,
    beside: Beside | None = None,
) -> int:
    """
    Charge every day up to `until` that has attendances not yet charged; return the entries.

    A day that is charged for the first time may be shared with somebody `beside`, wallet by wallet.
    """
    asked = {
        "until": until,
        "late": LATE_DAYS,
        "yesterday": at - timedelta(days=1),
        "purposes": sorted(CHILDCARE),
    }
    days = Cursor(connection).execute(UNCHARGED, {**asked, "after": date.min}).fetchall()
    entries = 0
    while days:
        day, is_first = days.pop(0)
        shares = beside if is_first else None
        entries += charge_day(connection, day=day, at=at, zone=zone, beside=shares)
        if counters_on(catalogue.current(connection), day):  # it may have marked later days
            days = Cursor(connection).execute(UNCHARGED, {**asked, "after": day}).fetchall()
    return entries


def charge_day(
    connection: Connection[Any],
    *,
    day: date,
    at: datetime,
    zone: ZoneInfo,
    beside: Beside | None = None,
) -> int:
    """
    Charge one day of childcare, or the difference if it was charged before.

    Runs in transactions of a few hundred children; run again, it books nothing twice.  Who came
    first is paid first where money runs out, so the same facts give the same books.
    """
    (voted,) = Cursor(connection).execute(TARIFFS).fetchall()[0]  # before they are read
    points = catalogue.refresh(connection)
    taken = seen_on(connection, day, zone)
    attendances = sum(len(seen) for by_service in taken.values() for seen in by_service.values())
    children = list(taken)
    asks_among, counts = _asks_among(points, day), bool(counters_on(points, day))
    everybody = {}
    if asks_among or counts:
        paying = payers(connection, Sector.SCHOOL, [(holder, day) for holder in children])
        everybody = {child: payer for (child, _), payer in paying.items()}
    beside_whom = among(taken, everybody) if asks_among else {}
    charged = [Charged()]
    for names in together(children, everybody if counts else {}, CHILDREN_AT_ONCE):
        some = {child: taken[child] for child in names}
        with connection.transaction():
            paying = payers(connection, Sector.SCHOOL, [(holder, day) for holder in some])
            of = {child: payer for (child, _), payer in paying.items()}
            ranked = {c: beside_whom[c] for c in some if c in beside_whom}
            attended = Attended(day, some, of, ranked)
            if beside is not None:
                attended, theirs = shared(attended)
                beside.charge(theirs, at=at)
            charged.append(charge(connection, attended, points, at=at, zone=zone))
    if beside is not None:
        charged.append(beside.charged())
    unpriced = sum(one.unpriced for one in charged)
    Cursor(connection).execute(DONE, (day, attendances, unpriced, at, voted))
    return sum(one.entries for one in charged)


def charge(
    connection: Connection[Any],
    attended: Attended,
    points: Points,
    *,
    at: datetime,
    zone: ZoneInfo,
) -> Charged:
    """Charge some children of a day, in the transaction under way."""
    families = facts_of_families(connection, attended, points)
    counts = counts_before(connection, attended, points)
    found = dues(attended, points, families, counts)
    children = list(attended.taken)
    entries = _charge(connection, found, children, attended.day, at, zone)
    if counts is not None:
        keep_counts(connection, counts, children, points)
    return Charged(entries, found.unpriced)


def _charge(
    connection: Connection[Any],
    found: Dues,
    children: list[UUID],
    day: date,
    at: datetime,
    zone: ZoneInfo,
) -> int:
    # Whoever paid before is locked too: somebody else may have to pay now.
    stood = Pipeline(connection).execute(STOOD, (day, children)).fetchall()
    wanted = {a for one in found.due for a in (one.payer.wallet, one.payer.owes)}
    accounts = books.lock(connection, wanted | {a for row in stood for a in row})
    standing = {
        (row[0], row[1], row[2]): row[3:]
        for row in Pipeline(connection).execute(STANDING, (day, children)).fetchall()
    }
    changed = []
    for one in found.due:
        before = standing.get(one.name)
        if before is not None and one.is_settled(before[0]):
            continue
        if before is not None:
            one.revision = before[2] + 1
        changed.append((one, before[1] if before else None))
    left = [name for name in found.leaves(standing) if standing[name][0] != NO_PRICE]
    if not changed and not left:
        return 0
    batch = open_batch(connection, at)
    given_back = [entry for _, entry in changed if entry is not None]
    given_back += [entry for name in left if (entry := standing[name][1]) is not None]
    _give_back(connection, given_back, accounts, batch, day)
    noon = ms_at(day, 12 * 60, zone)
    entries = _book(connection, [one for one, _ in changed], accounts, batch, day, noon)
    rows = [(*one.name, one.basis, entries.get(one.name), one.revision) for one, _ in changed]
    rows += [(*name, NO_PRICE, None, standing[name][2]) for name in left]
    _keep(connection, rows, day)
    if given_back:
        pay_debts(connection, accounts, batch=batch, at=at)
    with Pipeline(connection) as pipeline:
        batch.write(pipeline)
    return len(entries)


def _give_back(
    connection: Connection[Any],
    entries: Sequence[int],
    accounts: dict[int, Locked],
    batch: Batch,
    day: date,
) -> None:
    """Give back charges that no longer stand."""
    if not entries:
        return
    cursor = Cursor(connection)
    given = charging.charges_of(cursor, entries)
    booked_on = booking_day(connection, day)
    news = []
    for entry in sorted(given):
        key = f"uncharge:{entry}"
        news.append(
            NewEntry(
                key=key,
                at=at_ms(batch.recorded_at),
                booked_on=booked_on,
                digest=digest_of(key),
                postings=charging.refund(accounts, given[entry]),
            )
        )
    ids = books.post_many(cursor, news, batch=batch, accounts=accounts)
    taken_back = [charging.taken_back(given[entry]) for entry in sorted(given)]
    charging.write_charges(cursor, list(zip(ids, taken_back, strict=True)), batch)
    charging.write_allocations(
        cursor,
        [
            (id_, entry, given[entry].owed)
            for id_, entry in zip(ids, sorted(given), strict=True)
            if given[entry].owed
        ],
        batch,
    )


def _book(
    connection: Connection[Any],
    due: Sequence[Due],
    accounts: dict[int, Locked],
    batch: Batch,
    day: date,
    noon: int,
) -> dict[Name, int]:
    """Book the sessions that cost something; return the entry of each."""
    costly = [one for one in due if one.priced.cents]
    codes = sorted({c for one in costly for c in (one.point.revenue(day), one.point.accrued())})
    shared = books.shared(connection, codes, Unit.EUR)
    booked_on = booking_day(connection, day)
    news, charges = [], []
    for one in costly:
        service, holder, code = one.name
        revenue = Revenue(shared[one.point.revenue(day)], shared[one.point.accrued()])
        postings, owed = charging.charge(accounts, one.payer.wallet, one.priced.cents, revenue)
        key = f"charge:{holder}:{service}.{code}:{day}"
        key += f":{one.revision}" if one.revision > 1 else ""
        news.append(
            NewEntry(
                key=key,
                at=noon,
                booked_on=booked_on,
                digest=digest_of(key, one.basis),
                postings=postings,
            )
        )
        charges.append(_charge_of(one, day, owed, revenue))
    with Pipeline(connection) as pipeline:
        ids = books.post_many(pipeline, news, batch=batch, accounts=accounts)
        charging.write_charges(pipeline, list(zip(ids, charges, strict=True)), batch)
    return {one.name: id_ for one, id_ in zip(costly, ids, strict=True)}


def _charge_of(one: Due, day: date, owed: int, revenue: Revenue) -> NewCharge:
    return NewCharge(
        payer=one.payer.wallet,
        holder=one.name[1],
        service=one.name[0],
        tariff=one.tariff,
        day=day,
        inputs=one.inputs,
        lines=tuple((line.label, line.cents) for line in one.priced.lines),
        sentence=one.priced.sentence,
        cents=one.priced.cents,
        owed=owed,
        revenue=revenue,
    )


def _keep(connection: Connection[Any], rows: Sequence[tuple[Any, ...]], day: date) -> None:
    columns = (list(column) for column in zip(*rows, strict=True))
    with Pipeline(connection) as pipeline:
        pipeline.execute(KEEP, (day, *columns))


def _asks_among(points: Points, day: date) -> bool:
    return any(
        not AMONG.isdisjoint(version.tariff.reads)
        for point in points.points.values()
        if point.purpose in CHILDCARE
        for version in point.tariffs
        if catalogue.holds(version.period, day)
    )
