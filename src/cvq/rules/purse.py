"""
How an account of a household takes a charge, and how a credit pays what is owed.

A wallet is never negative.  What it cannot pay becomes a debt beside it, and whatever comes in pays
the debt first, so that a household never has free money and a debt at once.
"""

from typing import NamedTuple


class Split(NamedTuple):
    """An amount shared between an account and what takes its overflow."""

    paid: int
    owed: int


def charge(*, amount: int, spendable: int) -> Split:
    """Return what the account pays of an amount, and what spills over."""
    paid = min(amount, max(spendable, 0))
    return Split(paid, amount - paid)


def repay(*, amount: int, owed: int) -> Split:
    """Return what of a credit pays the debt (`owed`), and what is left free (`paid`)."""
    to_debt = min(amount, max(owed, 0))
    return Split(amount - to_debt, to_debt)
