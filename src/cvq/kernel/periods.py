"""Periods between two dates: `valid_from` is in, `valid_until` is out, and no end is for ever."""

from collections.abc import Iterator
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)
SEPTEMBER = 9


def is_current(valid_from: date, valid_until: date | None, day: date) -> bool:
    """Say whether a day is inside a period."""
    return valid_from <= day and (valid_until is None or day < valid_until)


def overlap(
    valid_from: date, valid_until: date | None, other_from: date, other_until: date | None
) -> bool:
    """Say whether two periods share a day."""
    return (other_until is None or valid_from < other_until) and (
        valid_until is None or other_from < valid_until
    )


def days(starts_on: date, ends_on: date) -> Iterator[date]:
    """Yield each day from the first to the eve of the last."""
    for number in range((ends_on - starts_on).days):
        yield starts_on + timedelta(days=number)


def is_in_season(day: date, season_from: str | None, season_until: str | None) -> bool:
    """
    Say whether a day falls in a part of the year written `MM-DD`, the end being out.

    A season may run over the new year: from `11-01` until `03-01` is the winter.
    """
    if season_from is None or season_until is None:
        return True
    today = f"{day:%m-%d}"
    if season_from <= season_until:
        return season_from <= today < season_until
    return today >= season_from or today < season_until


def is_odd_week(day: date) -> bool:
    """Say whether a day is in an odd week of the calendar on the wall (ISO 8601)."""
    return day.isocalendar().week % 2 == 1


def age_on(born_on: date, day: date) -> int:
    """Return an age in whole years; who was born on 29 February is older on 1 March."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def school_year(day: date) -> int:
    """Return the year in whose September the school year of a day began."""
    return day.year if day.month >= SEPTEMBER else day.year - 1
