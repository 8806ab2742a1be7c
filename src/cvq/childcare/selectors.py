"""Where children are expected and where they were seen."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from msgspec import Struct

from cvq.rules.vocabulary import Direction, Purpose

# A child who was there without being enrolled was there all the same.
SEEN = """
WITH expected AS (
    SELECT holder, service_id FROM childcare_enrolment
    WHERE holder = ANY(%(holders)s::uuid[]) AND valid_from < %(until)s
        AND (valid_until IS NULL OR valid_until > %(first)s)
), seen AS (
    SELECT holder, service_id, at, day, direction FROM childcare_attendance
    WHERE holder = ANY(%(holders)s::uuid[]) AND day >= %(first)s AND day < %(until)s
), known AS (
    SELECT holder, service_id FROM expected UNION SELECT holder, service_id FROM seen
)
SELECT k.holder, s.id, s.name, s.purpose, i.name, seen.day, seen.at, seen.direction
FROM known AS k JOIN catalog_service AS s ON s.id = k.service_id
LEFT JOIN catalog_site AS i ON i.id = s.site_id
LEFT JOIN seen ON seen.holder = k.holder AND seen.service_id = k.service_id
WHERE s.id = ANY(%(services)s::bigint[])
ORDER BY s.name, s.id, k.holder, seen.at
"""


class Seen(Struct, frozen=True):
    """A child at a service where it is enrolled or was seen; without `at`, it was not seen."""

    holder: UUID
    service: int
    name: str
    purpose: Purpose
    site: str | None
    day: date | None
    at: datetime | None
    direction: Direction | None


def seen_in_week(holders: Collection[UUID], services: Collection[int], monday: date) -> list[Seen]:
    """Return where these children are enrolled and were seen in a week, at these services."""
    asked: dict[str, Any] = {
        "holders": list(holders),
        "services": list(services),
        "first": monday,
        "until": monday + timedelta(days=7),
    }
    with connection.cursor() as cursor:
        cursor.execute(SEEN, asked)
        return [
            Seen(
                holder=row[0],
                service=row[1],
                name=row[2],
                purpose=Purpose(row[3]),
                site=row[4],
                day=row[5],
                at=row[6],
                direction=Direction(row[7]) if row[7] else None,
            )
            for row in cursor.fetchall()
        ]
