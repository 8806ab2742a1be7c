"""
Decision tables: conditions on columns, results beside them, and the proof that none is missing.

A row is a bit.  Each column keeps, for each stretch of its axis, the rows that hold there; a lookup
is one bisection a column and one `and`.  The same masks, walked over all stretches, show each gap,
overlap and unreachable row, with the smallest case that falls into it.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import date
from itertools import accumulate
from operator import xor
from typing import Any

import msgspec

from cvq.rules.tariff.cells import Axis, Cell, Range, ordered
from cvq.rules.tariff.formula import HITS, Env, Formula, Stop, missing
from cvq.rules.tariff.kinds import UNKNOWN, Exact, Kind, Value
from cvq.rules.tariff.outcome import Hit, RefusalKind

NOT_PUBLISHED = "not published"
Result = Value | Formula | None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row: its conditions, its results (None = not published), its label, its line."""

    cells: tuple[Cell, ...]
    results: tuple[Result, ...]
    label: str
    named: bool
    line: int


class Lookup:
    """One column made ready: from a value to the rows that hold for it."""

    def __init__(self, axis: Axis, read: Callable[[Env], Value], cells: Sequence[Cell]) -> None:
        self.axis, self.read = axis, read
        self.unknown = sum(1 << i for i, cell in enumerate(cells) if cell.unknown)
        self.anything = sum(1 << i for i, cell in enumerate(cells) if cell.anything)
        # However it is written: « >= 0 » of a number that is never less holds for everybody.
        everywhere = (axis.ends(),)
        self.everybody = sum(1 << i for i, cell in enumerate(cells) if cell.ranges == everywhere)
        first, last = axis.ends()
        edges = {low for cell in cells for low, _ in cell.ranges if low is not None}
        edges |= {high + 1 for cell in cells for _, high in cell.ranges if high is not None}
        starts: list[int | None] = [first, *sorted(e for e in edges if first is None or e > first)]
        if last is not None:
            starts = [s for s in starts if s is None or s <= last]
        self.stretches: list[Range] = [
            (start, last if i + 1 == len(starts) else (starts[i + 1] or 0) - 1)
            for i, start in enumerate(starts)
        ]
        self._places = [low for low, _ in self.stretches[1:] if low is not None]
        self.masks = self._masks(cells)
        self.words: dict[object, int] = {}
        self.starts: list[Exact] = []
        if axis.is_ordered:
            self.starts = [ordered(axis.value(place)) for place in self._places]
        else:
            places = range(len(axis.words()))
            self.words = {axis.value(p): self.masks[self.stretch(p)] for p in places}

    def _masks(self, cells: Sequence[Cell]) -> list[int]:
        # Each range turns its row on where it begins and off after its end.
        turns = [0] * (len(self.stretches) + 1)
        first, last = self.axis.ends()
        for bit, cell in enumerate(cells):
            for low, high in cell.ranges:
                if _is_past(first, high) or _is_past(low, last):
                    continue
                turns[0 if low is None else self.stretch(low)] ^= 1 << bit
                turns[-1 if high is None else self.stretch(high) + 1] ^= 1 << bit
        return list(accumulate(turns[:-1], xor))

    def stretch(self, place: int) -> int:
        """Return which stretch a place lies on."""
        return bisect_right(self._places, place)

    def mask(self, value: Any) -> int:
        """Return the rows that hold for a value."""
        if value is UNKNOWN:
            return self.unknown if self.axis.kind.unknown else self.anything
        if self.words:
            return self.words.get(value, 0)
        return self.masks[bisect_right(self.starts, value)]


