"""
The first place of an axis from which a price goes too far to the next one, or the proof of none.

A box of values is proved by its spans, or looked at in its corner and cut in two.  The box that
begins lowest is looked at first, so that what is found is the smallest that there is.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from heapq import heappop, heappush
from itertools import count, product
from typing import NamedTuple

import msgspec

from cvq.rules.tariff.cells import Axis, Range, axis_of, ordered
from cvq.rules.tariff.checker.intervals import Span
from cvq.rules.tariff.checker.spans import Absent, Along, Box
from cvq.rules.tariff.findings import Wrong
from cvq.rules.tariff.formula import Formula, Stop
from cvq.rules.tariff.grammar import Name, Tree, parts
from cvq.rules.tariff.kinds import LARGEST, MINUTES_A_DAY, UNKNOWN, Base, Exact, Kind, shown
from cvq.rules.tariff.meaning import Scope
from cvq.rules.tariff.outcome import RefusalKind
from cvq.rules.tariff.tables import Grid, Result

MAX_LOOKS, MAX_LOOKS_IN_ALL = 6_000, 20_000
READ_A_LOOK = 4  # a formula that reads more values counts for several looks
MAX_UNKNOWN = 6
LAST_DAY = date.max.toordinal()
ENDS = {
    Base.DATE: (1, LAST_DAY),
    Base.MOMENT: (MINUTES_A_DAY, (LAST_DAY + 1) * MINUTES_A_DAY - 1),
}


class Want(NamedTuple):
    """What a table declares: a direction, or the largest jump."""

    direction: str = ""
    largest: Exact | None = None

    def allows(self, low: Exact, high: Exact) -> bool:
        """Return whether every change of a span is as declared."""
        if self.largest is not None:
            return -self.largest <= low and high <= self.largest
        return low >= 0 if self.direction == "increasing" else high <= 0


class Piece(NamedTuple):
    """A stretch of the axis where the same rows hold."""

    low: int | None
    high: int | None
    rows: tuple[int, ...]


class Step(NamedTuple):
    """From a piece to the next one, or inside one; `fixed` is what the other columns say."""

    before: Piece
    after: Piece
    fixed: Mapping[str, Range | None]

    @property
    def is_inside(self) -> bool:
        """Return whether it stays in one piece."""
        return self.before == self.after

    @property
    def is_apart(self) -> bool:
        """Return whether something lies between the two."""
        ends = self.before.high, self.after.low
        return not self.is_inside and None not in ends and (ends[0] or 0) + 1 != ends[1]

    @property
    def key(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the rows that it goes between."""
        return self.before.rows, self.after.rows


class Witness(NamedTuple):
    """Two neighbours, their prices, and what else holds there."""

    places: tuple[int, int]
    prices: tuple[Exact, Exact]
    others: tuple[str, ...]

    def told(self, axis: Axis, kind: Kind) -> str:
        """Return the two values and their prices."""
        first, second = (
            f"{axis.shown(place)} : {shown(kind, price)}"
            for place, price in zip(self.places, self.prices, strict=True)
        )
        others = f" ({', '.join(self.others)})" if self.others else ""
        return f"{first}, puis {second}{others}"


class Judged(NamedTuple):
    """What was found: two neighbours that are not as declared, or why nobody can tell."""

    witness: Witness | None
    why: str = ""


