"""
The access points as the spine reads them: kept in memory, read again when the catalogue moves.

Every batch compares the revision of the catalogue, so that a new price or closing counts from the
next tap on and nothing is read twice.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
import structlog
from msgspec import Struct
from psycopg import Connection, Cursor

from cvq.catalog import selectors
from cvq.catalog.calendar import Calendar
from cvq.kernel.local import at_ms
from cvq.rules.tariff import Tariff, TariffUnreadable, compile_published
from cvq.rules.vocabulary import SECTOR_OF, Direction, Purpose, Sector

REVISION = "SELECT number FROM catalog_revision WHERE id = 1"
_POINTS = """
SELECT p.id, p.zone, p.direction, p.max_attendance, p.online, p.space_id, s.id, s.code, s.purpose,
    s.site_id, a.siren, s.revenue_type, r.authority_id = a.id, s.regie_id, a.id,
    i.commune_id, c.department, coalesce((SELECT array_agg(device_id) FROM catalog_devicepoint
        WHERE point_id = p.id), ARRAY[]::int[])
FROM catalog_accesspoint AS p JOIN catalog_service AS s ON s.id = p.service_id
JOIN catalog_authority AS a ON a.id = s.authority_id
LEFT JOIN catalog_regie AS r ON r.id = s.regie_id
LEFT JOIN catalog_site AS i ON i.id = s.site_id LEFT JOIN catalog_commune AS c
    ON c.id = i.commune_id
"""
_AGREEMENTS = "SELECT regie_id, authority_id, valid_from, valid_until FROM catalog_sharingagreement"
_ENROLLED = "SELECT id, enrolled_at FROM catalog_device"
_TARIFFS = """
SELECT service_id, id, code, document::text, valid_from, valid_until FROM catalog_tariff AS t
WHERE NOT EXISTS (SELECT FROM catalog_tariffwithdrawal WHERE tariff_id = t.id)
ORDER BY service_id, valid_from DESC, id DESC
"""
Period = tuple[date, date | None]

log = structlog.get_logger()


def holds(period: Period, day: date) -> bool:
    """Tell whether a day is in a period whose end is exclusive."""
    return period[0] <= day and (period[1] is None or day < period[1])


class InForce(Struct, frozen=True):
    """
    A version of a tariff, compiled, and when it is in force.

    A version never changes, so what it once rated (`rated`, by its inputs) it has rated for good.
    """

    id: int
    code: str
    tariff: Tariff
    period: Period
    rated: dict[Any, Any]


class Point(Struct, frozen=True, kw_only=True):
    """An access point with what its service says of it."""

    point: int
    zone: str
    direction: Direction | None
    max_attendance: int | None
    online: bool
    space: int | None
    service: int
    code: str
    purpose: Purpose
    sector: Sector
    site: int | None
    commune: int | None
    department: str
    authority: str
    revenue_type: str
    own_regie: bool
    devices: frozenset[int]
    agreements: tuple[Period, ...]
    tariffs: tuple[InForce, ...]

    def revenue(self, day: date) -> str:
        """
        Return the account that income of that day goes to, once it is paid.

        Without an agreement in force nobody is refused: the money waits, unallocated, and the
        audit lists it.
        """
        if self.own_regie:
            return f"REVENUE_TO_PAY_OVER:{self.authority}:{self.revenue_type}"
        if any(holds(period, day) for period in self.agreements):
            return f"THIRD_PARTY:{self.authority}:{self.revenue_type}"
        return f"UNALLOCATED:{self.authority}:{self.revenue_type}"

    def accrued(self) -> str:
        """Return the account of income that is owed and not yet paid."""
        return f"ACCRUED:{self.authority}:{self.revenue_type}"

    def tariff(self, day: date, code: str | None = None) -> InForce | None:
        """Return the newest tariff in force that day, of that item if one is named."""
        for version in self.tariffs:
            if holds(version.period, day) and code in (None, version.code):
                return version
        return None


class Points:
    """All access points of the territory and its calendar, as of one revision of the catalogue."""

    def __init__(
        self,
        *,
        revision: int,
        points: Mapping[int, Point],
        enrolled: Mapping[int, int],
        calendar: Calendar,
    ) -> None:
        """Keep the points of that revision, and since when (milliseconds) each box is enrolled."""
        self.revision = revision
        self.points = points
        self.enrolled = enrolled
        self.calendar = calendar


def load(connection: Connection[Any]) -> Points:
    """Read the access points again."""
    cursor = Cursor(connection)
    revision = cursor.execute(REVISION).fetchone()
    agreements: dict[tuple[int, int], list[Period]] = {}
    for regie, authority, valid_from, valid_until in cursor.execute(_AGREEMENTS).fetchall():
        agreements.setdefault((regie, authority), []).append((valid_from, valid_until))
    tariffs: dict[int, list[InForce]] = {}
    for service, number, code, document, valid_from, valid_until in cursor.execute(
        _TARIFFS
    ).fetchall():
        compiled = _compiled(number, code, document)
        if compiled is None:
            continue
        tariffs.setdefault(service, []).append(
            InForce(number, code, compiled, (valid_from, valid_until), {})
        )
    points = {}
    for row in cursor.execute(_POINTS).fetchall():
        purpose = Purpose(row[8])
        points[row[0]] = Point(
            point=row[0],
            zone=row[1],
            direction=Direction(row[2]) if row[2] else None,
            max_attendance=row[3],
            online=row[4],
            space=row[5],
            service=row[6],
            code=row[7],
            purpose=purpose,
            sector=SECTOR_OF[purpose],
            site=row[9],
            authority=row[10],
            revenue_type=row[11],
            own_regie=bool(row[12]),
            agreements=tuple(agreements.get((row[13], row[14]), ())),
            commune=row[15],
            department=row[16] or "",
            devices=frozenset(row[17]),
            tariffs=tuple(tariffs.get(row[6], ())),
        )
    enrolled = {row[0]: at_ms(row[1]) for row in cursor.execute(_ENROLLED).fetchall()}
    return Points(
        revision=revision[0] if revision else 0,
        points=points,
        enrolled=enrolled,
        calendar=selectors.calendar(),
    )


def _compiled(number: int, code: str, document: str) -> Tariff | None:
    # What nobody can read costs nobody anything; the audit lists it, and every other door opens.
    try:
        return compile_published(msgspec.json.decode(document))
    except TariffUnreadable as error:
        log.error("tariff_unreadable", tariff=number, code=code, why=str(error))
        return None


def unreadable_tariffs(connection: Connection[Any]) -> list[tuple[int, str, str]]:
    """Return the tariffs that nobody can read: number, item and why."""
    found = []
    for _, number, code, document, _, _ in Cursor(connection).execute(_TARIFFS).fetchall():
        try:
            compile_published(msgspec.json.decode(document))
        except TariffUnreadable as error:
            found.append((number, code, str(error)))
    return found


_kept: dict[tuple[bytes, bytes, bytes], Points] = {}


def _name(connection: Connection[Any]) -> tuple[bytes, bytes, bytes]:
    # What psycopg tells of a connection in words costs more than settling a tap.
    told = connection.pgconn
    return told.host, told.port, told.db


def current(connection: Connection[Any]) -> Points:
    """Return the access points as last read for this database; `refresh` compares the revision."""
    name = _name(connection)
    if name not in _kept:
        _kept[name] = load(connection)
    return _kept[name]


def refresh(connection: Connection[Any]) -> Points:
    """Read the access points again for this database, and keep them."""
    name = _name(connection)
    _kept[name] = load(connection)
    return _kept[name]
