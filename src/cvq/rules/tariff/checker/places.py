"""
The smallest place where something happens to a price, or the proof that it happens nowhere.

A box of values is ruled out by its spans, or looked at in its nearest corner and cut in two.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from heapq import heappop, heappush
from itertools import count, product
from typing import NamedTuple

from cvq.rules.tariff.cells import Axis, axis_of
from cvq.rules.tariff.checker.effort import Effort
from cvq.rules.tariff.checker.spans import Absent, Along, Box
from cvq.rules.tariff.checker.steepness import MAX_UNKNOWN, ends_of, names_of
from cvq.rules.tariff.deadlines import CALENDAR
from cvq.rules.tariff.findings import Wrong
from cvq.rules.tariff.formula import HITS, Env
from cvq.rules.tariff.grammar import Tree
from cvq.rules.tariff.items import Item
from cvq.rules.tariff.kinds import MINUTES_A_DAY, TRUTH, UNKNOWN, Base
from cvq.rules.tariff.lines import SUBTOTAL
from cvq.rules.tariff.meaning import Scope

FAR = 1 << 70  # after every place of an axis
# Where one begins to look: the nearest case is one that people can picture.
FIRST_DAY = date(2024, 1, 1).toordinal()
ORIGIN = {Base.DATE: FIRST_DAY, Base.MOMENT: FIRST_DAY * MINUTES_A_DAY}
NO_AXIS = Axis(name="", title="", kind=TRUTH)
Ends = tuple[int, int]


class Place(NamedTuple):
    """A place, what the names are there, and what people read of it."""

    values: Mapping[str, object]
    told: str


class Lost(Exception):
    """There are too many places, or values that cannot be walked along: nobody can tell."""


class Ground:
    """What some formulas read: an axis for each name, unless it cannot be walked along."""

    def __init__(
        self,
        trees: Iterable[Tree | None],
        scope: Scope,
        titles: Mapping[str, str],
        effort: Effort | None = None,
    ) -> None:
        self.effort = effort or Effort()
        self.axes: dict[str, Axis] = {}
        self.unruly: list[str] = []
        names = dict.fromkeys(
            name for tree in trees for name in sorted(names_of(tree, scope, frozenset()))
        )
        for name in names:
            found = scope.find(name)
            title = titles.get(name) or (found.kind.title if found else "") or name
            try:
                if found is not None:
                    self.axes[name] = axis_of(name, title, found.kind, 0)
            except Wrong:
                self.unruly.append(title)
        first = next(iter(self.axes.values()), NO_AXIS)
        self.along = Along(scope, first, self.axes)

    def smallest(
        self,
        may: Callable[[Box], bool],
        holds: Callable[[Mapping[str, object]], bool],
        most: int,
        *,
        below_zero: bool = True,
    ) -> Place | None:
        """
        Return the smallest place where something holds, None where it holds nowhere.

        :raises Lost: it was not found, and may be somewhere.
        """
        heap: list[tuple[tuple[int, ...], int, Box]] = []
        order, is_lost = count(), False
        for box in self._boxes(below_zero=below_zero):
            heappush(heap, (self._nearest(box), next(order), box))
        while heap:
            box = heappop(heap)[2]
            looked = self.along.looked
            is_possible = _possible(may, box)
            self.effort.left -= self.along.looked - looked
            if self.effort.left < 0:
                raise Lost
            if not is_possible:
                continue
            if next(order) > most:
                raise Lost
            values = self._values(box)
            if holds(values):
                return Place(values, self._told(values))
            halves = _halves(box)
            is_lost |= bool(self.unruly) and not halves
            for half in halves:
                heappush(heap, (self._nearest(half), next(order), half))
        if is_lost:
            raise Lost
        return None

    def _boxes(self, *, below_zero: bool) -> Iterator[Box]:
        # Known values first: that nobody told is looked at last.
        sides: list[list[Ends | None]] = []
        maybe = 0
        for axis in self.axes.values():
            low, high = ends_of(axis)
            origin = ORIGIN.get(axis.kind.base, 0)
            found: list[Ends | None] = [(max(low, origin), high), (low, min(high, origin - 1))]
            found = [one for one in found if one and one[0] <= one[1]]
            if low < origin <= high and not (below_zero or origin or axis.kind.low is not None):
                found = found[:1]  # a number that says no lower bound is not looked at below zero
            maybe += axis.kind.unknown
            if axis.kind.unknown and maybe <= MAX_UNKNOWN:
                found.append(None)
            sides.append(found)
        for chosen in product(*sides):
            named = dict(zip(self.axes, chosen, strict=True))
            unknown = frozenset(name for name, one in named.items() if one is None)
            yield Box({name: one for name, one in named.items() if one is not None}, unknown)

    def _nearest(self, box: Box) -> tuple[int, ...]:
        return tuple(
            abs(self._corner(name, box) - ORIGIN.get(axis.kind.base, 0))
            if name in box.places
            else FAR
            for name, axis in self.axes.items()
        )

    def _corner(self, name: str, box: Box) -> int:
        low, high = box.places[name]
        return low if low >= ORIGIN.get(self.axes[name].kind.base, 0) else high

    def _values(self, box: Box) -> dict[str, object]:
        return {
            name: axis.value(self._corner(name, box)) if name in box.places else UNKNOWN
            for name, axis in self.axes.items()
        }

    def _told(self, values: Env) -> str:
        return ", ".join(axis.said(values[name]) for name, axis in self.axes.items())


def env_of(item: Item, values: Mapping[str, object]) -> Env:
    """Return what a rating reads at a place; a list holds one record, of the fields looked at."""
    env: Env = {SUBTOTAL: 0, HITS: None, CALENDAR: None}
    for one in item.takes:
        if one.kind.base is Base.LIST:
            record = {name: kind.absent for name, kind in one.kind.fields.items()}
            record |= {name: values[name] for name in record if name in values}
            env[one.name] = (record,)
        else:
            env[one.name] = values.get(one.name, one.absent)
    return env


def _possible(may: Callable[[Box], bool], box: Box) -> bool:
    try:
        return may(box)
    except Absent:
        return False


def _halves(box: Box) -> list[Box]:
    widths = {name: high - low for name, (low, high) in box.places.items()}
    name = max(widths, key=widths.__getitem__, default="")
    if widths.get(name, 0) <= 0:
        return []
    low, high = box.places[name]
    middle = low + (high - low) // 2
    sides = ((low, middle), (middle + 1, high))
    return [box._replace(places={**box.places, name: side}) for side in sides]
