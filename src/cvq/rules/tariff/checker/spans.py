"""
How far a formula can go over a box of values, and by how much from one place to the next.

A span is never too narrow: what lies outside it cannot happen.  It is exact for what is linear; it
may be too wide, and is narrowed by cutting the box.  None is a span of which nothing is known.
"""

from collections.abc import Mapping
from fractions import Fraction
from functools import reduce
from math import ceil, floor
from operator import or_
from typing import NamedTuple

from cvq.rules.tariff.cells import Axis, ordered
from cvq.rules.tariff.checker.intervals import (
    JOINED,
    NONE_AT_ALL,
    Reach,
    Span,
    ends,
    hull,
    minus,
    narrower,
    rounded,
    times,
    whole_units,
)
from cvq.rules.tariff.formula import Formula
from cvq.rules.tariff.grammar import Binary, Call, Moment, Name, Number, Tree, Unary, parts
from cvq.rules.tariff.kinds import Base, Kind, read_value
from cvq.rules.tariff.meaning import Scope
from cvq.rules.tariff.tables import Grid, Table

EITHER = frozenset({True, False})


class Absent(Exception):
    """An unknown value is read: nothing has a price in this box."""


class Box(NamedTuple):
    """The first and last place of each name that may vary, and the names that are unknown."""

    places: Mapping[str, tuple[int, int]]
    unknown: frozenset[str] = frozenset()


ANYWHERE = Box({})


