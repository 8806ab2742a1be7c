"""
What is added, taken, multiplied or rounded, over spans of values instead of values.

A span is never too narrow; None is a span of which nothing is known.
"""

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

from cvq.rules.tariff.grammar import Name, Number, Tree
from cvq.rules.tariff.kinds import Exact
from cvq.rules.tariff.rounding import rounded as to_step

Span = tuple[Exact, Exact] | None
NONE_AT_ALL: Span = (0, 0)


class Reach(NamedTuple):
    """What a formula comes to over a box, and by how much it changes from a place to the next."""

    value: Span
    change: Span


def minus(left: Span, right: Span) -> Span:
    return None if left is None or right is None else (left[0] - right[1], left[1] - right[0])


def plus(left: Span, right: Span) -> Span:
    return None if left is None or right is None else (left[0] + right[0], left[1] + right[1])


def times(left: Span, right: Span) -> Span:
    if NONE_AT_ALL in (left, right):
        return NONE_AT_ALL
    if left is None or right is None:
        return None
    corners = [one * other for one in left for other in right]
    return min(corners), max(corners)


def over(left: Span, right: Span) -> Span:
    if right is None or right[0] <= 0 <= right[1]:
        return None
    return times(left, (Fraction(1) / right[1], Fraction(1) / right[0]))


def hull(spans: list[Span]) -> Span:
    known = [one for one in spans if one is not None]
    if len(known) < len(spans) or not known:
        return None
    return min(low for low, _ in known), max(high for _, high in known)


def ends(spans: list[Span], choose: Callable[..., Exact]) -> Span:
    known = [one for one in spans if one is not None]
    if len(known) < len(spans):
        return None
    return choose(low for low, _ in known), choose(high for _, high in known)


def narrower(one: Span, other: tuple[Exact, Exact]) -> Span:
    return other if one is None else (max(one[0], other[0]), min(one[1], other[1]))


def _added(left: Reach, right: Reach) -> Reach:
    return Reach(plus(left.value, right.value), plus(left.change, right.change))


def _taken(left: Reach, right: Reach) -> Reach:
    return Reach(minus(left.value, right.value), minus(left.change, right.change))


def _multiplied(left: Reach, right: Reach) -> Reach:
    change = plus(times(left.value, right.change), times(right.value, left.change))
    return Reach(times(left.value, right.value), change)


def _divided(left: Reach, right: Reach) -> Reach:
    value = over(left.value, right.value)
    change = over(left.change, right.value)
    if right.change != NONE_AT_ALL:
        change = minus(change, times(value, over(right.change, right.value)))
    return Reach(value, change)


JOINED: dict[str, Callable[[Reach, Reach], Reach]] = {
    "+": _added,
    "-": _taken,
    "*": _multiplied,
    "/": _divided,
}


def whole_units(of: Reach, size: Reach, whole: Callable[[Fraction], int]) -> Reach:
    if size.value is None or size.value[0] != size.value[1] or size.value[0] <= 0:
        return Reach(None, None)
    value, change = over(of.value, size.value), over(of.change, size.value)
    return Reach(
        value and (whole(Fraction(value[0])), whole(Fraction(value[1]))),
        change and (floor(change[0]), ceil(change[1])),
    )


def rounded(of: Reach, to: Tree, manner: Tree) -> Reach:
    if not isinstance(to, Number) or not isinstance(manner, Name):
        return Reach(None, None)
    step, how = abs(Fraction(to.value)), manner.name
    value = of.value and (to_step(of.value[0], step, how), to_step(of.value[1], step, how))
    if of.change is None:
        return Reach(value, None)
    low, high = of.change
    below, above = floor(low / step), ceil(high / step)
    # Away from zero, or to the even one, two neighbours may part by one step more.
    if how == "half_even" or of.value is None or of.value[0] < 0:
        below = max(below - 1, 0) if low >= 0 else below - 1
        above = min(above + 1, 0) if high <= 0 else above + 1
    return Reach(value, (below * step, above * step))
