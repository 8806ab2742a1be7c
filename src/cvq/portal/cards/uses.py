"""
Where and when each card was last held to a reader.

This joins the sectors, as only the citizen's own session may: an adult reads it of their own card
and of the children's.  Where another adult of the family goes is nobody else's business.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from msgspec import Struct

from cvq.portal.family import Family
from cvq.rules.vocabulary import Verdict

# Taps are found by their instant alone: a month of them is read in an instant too.
DAYS_BACK = 31
LAST = """
SELECT DISTINCT ON (m.number) m.number, t.at, p.name, coalesce(a.said, t.said)
FROM cards_holding AS h JOIN cards_medium AS m ON m.id = h.medium_id
JOIN cards_sectorref AS r ON r.medium_id = m.id
JOIN taps_tapevent AS t ON t.ref = r.ref
JOIN catalog_accesspoint AS p ON p.id = t.point
LEFT JOIN taps_amendment AS a ON a.device = t.device AND a.seq = t.seq
WHERE h.person_id = ANY(%(persons)s::bigint[]) AND h.held_from <= t.at
    AND (h.held_until IS NULL OR h.held_until > t.at)
    AND t.at >= %(since)s AND t.at <= %(at)s AND t.what = 'TAP'
ORDER BY m.number, t.at DESC, t.device, t.seq DESC
"""


class Use(Struct, frozen=True):
    """The last use of a card."""

    at: datetime
    place: str
    is_refused: bool


def readable(ours: Family, me: int | None) -> set[int]:
    """Return the people of a family whose uses one of them may read."""
    return {one.id for one in ours.people if one.is_child or one.id == me}


def last_uses(persons: Collection[int], at: datetime) -> dict[str, Use]:
    """Return the last use of each card of these people, by its number."""
    asked: dict[str, Any] = {
        "persons": list(persons),
        "at": at,
        "since": at - timedelta(days=DAYS_BACK),
    }
    with connection.cursor() as cursor:
        cursor.execute(LAST, asked)
        return {
            number: Use(when, place, Verdict(said) is Verdict.REFUSED)
            for number, when, place, said in cursor.fetchall()
        }