class Along:
    """Formulas looked at along one axis, all else being the same."""

    def __init__(self, scope: Scope, axis: Axis, others: Mapping[str, Axis]) -> None:
        self.scope, self.axis, self.axes = scope, axis, {**others, axis.name: axis}
        self.behind = self._leaves(axis.name) | {axis.name}
        # By the id of a tree, which is kept with it: an id is given again once its tree is gone.
        self._moves: dict[int, tuple[Tree, bool]] = {}
        self._spelt: dict[int, tuple[Tree, Tree]] = {}
        self.so_far: dict[str, Span] = {}  # what the lines before come to, by their names
        self.looked = 0  # how much of what formulas read was looked at
        self.is_by_zero = False  # whether something that was reached may be divided by zero

    def moves(self, tree: Tree) -> bool:
        """Return whether a tree may change along the axis."""
        if id(tree) not in self._moves:
            self._moves[id(tree)] = (tree, self._look(tree))
        return self._moves[id(tree)][1]

    def _look(self, tree: Tree) -> bool:
        match tree:
            case Name(name=name):
                return name == self.axis.name or bool(self._leaves(name) & self.behind)
            case _:
                return any(self.moves(one) for one in parts(tree))

    def _leaves(self, name: str) -> frozenset[str]:
        found: Formula | Table | None = self.scope.find(name)
        found = found or self.scope.table(name.partition(".")[0])
        return frozenset() if found is None else found.needs | found.fields

    def reach(self, tree: Tree, box: Box) -> Reach:
        """
        Return how far a tree goes over a box.

        :raises Absent: it reads what is unknown there.
        """
        self.looked += 1
        value, change = self._reach(tree, box)
        if not self.moves(tree):
            change = NONE_AT_ALL
        if value is not None:
            change = narrower(change, (value[0] - value[1], value[1] - value[0]))
        return Reach(value, change)

    def _reach(self, tree: Tree, box: Box) -> Reach:
        match tree:
            case Number(value=value):
                return Reach((value, value), NONE_AT_ALL)
            case Moment(text=text, what=what):
                kind = Kind(base=Base.DATE if what == "date" else Base.CLOCK)
                place = ordered(read_value(kind, text))
                return Reach((place, place), NONE_AT_ALL)
            case Name(name=name):
                return self._named(name, box)
            case Unary(op="-", of=of):
                inner = self.reach(of, box)
                return Reach(times(inner.value, (-1, -1)), times(inner.change, (-1, -1)))
            case Binary(op=op) if op in JOINED:
                left, right = self.reach(tree.left, box), self.reach(tree.right, box)
                if op == "/" and right.value and right.value[0] <= 0 <= right.value[1]:
                    self.is_by_zero = True
                return JOINED[op](left, right)
            case Call():
                return self._called(tree, box)
            case _:
                return Reach(None, None)

    def _named(self, name: str, box: Box) -> Reach:
        if name in box.unknown:
            raise Absent
        if name in box.places:
            axis = self.axes[name]
            if not axis.is_ordered:
                return Reach(None, None)
            low, high = (ordered(axis.value(place)) for place in box.places[name])
            step = axis.kind.step or Fraction(1)
            return Reach((low, high), (step, step) if name == self.axis.name else None)
        if name in self.so_far:
            return Reach(self.so_far[name], None)
        found = self.scope.find(name)
        if found is not None:
            return Reach(None, None) if found.tree is None else self.reach(found.tree, box)
        asked, _, column = name.partition(".")
        table = self.scope.table(asked)
        return Reach(None if table is None else self._table(table, column, box), None)

    def _table(self, table: Table, column: str, box: Box) -> Span:
        # Any of the rows that may hold there, unless they add up.
        if table.hit == "sum":
            return None
        whole: list[Span] = []
        for grid in table.grids:
            self.looked += len(grid.rows) // 8
            rows = self._rows(grid, box)
            for place, row in enumerate(grid.rows):
                result = row.results[table.positions.get(column, 0)]
                if not rows >> place & 1 or result is None:
                    continue
                match result:
                    case Formula(tree=tree) if tree is not None:
                        whole.append(self.reach(tree, box).value)
                    case int() | Fraction():
                        whole.append((result, result))
                    case _:
                        return None
        return hull(whole) if whole else None

    def _any_row(self, tree: Tree) -> Span:
        # Another row than the one that holds: it may be any of them.
        asked, _, column = tree.name.partition(".") if isinstance(tree, Name) else ("", "", "")
        table = self.scope.table(asked)
        return None if table is None else self._table(table, column, ANYWHERE)

    def _rows(self, grid: Grid, box: Box) -> int:
        rows = grid.full
        for lookup in grid.lookups:
            name = lookup.axis.name
            if name in box.unknown:
                rows &= lookup.unknown
            elif name in box.places and self.axes[name].kind.step == lookup.axis.kind.step:
                low, high = box.places[name]
                pairs = zip(lookup.stretches, lookup.masks, strict=True)
                rows &= reduce(
                    or_,
                    (
                        mask
                        for (first, last), mask in pairs
                        if (first is None or first <= high) and (last is None or low <= last)
                    ),
                    0,
                )
        return rows

    def _called(self, call: Call, box: Box) -> Reach:
        given = call.given
        match call.function:
            case "min" | "max":
                choose = min if call.function == "min" else max
                found = [self.reach(one, box) for one in given]
                return Reach(
                    ends([one.value for one in found], choose),
                    hull([one.change for one in found]),
                )
            case "if":
                return self._chosen(given[0], given[1], given[2], box)
            case "round":
                return rounded(self.reach(given[0], box), given[1], given[2])
            case "started" | "completed":
                whole = ceil if call.function == "started" else floor
                return whole_units(self.reach(given[0], box), self.reach(given[1], box), whole)
            case "euros" | "points":
                by = Fraction(100) if call.function == "euros" else Fraction(1, 100)
                value, change = self.reach(given[0], box)
                return Reach(times(value, (by, by)), times(change, (by, by)))
            case "days" | "minutes" | "within" | "beyond":
                if id(call) not in self._spelt:
                    self._spelt[id(call)] = (call, _spelt(call))
                return self.reach(self._spelt[id(call)][1], box)
            case "shift" | "top" | "bottom":
                return Reach(self._any_row(given[0]), None)
            case "first_known" if all(self._is_plain(one) for one in given):
                return self._first_known(given, box)
            case _:
                return Reach(None, None)

    def _is_plain(self, tree: Tree) -> bool:
        # Whether it lacks a value only where it reads one that is unknown.
        match tree:
            case Name(name=name):
                found = self.scope.find(name)
                return found is not None and not found.tables
            case Binary(left=left, right=right):
                return self._is_plain(left) and self._is_plain(right)
            case Call(function=("points" | "euros" | "min" | "max"), given=given):
                return all(self._is_plain(one) for one in given)
            case _:
                return isinstance(tree, Number)

    def _first_known(self, given: tuple[Tree, ...], box: Box) -> Reach:
        for one in given:
            try:
                return self.reach(one, box)
            except Absent:
                continue
        raise Absent

    def _chosen(self, test: Tree, yes: Tree, no: Tree, box: Box) -> Reach:
        holds = self.truths(test, box)
        found: list[Reach] = []
        for truth, tree in ((True, yes), (False, no)):
            if truth in holds:
                try:
                    found.append(self.reach(tree, box))
                except Absent:
                    continue
        if not found:
            raise Absent
        changes = [one.change for one in found]
        if self.moves(test) and len(found) > 1:
            changes += [minus(found[1].value, found[0].value)]
            changes += [minus(found[0].value, found[1].value)]
        return Reach(hull([one.value for one in found]), hull(changes))

    def truths(self, tree: Tree, box: Box) -> frozenset[bool]:
        """
        Return what a condition may come to over a box.

        :raises Absent: it reads what is unknown there.
        """
        self.looked += 1
        match tree:
            case Unary(op="not", of=of):
                return frozenset(not one for one in self.truths(of, box))
            case Binary(op=("and" | "or") as op):
                return self._both(op, tree, box)
            case Binary():
                return self._compared(tree, box)
            case Call(function="known", given=(Name(name=name),)):
                is_told = name in box.places or name in box.unknown
                return frozenset({name in box.places}) if is_told else EITHER
            case Name(name=name) if name in box.unknown:
                raise Absent
            case Name(name=name) if name in box.places:
                low, high = box.places[name]
                values = {self.axes[name].value(place) for place in range(low, high + 1)}
                return frozenset(bool(one) for one in values)
            case Name(name=name) if (found := self.scope.find(name)) and found.tree is not None:
                return self.truths(found.tree, box)
            case _:
                return EITHER

    def _both(self, op: str, tree: Binary, box: Box) -> frozenset[bool]:
        # What the left side settles, the right one is not asked for.
        left, settles = self.truths(tree.left, box), op == "or"
        if left == {settles}:
            return left
        try:
            right = self.truths(tree.right, box)
        except Absent:
            if settles not in left:
                raise
            return frozenset({settles})
        return right | {settles} if settles in left else right

    def _compared(self, tree: Binary, box: Box) -> frozenset[bool]:
        words = [self._words(one, box) for one in (tree.left, tree.right)]
        if words[0] is not None and words[1] is not None:
            alike = EITHER if words[0] & words[1] else frozenset({False})
            if words[0] == words[1] and len(words[0]) == 1:
                alike = frozenset({True})
            return alike if tree.op == "=" else frozenset(not one for one in alike)
        span = minus(self.reach(tree.left, box).value, self.reach(tree.right, box).value)
        if span is None:
            return EITHER
        low, high = span
        match tree.op:
            case "<" | ">=":
                below = _sure(yes=high < 0, no=low >= 0)
                return below if tree.op == "<" else frozenset(not one for one in below)
            case ">" | "<=":
                above = _sure(yes=low > 0, no=high <= 0)
                return above if tree.op == ">" else frozenset(not one for one in above)
            case _:
                same = _sure(yes=low == high == 0, no=low > 0 or high < 0)
                return same if tree.op == "=" else frozenset(not one for one in same)

    def _words(self, tree: Tree, box: Box) -> frozenset[str] | None:
        if not isinstance(tree, Name):
            return None
        name = tree.name
        if name in box.unknown:
            raise Absent
        if name in box.places and self.axes[name].kind.base is Base.WORD:
            low, high = box.places[name]
            return frozenset(str(self.axes[name].value(place)) for place in range(low, high + 1))
        is_word = name in self.scope.words and self.scope.find(name) is None
        return frozenset({name}) if is_word else None


def _sure(*, yes: bool, no: bool) -> frozenset[bool]:
    return frozenset({True}) if yes else frozenset({False}) if no else EITHER


def _spelt(call: Call) -> Tree:
    # A function in those that it is made of.
    before, quantity, *rest = call.given
    if call.function in {"days", "minutes"}:
        return Binary("-", quantity, before)
    end = Binary("+", before, quantity)
    start = Call("max", (before, rest[0]))
    if call.function == "within":
        return Call("max", (Number(0), Binary("-", Call("min", (end, rest[1])), start)))
    return Call("max", (Number(0), Binary("-", end, start)))
