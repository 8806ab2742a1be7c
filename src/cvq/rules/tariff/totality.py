"""
The proof that a table forgets nobody: each gap, overlap and row that never serves, with the
smallest case that falls into it.
"""

from collections.abc import Iterator
from functools import reduce
from operator import or_

from cvq.rules.tariff.cells import Axis
from cvq.rules.tariff.findings import Finding
from cvq.rules.tariff.kinds import shown
from cvq.rules.tariff.tables import NOT_PUBLISHED, Grid, Row, Table

MAX_PLACES = 50_000
MAX_FINDINGS = 40


def faults(table: Table, grid: Grid) -> list[Finding]:
    """Return the gaps, overlaps and unreachable rows of a version of a table."""
    walk = _Walk(table, grid)
    if table.hit == "sum":
        walk.reached = _possible(grid)
        walk.holes()
    else:
        walk.step(grid.full, grid.full, [], [])
    if len(walk.found) > MAX_FINDINGS:
        return list(walk.found.values())
    if walk.left < 0:
        sentence = f"« {table.title} » croise trop de cas pour être vérifiée."
        choices = ("séparez-la en plusieurs tables, ou en plusieurs lignes d'un prix",)
        unjudged = Finding(line=table.line, sentence=sentence, choices=choices)
        return [*walk.found.values(), unjudged]
    unreachable = [
        Finding(
            line=row.line,
            sentence=f"« {table.title} » : cette ligne ({row.label}) ne sert jamais, "
            "d'autres la couvrent en entier.",
            choices=("retirez-la", "placez-la avant celles qui la couvrent"),
        )
        for index, row in enumerate(grid.rows)
        if not walk.reached >> index & 1
    ]
    return [*walk.found.values(), *unreachable]


def _possible(grid: Grid) -> int:
    # Where all rows add up, each serves unless one of its cells holds for nothing.
    rows = grid.full
    for lookup in grid.lookups:
        rows &= reduce(or_, lookup.masks, lookup.unknown)
    return rows


class _Walk:
    """All the places of a grid, stretch by stretch; those that cannot differ are seen once."""

    def __init__(self, table: Table, grid: Grid) -> None:
        self.table, self.grid = table, grid
        self.found: dict[object, Finding] = {}
        self.reached, self.left = 0, MAX_PLACES

    def holes(self) -> None:
        """Look for places of one column that no row of a sum has, between two that some have."""
        others = [self.grid.full] * len(self.grid.lookups)
        for column, lookup in enumerate(self.grid.lookups):
            for (low, _), rows in zip(lookup.stretches, lookup.masks, strict=True):
                if rows == 0 and low is not None:
                    chosen: list[int | None] = [None] * column
                    self._between(column, [*chosen, low], others)

    def step(self, mask: int, near: int, chosen: list[int | None], masks: list[int]) -> None:
        """Go on with the rows that hold for the places chosen, and those that one rules out."""
        column = len(chosen)
        self.left -= 1
        if self.left < 0 or len(self.found) > MAX_FINDINGS:
            return
        if mask == 0:
            if not self._between(column - 1, chosen, masks):
                self._nothing(chosen)
            return
        if column == len(self.grid.lookups):
            self._leaf(mask, chosen, masks)
            return
        lookup = self.grid.lookups[column]
        seen = -1
        for (low, high), rows in zip(lookup.stretches, lookup.masks, strict=True):
            if near & rows == seen:
                continue
            seen = near & rows
            place = low if low is not None else high if high is not None else 0
            self.step(mask & rows, mask | seen, [*chosen, place], [*masks, rows])
        if lookup.axis.kind.unknown:
            rows = lookup.unknown
            self.step(mask & rows, mask | near & rows, [*chosen, None], [*masks, rows])

    def _leaf(self, mask: int, chosen: list[int | None], masks: list[int]) -> None:
        first, rest = mask & -mask, mask & (mask - 1)
        self.reached |= first
        if self.table.hit == "unique" and rest:
            self.reached |= rest
            self._twice(first.bit_length() - 1, (rest & -rest).bit_length() - 1, chosen)
        for column, lookup in enumerate(self.grid.lookups):
            # A row for everybody would fill the hole between two bands unseen.
            if not mask & ~lookup.everybody:
                self._between(column, chosen, masks)

    def _between(self, column: int, chosen: list[int | None], masks: list[int]) -> bool:
        # Whether the place chosen on a column lies between two bands of otherwise alike rows.
        if column < 0 or (place := chosen[column]) is None:
            return False
        axis, full = self.grid.axes[column], self.grid.full
        if not axis.is_ordered:
            return False
        alike = full & ~self.grid.lookups[column].everybody
        for other, rows in enumerate(masks):
            if other != column:
                alike &= rows
        bands = [
            (low, high, row) for row in self._rows(alike) for low, high in row.cells[column].ranges
        ]
        self.left -= len(bands) // 8
        below = [(high, row) for _, high, row in bands if high is not None and high < place]
        above = [(low, row) for low, _, row in bands if low is not None and low > place]
        if not below or not above:
            return False
        end, before = max(below, key=lambda one: one[0])
        start, after = min(above, key=lambda one: one[0])
        if before is after:
            return False
        key = (column, before.line, after.line, end)
        self.found.setdefault(
            key, _gap_between(self.table, axis, before, after, (end + 1, start - 1))
        )
        return True

    def _rows(self, mask: int) -> Iterator[Row]:
        while mask:
            first = mask & -mask
            yield self.grid.rows[first.bit_length() - 1]
            mask ^= first

    def _twice(self, first: int, second: int, chosen: list[int | None]) -> None:
        one, other = self.grid.rows[first], self.grid.rows[second]
        finding = Finding(
            line=other.line,
            sentence=f"« {self.table.title} » : deux lignes valent à la fois, « {one.label} » et "
            f"« {other.label} ».",
            example=self._example(chosen),
            choices=(
                f"finissez « {one.label} » avant",
                f"commencez « {other.label} » après",
                "écrivez « hit: first » si l'ordre décide",
            ),
        )
        self.found.setdefault((first, second), finding)

    def _nothing(self, chosen: list[int | None]) -> None:
        example = self._example(chosen)
        finding = Finding(
            line=self.table.line,
            sentence=f"« {self.table.title} » ne prévoit rien pour un cas.",
            example=example,
            choices=(
                "étendez la ligne d'avant ou celle d'après",
                "ajoutez une ligne",
                f"écrivez « {NOT_PUBLISHED} » si aucun prix n'est voté",
            ),
        )
        self.found.setdefault(example, finding)

    def _example(self, chosen: list[int | None]) -> str:
        told = [a.shown(place) for a, place in zip(self.grid.axes, chosen, strict=False)]
        return ", ".join(told) or "tous les cas"


def _gap_between(
    table: Table, axis: Axis, before: Row, after: Row, gap: tuple[int, int]
) -> Finding:
    low, high = (shown(axis.kind, axis.value(place)) for place in gap)
    size = "" if low == high else f" à {high}"
    return Finding(
        line=after.line,
        sentence=f"« {table.title} » laisse un trou entre « {before.label} » et "
        f"« {after.label} » : {axis.shown(gap[0])}{size}.",
        example=axis.shown(gap[0]),
        choices=(
            f"finissez « {before.label} » à {high}",
            f"commencez « {after.label} » à {low}",
            f"ajoutez une ligne, « {NOT_PUBLISHED} » si rien n'est voté",
        ),
    )
