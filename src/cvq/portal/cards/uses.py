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

DAYS_BACK = 31
REFS = """
SELECT r.ref, m.number FROM cards_medium AS m JOIN cards_sectorref AS r ON r.medium_id = m.id
WHERE m.number = ANY(%s::text[])
"""
# Taps are found by their instant alone: those of a month are looked through, for a few references
# that are written in the question, so that each is compared with all of them at once.
LAST = """
SELECT DISTINCT ON (t.ref) t.ref, t.at, p.name, coalesce(a.said, t.said)
FROM taps_tapevent AS t JOIN catalog_accesspoint AS p ON p.id = t.point
LEFT JOIN taps_amendment AS a ON a.device = t.device AND a.seq = t.seq
WHERE t.ref = ANY(%(refs)s::bytea[]) AND t.at >= %(since)s AND t.at <= %(at)s AND t.what = 'TAP'
ORDER BY t.ref, t.at DESC, t.device, t.seq DESC
"""


class Use(Struct, frozen=True):
    """The last use of a card."""

    at: datetime
    place: str
    is_refused: bool


def readable(ours: Family, me: int | None) -> set[int]:
    """Return the people of a family whose uses one of them may read."""
    return {one.id for one in ours.people if one.is_child or one.id == me}


def last_uses(numbers: Collection[str], at: datetime) -> dict[str, Use]:
    """Return the last use of each of these cards, by its number."""
    uses: dict[str, Use] = {}
    with connection.cursor() as cursor:
        cursor.execute(REFS, [list(numbers)])
        number_of = {bytes(ref): number for ref, number in cursor.fetchall()}
        if not number_of:
            return uses
        since = at - timedelta(days=DAYS_BACK)
        asked: dict[str, Any] = {"refs": list(number_of), "at": at, "since": since}
        cursor.execute(LAST, asked)
        for ref, when, place, said in cursor.fetchall():
            use = Use(when, place, Verdict(said) is Verdict.REFUSED)
            number = number_of[bytes(ref)]
            # A reader of each sector knows the card by another reference.
            uses[number] = max(use, uses.get(number, use), key=lambda one: one.at)
    return uses
