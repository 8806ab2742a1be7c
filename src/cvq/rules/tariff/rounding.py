"""Rounding an exact value to a step, in the manner that the tariff names."""

from fractions import Fraction
from math import ceil, floor

from cvq.rules.tariff.kinds import Exact, simple

MANNERS = ("half_up", "down", "up", "half_even")


def rounded(value: Exact, step: Fraction, how: str) -> Exact:
    """Return the multiple of `step` that the manner chooses; `down` cuts towards zero."""
    if step == 1 and isinstance(value, int):
        return value
    places = Fraction(value) / step
    return simple(_whole(places, how) * step)


def _whole(places: Fraction, how: str) -> int:
    match how:
        case "down":
            return floor(places) if places >= 0 else ceil(places)
        case "up":
            return ceil(places) if places >= 0 else floor(places)
        case "half_even":
            return round(places)
        case _:
            half = Fraction(1, 2)
            return floor(places + half) if places >= 0 else ceil(places - half)
