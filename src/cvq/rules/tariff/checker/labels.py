"""Labels that say another band than the row they stand on: people read them on their bills."""

import re
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from cvq.rules.tariff.cells import Axis, Cell, ordered
from cvq.rules.tariff.findings import Finding
from cvq.rules.tariff.kinds import Base
from cvq.rules.tariff.tables import Row, Table

NUMBER = r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:,\d+)?|\d+(?:,\d+)?"
BAND = re.compile(rf"(?<![\w,.])({NUMBER})(?: ?€)? (?:à|et) ({NUMBER})(?![\w/])")
SPACES = re.compile(r"\s")


class Ends(NamedTuple):
    """The numbers that may be said of both ends of a range, and whether it has these ends."""

    starts: set[Fraction]
    stops: set[Fraction]
    begins: bool
    finishes: bool

    def contradicts(self, low: Fraction, high: Fraction, numbers: set[Fraction]) -> bool:
        """Tell whether a label shares one end and says another for the other one."""
        # Where a range does not end, rows before it may: what the label says is narrower.
        if low in self.starts:
            return self.finishes and numbers.isdisjoint(self.stops)
        return high in self.stops and self.begins and numbers.isdisjoint(self.starts)


def contradicted(tables: Iterable[Table]) -> list[Finding]:
    """
    Return the rows whose label says « de 401 à 600 » where the row ends elsewhere.

    One end has to be that of a cell, or the label may speak of something else; a bound is taken
    with and without itself, since people say both.
    """
    found = (
        Finding(
            line=row.line,
            sentence=f"L'étiquette « {row.label} » ne dit pas la même chose que sa ligne : "
            f"{axis.title} {axis.told(cell)}.",
        )
        for table in tables
        for grid in table.grids
        for row in grid.rows
        if row.named
        for axis, cell in _beside(row, grid.axes)
    )
    return list(dict.fromkeys(found))


def _beside(row: Row, axes: Sequence[Axis]) -> Iterator[tuple[Axis, Cell]]:
    bands = [(_number(low), _number(high)) for low, high in BAND.findall(row.label)]
    numbers = {number for band in bands for number in band}
    told = [
        (axis, cell, [_ends(axis, low, high) for low, high in cell.ranges])
        for axis, cell in zip(axes, row.cells, strict=True)
        if axis.kind.base in {Base.NUMBER, Base.MONEY} and axis.kind.unit != "%"
    ]
    for low, high in bands:
        if any(low in one.starts and high in one.stops for _, _, ends in told for one in ends):
            continue
        for axis, cell, ends in told:
            if any(one.contradicts(low, high, numbers) for one in ends):
                yield axis, cell


def _ends(axis: Axis, low: int | None, high: int | None) -> Ends:
    first, last = axis.ends()
    return Ends(
        starts=_said(axis, low, -1),
        stops=_said(axis, high, 1),
        begins=low not in {None, first},
        finishes=high not in {None, last},
    )


def _said(axis: Axis, place: int | None, beyond: int) -> set[Fraction]:
    if place is None:
        return set()
    scale = 100 if axis.kind.base is Base.MONEY else 1  # amounts are kept in cents
    return {Fraction(ordered(axis.value(one))) / scale for one in (place, place + beyond)}


def _number(words: str) -> Fraction:
    return Fraction(SPACES.sub("", words).replace(",", "."))
