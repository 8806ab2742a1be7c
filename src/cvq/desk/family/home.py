"""Where a family lives, and its quotient where the agent's services price by it."""

from datetime import date
from typing import Any

from django.db import connection
from msgspec import Struct

from cvq.access.services import File
from cvq.people.family import Family
from cvq.people.models import QuotientSource
from cvq.rules.vocabulary import CHILDCARE, Purpose

HOME = """
SELECT coalesce(r.address, ''), coalesce(c.name, ''), q.value, q.source, q.valid_until,
    ARRAY(SELECT DISTINCT purpose FROM catalog_service
        WHERE id = ANY(%(services)s::bigint[]) AND purpose IS NOT NULL)
FROM people_household AS h
LEFT JOIN people_residence AS r ON r.household_id = h.id AND r.valid_from <= %(day)s
    AND (r.valid_until IS NULL OR r.valid_until > %(day)s)
LEFT JOIN catalog_commune AS c ON c.id = r.commune_id
LEFT JOIN people_quotient AS q ON q.household_id = h.id AND q.valid_from <= %(day)s
    AND (q.valid_until IS NULL OR q.valid_until > %(day)s)
WHERE h.id = %(household)s
"""


class Home(Struct, frozen=True, kw_only=True):
    """An address, what the agent's services are for, and a quotient for who prices by it."""

    address: str
    commune: str
    handled: frozenset[Purpose]
    quotient: int | None
    source: str
    quotient_until: date | None

    @property
    def prices(self) -> bool:
        """Tell whether the agent's services price by the quotient."""
        return not self.handled.isdisjoint(CHILDCARE)


def home_of(file: File, ours: Family) -> Home:
    """Return where a family lives, in one question."""
    asked: dict[str, Any] = {
        "services": list(file.services),
        "day": ours.day,
        "household": file.household.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(HOME, asked)
        address, commune, value, source, until, purposes = cursor.fetchone()
    handled = frozenset(map(Purpose, purposes))
    prices = not handled.isdisjoint(CHILDCARE)
    return Home(
        address=address,
        commune=commune,
        handled=handled,
        quotient=value if prices else None,
        source=str(QuotientSource(source).label) if prices and source else "",
        quotient_until=until if prices else None,
    )
