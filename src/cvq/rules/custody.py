"""
Who has a child on a day, and so who pays: the only answer there is.

Parents who share custody alternate weeks from an agreed Monday.  The parity of ISO weeks is never
used: 2026 has 53 of them, so weeks 53 and 1 are both odd and the alternation would break.
"""

from datetime import date

import msgspec

WEEK_DAYS = 7


class Alternation(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Two households that have a child in turn, `household_a` first from the Monday `anchor_on`."""

    anchor_on: date
    household_a: int
    household_b: int


class Custody(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What is known of a person on one day: each part that is not None holds on that day."""

    exception: int | None = None
    alternation: Alternation | None = None
    main: int | None = None


def custodian(alternation: Alternation, day: date) -> int:
    """Return the household whose week it is; days before the anchor alternate too."""
    week = (day - alternation.anchor_on).days // WEEK_DAYS
    return alternation.household_a if week % 2 == 0 else alternation.household_b


def payer(custody: Custody, day: date) -> int | None:
    """
    Return the household that pays for a person on a day, or None if nobody answers for them.

    A day agreed apart wins over the calendar, and the calendar over the household marked main.
    """
    if custody.exception is not None:
        return custody.exception
    if custody.alternation is not None:
        return custodian(custody.alternation, day)
    return custody.main