class Search:
    """The search in a version of a table; it looks so many times and no more."""

    def __init__(self, grid: Grid, scope: Scope, titles: Mapping[str, str]) -> None:
        self.grid, self.scope, self.titles = grid, scope, titles
        self.columns = {axis.name: axis for axis in grid.axes}
        self.left = MAX_LOOKS_IN_ALL

    def columns_read(self) -> set[str]:
        """Return the columns that a formula of the table reads."""
        found: set[str] = set()
        for result in (one for row in self.grid.rows for one in row.results):
            if isinstance(result, Formula):
                found |= self._read(result)
        return found & set(self.columns)

    def look(self, axis: Axis, step: Step, column: int, want: Want) -> Judged | None:
        """Return the smallest pair that is not as declared, why none can be told, or nothing."""
        results = [
            [self.grid.rows[row].results[column] for row in piece.rows]
            for piece in (step.before, step.after)
        ]
        flat = [one for side in results for one in side]
        if any(one is None for one in flat):
            return None
        formulas = [one for one in flat if isinstance(one, Formula)]
        if step.is_inside and not formulas:
            return None
        span = _span(axis, step)
        if span is None:
            return None
        if not formulas:
            return self._between(step, span, results, want)
        names = sorted(set().union(*(self._read(one) for one in formulas)) - {axis.name})
        others: dict[str, Axis] = {}
        unruly: list[str] = []
        for name in names:
            found = self.columns.get(name) or self._axis(name)
            if found is None:
                unruly.append(self.titles.get(name, name))
            else:
                others[name] = found
        hunt = _Hunt(
            along=Along(self.scope, axis, others),
            results=(results[0], results[1]),
            is_inside=step.is_inside,
            want=want,
            unruly=tuple(unruly),
        )
        judged = hunt.run(span, step.fixed, min(self.left, MAX_LOOKS))
        self.left -= hunt.looks
        return judged

    def _between(
        self, step: Step, span: tuple[int, int], results: list[list[Result]], want: Want
    ) -> Judged | None:
        # Two amounts: they are what they are.
        before, after = (sum(ordered(one) for one in side) for side in results)
        if want.allows(after - before, after - before):
            return None
        said = [
            self.columns[name].shown(None if place is None else place[0])
            for name, place in step.fixed.items()
        ]
        return Judged(Witness(span, (before, after), tuple(said)))

    def _axis(self, name: str) -> Axis | None:
        found = self.scope.find(name)
        if found is None:
            return None
        try:
            title = self.titles.get(name) or found.kind.title or name
            return axis_of(name, title, found.kind, 0)
        except Wrong:
            return None

    def _read(self, formula: Formula) -> set[str]:
        # The inputs behind a formula, and the columns that it reads by their names.
        names = set(names_of(formula.tree, self.scope, frozenset(self.columns)))
        return names & (formula.needs | formula.fields | set(self.columns))


def names_of(tree: Tree | None, scope: Scope, columns: frozenset[str]) -> Iterator[str]:
    """Yield the inputs behind a tree, and those of the columns that it reads by their names."""
    match tree:
        case Name(name=name) if name in columns:
            yield name
        case Name(name=name):
            found = scope.find(name)
            if found is not None and found.tree is not None:
                yield from names_of(found.tree, scope, columns)
            elif found is not None:
                yield from found.needs | found.fields
            elif (table := scope.table(name.partition(".")[0])) is not None:
                yield from table.needs | table.fields
        case _:
            for one in parts(tree):
                yield from names_of(one, scope, columns)


def ends_of(axis: Axis) -> tuple[int, int]:
    """Return the first and last place of an axis, where it declares none those of its type."""
    low, high = axis.ends()
    step = axis.kind.step or Fraction(1)
    first, last = ENDS.get(axis.kind.base, (-int(LARGEST / step), int(LARGEST / step)))
    return (first if low is None else low), (last if high is None else high)


def _span(axis: Axis, step: Step) -> tuple[int, int] | None:
    # The places to look at; a single one has no neighbour.
    first, last = ends_of(axis)
    if step.is_inside:
        low = first if step.before.low is None else step.before.low
        high = last if step.before.high is None else step.before.high
        return (low, high) if low < high else None
    if step.before.high is None or step.after.low is None:
        return None
    return step.before.high, step.after.low


