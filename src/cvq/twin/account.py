"""What a lived year comes to, read from the books once it is over."""

from typing import Any

from msgspec import Struct
from psycopg import Connection, Cursor

SERVICES = """
SELECT service.purpose, count(*), count(*) FILTER (WHERE tap.said = 1),
    count(*) FILTER (WHERE tap.said = 2), count(*) FILTER (WHERE tap.said = 0)
FROM taps_tapevent AS tap
JOIN catalog_accesspoint AS point ON point.id = tap.point
JOIN catalog_service AS service ON service.id = point.service_id
WHERE tap.what = 'TAP'
GROUP BY service.purpose ORDER BY count(*) DESC, service.purpose
"""
REASONS = """
SELECT why, count(*) FROM taps_tapevent WHERE why IS NOT NULL AND said = %s
GROUP BY why ORDER BY count(*) DESC, why
"""
OBJECTIONS = """
SELECT objection, count(*) FROM taps_tapevent WHERE objection IS NOT NULL
GROUP BY objection ORDER BY count(*) DESC, objection
"""
PARKED = "SELECT reason, count(*) FROM taps_parked GROUP BY reason ORDER BY count(*) DESC, reason"
NOT_PASSED = "SELECT count(*) FROM taps_tapevent WHERE what = 'NOT_PASSED'"
TOP_UPS = """
SELECT channel, count(*), sum(cents) FROM payments_topup GROUP BY channel ORDER BY count(*) DESC
"""
CHARGES = (
    "SELECT count(*), coalesce(sum(cents), 0), coalesce(sum(owed_cents), 0) FROM billing_charge"
)
NOTICES = "SELECT count(*) FROM notices_notice"


class Served(Struct, frozen=True):
    """The taps of one purpose, by answer."""

    purpose: str
    taps: int
    granted: int
    noted: int
    refused: int


class Account(Struct, frozen=True, kw_only=True):
    """A whole year in figures."""

    services: list[Served]
    refused: list[tuple[str, int]]
    noted: list[tuple[str, int]]
    objections: list[tuple[str, int]]
    parked: list[tuple[str, int]]
    not_passed: int
    top_ups: list[tuple[str, int, int]]
    charges: int
    charged_cents: int
    owed_at_first_cents: int
    notices: int


def read(connection: Connection[Any]) -> Account:
    """Read what a year comes to."""
    cursor = Cursor(connection)

    def rows(query: str, *arguments: object) -> list[Any]:
        return cursor.execute(query, arguments or None).fetchall()

    charges, charged, owed = rows(CHARGES)[0]
    return Account(
        services=[Served(*row) for row in rows(SERVICES)],
        refused=rows(REASONS, 0),
        noted=rows(REASONS, 2),
        objections=rows(OBJECTIONS),
        parked=rows(PARKED),
        not_passed=rows(NOT_PASSED)[0][0],
        top_ups=[(channel, times, int(cents)) for channel, times, cents in rows(TOP_UPS)],
        charges=charges,
        charged_cents=int(charged),
        owed_at_first_cents=int(owed),
        notices=rows(NOTICES)[0][0],
    )
