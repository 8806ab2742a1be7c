"""
The proof that a table forgets nobody: each gap, overlap and row that never serves, with the
smallest case that falls into it.
"""

from functools import reduce
from operator import or_

from cvq.rules.tariff.cells import Axis
from cvq.rules.tariff.checker.effort import A_PLACE, Effort
from cvq.rules.tariff.checker.hidden import Gap, Hidden, Line, each
from cvq.rules.tariff.findings import Finding
from cvq.rules.tariff.kinds import shown
from cvq.rules.tariff.tables import NOT_PUBLISHED, Grid, Row, Table

MAX_PLACES = 50_000
MAX_FINDINGS = 40
SAYS_NOTHING = "écrivez « otherwise: nothing », si rien n'est dû alors"


def faults(table: Table, grid: Grid, effort: Effort) -> list[Finding]:
    """Return the gaps, overlaps and unreachable rows of a version of a table."""
    if effort.left < 0:
        return []  # a table before it said so
    most = min(MAX_PLACES, effort.left // A_PLACE)
    walk = _Walk(table, grid, most)
    if table.hit == "sum":
        walk.reached = _possible(grid)
        walk.holes()
        if not table.may_be_nothing:
            walk.forgotten(grid.full, [])
    else:
        walk.step(grid.full, grid.full, [], [])
    effort.left -= A_PLACE * (most - walk.left)
    if len(walk.found) > MAX_FINDINGS:
        return list(walk.found.values())
    if walk.left < 0:
        sentence = f"« {table.title} » croise trop de cas pour être vérifiée."
        choices = ("séparez-la en plusieurs tables, ou en plusieurs lignes d'un prix",)
        if effort.left < 0:
            choices = ("séparez le tarif en plusieurs documents",)
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


def _whatever(grid: Grid) -> list[int]:
    # From each column on, the rows that hold whatever it and those after it say.
    found = [grid.full]
    for lookup in reversed(grid.lookups):
        told = lookup.unknown if lookup.axis.kind.unknown else grid.full
        found.append(found[-1] & lookup.everybody & told)
    return found[::-1]


def _is_in(chosen: list[int | None], column: int, hole: tuple[int, int]) -> bool:
    place = chosen[column] if column < len(chosen) else None
    return place is not None and hole[0] <= place <= hole[1]


class _Walk:
    """All the places of a grid, stretch by stretch; those that cannot differ are seen once."""

    def __init__(self, table: Table, grid: Grid, most: int) -> None:
        self.table, self.grid = table, grid
        self.found: dict[object, Finding] = {}
        self.reached, self.left = 0, most
        self.hidden = Hidden(grid)
        self.holed: list[tuple[int, tuple[int, int]]] = []  # columns, and places told as a hole
        self._gone_on: set[tuple[int, int]] = set()
        self._whatever = _whatever(grid)

    def holes(self) -> None:
        """Look for the holes that the bands of a table that adds up leave between them."""
        for column, axis in enumerate(self.grid.axes):
            if axis.is_ordered:
                looked = self.hidden.looked
                for gap in self.hidden.unfilled(column):
                    self._gap(column, gap)
                    self.holed.append((column, gap.places))
                self.left -= (self.hidden.looked - looked) // 8
                if self.left < 0 or len(self.found) > MAX_FINDINGS:
                    return

    def forgotten(self, mask: int, chosen: list[int | None]) -> None:
        """Look for the places, outside these holes, where nothing at all is added up."""
        column = len(chosen)
        self.left -= 1
        if self.left < 0 or len(self.found) > MAX_FINDINGS:
            return
        if mask == 0:
            if not any(_is_in(chosen, *hole) for hole in self.holed):
                self._nothing(chosen)
            return
        # A row that holds whatever the columns left say, or rows already followed to the end.
        if mask & self._whatever[column] or (column, mask) in self._gone_on:
            return
        self._gone_on.add((column, mask))
        lookup = self.grid.lookups[column]
        self.left -= len(lookup.stretches) // 64
        seen = -1
        for (low, high), rows in zip(lookup.stretches, lookup.masks, strict=True):
            if mask & rows != seen:
                seen = mask & rows
                place = low if low is not None else high if high is not None else 0
                self.forgotten(seen, [*chosen, place])
        if lookup.axis.kind.unknown:
            self.forgotten(mask & lookup.unknown, [*chosen, None])

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
        self.left -= len(lookup.stretches) // 64
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
            self._twice(first.bit_length() - 1, (rest & -rest).bit_length() - 1, chosen, mask)
        if self.table.hit == "first":
            self._order_hides(first.bit_length() - 1, mask, chosen, masks)
            return
        for column, lookup in enumerate(self.grid.lookups):
            # A row for everybody would fill the hole between two bands unseen.
            if not mask & ~lookup.everybody:
                self._between(column, chosen, masks)

    def _order_hides(
        self, served: int, mask: int, chosen: list[int | None], masks: list[int]
    ) -> None:
        # The holes and overlaps of bands that the order of the rows settles in silence.
        for column, lookup in enumerate(self.grid.lookups):
            place = chosen[column]
            if place is None or not lookup.axis.is_ordered:
                continue
            rows = self.grid.full
            for other, held in enumerate(masks):
                if other != column:
                    rows &= held
            looked = self.hidden.looked
            for gap in self.hidden.gaps(Line(column, rows, lookup.stretch(place)), served):
                self._gap(column, gap)
            self.left -= (self.hidden.looked - looked) // 8
            for row in self.hidden.clashes(column, mask, served):
                self._crossed(served, row, lookup.axis.shown(place))

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
            (low, high, row)
            for row in each(alike)
            for low, high in self.grid.rows[row].cells[column].ranges
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
        self._gap(column, Gap(before, after, (end + 1, start - 1)))
        return True

    def _gap(self, column: int, gap: Gap) -> None:
        before, after = self.grid.rows[gap.before], self.grid.rows[gap.after]
        key = (column, before.line, after.line, gap.places[0])
        axis = self.grid.axes[column]
        self.found.setdefault(key, _gap_between(self.table, axis, before, after, gap.places))

    def _crossed(self, first: int, second: int, example: str) -> None:
        one, other = self.grid.rows[first], self.grid.rows[second]
        finding = Finding(
            line=other.line,
            sentence=f"« {self.table.title} » : « {one.label} » et « {other.label} » se "
            f"chevauchent ; « {one.label} » l'emporte, parce qu'elle vient d'abord.",
            example=example,
            choices=(
                f"arrêtez « {one.label} » là où l'autre se lit",
                f"arrêtez « {other.label} » là où l'autre se lit",
            ),
        )
        self.found.setdefault((first, second), finding)

    def _twice(self, first: int, second: int, chosen: list[int | None], mask: int) -> None:
        one, other = self.grid.rows[first], self.grid.rows[second]
        # Bands that cross are refused in order too.
        crosses = any(
            second in self.hidden.clashes(column, mask, first)
            for column, lookup in enumerate(self.grid.lookups)
            if chosen[column] is not None and lookup.axis.is_ordered
        )
        finding = Finding(
            line=other.line,
            sentence=f"« {self.table.title} » : deux lignes valent à la fois, « {one.label} » et "
            f"« {other.label} ».",
            example=self._example(chosen),
            choices=(
                f"finissez « {one.label} » avant",
                f"commencez « {other.label} » après",
                *(() if crosses else ("écrivez « hit: first » si l'ordre décide",)),
            ),
        )
        self.found.setdefault((first, second), finding)

    def _nothing(self, chosen: list[int | None]) -> None:
        example = self._example(chosen)
        choices = (
            "étendez la ligne d'avant ou celle d'après",
            "ajoutez une ligne",
            f"écrivez « {NOT_PUBLISHED} » si aucun prix n'est voté",
        )
        finding = Finding(
            line=self.table.line,
            sentence=f"« {self.table.title} » ne prévoit rien pour un cas.",
            example=example,
            choices=(*choices, SAYS_NOTHING) if self.table.hit == "sum" else choices,
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
