"""
Decision tables: conditions on columns, results beside them, and the proof that none is missing.

A row is a bit.  Each column keeps, for each stretch of its axis, the rows that hold there; a lookup
is one bisection a column and one `and`.  The same masks, walked over all stretches, show each gap,
overlap and unreachable row, with the smallest case that falls into it.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import msgspec

from cvq.rules.tariff.cells import Axis, Cell, Range, complement, merge, ordered
from cvq.rules.tariff.findings import Finding
from cvq.rules.tariff.formula import HITS, Env, Formula, Stop, missing
from cvq.rules.tariff.kinds import UNKNOWN, Exact, Kind, Value, shown
from cvq.rules.tariff.outcome import Hit, RefusalKind

MAX_PLACES = 200_000
NOT_PUBLISHED = "not published"
Result = Value | Formula | None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row: its conditions, its results (None = not published), its label, its line."""

    cells: tuple[Cell, ...]
    results: tuple[Result, ...]
    label: str
    line: int


class Lookup:
    """One column made ready: from a value to the rows that hold for it."""

    def __init__(self, axis: Axis, read: Callable[[Env], Value], cells: Sequence[Cell]) -> None:
        self.axis, self.read = axis, read
        self.unknown = sum(1 << i for i, cell in enumerate(cells) if cell.unknown)
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
        self.masks = [self._mask(cells, stretch) for stretch in self.stretches]
        self.words: dict[object, int] = {}
        self.starts: list[Exact] = []
        if axis.is_ordered:
            edge_places = [low for low, _ in self.stretches[1:] if low is not None]
            self.starts = [ordered(axis.value(place)) for place in edge_places]
        else:
            places = range(len(axis.words()))
            self.words = {axis.value(p): self._mask(cells, (p, p)) for p in places}

    @staticmethod
    def _mask(cells: Sequence[Cell], stretch: Range) -> int:
        low, high = stretch
        mask = 0
        for bit, cell in enumerate(cells):
            for start, end in cell.ranges:
                after = start is None or (low is not None and start <= low)
                before = end is None or (high is not None and high <= end)
                if after and before:
                    mask |= 1 << bit
        return mask

    def mask(self, value: Any) -> int:
        """Return the rows that hold for a value."""
        if value is UNKNOWN:
            if not self.axis.kind.unknown:
                raise missing(self.axis.title)
            return self.unknown
        if self.words:
            return self.words.get(value, 0)
        return self.masks[bisect_right(self.starts, value)]

    def shown(self, value: Value) -> tuple[str, str]:
        """Return the column and a value, as people read them."""
        return self.axis.title, shown(self.axis.kind, value)


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

    def find(self, env: Env) -> tuple[int, tuple[Value, ...]]:
        """Return the mask of the rows that hold, and the values that said so."""
        mask, values = self.full, []
        for lookup in self.lookups:
            value = lookup.read(env)
            values.append(value)
            mask &= lookup.mask(value)
        return mask, tuple(values)

    def hit(self, row: int, values: tuple[Value, ...]) -> Hit:
        """Return what the explanation says of a row."""
        found = self.rows[row]
        return Hit(
            table=self.title,
            label=found.label,
            line=found.line,
            version="" if self.since is None else date.fromordinal(self.since).isoformat(),
            values=tuple(
                lookup.shown(value)
                for lookup, value, cell in zip(self.lookups, values, found.cells, strict=True)
                if not cell.anything
            ),
        )

    def neighbours(self, row: int) -> list[int]:
        """Return the rows that differ from a row by their first ordered column only, in order."""
        ordered = next((i for i, axis in enumerate(self.axes) if axis.is_ordered), None)
        if ordered is None:
            return [row]

        def others(index: int) -> tuple[str, ...]:
            cells = self.rows[index].cells
            return tuple(cell.text for i, cell in enumerate(cells) if i != ordered)

        def start(index: int) -> tuple[bool, int]:
            ranges = self.rows[index].cells[ordered].ranges
            low = ranges[0][0] if ranges else None
            return low is not None, low or 0

        alike = [i for i in range(len(self.rows)) if others(i) == others(row)]
        return sorted((i for i in alike if self.rows[i].cells[ordered].ranges), key=start)


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
        self.grids, self.day, self.line = tuple(grids), day.run if day else None, line
        every = [*parts, day] if day else [*parts]
        self.needs = frozenset[str]().union(*(part.needs for part in every))
        self.fields = frozenset[str]().union(*(part.fields for part in every))
        self.positions = {column: i for i, column in enumerate(columns)}
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
            if self.hit == "sum":
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
        mask, values = grid.find(env)
        if not mask:
            raise self._nothing(grid, values)
        row = (mask & -mask).bit_length() - 1
        if by == 0:
            return self._result(grid, row, column, env, values)
        key = (self.grids.index(grid), row)
        ladder = self._ladders.get(key)
        if ladder is None:
            ladder = self._ladders[key] = grid.neighbours(row)
        if by is None:
            place = len(ladder) - 1 if top else 0
        else:
            place = ladder.index(row) + by
            if not 0 <= place < len(ladder):
                if not stay:
                    sentence = f"« {self.title} » n'a pas de tranche voisine de celle-ci."
                    raise Stop(RefusalKind.NO_PRICE, sentence, self.line)
                place = min(max(place, 0), len(ladder) - 1)
        return self._result(grid, ladder[place], column, env, values)

    def _result(
        self, grid: Grid, row: int, column: int, env: Env, values: tuple[Value, ...]
    ) -> Any:
        result = grid.rows[row].results[column]
        if result is None:
            hit = grid.hit(row, values)
            told = ", ".join(f"{name} {value}" for name, value in hit.values) or hit.label
            raise Stop(
                RefusalKind.NO_PRICE,
                f"« {self.title} » : aucun prix n'est publié pour {told}.",
                grid.rows[row].line,
            )
        hits = env.get(HITS)
        if hits is not None:
            hits.append((grid, row, values))
        return result.run(env) if isinstance(result, Formula) else result

    def _nothing(self, grid: Grid, values: tuple[Value, ...]) -> Stop:
        told = ", ".join(
            " ".join(lookup.shown(value))
            for lookup, value in zip(grid.lookups, values, strict=True)
        )
        return Stop(
            RefusalKind.NO_PRICE, f"« {self.title} » ne prévoit rien pour {told}.", self.line
        )


