"""
Until when a day may be booked, changed or cancelled: a moment worked out from the day itself.

A deadline is data: a tariff states `{kind: days_before, days: 2, at: "12:00", skip: [weekends]}`,
and no rule of a town is written in code.  Times are those of the clock on the wall; the minute of
the limit is still in time.  What counts is when the family acted, not when the town hall heard.
"""

import re
from calendar import monthrange
from collections.abc import Collection
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, assert_never

from msgspec import Meta, Struct

from cvq.kernel.local import DAY_MINUTES, MINUTE_MS, Local, ms_at
from cvq.rules.days import NoDayLeft, ServiceDays, Skip, Weekday

CLOCK = re.compile(r"([01]?\d|2[0-3])(?::([0-5]\d)| ?h ?([0-5]\d)?)", re.ASCII)
# Three years: 365 counted days with only two of them a week, and then some.
WALK_DAYS_MAX = 3 * 366 + 365
ONE_DAY = timedelta(days=1)
MONTHS_A_YEAR = 12

Clock = Annotated[str, Meta(pattern=rf"^(?:{CLOCK.pattern})$")]
DayCount = Annotated[int, Meta(ge=0, le=365)]
Several = Annotated[int, Meta(ge=1, le=12)]


class Stated(Struct, frozen=True, gc=False, forbid_unknown_fields=True, tag_field="kind"):
    """A kind of deadline, as a tariff document states it."""


class Anytime(Stated, frozen=True, gc=False, tag="anytime"):
    """There is no limit."""


class Never(Stated, frozen=True, gc=False, tag="never"):
    """Families may not do it at all; staff may."""


class DaysBefore(Stated, frozen=True, gc=False, kw_only=True, tag="days_before"):
    """So many days before, at a time; the days skipped do not count."""

    days: DayCount
    at: Clock
    skip: frozenset[Skip] = frozenset()


class HoursBefore(Stated, frozen=True, gc=False, kw_only=True, tag="hours_before"):
    """So many hours before it begins; the hours of the days skipped do not count."""

    hours: Annotated[int, Meta(ge=0, le=24 * 365)]
    skip: frozenset[Skip] = frozenset()


class WeekdayBefore(Stated, frozen=True, gc=False, kw_only=True, tag="weekday_before"):
    """The last such weekday before the day; if it is skipped, the last day before that is not."""

    weekday: Weekday
    at: Clock
    skip: frozenset[Skip] = frozenset()


class WeekdayOfWeekBefore(
    Stated, frozen=True, gc=False, kw_only=True, tag="weekday_of_week_before"
):
    """A weekday of the week before, or of two weeks before: one limit for a week from Monday."""

    weekday: Weekday
    at: Clock
    weeks: Several = 1
    skip: frozenset[Skip] = frozenset()


class DayOfMonthBefore(Stated, frozen=True, gc=False, kw_only=True, tag="day_of_month_before"):
    """A day of the month before, or the last one of a month that is shorter."""

    day: Annotated[int, Meta(ge=1, le=31)]
    at: Clock
    months: Several = 1
    skip: frozenset[Skip] = frozenset()


Plain = (
    Anytime
    | Never
    | DaysBefore
    | HoursBefore
    | WeekdayBefore
    | WeekdayOfWeekBefore
    | DayOfMonthBefore
)


