"""
What the counters of childcare stand at: read before sessions are priced, kept with what moved them.

Counted over the sessions of a service, of a child or of who pays, by day and then by turn in the
day.  A day that moves a count otherwise than it did has the later days that read it done again.
Only a day on which a tariff in force counts asks anything of this module.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection, Cursor

from cvq.billing.payers import Payer
from cvq.catalog.points import Point, Points, holds
from cvq.catalog.sold import COUNTED_FOR
from cvq.childcare.shares import Attended
from cvq.rules.tariff import Priced, Refused
from cvq.rules.tariff.counters import Counter
from cvq.rules.tariff.counting import Count, Counting, counts_of, period
from cvq.rules.tariff.items import Item
from cvq.rules.tariff.kinds import Exact, simple
from cvq.rules.vocabulary import CHILDCARE

EXACT = Context(prec=60)

BEFORE = """
SELECT service_id, subject, apart, sum(moved) FROM childcare_sessioncount
WHERE service_id = ANY(%(services)s::bigint[]) AND counter = %(counter)s
    AND counted_for = %(counted_for)s AND subject = ANY(%(subjects)s::text[])
    AND day >= %(since)s::date AND day < %(day)s::date
GROUP BY service_id, subject, apart
"""
STOOD = """
SELECT service_id, holder, session, counter, counted_for, subject, apart, before, moved
FROM childcare_sessioncount WHERE day = %s::date AND holder = ANY(%s::uuid[])
"""
FORGET = "DELETE FROM childcare_sessioncount WHERE day = %s::date AND holder = ANY(%s::uuid[])"
KEEP = """
INSERT INTO childcare_sessioncount
    (day, service_id, holder, session, counter, counted_for, subject, apart, before, moved)