def faults(table: Table, grid: Grid) -> list[Finding]:
    """Return the gaps, overlaps and unreachable rows of a version of a table."""
    found = _hidden_gaps(table, grid)
    walk = _Walk(table, grid)
    walk.step(0, grid.full, [])
    found += walk.overlaps if found else walk.gaps + walk.overlaps
    if walk.left < 0:
        found.append(
            Finding(line=table.line, sentence=f"« {table.title} » croise trop de colonnes.")
        )
        return found
    for index, row in enumerate(grid.rows):
        if not walk.reached >> index & 1:
            found.append(
                Finding(
                    line=row.line,
                    sentence=f"« {table.title} » : cette ligne ({row.label}) ne sert jamais, "
                    "d'autres la couvrent en entier.",
                    choices=("retirez-la", "placez-la avant celles qui la couvrent"),
                )
            )
    return found


class _Walk:
    """All the places of a grid, stretch by stretch."""

    def __init__(self, table: Table, grid: Grid) -> None:
        self.table, self.grid = table, grid
        self.gaps: list[Finding] = []
        self.overlaps: list[Finding] = []
        self.reached, self.left = 0, MAX_PLACES
        self.told: set[str] = set()

    def step(self, column: int, mask: int, chosen: list[int | None]) -> None:
        self.left -= 1
        if self.left < 0:
            return
        if mask == 0:
            if self.table.hit != "sum":
                self._gap(chosen)
            return
        if column == len(self.grid.lookups):
            self._leaf(mask, chosen)
            return
        lookup = self.grid.lookups[column]
        for (low, high), rows in zip(lookup.stretches, lookup.masks, strict=True):
            place = low if low is not None else high if high is not None else 0
            self.step(column + 1, mask & rows, [*chosen, place])
        if lookup.axis.kind.unknown:
            self.step(column + 1, mask & lookup.unknown, [*chosen, None])

    def _leaf(self, mask: int, chosen: list[int | None]) -> None:
        first = (mask & -mask).bit_length() - 1
        if self.table.hit == "sum":
            self.reached |= mask
            return
        self.reached |= 1 << first
        rest = mask & (mask - 1)
        if self.table.hit == "unique" and rest:
            self.reached |= rest
            second = (rest & -rest).bit_length() - 1
            key = f"{first}-{second}"
            if key in self.told:
                return
            self.told.add(key)
            rows = self.grid.rows
            self.overlaps.append(
                Finding(
                    line=rows[second].line,
                    sentence=f"« {self.table.title} » : deux lignes valent à la fois, "
                    f"« {rows[first].label} » et « {rows[second].label} ».",
                    example=self._example(chosen),
                    choices=(
                        f"finissez « {rows[first].label} » avant",
                        f"commencez « {rows[second].label} » après",
                        "écrivez « hit: first » si l'ordre décide",
                    ),
                )
            )

    def _gap(self, chosen: list[int | None]) -> None:
        example = self._example(chosen)
        if len(self.told) > 40 or example in self.told:
            return
        self.told.add(example)
        self.gaps.append(
            Finding(
                line=self.table.line,
                sentence=f"« {self.table.title} » ne prévoit rien pour un cas.",
                example=example,
                choices=(
                    "étendez la ligne d'avant ou celle d'après",
                    "ajoutez une ligne",
                    f"écrivez « {NOT_PUBLISHED} » si aucun prix n'est voté",
                ),
            )
        )

    def _example(self, chosen: list[int | None]) -> str:
        axes = self.grid.axes
        return (
            ", ".join(axis.shown(place) for axis, place in zip(axes, chosen, strict=False))
            or "tous les cas"
        )


