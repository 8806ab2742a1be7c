"""
When places are open and when there is class, answered from memory.

Pure once built: `selectors.calendar` reads the rows, and reads them again when they change.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cvq.catalog.kinds import SchoolDay, SchoolWeekKind, WeekParity
from cvq.kernel.holidays import is_public_holiday
from cvq.kernel.local import DAY_MINUTES, local
from cvq.kernel.periods import is_current, is_in_season, is_odd_week

WEDNESDAY, FRIDAY = 2, 4
DAYS_REMEMBERED_MAX = 100_000

Interval = tuple[int, int]  # minutes of the local day, the end being out
ALL_DAY: tuple[Interval, ...] = ((0, DAY_MINUTES),)


class Hours(NamedTuple):
    """A line of opening hours; see `models.OpeningHours`."""

    weekday: int
    opens_minute: int
    closes_minute: int
    week_parity: str | None
    season_from: str | None
    season_until: str | None
    in_school_holidays: bool | None
    on_public_holidays: bool
    valid_from: date
    valid_until: date | None


class Closed(NamedTuple):
    """Days without the usual hours; see `models.Closing`."""

    starts_on: date
    ends_on: date
    opens_minute: int | None
    closes_minute: int | None


class Week(NamedTuple):
    """The school week of a school for a time."""

    kind: str
    valid_from: date
    valid_until: date | None


class Place(NamedTuple):
    """What decides the calendar of a site: its département, closings and school weeks."""

    department: str
    calendar_zone: str
    closings: tuple[Closed, ...]
    weeks: tuple[Week, ...]


class Open(NamedTuple):
    """What decides when a service is open."""

    is_always_open: bool
    hours: tuple[Hours, ...]
    closings: tuple[Closed, ...]
    site_id: int | None


NOWHERE = Place("", "", (), ())


class Calendar:
    """The calendar of the whole territory."""

    def __init__(
        self,
        *,
        zone: ZoneInfo,
        places: Mapping[int, Place],
        services: Mapping[int, Open],
        school_holidays: Mapping[str, Sequence[tuple[date, date]]],
    ) -> None:
        """Take everything that decides, by id of site, by id of service and by school zone."""
        self._zone = zone
        self._places = places
        self._services = services
        self._school_holidays = school_holidays
        self._known: dict[tuple[int, date], tuple[Interval, ...]] = {}

    def is_open(self, service_id: int, at_ms: int) -> bool:
        """Say whether a service is open at an instant."""
        day, minute, _ = local(at_ms, self._zone)
        return any(opens <= minute < ends for opens, ends in self.open_intervals(service_id, day))

    def open_intervals(self, service_id: int, day: date) -> tuple[Interval, ...]:
        """Return when a service is open that day, in order; nothing if it is closed or unknown."""
        key = (service_id, day)
        if (known := self._known.get(key)) is not None:
            return known
        if len(self._known) >= DAYS_REMEMBERED_MAX:
            self._known.clear()
        service = self._services.get(service_id)
        found = () if service is None else self._intervals(service, day)
        self._known[key] = found
        return found

    def is_school_holiday(self, site_id: int, day: date) -> bool:
        """Say whether a day is in the school holidays of a site's zone."""
        return self._in_holidays(self._places.get(site_id, NOWHERE), day)

    def school_day(self, site_id: int, day: date) -> SchoolDay:
        """Return how much class a school has that day."""
        place = self._places.get(site_id, NOWHERE)
        kinds = [week.kind for week in place.weeks if is_current(*week[1:], day)]
        weekday = day.weekday()
        if (
            not kinds
            or weekday > FRIDAY
            or is_public_holiday(day, place.department)
            or self._in_holidays(place, day)
            or any(closed.starts_on <= day < closed.ends_on for closed in place.closings)
        ):
            return SchoolDay.NONE
        if weekday != WEDNESDAY:
            return SchoolDay.FULL
        has_morning = kinds[0] == SchoolWeekKind.FOUR_AND_A_HALF
        return SchoolDay.MORNING if has_morning else SchoolDay.NONE

    def _in_holidays(self, place: Place, day: date) -> bool:
        periods = self._school_holidays.get(place.calendar_zone, ())
        return any(starts_on <= day < ends_on for starts_on, ends_on in periods)

    def _intervals(self, service: Open, day: date) -> tuple[Interval, ...]:
        if service.is_always_open:
            return ALL_DAY
        place = NOWHERE
        if service.site_id is not None:
            place = self._places.get(service.site_id, NOWHERE)
        usual = sorted(
            (line.opens_minute, line.closes_minute)
            for line in service.hours
            if self._holds(line, place, day)
        )
        for closed in (*service.closings, *place.closings):
            if closed.starts_on <= day < closed.ends_on and usual:
                if closed.opens_minute is None or closed.closes_minute is None:
                    return ()
                usual = [(closed.opens_minute, closed.closes_minute)]
        return tuple(usual)

    def _holds(self, line: Hours, place: Place, day: date) -> bool:
        return (
            line.weekday == day.weekday()
            and is_current(line.valid_from, line.valid_until, day)
            and is_in_season(day, line.season_from, line.season_until)
            and (
                line.week_parity is None or is_odd_week(day) == (line.week_parity == WeekParity.ODD)
            )
            and (line.on_public_holidays or not is_public_holiday(day, place.department))
            and (
                line.in_school_holidays is None
                or self._in_holidays(place, day) == line.in_school_holidays
            )
        )
