"""The week of the children at the agent's services: seen, expected, closed, or to be looked at."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from msgspec import Struct

from cvq.access.services import File
from cvq.catalog import points as catalogue
from cvq.catalog.calendar import Calendar
from cvq.childcare.selectors import Seen, seen_in_week
from cvq.people.family import Family, Person
from cvq.plumbing.connections import underneath
from cvq.rules.vocabulary import Direction, Purpose

DAYS = 5  # Monday to Friday
NOON = 12
# Who goes there leaves with a badge.
SAYS_GOODBYE = {Purpose.GARDERIE, Purpose.CRECHE, Purpose.LEISURE}


class Cell(Struct, frozen=True):
    """A day of a child at a service: `state` is `vu`, `verifier`, `ferme` or `rien`."""

    day: date
    state: str


class Line(Struct, frozen=True):
    """A child at a service, and the cells of its week."""

    person: Person
    name: str
    cells: tuple[Cell, ...]


class Week(Struct, frozen=True):
    """A week from its Monday, and where each child goes (`sites`, by person)."""

    monday: date
    lines: tuple[Line, ...]
    sites: dict[int, tuple[str, ...]]

    @property
    def days(self) -> list[date]:
        """Return the days of the week that are shown."""
        return [self.monday + timedelta(days=place) for place in range(DAYS)]

    @property
    def before(self) -> date:
        """Return the Monday before."""
        return self.monday - timedelta(days=7)

    @property
    def after(self) -> date:
        """Return the Monday after."""
        return self.monday + timedelta(days=7)


class Frame(Struct, frozen=True):
    """The days that are shown, and when services are open."""

    monday: date
    today: date
    calendar: Calendar

    def cells(
        self, service: int, seen: Sequence[Seen], *, leaves: bool = False
    ) -> tuple[Cell, ...]:
        """Return the days of a child; `leaves` says that a departure is badged there."""
        cells = []
        for place in range(DAYS):
            day = self.monday + timedelta(days=place)
            ways = {one.direction for one in seen if one.day == day}
            if ways:
                stayed = leaves and day < self.today and Direction.OUT not in ways
                state = "verifier" if stayed else "vu"
            else:
                state = "rien" if self.calendar.open_intervals(service, day) else "ferme"
            cells.append(Cell(day, state))
        return tuple(cells)


def monday_asked(text: str | None, today: date) -> date:
    """Return the Monday of the week that an address asks for; this week if it makes no sense."""
    try:
        day = date.fromisoformat(text) if text else today
    except ValueError:
        day = today
    if not date(2000, 1, 1) <= day <= date(2100, 1, 1):
        day = today
    return day - timedelta(days=day.weekday())


def week(file: File, ours: Family, monday: date) -> Week:
    """Return a week of the children of a family."""
    children = {child.id for child in ours.children}
    holders = [holder for holder, person in ours.holders.items() if person in children]
    rows = seen_in_week(holders, file.services, monday)
    frame = Frame(monday, ours.day, catalogue.current(underneath()).calendar)
    lines: list[Line] = []
    sites: dict[int, set[str]] = {}
    for (holder, _service), some in groupby(rows, key=lambda row: (row.holder, row.service)):
        child = ours.person(ours.holders[holder])
        seen = list(some)
        if child is None:
            continue
        if seen[0].site:
            sites.setdefault(child.id, set()).add(seen[0].site)
        if seen[0].purpose is not Purpose.SCHOOL_GATE:
            lines += _lines(child, seen, frame)
    lines.sort(key=lambda line: (line.person.hue, line.name))
    return Week(monday, tuple(lines), {one: tuple(sorted(names)) for one, names in sites.items()})


def _lines(child: Person, seen: Sequence[Seen], frame: Frame) -> list[Line]:
    """Return the line of a child at a service; of a garderie, its mornings and its evenings."""
    where = seen[0]
    if where.purpose is not Purpose.GARDERIE:
        leaves = where.purpose in SAYS_GOODBYE
        return [Line(child, where.name, frame.cells(where.service, seen, leaves=leaves))]
    early = [one for one in seen if one.at is not None and _hour(one.at) < NOON]
    late = [one for one in seen if one.at is not None and _hour(one.at) >= NOON]
    named = {"service": where.name}
    return [
        # In the morning a child leaves for class, without a badge.
        Line(child, _("%(service)s, matin") % named, frame.cells(where.service, early)),
        Line(child, _("%(service)s, soir") % named, frame.cells(where.service, late, leaves=True)),
    ]


def _hour(at: datetime) -> int:
    return at.astimezone(ZoneInfo(settings.TIME_ZONE)).hour