def _hidden_gaps(table: Table, grid: Grid) -> list[Finding]:
    # A row for everybody would fill the hole between two bands without anybody having chosen it.
    found: list[Finding] = []
    for index, axis in enumerate(grid.axes):
        if not axis.is_ordered or table.hit == "sum":
            continue
        groups: dict[tuple[str, ...], list[Row]] = {}
        for row in grid.rows:
            if not row.cells[index].anything:
                others = (cell.text for i, cell in enumerate(row.cells) if i != index)
                groups.setdefault(tuple(others), []).append(row)
        for rows in groups.values():
            covered = merge(r for row in rows for r in row.cells[index].ranges)
            for low, high in complement(axis, covered)[:]:
                inside = any(end is not None and low == end + 1 for _, end in covered) and any(
                    start is not None and high is not None and start == high + 1
                    for start, _ in covered
                )
                if inside and low is not None and high is not None:
                    found.append(_gap_between(table, axis, rows, index, (low, high)))
    return found


def _gap_between(
    table: Table, axis: Axis, rows: Sequence[Row], index: int, gap: tuple[int, int]
) -> Finding:
    low, high = gap
    before = next(r for r in rows if any(e == low - 1 for _, e in r.cells[index].ranges))
    after = next(r for r in rows if any(s == high + 1 for s, _ in r.cells[index].ranges))
    size = "" if low == high else f" à {shown(axis.kind, axis.value(high))}"
    return Finding(
        line=after.line,
        sentence=f"« {table.title} » laisse un trou entre « {before.label} » et "
        f"« {after.label} » : {axis.shown(low)}{size}.",
        example=axis.shown(low),
        choices=(
            f"finissez « {before.label} » à {shown(axis.kind, axis.value(high))}",
            f"commencez « {after.label} » à {shown(axis.kind, axis.value(low))}",
            f"ajoutez une ligne, « {NOT_PUBLISHED} » si rien n'est voté",
        ),
    )