SELECT %s::date, * FROM unnest(
    %s::bigint[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::numeric[], %s::numeric[]
)
"""
# In order of the days, so that two who mark the same ones wait for each other and never cross.
MARK = """
WITH later AS (
    SELECT d.day FROM childcare_chargedday AS d WHERE d.day > %s::date AND d.day IN (
        SELECT c.day FROM childcare_sessioncount AS c JOIN unnest(
            %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::date[]
        ) AS m(service, counter, counted_for, subject, apart, until)
            ON c.service_id = m.service AND c.counter = m.counter
            AND c.counted_for = m.counted_for AND c.subject = m.subject AND c.apart = m.apart
            AND (m.until IS NULL OR c.day < m.until)
    ) ORDER BY d.day FOR UPDATE
)
UPDATE childcare_chargedday SET counts_moved = TRUE WHERE day IN (SELECT day FROM later)
"""


class Scope(NamedTuple):
    """A count of a service, whatever its period."""

    service: int
    counter: str
    counted_for: str
    subject: str
    apart: str


class Row(NamedTuple):
    """How a session found a count, and by how much it moved it."""

    service: int
    holder: UUID
    session: str
    counter: str
    counted_for: str
    subject: str
    apart: str
    before: Exact
    moved: Exact

    @property
    def scope(self) -> Scope:
        """Return what it moved."""
        return Scope(self.service, self.counter, self.counted_for, self.subject, self.apart)


def kept_as(counter: Counter) -> str:
    """Return the name of a count: a counter that adds something else under its name begins anew."""
    return counter.name if counter.adds == "1" else f"{counter.name}:{counter.adds}"


def name_of(kept: str) -> str:
    """Return the counter that a count is of."""
    return kept.partition(":")[0]


def counters_on(points: Points, day: date) -> dict[int, list[Counter]]:
    """Return what the tariffs in force on a day count, by service; nothing is the usual answer."""
    found: dict[int, list[Counter]] = {}
    services = {p.service: p for p in points.points.values() if p.purpose in CHILDCARE}
    for service, point in services.items():
        items = set()
        for version in point.tariffs:
            if holds(version.period, day) and version.code not in items:
                items.add(version.code)
                for counter in version.tariff.counts:
                    found.setdefault(service, []).append(counter)
    return found


class DayCounts:
    """The counts of some children of a day, which their sessions move one after the other."""

    def __init__(self, day: date, counted: Mapping[int, Mapping[Count, Exact]]) -> None:
        """Begin with what was counted before that day, by service."""
        self.day = day
        self.rows: list[Row] = []
        self._counting = {service: Counting(counts) for service, counts in counted.items()}

    def rate(
        self, name: tuple[int, UUID, str], payer: Payer, item: Item, inputs: dict[str, Any]
    ) -> Priced | Refused:
        """Return what a session costs after those before it; `inputs` get what was counted."""
        service, holder, session = name
        counting = self._counting.setdefault(service, Counting())
        subjects = (str(holder), str(holder), str(payer.wallet))
        who = dict(zip(COUNTED_FOR, subjects, strict=True))
        counts = counts_of(item, inputs, who, self.day)
        before = counting.before(counts)
        inputs |= {reads: _written(value) for reads, value in before.items()}
        priced, moved = counting.rate(item, inputs, counts)
        kept = {counter.name: kept_as(counter) for counter in item.counts}
        for one, quantity in moved.items():
            stood = before[f"{one.counter}.before"]
            scope = (kept[one.counter], one.of, one.subject, one.apart)
            self.rows.append(Row(service, holder, session, *scope, stood, quantity))
        return priced


def counts_before(
    connection: Connection[Any], attended: Attended, points: Points
) -> DayCounts | None:
    """Return what was counted for some children before a day; None where nothing counts."""
    counters = counters_on(points, attended.day)
    if not counters:
        return None
    services: dict[tuple[str, str, date], set[int]] = {}
    for service, several in counters.items():
        for counter in several:
            since = period(counter, attended.day)[0]
            services.setdefault((kept_as(counter), counter.of, since), set()).add(service)
    wallets = {str(payer.wallet) for payer in attended.paying.values()}
    children = {str(child) for child in attended.taken}
    counted: dict[int, dict[Count, Exact]] = {}
    for (counter_name, of, since), some in services.items():
        asked = {
            "services": sorted(some),
            "counter": counter_name,
            "counted_for": of,
            "subjects": sorted(wallets if of == "household" else children),
            "since": since,
            "day": attended.day,
        }
        for service, subject, apart, moved in Cursor(connection).execute(BEFORE, asked):
            count = Count(name_of(counter_name), of, subject, since, apart)
            counted.setdefault(service, {})[count] = simple(Fraction(moved))
    return DayCounts(attended.day, counted)


def keep_counts(
    connection: Connection[Any], counts: DayCounts, children: Sequence[UUID], points: Points
) -> None:
    """Keep what the sessions of some children moved; mark the later days that it changes."""
    day = counts.day
    cursor = Cursor(connection)
    rows = cursor.execute(STOOD, (day, list(children))).fetchall()
    stood = {Row(*row[:7], *(simple(Fraction(number)) for number in row[7:])) for row in rows}
    if stood == set(counts.rows):
        return
    columns = [list(column) for column in zip(*map(_told, counts.rows), strict=True)]
    before, after = _totals(stood), _totals(counts.rows)
    changed = [
        (*scope, _until(scope, points, day))
        for scope in sorted(before.keys() | after.keys())
        if before.get(scope, 0) != after.get(scope, 0)
    ]
    if stood:
        cursor.execute(FORGET, (day, list(children)))
    if columns:
        cursor.execute(KEEP, (day, *columns))
    if changed:
        marked = [list(column) for column in zip(*changed, strict=True)]
        cursor.execute(MARK, (day, *marked))


def together(
    children: Sequence[UUID], paying: Mapping[UUID, Payer], at_once: int
) -> Iterator[list[UUID]]:
    """Yield the children of a day some at a time, in order, those of one wallet never apart."""
    families: dict[object, list[UUID]] = {}
    for child in children:
        payer = paying.get(child)
        families.setdefault(child if payer is None else payer.wallet, []).append(child)
    some: list[UUID] = []
    for family in families.values():
        if some and len(some) + len(family) > at_once:
            yield some
            some = []
        some += family
    if some:
        yield some


def _totals(rows: Collection[Row]) -> dict[Scope, Exact]:
    found: dict[Scope, Exact] = {}
    for row in rows:
        found[row.scope] = found.get(row.scope, 0) + row.moved
    return found


def _until(scope: Scope, points: Points, day: date) -> date | None:
    """Return the day from which no version of the tariff counts that day any more."""
    ends = [
        period(counter, day)[1]
        for point in _points_of(scope.service, points)
        for version in point.tariffs
        for counter in version.tariff.counts
        if kept_as(counter) == scope.counter
    ]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


def _points_of(service: int, points: Points) -> list[Point]:
    return [point for point in points.points.values() if point.service == service][:1]


def _told(row: Row) -> tuple[object, ...]:
    return (*row[:7], _decimal(row.before), _decimal(row.moved))


def _decimal(value: Exact) -> Decimal:
    # What a counter adds lies on a decimal lattice: the checker refuses any other.
    number = Fraction(value)
    return EXACT.divide(Decimal(number.numerator), Decimal(number.denominator))


def _written(value: Exact) -> int | str:
    return value if isinstance(value, int) else f"{_decimal(value):f}"
