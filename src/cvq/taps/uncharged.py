"""
Passages that left no charge: those that a tariff let through free, and those that none prices.

A pass, a carnet or a quota pays by itself, whatever a tariff says.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from psycopg import Connection, Cursor

from cvq.billing.payers import payers
from cvq.billing.uses import Kept, Month, Used, month_of
from cvq.catalog import points as catalogue
from cvq.catalog.points import Point
from cvq.rules.vocabulary import SECTOR_OF, Means, Sector
from cvq.taps.find import price_of

# Where it was, by the tap that says so; once that is purged, by the box that told it.
_PASSED = """
FROM (
    SELECT holder, day, means, device, seq, zone, 'POOL' AS purpose FROM pool_stay
    WHERE day >= %(first)s AND day < %(until)s AND counted AND passed AND direction = 'IN'
    UNION ALL
    SELECT holder, day, means, device, seq, NULL, 'WASTE' FROM waste_visit
    WHERE day >= %(first)s AND day < %(until)s AND counted AND passed
) AS w
LEFT JOIN taps_tapevent AS t ON t.device = w.device AND t.seq = w.seq
JOIN catalog_accesspoint AS p ON p.id = coalesce(t.point, (
    SELECT min(g.id) FROM catalog_devicepoint AS d
    JOIN catalog_accesspoint AS g ON g.id = d.point_id
    JOIN catalog_service AS c ON c.id = g.service_id
    WHERE d.device_id = w.device AND c.purpose = w.purpose AND g.zone = coalesce(w.zone, g.zone)
))
JOIN catalog_service AS s ON s.id = p.service_id
WHERE (%(services)s::text[] IS NULL OR s.code = ANY(%(services)s))
"""
FREE = (
    "SELECT w.day, w.holder, p.id"
    + _PASSED
    + "AND w.means = 'FREE' ORDER BY w.day, w.device, w.seq"
)
OTHERS = (
    "SELECT w.means, count(*)" + _PASSED + "AND w.means NOT IN ('FREE', 'WALLET') GROUP BY w.means"
)
FIRMS = """
SELECT i.holder, o.wallet_id FROM people_sectoridentifier AS i
JOIN people_organisation AS o ON o.id = i.organisation_id WHERE i.holder = ANY(%s::uuid[])
"""


class Passed(Struct, frozen=True, gc=False):
    """A passage that cost nothing: when, whose, where."""

    day: date
    holder: UUID
    point: int


class PassagesAgain:
    """What the pools and the waste centres keep of a month, and of others one at a time."""

    def __init__(self, connection: Connection[Any], month: Month) -> None:
        """Find what cost nothing that month, and by which tariff."""
        self.connection = connection
        self.points = catalogue.refresh(connection).points
        self.read: Month | None = None
        self.without: Counter[str] = Counter()
        self.free: dict[date, list[Used]] = {}
        self.firms: dict[UUID, int] = {}
        self._read(month)

    def tariffs(self, month: Month) -> set[int]:
        """Return the tariffs by which a passage of a month cost nothing."""
        self._read(month)
        return {one.tariff for some in self.free.values() for one in some}

    def outside(self, month: Month) -> dict[str, int]:
        """Return how many passages of a month no tariff prices, by what they ran on."""
        self._read(month)
        rows = Cursor(self.connection).execute(OTHERS, month.asked)
        return {**dict(rows.fetchall()), **self.without}

    def of_day(self, day: date) -> Kept:
        """Return the passages of a day that a tariff let through free."""
        read = self.read
        if read is None or not read.first <= day < read.until:
            self._read(month_of(day, read.services if read else None))
        return Kept(self.free.get(day, ()))

    def _read(self, month: Month) -> None:
        """Find what cost nothing in a month, and by which tariff."""
        if self.read == month:
            return
        self.read, self.free, self.without = month, {}, Counter()
        passed = [Passed(*row) for row in Cursor(self.connection).execute(FREE, month.asked)]
        holders = list({one.holder for one in passed})
        self.firms = dict(Cursor(self.connection).execute(FIRMS, (holders,)).fetchall())
        for sector in (Sector.POOL, Sector.WASTE):
            self._price(sector, [one for one in passed if self._sector(one) is sector])

    def _sector(self, one: Passed) -> Sector:
        return SECTOR_OF[self.points[one.point].purpose]

    def _price(self, sector: Sector, passed: list[Passed]) -> None:
        families = [(one.holder, one.day) for one in passed if one.holder not in self.firms]
        paying = payers(self.connection, sector, families)
        for one in passed:
            point, firm = self.points[one.point], self.firms.get(one.holder)
            payer = paying.get((one.holder, one.day))
            if firm is not None:
                used = _used(one, point, firm, age=None, resident=True)
            # A household is never charged at a waste centre, whatever the tariff says.
            elif payer is None or sector is Sector.WASTE:
                used = None
            else:
                age = payer.inputs(one.day)["age"]
                used = _used(one, point, payer.wallet, age=age, resident=payer.resident)
            if used is None:
                self.without[Means.FREE] += 1
            else:
                self.free.setdefault(one.day, []).append(used)


def _used(one: Passed, point: Point, payer: int, *, age: int | None, resident: bool) -> Used | None:
    """Return a passage as the turnstile priced it, nothing where no tariff has a price."""
    price = price_of(point, one.day, age=age, resident=resident)
    if price is None:
        return None
    return Used(
        entry=0,
        payer=payer,
        holder=one.holder,
        service=point.service,
        tariff=price.tariff,
        inputs=_told(price.inputs),
        cents=0,
    )


def _told(inputs: Mapping[str, Any]) -> str:
    return msgspec.json.encode(inputs).decode()