class Grid:
    """The rows of a table in one of its versions."""

    def __init__(
        self,
        *,
        title: str,
        axes: Sequence[Axis],
        reads: Sequence[Callable[[Env], Value]],
        rows: Sequence[Row],
        since: int | None,
    ) -> None:
        self.title, self.rows, self.axes = title, tuple(rows), tuple(axes)
        self.since = since
        self.lookups = tuple(
            Lookup(axis, read, [row.cells[i] for row in rows])
            for i, (axis, read) in enumerate(zip(axes, reads, strict=True))
        )
        self.full = (1 << len(rows)) - 1
        self.ordered = next((i for i, axis in enumerate(axes) if axis.is_ordered), None)

    def find(self, env: Env, but: int | None = None) -> tuple[int, tuple[Value, ...]]:
        """Return the mask of the rows that hold, whatever one column says, and the values."""
        values: list[Value] = []
        mask, is_absent = self.full, False
        for place, lookup in enumerate(self.lookups):
            if place == but:
                values.append(UNKNOWN)
                continue
            value = lookup.read(env)
            values.append(value)
            if value is UNKNOWN and not lookup.axis.kind.unknown:
                is_absent = True
            else:
                mask &= lookup.mask(value)
        if is_absent:
            mask = self._without_absent(mask, values, but)
        return mask, tuple(values)

    def _without_absent(self, mask: int, values: Sequence[Value], but: int | None) -> int:
        # What nobody gave is missed only where a row that is still possible looks at it.
        for place, (lookup, value) in enumerate(zip(self.lookups, values, strict=True)):
            is_absent = value is UNKNOWN and not lookup.axis.kind.unknown
            if is_absent and place != but and mask & ~lookup.anything:
                raise missing(lookup.axis.title)
        return mask

    def hit(self, row: int, values: tuple[Value, ...], note: str = "") -> Hit:
        """Return what the explanation says of a row."""
        found = self.rows[row]
        return Hit(
            table=self.title,
            label=found.label,
            line=found.line,
            version="" if self.since is None else f"{date.fromordinal(self.since):%d/%m/%Y}",
            note=note,
            values=self._looked_at(row, values, is_named=found.named),
            named=found.named,
        )

    def refused(self, row: int, values: tuple[Value, ...]) -> str:
        """Return what was asked of a row that publishes no price, to stand between brackets."""
        return ", ".join(self._looked_at(row, values, is_named=True)) or self.rows[row].label

    def _looked_at(self, row: int, values: tuple[Value, ...], *, is_named: bool) -> tuple[str, ...]:
        return tuple(
            _said(axis, value, cell, is_named=is_named)
            for axis, value, cell in zip(self.axes, values, self.rows[row].cells, strict=True)
            if not cell.anything
        )

    def ladder(self, mask: int) -> list[int]:
        """Return the rows of a mask that look at the first ordered column, in its order."""
        if self.ordered is None:
            return []
        steps = []
        for index, row in enumerate(self.rows):
            cell = row.cells[self.ordered]
            if mask >> index & 1 and cell.ranges and not cell.anything:
                low = cell.ranges[0][0]
                steps.append(((low is not None, low or 0), index))
        return [index for _, index in sorted(steps)]


