"""
What the clock on the wall says: instants in milliseconds since 1970, UTC, and local days.

Everything on the spine counts in milliseconds; rules read the local day, minute and weekday.
This module never asks what time it is.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

MINUTE_MS = 60_000
DAY_MINUTES = 24 * 60
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
MINUTES_REMEMBERED = 1 << 16


class Local(NamedTuple):
    """A minute of a territory's day; Monday is weekday 0."""

    day: date
    minute: int
    weekday: int


def local(at_ms: int, zone: ZoneInfo) -> Local:
    """Return the local day, minute of the day and weekday of an instant."""
    return _local_minute(at_ms // MINUTE_MS, zone)


@lru_cache(maxsize=MINUTES_REMEMBERED)
def _local_minute(minute: int, zone: ZoneInfo) -> Local:
    # No offset in use anywhere has seconds, so a whole minute has one local name.
    there = datetime.fromtimestamp(minute * 60, zone)
    return Local(there.date(), there.hour * 60 + there.minute, there.weekday())


def at_ms(at: datetime) -> int:
    """
    Return an aware datetime as milliseconds since 1970, what is finer being cut off.

    :raises ValueError: the datetime does not say where it is.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    return (at - EPOCH) // MILLISECOND


def instant(at_ms: int) -> datetime:
    """Return an instant as a datetime in UTC."""
    return EPOCH + timedelta(milliseconds=at_ms)


def ms_at(day: date, minute: int, zone: ZoneInfo) -> int:
    """
    Return the instant at which the clocks of a zone show that minute of that day.

    A minute that the clocks show twice is the first one; one that they skip is as far after the
    change as it would have been without it.  Minute 1440 is the next day's midnight.
    """
    days, rest = divmod(minute, DAY_MINUTES)
    there = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), zone)
    return at_ms(there.astimezone(UTC))
