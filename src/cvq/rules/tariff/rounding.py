"""Rounding an exact value to a step, in the manner that the tariff names."""

from fractions import Fraction
from math import ceil, floor

import msgspec

from cvq.rules.tariff.kinds import Exact, Kind, simple

MANNERS = ("half_up", "down", "up", "half_even")


def rounded(value: Exact, step: Fraction, how: str) -> Exact:
    """Return the multiple of `step` that the manner chooses; `down` cuts towards zero."""
    over, under = value.as_integer_ratio()
    step_over, step_under = step.as_integer_ratio()
    whole = _whole(over * step_under, under * step_over, how) * step_over
    return whole if step_under == 1 else simple(Fraction(whole, step_under))


def in_cents(value: Exact) -> int:
    """Return an amount as it is owed: the nearest cent, half a cent away from zero."""
    if type(value) is int:
        return value
    return _whole(*value.as_integer_ratio(), "half_up")


def on_step(kind: Kind, step: Fraction) -> Kind:
    """Return the type of what is rounded: its bounds move to the step."""
    low = None if kind.low is None else floor(kind.low / step) * step
    high = None if kind.high is None else ceil(kind.high / step) * step
    return msgspec.structs.replace(kind, step=step, low=low, high=high)


def _whole(over: int, under: int, how: str) -> int:
    # In whole numbers: a Fraction costs ten times as much, and every line is rounded.
    if over < 0 and how != "half_even":
        return -_whole(-over, under, how)
    match how:
        case "down":
            return over // under
        case "up":
            return -(-over // under)
        case "half_even":
            whole, rest = divmod(over, under)
            return whole + (2 * rest > under or (2 * rest == under and whole % 2 == 1))
        case _:
            return (2 * over + under) // (2 * under)
