"""Whom figures of a month may tell of: never so few that they tell of somebody."""

from collections.abc import Mapping
from itertools import pairwise

from django.utils.translation import gettext_lazy as _
from msgspec import Struct

from cvq.billing.what_if import Compared, Group

# Under so many, a figure tells of somebody.
SMALLEST_TOLD = 11
OTHERS = _("autres, regroupés")
WAYS = ("more", "same", "less")
# By how much payers pay more, or less: from these cents on.
STEPS = (1, 500, 1_000, 2_000, 5_000)


def masked(groups: Mapping[str, Group]) -> list[tuple[str, Group]]:
    """
    Return the groups with those of few payers put together.

    One alone would follow from the total and all others: the next smallest then goes with it.
    """
    by_size = sorted(groups, key=lambda label: len(groups[label].payers))
    small = [label for label in by_size if len(groups[label].payers) < SMALLEST_TOLD]
    if not small:
        return list(groups.items())
    others, left = Group(), by_size
    while left and (left[0] in small or len(others.payers) < SMALLEST_TOLD):
        others.merge(groups[left[0]])
        left = left[1:]
    return [*((label, groups[label]) for label in groups if label in left), (str(OTHERS), others)]


def is_masked(found: Compared) -> bool:
    """Tell whether some of the figures of a month are of too few payers to be told."""
    groups = [found.total, found.untouched]
    return any(0 < len(group.payers) < SMALLEST_TOLD for group in groups)


def may_be_told(group: Group, found: Compared) -> bool:
    """Tell whether neither a group nor what the total leaves beside it is of few payers."""
    parts = [found.no_longer_free.payers | found.newly_free.payers, group.payers]
    left = [len(found.total.payers - part) for part in parts]
    return len(group.payers) >= SMALLEST_TOLD and not any(0 < n < SMALLEST_TOLD for n in left)


class Step(Struct):
    """How many pay more, or less, by at least so many cents and less than so many."""

    at_least: int
    below: int | None
    payers: int


class Side(Struct):
    """
    Those who pay more, as much or less, or several of these, and by how many cents each.

    `new` is how many of them paid nothing.
    """

    ways: tuple[str, ...]
    sizes: list[int]
    new: int = 0

    @property
    def is_small(self) -> bool:
        """Tell whether there are too few of them to be told."""
        return 0 < len(self.sizes) < SMALLEST_TOLD

    @property
    def is_of_a_size(self) -> bool:
        """Tell whether by how much they change says something."""
        return any(self.sizes) and len(self.ways) == 1

    @property
    def half(self) -> int:
        """Return the change that half of them reach."""
        return sorted(self.sizes)[len(self.sizes) // 2]

    @property
    def tenth(self) -> int:
        """Return the change that one in ten reaches."""
        return sorted(self.sizes)[len(self.sizes) * 9 // 10]

    @property
    def new_told(self) -> int | None:
        """Return how many paid nothing, None where they or the others are few."""
        others = len(self.sizes) - self.new
        return None if any(0 < n < SMALLEST_TOLD for n in (self.new, others)) else self.new

    def steps(self) -> list[Step]:
        """Return how many change by how much, the most first; few go with those beside them."""
        if len(self.ways) > 1 or self.is_small or not any(self.sizes):
            return []
        found = [
            Step(low, high, sum(low <= size < (high or size + 1) for size in self.sizes))
            for low, high in reversed([*pairwise(STEPS), (STEPS[-1], None)])
        ]
        while len(found) > 1 and any(0 < step.payers < SMALLEST_TOLD for step in found):
            place = next(i for i, step in enumerate(found) if 0 < step.payers < SMALLEST_TOLD)
            first, second = _beside(place, [step.payers for step in found])
            one, other = found[first], found.pop(second)
            found[first] = Step(other.at_least, one.below, one.payers + other.payers)
        return [step for step in found if step.payers]


def sides(changes: Mapping[int, int], billed: Mapping[int, int]) -> list[Side]:
    """Return who pays more, as much and less; few are told together with those beside them."""
    found = [Side((way,), []) for way in WAYS]
    for payer, change in changes.items():
        side = found[1 - ((change > 0) - (change < 0))]
        side.sizes.append(abs(change))
        side.new += not billed.get(payer)
    while len(found) > 1 and any(side.is_small for side in found):
        place = next(i for i, side in enumerate(found) if side.is_small)
        first, second = _beside(place, [len(side.sizes) for side in found])
        one, other = found[first], found.pop(second)
        found[first] = Side(one.ways + other.ways, one.sizes + other.sizes, one.new + other.new)
    return found


def _beside(place: int, sizes: list[int]) -> tuple[int, int]:
    """Return a place and the smaller of those beside it, in their order."""
    beside = [i for i in (place - 1, place + 1) if 0 <= i < len(sizes)]
    first, second = sorted((place, min(beside, key=lambda i: sizes[i])))
    return first, second
