"""
The day of the children on a ruler from 7 to 19 hours: where each was seen, and since when.

What is full was seen, so it never goes beyond now; what is only probable has an outline.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from msgspec import Struct

from cvq.bocage.pages import Moment
from cvq.bocage.templatetags.bocage import hour
from cvq.portal.family import Family, Person
from cvq.portal.services import icon_of
from cvq.rules.vocabulary import Direction, Purpose

FIRST_HOUR, LAST_HOUR = 7, 19
NOON = 12
QUARTERS = 4 * (LAST_HOUR - FIRST_HOUR)
SHORTEST = 5  # quarters: enough for a word
# How long a stay without a departure probably lasts, in quarters.
USUAL = {Purpose.CANTEEN: 6, Purpose.SCHOOL_GATE: 13, Purpose.GARDERIE: 6}
SEEN = """
SELECT a.holder, a.service_id, a.at, a.direction, s.name, s.purpose
FROM childcare_attendance AS a JOIN catalog_service AS s ON s.id = a.service_id
WHERE a.holder = ANY(%(holders)s::uuid[]) AND a.day = %(day)s
ORDER BY a.at, a.id
"""


class Seen(Struct, frozen=True):
    """A child was seen at a service, coming or going."""

    holder: UUID
    service: int
    at: datetime
    direction: str
    name: str
    purpose: Purpose


class Block(Struct, frozen=True):
    """A stay, or what is to come of it, from a quarter to another (1 is 7 o'clock)."""

    start: int
    end: int
    text: str
    icon: str
    is_seen: bool

    @property
    def is_short(self) -> bool:
        """Tell whether the ruler has no room for the text."""
        return self.end - self.start < SHORTEST


class Row(Struct, frozen=True):
    """A child, where it was last seen, and its day."""

    person: Person
    where: str
    blocks: tuple[Block, ...]


class Ruler(Struct, frozen=True):
    """The rows of the children seen today, and the quarter of the hour that it is."""

    rows: tuple[Row, ...]
    now: int


def ruler(ours: Family, now: Moment) -> Ruler | None:
    """Return the day of the children, or nothing when none was seen today."""
    children = {child.id: child for child in ours.children}
    holders = [holder for holder, person in ours.holders.items() if person in children]
    seen = _seen(holders, now.day)
    rows = []
    for child in ours.children:
        hers = [one for one in seen if ours.holders[one.holder] == child.id]
        if hers:
            rows.append(Row(child, _where(hers), tuple(_blocks(hers, now))))
    return Ruler(tuple(rows), _quarter(now.at)) if rows else None


def _seen(holders: Collection[UUID], day: date) -> list[Seen]:
    with connection.cursor() as cursor:
        cursor.execute(SEEN, {"holders": list(holders), "day": day})
        return [
            Seen(holder, service, at, direction, name, Purpose(purpose))
            for holder, service, at, direction, name, purpose in cursor.fetchall()
        ]


def _where(seen: Sequence[Seen]) -> str:
    last = seen[-1]
    if last.direction == Direction.OUT:
        return _("Départ à %(hour)s") % {"hour": hour(last.at)}
    return _("%(service)s, depuis %(hour)s") % {
        "service": last.name,
        "hour": hour(last.at),
    }


def _blocks(seen: Sequence[Seen], now: Moment) -> list[Block]:
    """Return the stays: each arrival lasts until the departure, or until the next arrival."""
    blocks: list[Block] = []
    open_at: dict[tuple[UUID, int], Seen] = {}
    stays: list[tuple[Seen, datetime | None]] = []
    for one in seen:
        key = (one.holder, one.service)
        if one.direction == Direction.OUT:
            came = open_at.pop(key, None)
            if came is not None:
                stays.append((came, one.at))
        else:
            open_at.setdefault(key, one)
    stays += [(came, None) for came in open_at.values()]
    stays.sort(key=lambda stay: stay[0].at)
    for place, (came, left) in enumerate(stays):
        following = stays[place + 1][0].at if place + 1 < len(stays) else None
        blocks += _stay(came, left, following, now)
    return blocks


def _stay(
    came: Seen, left: datetime | None, following: datetime | None, now: Moment
) -> list[Block]:
    """Return a stay, full until it ended or until now, and its probable rest, in outline."""
    text = f"{came.name} {hour(came.at)}"
    icon = icon_of(came.purpose, is_evening=_is_evening(came.at))
    start = _quarter(came.at)
    limit = _quarter(following) if following is not None else QUARTERS + 1
    if left is not None:
        text = f"{text} – {hour(left)}"
        usual = seen_until = min(_quarter(left), limit)
    else:
        usual = min(start + USUAL.get(came.purpose, SHORTEST), limit)
        seen_until = min(usual, _quarter(now.at))
    seen = Block(start, max(seen_until, start + 1), text, icon, is_seen=True)
    if following is not None or usual <= seen.end:
        return [seen]
    to_come = _("%(service)s, prévu") % {"service": came.name}
    return [seen, Block(seen.end, usual, to_come, icon, is_seen=False)]


def _is_evening(at: datetime) -> bool:
    return at.astimezone(ZoneInfo(settings.TIME_ZONE)).hour >= NOON


def _quarter(at: datetime) -> int:
    there = at.astimezone(ZoneInfo(settings.TIME_ZONE))
    quarter = (there.hour - FIRST_HOUR) * 4 + there.minute // 15 + 1
    return min(max(quarter, 1), QUARTERS)
