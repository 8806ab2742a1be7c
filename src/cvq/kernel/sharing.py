"""Sharing an amount between several payers: no cent is lost, or always on the same side."""

from collections.abc import Sequence
from fractions import Fraction


def share(
    cents: int, weights: Sequence[int], gains: Sequence[Fraction] | None = None
) -> tuple[int, ...]:
    """
    Return what each payer owes of an amount, by largest remainder: the parts add up to the amount.

    A remaining cent goes to the largest fraction; a tie goes to the one that rounding has cost
    least so far (`gains`, see :func:`rounding_gains`), or most if it is a credit, then to the
    first.

    :raises ValueError: a weight is negative, or nobody has any.
    """
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError(f"cannot share {cents} between the weights {list(weights)}")
    if cents < 0:
        # What is given back goes first to whom rounding has cost most.
        return tuple(-part for part in share(-cents, weights, [-one for one in gains or ()]))
    gained = gains or [Fraction(0)] * len(weights)
    exact = [Fraction(cents * weight, total) for weight in weights]
    parts = [int(part) for part in exact]
    by_claim = sorted(range(len(weights)), key=lambda i: (parts[i] - exact[i], gained[i], i))
    for i in by_claim[: cents - sum(parts)]:
        parts[i] += 1
    return tuple(parts)


def rounding_gains(
    cents: int, weights: Sequence[int], gains: Sequence[Fraction] | None = None
) -> tuple[Fraction, ...]:
    """Return what rounding has made each payer pay too much so far, this sharing included."""
    total = sum(weights)
    before = gains or [Fraction(0)] * len(weights)
    return tuple(
        gain + part - Fraction(cents * weight, total)
        for gain, part, weight in zip(before, share(cents, weights, gains), weights, strict=True)
    )