class For(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """The deadline of some weekdays."""

    weekdays: frozenset[Weekday]
    deadline: Plain


class ByWeekday(Stated, frozen=True, gc=False, kw_only=True, tag="by_weekday"):
    """Another deadline for some weekdays; the first that names the day holds."""

    cases: tuple[For, ...]
    otherwise: Plain


Deadline = Plain | ByWeekday
Limit = Local | Anytime | Never


class Notice(StrEnum):
    """How early somebody told: the fact that a tariff reads."""

    IN_TIME = "in_time"
    LATE = "late"
    NONE = "none"


def limit(deadline: Deadline, day: date, days: ServiceDays, starts_minute: int = 0) -> Limit:
    """
    Return the last minute of the deadline of a day, on the clock on the wall.

    `starts_minute` is when what is booked begins: only a number of hours looks at it.

    :raises NoDayLeft: every day before is skipped, or the calendar begins too late.
    """
    try:
        return _limit(deadline, day, days, starts_minute)
    except OverflowError as error:
        raise _no_day_before(day) from error


def _limit(deadline: Deadline, day: date, days: ServiceDays, starts_minute: int) -> Limit:
    match deadline:
        case Anytime() | Never():
            return deadline
        case ByWeekday():
            named = (one for one in deadline.cases if day.weekday() in _numbers(one.weekdays))
            one = next(named, None)
            return _limit(one.deadline if one else deadline.otherwise, day, days, starts_minute)
        case HoursBefore():
            return _hours_before(deadline, day, days, starts_minute)
        case DaysBefore():
            found = day
            for _ in range(deadline.days):
                found = _last_counted(found - ONE_DAY, deadline.skip, days)
            return _at(found, deadline.at)
        case WeekdayBefore():
            back = (day.weekday() - deadline.weekday.number - 1) % 7 + 1
            found = day - timedelta(days=back)
        case WeekdayOfWeekBefore():
            # The week ends on Sunday, and a Sunday belongs to the week that it ends.
            monday = day - timedelta(days=day.weekday() + 7 * deadline.weeks)
            found = monday + timedelta(days=deadline.weekday.number)
        case DayOfMonthBefore():
            found = _in_a_month_before(day, deadline)
        case _:
            assert_never(deadline)
    return _at(_last_counted(found, deadline.skip, days), deadline.at)


def notice(
    deadline: Deadline,
    day: date,
    told_at: int | None,
    days: ServiceDays,
    starts_minute: int = 0,
) -> Notice:
    """
    Return whether what was told at an instant (milliseconds) came in time, if it ever was.

    :raises NoDayLeft: every day before is skipped, or the calendar begins too late.
    """
    if told_at is None:
        return Notice.NONE
    found = limit(deadline, day, days, starts_minute)
    return Notice.IN_TIME if is_within(found, told_at, days) else Notice.LATE


def is_within(found: Limit, at: int, days: ServiceDays) -> bool:
    """
    Say whether an instant is not after a limit; the whole minute of the limit is in time.

    :raises NoDayLeft: no clock ever showed that limit.
    """
    match found:
        case Anytime():
            return True
        case Never():
            return False
        case Local():
            try:
                return at < ms_at(found.day, found.minute, days.zone) + MINUTE_MS
            except OverflowError as error:
                raise _no_day_before(found.day) from error
        case _:
            assert_never(found)


def earlier(one: Limit, other: Limit) -> Limit:
    """Return the limit that closes first."""
    if isinstance(one, Never) or isinstance(other, Anytime):
        return one
    if isinstance(other, Never) or isinstance(one, Anytime):
        return other
    return min(one, other)


def clock_minute(text: str) -> int:
    """
    Return the minute of the day that `9:30`, `9 h 30` or `9 h` names.

    :raises ValueError: it is not a time of the day.
    """
    match = CLOCK.fullmatch(text)
    if match is None:
        raise ValueError(f"« {text} » n'est pas une heure comme 18:30")
    return int(match[1]) * 60 + int(match[2] or match[3] or 0)


def _at(day: date, clock: str) -> Local:
    return Local(day, clock_minute(clock), day.weekday())


def _numbers(weekdays: Collection[Weekday]) -> set[int]:
    return {one.number for one in weekdays}


def _last_counted(day: date, skip: Collection[Skip], days: ServiceDays) -> date:
    """Return that day, or the last one before it that counts."""
    for back in range(WALK_DAYS_MAX):
        found = day - timedelta(days=back)
        if not days.is_skipped(found, skip):
            return found
    raise _no_day_before(day)


def _no_day_before(day: date) -> NoDayLeft:
    return NoDayLeft(f"Aucun jour ne compte avant le {day:%d/%m/%Y} : ce délai n'a pas de limite.")


def _hours_before(deadline: HoursBefore, day: date, days: ServiceDays, starts_minute: int) -> Local:
    found, minute, left = day, starts_minute, deadline.hours * 60
    while left > minute:
        left -= minute
        found, minute = _last_counted(found - ONE_DAY, deadline.skip, days), DAY_MINUTES
    return Local(found, minute - left, found.weekday())


def _in_a_month_before(day: date, deadline: DayOfMonthBefore) -> date:
    year, month = divmod(day.year * MONTHS_A_YEAR + day.month - 1 - deadline.months, MONTHS_A_YEAR)
    if year < date.min.year:
        raise _no_day_before(day)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(deadline.day, last))
