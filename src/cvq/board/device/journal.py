"""What one machine told: its last events, its taps of a day, and what is put aside."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.utils.translation import gettext
from msgspec import Struct

from cvq.board.passages import kind_of
from cvq.board.reasons import answered, because
from cvq.rules.vocabulary import By, Happening
from cvq.taps.models import Parked, ParkedFor

SHOWN = 50
PARKED_SHOWN = 50
DAY = timedelta(hours=24)
QUARTERS = 96
QUARTER_SECONDS = 900

JOURNAL = """
SELECT t.seq, t.at, t.what, p.name, t.direction, coalesce(a.said, t.said), t.by,
    a.said IS NOT NULL, CASE WHEN a.said IS NULL THEN t.why ELSE a.why END, t.objection
FROM taps_tapevent AS t LEFT JOIN catalog_accesspoint AS p ON p.id = t.point
LEFT JOIN taps_amendment AS a ON a.device = t.device AND a.seq = t.seq
WHERE t.device = %s ORDER BY t.seq DESC LIMIT %s
"""
QUARTERLY = """
SELECT floor(extract(epoch FROM at - %(since)s) / %(quarter)s)::int, count(*) FROM taps_tapevent
WHERE device = %(device)s AND at >= %(since)s AND at < %(until)s AND what = 'TAP' GROUP BY 1
"""


class Line(Struct, frozen=True):
    """An event of the journal; `kind` is what the box did, nothing if nobody went through."""

    seq: int
    at: datetime
    place: str
    kind: str
    by_town: bool
    is_amended: bool
    why: str
    objection: str

    @property
    def answer(self) -> str:
        """Return what the box did, in the words of who watches it."""
        return answered(self.kind)


class Aside(Struct, frozen=True):
    """An event put aside, and why."""

    seq: int
    why: str
    received_at: datetime


def journal(device: int) -> list[Line]:
    """Return the last events of a device, the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(JOURNAL, [device, SHOWN])
        rows = cursor.fetchall()
    return [
        Line(
            seq=seq,
            at=at,
            place=place or "",
            kind=kind_of(said, direction) if Happening(what) is Happening.TAP else "",
            by_town=By(by) is By.TOWN and not amended,
            is_amended=amended,
            why=because(why),
            objection=because(objection),
        )
        for seq, at, what, place, direction, said, by, amended, why, objection in rows
    ]


def quarters(device: int, until: datetime) -> Sequence[int]:
    """Return the taps of the last 24 hours, by the quarter of an hour."""
    with connection.cursor() as cursor:
        cursor.execute(
            QUARTERLY,
            {"quarter": QUARTER_SECONDS, "device": device, "since": until - DAY, "until": until},
        )
        counted = dict(cursor.fetchall())
    return [counted.get(place, 0) for place in range(QUARTERS)]


def put_aside(device: int) -> list[Aside]:
    """Return what waits for somebody to settle or dismiss it, the newest first."""
    rows = Parked.objects.filter(device=device, ended_at__isnull=True).order_by("-seq")
    read = rows.values_list("seq", "reason", "received_at")[:PARKED_SHOWN]
    return [Aside(seq, gettext(str(ParkedFor(reason).label)), at) for seq, reason, at in read]
