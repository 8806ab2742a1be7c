"""Rounding an exact value to a step, in the manner that the tariff names."""

from fractions import Fraction
from math import ceil, floor

import msgspec

from cvq.rules.tariff.kinds import Exact, Kind, simple

MANNERS = ("half_up", "down", "up", "half_even")


def rounded(value: Exact, step: Fraction, how: str) -> Exact:
    """Return the multiple of `step` that the manner chooses; `down` cuts towards zero."""
    if step == 1 and isinstance(value, int):
        return value
    places = Fraction(value) / step
    return simple(_whole(places, how) * step)


def on_step(kind: Kind, step: Fraction) -> Kind:
    """Return the type of what is rounded: its bounds move to the step."""
    low = None if kind.low is None else floor(kind.low / step) * step
    high = None if kind.high is None else ceil(kind.high / step) * step
    return msgspec.structs.replace(kind, step=step, low=low, high=high)


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