class Table:
    """A table as formulas ask it: `value` by column, its versions by the day of the fact."""

    def __init__(
        self,
        *,
        name: str,
        title: str,
        hit: str,
        columns: dict[str, Kind],
        grids: Sequence[Grid],
        day: Formula | None,
        parts: Sequence[Formula],
        line: int,
    ) -> None:
        self.name, self.title, self.hit, self.columns = name, title, hit, columns
        self.may_be_nothing = False  # where no row holds, nothing is added up
        self.grids, self.day, self.line = tuple(grids), day.run if day else None, line
        every = [*parts, day] if day else [*parts]
        self.needs = frozenset[str]().union(*(part.needs for part in every))
        self.fields = frozenset[str]().union(*(part.fields for part in every))
        width = len(self.grids[0].axes)
        results = [part.weight for part in every[width:]]
        self.weight = sum(part.weight for part in every[:width])
        self.weight += sum(results) if hit == "sum" else max(results, default=1)
        self.depth = 1 + max((part.depth for part in every), default=0)
        self.positions = {column: i for i, column in enumerate(columns)}
        self.asked = set[str]()  # the columns of results that a formula reads
        self._since = [grid.since or 0 for grid in self.grids]
        self._ladders: dict[tuple[int, int], list[int]] = {}

    def grid(self, env: Env) -> Grid:
        """Return the version in force on the day of the fact."""
        if self.day is None:
            return self.grids[0]
        day = self.day(env)
        place = bisect_right(self._since, day) - 1
        if place < 0:
            raise Stop(
                RefusalKind.NO_PRICE,
                f"« {self.title} » : rien n'est voté pour le "
                f"{date.fromordinal(int(day)):%d/%m/%Y}.",
                self.line,
            )
        return self.grids[place]

    def value(self, env: Env, column: int) -> Any:
        """Return the result of the row that holds, or the sum of all where the table says sum."""
        grid = self.grid(env)
        mask, values = grid.find(env)
        if not mask:
            if self.may_be_nothing:
                return 0
            raise self._nothing(grid, values)
        if self.hit == "sum":
            total: Exact = 0
            for row in range(len(grid.rows)):
                if mask >> row & 1:
                    total += self._result(grid, row, column, env, values)
            return total
        return self._result(grid, (mask & -mask).bit_length() - 1, column, env, values)

    def shifted(self, env: Env, column: int, by: int | None, *, top: bool, stay: bool) -> Any:
        """Return the result of a neighbouring row, or of the first or last one (`by` None)."""
        grid = self.grid(env)
        alike, values = grid.find(env, grid.ordered)
        ladder = self._ladder(grid, alike)
        if by is None:
            if not ladder:
                raise self._nothing(grid, values)
            place = len(ladder) - 1 if top else 0
            note = "la dernière tranche" if top else "la première tranche"
            return self._result(grid, ladder[place], column, env, values, note)
        mask, values = grid.find(env)
        if not mask:
            raise self._nothing(grid, values)
        row = (mask & -mask).bit_length() - 1
        if by == 0:
            return self._result(grid, row, column, env, values)
        here = ladder.index(row) if row in ladder else None
        place = -1 if here is None else here + by
        if not 0 <= place < len(ladder):
            if not stay:
                sentence = f"« {self.title} » n'a pas de tranche voisine de celle-ci."
                raise Stop(RefusalKind.NO_PRICE, sentence, self.line)
            if here is None:
                return self._result(grid, row, column, env, values)
            place = min(max(place, 0), len(ladder) - 1)
        note = "" if here is None else _moved(place - here, is_end=here + by != place)
        return self._result(grid, ladder[place], column, env, values, note)

    def _ladder(self, grid: Grid, alike: int) -> list[int]:
        key = (self.grids.index(grid), alike)
        found = self._ladders.get(key)
        if found is None:
            found = self._ladders[key] = grid.ladder(alike)
        return found

    def _result(
        self,
        grid: Grid,
        row: int,
        column: int,
        env: Env,
        values: tuple[Value, ...],
        note: str = "",
    ) -> Any:
        result = grid.rows[row].results[column]
        if result is None:
            told = grid.refused(row, values)
            raise Stop(
                RefusalKind.NO_PRICE,
                f"« {self.title} » : aucun prix n'est publié ({told}).",
                grid.rows[row].line,
            )
        hits = env.get(HITS)
        if hits is not None:
            hits.append((grid, row, values, column, note, env))
        return result.run(env) if isinstance(result, Formula) else result

    def _nothing(self, grid: Grid, values: tuple[Value, ...]) -> Stop:
        told = ", ".join(axis.said(value) for axis, value in zip(grid.axes, values, strict=True))
        return Stop(RefusalKind.NO_PRICE, f"« {self.title} » ne prévoit rien ({told}).", self.line)


def _moved(by: int, *, is_end: bool) -> str:
    # The steps that were taken: at the end of a ladder fewer than were asked, or none.
    if by == 0:
        return ""
    told = f"{abs(by)} tranche{'s' if abs(by) > 1 else ''} {'plus loin' if by > 0 else 'avant'}"
    end = "la dernière" if by > 0 else "la première"
    return f"{told}, {end}" if is_end else told


def _is_past(low: int | None, high: int | None) -> bool:
    return low is not None and high is not None and low > high


def _said(axis: Axis, value: Value, cell: Cell, *, is_named: bool) -> str:
    if value is UNKNOWN and not axis.kind.unknown:
        return axis.told(cell)
    said = axis.said(value)
    is_single = all(low == high and low is not None for low, high in cell.ranges)
    if is_named or not axis.is_ordered or is_single or value is UNKNOWN:
        return said
    return f"{said} ({axis.told(cell)})"
