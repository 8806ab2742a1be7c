"""
Who has a child on a day, and so who pays: the only answer there is.

Parents who share custody alternate from an agreed day.  The parity of ISO weeks is never used:
2026 has 53 of them, so weeks 53 and 1 are both odd and the alternation would break.
"""

from datetime import date
from typing import Annotated, assert_never

import msgspec

WEEK_DAYS = 7


class Alternation(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Two households that have a child in turn, `household_a` first from the Monday `anchor_on`."""

    anchor_on: date
    household_a: int
    household_b: int


class Cycle(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """
    A household for each day from `anchor_on`, then the same over again.

    Seven from a Monday are fixed weekdays; fourteen are two weeks that differ.
    """

    anchor_on: date
    households: Annotated[tuple[int, ...], msgspec.Meta(min_length=1, max_length=366)]


Pattern = Alternation | Cycle


class HolidayTurns(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """
    A school holiday that two households share, in parts that follow each other in turn.

    `household_a` has the first part in even years, by the day on which the holiday begins; one
    part is the whole holiday, every other year.  The end is out; a day that does not divide is
    the first part's.
    """

    starts_on: date
    ends_on: date
    household_a: int
    household_b: int
    parts: Annotated[int, msgspec.Meta(ge=1, le=8)] = 2


class Custody(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """
    What is known of a person on one day: each part that is not None holds on that day.

    `holiday` is the school holiday in which the day falls, where the parents share it.
    """

    exception: int | None = None
    alternation: Pattern | None = None
    main: int | None = None
    holiday: HolidayTurns | None = None


def custodian(pattern: Pattern, day: date) -> int:
    """Return the household whose day it is; days before the anchor alternate too."""
    since = (day - pattern.anchor_on).days
    match pattern:
        case Alternation():
            return pattern.household_b if since // WEEK_DAYS % 2 else pattern.household_a
        case Cycle():
            return pattern.households[since % len(pattern.households)]
        case _:
            assert_never(pattern)


def holiday_custodian(holiday: HolidayTurns, day: date) -> int | None:
    """Return the household whose part of a school holiday it is, None outside of it."""
    if not holiday.starts_on <= day < holiday.ends_on:
        return None
    length = (holiday.ends_on - holiday.starts_on).days
    part = (day - holiday.starts_on).days * holiday.parts // length
    is_second = (part + holiday.starts_on.year) % 2
    return holiday.household_b if is_second else holiday.household_a


def payer(custody: Custody, day: date) -> int | None:
    """
    Return the household that pays for a person on a day, or None if nobody answers for them.

    A day agreed apart wins over the holidays, the holidays over the calendar, and the calendar
    over the household marked main.
    """
    if custody.exception is not None:
        return custody.exception
    if custody.holiday is not None:
        household = holiday_custodian(custody.holiday, day)
        if household is not None:
            return household
    if custody.alternation is not None:
        return custodian(custody.alternation, day)
    return custody.main