class _Hunt(msgspec.Struct, kw_only=True):
    """One search: along an axis, the results on both sides, what is declared."""

    along: Along
    results: tuple[list[Result], list[Result]]
    is_inside: bool
    want: Want
    unruly: tuple[str, ...]
    looks: int = 0
    lost: bool = False

    def run(
        self, span: tuple[int, int], fixed: Mapping[str, Range | None], most: int
    ) -> Judged | None:
        """Return the smallest pair that is not as declared, why none can be told, or nothing."""
        order, read = count(), [one for side in self.results for one in side]
        cost = 1 + sum(one.weight for one in read if isinstance(one, Formula)) // READ_A_LOOK
        heap: list[tuple[tuple[int, ...], int, Box]] = []
        for box in self._boxes(span, fixed):
            heappush(heap, (_lowest(box), next(order), box))
        best: Witness | None = None
        least: tuple[int, ...] = ()
        while heap:
            lowest, _, box = heappop(heap)
            if best is not None and lowest >= least:
                break
            if self.looks >= most:
                self.lost = True
                break
            self.looks += cost
            if self._is_proved(box):
                continue
            found = self._corner(box)
            if found is not None:
                best, least = found, lowest
            for half in self._halves(box):
                heappush(heap, (_lowest(half), next(order), half))
        if best is not None and not self._is_bound_together:
            return Judged(best)
        if best is not None or self.lost:
            return Judged(None, self._why())
        return None

    @property
    def _is_bound_together(self) -> bool:
        # What is behind the axis, read apart from it: they do not vary freely.
        behind = self.along.behind - {self.along.axis.name}
        return bool(behind & set(self.along.axes))

    def _why(self) -> str:
        names = [axis.title for name, axis in self._others().items()] + list(self.unruly)
        if not names:
            return f"{self.along.axis.title} prend trop de valeurs"
        return f"la formule lit {', '.join(names)}"

    def _others(self) -> dict[str, Axis]:
        axes = self.along.axes.items()
        return {name: axis for name, axis in axes if name != self.along.axis.name}

    def _boxes(self, span: tuple[int, int], fixed: Mapping[str, Range | None]) -> Iterator[Box]:
        others = self._others()
        sides: list[list[tuple[int, int] | None]] = []
        maybe = 0
        for name, axis in others.items():
            first, last = ends_of(axis)
            given = fixed.get(name, (None, None))
            if given is None:
                sides.append([None])
                continue
            low, high = given
            ends = (first if low is None else low), (last if high is None else high)
            is_free = name not in fixed and axis.kind.unknown
            maybe += is_free
            sides.append([ends, None] if is_free and maybe <= MAX_UNKNOWN else [ends])
        if maybe > MAX_UNKNOWN:
            self.lost = True
        for chosen in product(*sides):
            named = dict(zip(others, chosen, strict=True))
            places = {name: one for name, one in named.items() if one is not None}
            unknown = frozenset(name for name, one in named.items() if one is None)
            yield Box({self.along.axis.name: span, **places}, unknown)

    def _is_proved(self, box: Box) -> bool:
        try:
            change = self._change(box)
        except Absent:
            return True
        return change is not None and self.want.allows(*change)

    def _change(self, box: Box) -> Span:
        name = self.along.axis.name
        if self.is_inside:
            return _sum([self._reach(one, box).change for one in self.results[0]])
        sides = []
        for results, place in zip(self.results, box.places[name], strict=True):
            there = box._replace(places={**box.places, name: (place, place)})
            sides.append(_sum([self._reach(one, there).value for one in results]))
        before, after = sides
        if before is None or after is None:
            return None
        return after[0] - before[1], after[1] - before[0]

    def _reach(self, result: Result, box: Box) -> "_Reach":
        if isinstance(result, Formula):
            found = self.along.reach(result.tree, box) if result.tree else None
            return _Reach(found.value, found.change) if found else _Reach(None, None)
        value = ordered(result)
        return _Reach((value, value), (0, 0))

    def _corner(self, box: Box) -> Witness | None:
        # The lowest place of all: exact, and the only one of a box that cannot be cut.
        if self.unruly:
            return None
        name = self.along.axis.name
        low, high = box.places[name]
        places = (low, low + 1) if self.is_inside else (low, high)
        env: dict[str, object] = dict.fromkeys(box.unknown, UNKNOWN)
        others = self._others()
        env |= {
            one: axis.value(box.places[one][0]) for one, axis in others.items() if one in box.places
        }
        try:
            prices = [
                sum(
                    ordered(one.run({**env, name: self.along.axis.value(place)}))
                    if isinstance(one, Formula)
                    else ordered(one)
                    for one in results
                )
                for results, place in zip(self.results, places, strict=True)
            ]
        except Stop as stop:
            self.lost |= stop.kind is RefusalKind.MISSING_INPUT and not box.unknown
            return None
        if self.want.allows(prices[1] - prices[0], prices[1] - prices[0]):
            return None
        said = [axis.said(env[one]) for one, axis in others.items()]
        return Witness(places, (prices[0], prices[1]), tuple(said))

    def _halves(self, box: Box) -> list[Box]:
        axis = self.along.axis.name
        widths = {name: high - low for name, (low, high) in box.places.items()}
        widths[axis] = widths[axis] - 1 if self.is_inside else 0
        name = max(widths, key=widths.__getitem__)
        if widths[name] <= 0:
            self.lost |= bool(self.unruly)
            return []
        low, high = box.places[name]
        middle = low + (high - low) // 2
        # Pairs of neighbours: the place in the middle ends one half and begins the other.
        start = middle if name == axis else middle + 1
        sides = ((low, middle), (start, high))
        return [box._replace(places={**box.places, name: side}) for side in sides]


def _lowest(box: Box) -> tuple[int, ...]:
    return tuple(low for low, _ in box.places.values())


class _Reach(NamedTuple):
    value: Span
    change: Span


def _sum(spans: list[Span]) -> Span:
    known = [one for one in spans if one is not None]
    if len(known) < len(spans):
        return None
    return sum(low for low, _ in known), sum(high for _, high in known)
