"""
What the order of the rows hides: in a table where the first row wins, a later one fills the hole
between two bands, and an earlier one takes the places that two bands both claim.

A row runs into a band where it would hold in its place: such a row was written behind the band,
not beside it, and nobody meant it to show between that band and the next.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from cvq.rules.tariff.tables import Grid


class Gap(NamedTuple):
    """The rows before and after a hole, and its first and last place."""

    before: int
    after: int
    places: tuple[int, int]


class Line(NamedTuple):
    """All the places of one column, the others being what they are, and one of its stretches."""

    column: int
    rows: int  # those that hold for the other columns
    stretch: int


class Hidden:
    """What the rows of a grid hide from each other."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.looked = 0
        self._distinct = [tuple(set(lookup.masks)) for lookup in grid.lookups]
        self._covers: dict[tuple[int, int], int] = {}
        self._blocks: dict[int, dict[object, int]] = {}
        self._wider: dict[tuple[int, object], int] = {}
        self._narrower: dict[tuple[int, object], int] = {}
        self._seen: set[tuple[Line, int]] = set()

    def gaps(self, line: Line, served: int) -> Iterator[Gap]:
        """Yield the holes between bands where a row serves that was written behind them."""
        if (line, served) in self._seen:
            return
        self._seen.add((line, served))
        earlier = line.rows & ((1 << served) - 1)
        if earlier and (gap := self._behind(line, earlier, served, is_both=True)):
            yield gap
        narrow = line.rows & self._narrower_than(line.column, served)
        for group in {narrow & self._as_wide(line.column, row) for row in each(narrow)}:
            if gap := self._behind(line, group, served, is_both=False):
                yield gap

    def clashes(self, column: int, mask: int, served: int) -> Iterator[int]:
        """Yield the rows, else alike, whose band crosses that of the row that serves."""
        later = mask & ~(1 << served) & self._block(column, served)
        for row in each(later & ~self._covering(column, served)):
            if not self._covering(column, row) >> served & 1:
                yield row

    def unfilled(self, column: int) -> Iterator[Gap]:
        """Yield the holes between the bands of rows else alike, of a table that adds them up."""
        lookup = self.grid.lookups[column]
        self._block(column, 0)
        masks = lookup.masks
        for block in self._blocks[column].values():
            bands = block & ~lookup.everybody
            if not bands & (bands - 1):
                continue  # a hole lies between two rows
            self.looked += 1 + len(masks) // 16
            held = [stretch for stretch, rows in enumerate(masks) if rows & bands]
            for low, high in pairwise(held):
                gap = self._gap(Line(column, block, low + 1), bands) if high > low + 1 else None
                if gap is None:
                    continue
                wider = self._as_wide(column, first_of(block)) & ~block & ~lookup.everybody
                wider &= ~masks[low] & ~masks[high]
                if any(not rows & wider for rows in masks[low + 1 : high]):
                    yield gap

    def _behind(self, line: Line, bands: int, served: int, *, is_both: bool) -> Gap | None:
        # Whether the row that serves between two bands runs into those that stand before it.
        # What would hold there too, later on, is one more row behind the bands.
        lookup = self.grid.lookups[line.column]
        bands &= ~lookup.masks[line.stretch]
        gap = self._gap(line, bands)
        if gap is None:
            return None
        beside = gap.places[0] - 1, gap.places[1] + 1
        before = bands & ((1 << served) - 1)
        rows = [lookup.masks[lookup.stretch(place)] for place in beside]
        into = [bool(one >> served & 1 and one & before) for one in rows]
        return gap if (all(into) if is_both else any(into)) else None

    def _gap(self, line: Line, bands: int) -> Gap | None:
        # The nearest bands on both sides of a stretch that none of them holds.
        lookup = self.grid.lookups[line.column]
        masks = lookup.masks
        self.looked += 1 + len(masks) // 64
        if masks[line.stretch] & bands:
            return None
        low = next((s for s in range(line.stretch - 1, -1, -1) if masks[s] & bands), None)
        high = next((s for s in range(line.stretch + 1, len(masks)) if masks[s] & bands), None)
        if low is None or high is None:
            return None
        # A row that stands on both sides left the hole on purpose.
        below, above = masks[low] & bands, masks[high] & bands
        before, after = below & ~above, above & ~below
        end, start = lookup.stretches[low][1], lookup.stretches[high][0]
        if not before or not after or end is None or start is None:
            return None
        return Gap(first_of(before), first_of(after), (end + 1, start - 1))

    def _covering(self, column: int, row: int) -> int:
        # The rows whose cell holds for each known value for which that of a row does.
        if (column, row) not in self._covers:
            found = self.grid.full
            for rows in self._distinct[column]:
                if rows >> row & 1:
                    found &= rows
            self._covers[column, row] = found
        return self._covers[column, row]

    def _key(self, column: int, row: int) -> object:
        cells = self.grid.rows[row].cells
        return tuple((c.ranges, c.unknown) for i, c in enumerate(cells) if i != column)

    def _block(self, column: int, row: int) -> int:
        # The rows that say the same of all other columns.
        if column not in self._blocks:
            blocks = self._blocks[column] = {}
            for one in range(len(self.grid.rows)):
                key = self._key(column, one)
                blocks[key] = blocks.get(key, 0) | 1 << one
        return self._blocks[column][self._key(column, row)]

    def _as_wide(self, column: int, row: int) -> int:
        # The rows that hold wherever a row does, whatever one column says.
        key = column, self._key(column, row)
        if key not in self._wider:
            found = self.grid.full
            for other, lookup in enumerate(self.grid.lookups):
                if other != column:
                    found &= self._covering(other, row)
                    found &= lookup.unknown if lookup.unknown >> row & 1 else found
            self._wider[key] = found
        return self._wider[key]

    def _narrower_than(self, column: int, row: int) -> int:
        # The rows that hold only where a row does, and not everywhere there.
        key = column, self._key(column, row)
        if key not in self._narrower:
            mine, found = self._block(column, row), 0
            for block in self._blocks[column].values():
                if block != mine and self._as_wide(column, first_of(block)) >> row & 1:
                    found |= block
            self._narrower[key] = found
        return self._narrower[key]


def first_of(mask: int) -> int:
    """Return the first row of a set."""
    return (mask & -mask).bit_length() - 1


def each(mask: int) -> Iterator[int]:
    """Yield the rows of a set, in order."""
    while mask:
        yield first_of(mask)
        mask &= mask - 1
