"""
The last taps of the territory as the board tells them: when, where, and the word of the reader.

Never who, with what card, or for how much.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext
from msgspec import Struct

from cvq.bocage.pages import Moment
from cvq.rules.vocabulary import Direction, Verdict
from cvq.wire.words import shown

SHOWN = 12
KINDS = {
    (Verdict.GRANTED, Direction.IN): "in",
    (Verdict.GRANTED, Direction.OUT): "out",
    (Verdict.NOTED, Direction.IN): "see",
    (Verdict.NOTED, Direction.OUT): "see",
    (Verdict.REFUSED, Direction.IN): "no",
    (Verdict.REFUSED, Direction.OUT): "no",
}
TELLING = {
    "in": (Verdict.GRANTED, Direction.IN),
    "out": (Verdict.GRANTED, Direction.OUT),
    "see": (Verdict.NOTED, Direction.IN),
    "no": (Verdict.REFUSED, Direction.IN),
}

# The key gives the last ones of each device, whatever the order in which journals came.
LAST = """
SELECT t.device, t.seq, t.at, p.name, coalesce(c.insee, ''), t.direction, coalesce(a.said, t.said)
FROM catalog_device AS d CROSS JOIN LATERAL (SELECT device, seq, at, point, direction, said
    FROM taps_tapevent WHERE device = d.id AND what = 'TAP' ORDER BY seq DESC LIMIT %(shown)s) AS t
JOIN catalog_accesspoint AS p ON p.id = t.point JOIN catalog_service AS s ON s.id = p.service_id
LEFT JOIN catalog_site AS i ON i.id = s.site_id LEFT JOIN catalog_commune AS c
    ON c.id = i.commune_id
LEFT JOIN taps_amendment AS a ON a.device = t.device AND a.seq = t.seq
WHERE t.at >= %(since)s ORDER BY t.at DESC, t.device, t.seq DESC LIMIT %(shown)s
"""


class Passage(Struct, frozen=True):
    """A tap as the board shows it; `kind` is what its reader said."""

    device: int
    seq: int
    at: datetime
    place: str
    insee: str
    kind: str

    @property
    def word(self) -> str:
        """Return the word of the reader, in the language of who reads."""
        return word(self.kind)


def kind_of(said: int, direction: str) -> str:
    """Return what a reader said, as one code."""
    return KINDS[Verdict(said), Direction(direction)]


def word(kind: str) -> str:
    """Return the word of a reader, in the language of who reads."""
    return gettext(shown(*TELLING[kind]).word)


def last(now: Moment) -> list[Passage]:
    """Return the last taps of the day, the newest first."""
    midnight = now.local.replace(hour=0, minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(LAST, {"shown": SHOWN, "since": midnight})
        return [passage(row) for row in cursor.fetchall()]


def passage(row: Sequence[Any]) -> Passage:
    """Read a tap: device, seq, instant, place, commune, direction and what was said."""
    device, seq, at, place, insee, direction, said = row
    return Passage(device, seq, at, place, insee, kind_of(said, direction))
