"""
The days of a service: which ones it opens on, and which ones a rule does not count.

What is written here is data that the catalogue or a test gives; nothing is read from anywhere.
"""

from collections.abc import Collection
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct

from cvq.kernel.holidays import is_public_holiday
from cvq.kernel.unable import Unable

PARIS = ZoneInfo("Europe/Paris")
SATURDAY = 5


class Weekday(StrEnum):
    """A day of the week, as a tariff writes it."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"

    @property
    def number(self) -> int:
        """Return the number that Python gives it, Monday being 0."""
        return WEEKDAYS.index(self)


WEEKDAYS = tuple(Weekday)


class Skip(StrEnum):
    """Days that a count of days goes over."""

    WEEKENDS = "weekends"
    PUBLIC_HOLIDAYS = "public_holidays"
    SCHOOL_HOLIDAYS = "school_holidays"
    CLOSED_DAYS = "closed_days"
    MONDAYS = "monday"
    TUESDAYS = "tuesday"
    WEDNESDAYS = "wednesday"
    THURSDAYS = "thursday"
    FRIDAYS = "friday"
    SATURDAYS = "saturday"
    SUNDAYS = "sunday"


WORKING_DAYS = frozenset({Skip.WEEKENDS, Skip.PUBLIC_HOLIDAYS})


class NoDayLeft(Unable):
    """So many days are skipped that none is left to count."""


class ServiceDays(Struct, frozen=True, gc=False, kw_only=True):
    """
    What is known of the days of a service, where it stands.

    `open_weekdays` are numbers, Monday being 0; `closed` lists the days on which it is shut all
    the same; the end of a school holiday is out.
    """

    zone: ZoneInfo = PARIS
    department: str = ""
    open_weekdays: frozenset[int] = frozenset(range(5))
    on_public_holidays: bool = False
    closed: frozenset[date] = frozenset()
    school_holidays: tuple[tuple[date, date], ...] = ()

    def is_open(self, day: date) -> bool:
        """Say whether the service takes anybody in that day."""
        return (
            day.weekday() in self.open_weekdays
            and day not in self.closed
            and (self.on_public_holidays or not is_public_holiday(day, self.department))
        )

    def is_skipped(self, day: date, skip: Collection[Skip]) -> bool:
        """Say whether a count of days goes over that one."""
        return any(self._is(one, day) for one in skip)

    def is_working(self, day: date) -> bool:
        """Say whether offices work that day: from Monday to Friday, but for public holidays."""
        return not self.is_skipped(day, WORKING_DAYS)

    def _is(self, what: Skip, day: date) -> bool:
        match what:
            case Skip.WEEKENDS:
                return day.weekday() >= SATURDAY
            case Skip.PUBLIC_HOLIDAYS:
                return is_public_holiday(day, self.department)
            case Skip.SCHOOL_HOLIDAYS:
                return any(starts <= day < ends for starts, ends in self.school_holidays)
            case Skip.CLOSED_DAYS:
                return not self.is_open(day)
            case _:
                return day.weekday() == Weekday(what.value).number
