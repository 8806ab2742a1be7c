"""What changes of a table: amounts by their row, bounds that move, rows that come and go."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cvq.rules.tariff.cells import Axis, Cell
from cvq.rules.tariff.compared.leaps import leap
from cvq.rules.tariff.compared.words import became, day, keys_that_change, written
from cvq.rules.tariff.formula import Formula
from cvq.rules.tariff.kinds import Kind, shown
from cvq.rules.tariff.read import Fields, Items, Node, Text
from cvq.rules.tariff.tables import Grid, Result, Row, Table

KEYS = {
    "hit": "quelle ligne vaut",
    "monotonic": "le sens déclaré",
    "largest_jump": "le plus grand saut permis",
    "title": "le nom",
    "then": "ce que la table donne",
    "when": "les conditions",
}
APART = {"rows", "across", "versions", "otherwise"}  # each has words of its own


class Spoken(NamedTuple):
    """A row with what its conditions mean, and the texts of its results."""

    row: Row
    meant: tuple[object, ...]
    results: tuple[str, ...]


class Version(NamedTuple):
    """A dated version of a table: its rows in their order."""

    since: str
    grid: Grid
    rows: tuple[Spoken, ...]
    is_matrix: bool


def table_changes(was: Table, will: Table, old: Node, new: Node) -> list[str]:
    """Return the sentences of a table that two documents state otherwise."""
    found = [
        became(f"{will.title}, {KEYS[key]}", before, after, written)
        for key, before, after in keys_that_change(old, new)
        if key not in APART
    ]
    if was.may_be_nothing != will.may_be_nothing:
        told = "rien n'est dû, où le prix était refusé"
        told = told if will.may_be_nothing else "le prix est refusé, où rien n'était dû"
        found.append(f"{will.title}, quand aucune ligne ne vaut : {told}")
    before, after = _versions(was, old), _versions(will, new)
    for one, other in _pairs(before, after):
        if other is None:
            found.append(f"{will.title} : la version du {one.since if one else ''} est retirée")
            continue
        if one is None:
            found.append(f"{will.title} : nouvelle version à partir du {other.since}")
            place = after.index(other)
            if place:
                dated = f"{will.title}, version du {other.since}"
                found += _Rows(will, will, dated, after[place - 1], other).changes()
            continue
        dated = f", version du {other.since}" if other.since else ""
        if one.since != other.since:
            told = f"{will.title} : la version du {one.since or 'début'}"
            found.append(f"{told} devient celle du {other.since or 'début'}")
        found += _Rows(was, will, f"{will.title}{dated}", one, other).changes()
    return found


def _pairs(
    before: Sequence[Version], after: Sequence[Version]
) -> Iterator[tuple[Version | None, Version | None]]:
    # By their day; where none is added or taken away, by their place.
    if len(before) == len(after):
        yield from zip(before, after, strict=True)
        return
    old = {one.since: one for one in before}
    for one in after:
        yield old.pop(one.since, None), one
    for left in old.values():
        yield left, None


def _versions(table: Table, node: Node) -> list[Version]:
    assert isinstance(node, Fields)
    written_versions = node.fields.get("versions")
    nodes = written_versions.items if isinstance(written_versions, Items) else (node,)
    found = []
    for grid, one in zip(table.grids, nodes, strict=True):
        assert isinstance(one, Fields)
        since = day(one.fields.get("from")) if len(nodes) > 1 or grid.since else ""
        since = "" if grid.since is None else since
        texts = _texts(one, len(table.columns), len(grid.axes))
        rows = tuple(
            Spoken(row, tuple(map(_meant, grid.axes, row.cells)), text)
            for row, text in zip(grid.rows, texts, strict=True)
        )
        found.append(Version(since, grid, rows, "across" in one.fields))
    return found


def _meant(axis: Axis, cell: Cell) -> object:
    # Places are of one document: words may come in another order, numbers on another step.
    if not axis.is_ordered:
        words = [
            axis.value(p) for low, high in cell.ranges for p in range(low or 0, (high or 0) + 1)
        ]
        return frozenset(words), cell.unknown
    first, last = axis.ends()
    return cell.unknown, tuple(
        (
            None if low is None or low == first else axis.value(low),
            None if high is None or high == last else axis.value(high),
        )
        for low, high in cell.ranges
    )


def _texts(node: Fields, columns: int, axes: int) -> list[tuple[str, ...]]:
    # The results of each row as they were written, a matrix cell by cell.
    across = node.fields.get("across")
    rows = node.fields["rows"]
    assert isinstance(rows, Items)
    found: list[tuple[str, ...]] = []
    for row in rows.items:
        assert isinstance(row, Items)
        cells = [one.value for one in row.items if isinstance(one, Text)]
        if isinstance(across, Items):
            found += [(cells[axes - 1 + place],) for place in range(len(across.items))]
        else:
            found.append(tuple(cells[axes : axes + columns]))
    return found


def _results(table: Table, row: Spoken) -> Iterator[tuple[str, Result, Kind]]:
    yield from zip(row.results, row.row.results, table.columns.values(), strict=True)


def _shown(text: str, result: Result, kind: Kind) -> str:
    if result is None:
        return "aucun prix publié"
    return f"la formule {text}" if isinstance(result, Formula) else shown(kind, result)


def _becomes(before: tuple[str, Result, Kind], after: tuple[str, Result, Kind]) -> str:
    was, will = _shown(*before), _shown(*after)
    return f"{was} devient {will}{leap(was, will)}"


def _row(grid: Grid, row: Row, but: int | None = None) -> str:
    bands: list[str] = []
    words: list[str] = []
    for place, (axis, cell) in enumerate(zip(grid.axes, row.cells, strict=True)):
        if cell.anything or place == but:
            continue
        (bands if axis.is_ordered else words).append(_condition(axis, cell))
    if row.named:
        told = f"{row.label} ({', '.join(bands)})" if bands else row.label
        return ", ".join([told, *words])
    return ", ".join([*bands, *words]) or "tous les cas"


def _condition(axis: Axis, cell: Cell) -> str:
    if axis.is_ordered:
        return f"{axis.title} {axis.told(cell)}"
    return " ou ".join(one for one in (axis.told(cell), _unknown(axis, cell)) if one)


def _unknown(axis: Axis, cell: Cell) -> str:
    return f"{axis.title} inconnu" if cell.unknown and not axis.is_ordered else ""


class _Rows:
    """The rows of two versions, each with the one that it follows."""

    def __init__(self, was: Table, will: Table, where: str, old: Version, new: Version) -> None:
        self.was, self.will, self.where, self.old, self.new = was, will, where, old, new

    def changes(self) -> list[str]:
        """Return the sentences."""
        if [axis.name for axis in self.old.grid.axes] != [a.name for a in self.new.grid.axes]:
            return [*self._gone(self.old.rows), *self._come(self.new.rows)]
        pairs = self._paired()
        found: list[str] = []
        for one, other in pairs:
            found += self._changed(one, other)
        found += self._gone([one for one in self.old.rows if not any(one is p for p, _ in pairs)])
        found += self._come([one for one in self.new.rows if not any(one is p for _, p in pairs)])
        followed = [next(i for i, r in enumerate(self.old.rows) if r is one) for one, _ in pairs]
        if self.will.hit == "first" and followed != sorted(followed):
            told = " ; ".join(_row(self.new.grid, one.row) for one in self.new.rows)
            found.append(f"{self.where} : l'ordre des lignes change, d'abord {told}")
        return found

    def _paired(self) -> list[tuple[Spoken, Spoken]]:
        """Return which row follows which: by its conditions, then its label, then its results."""
        left = list(self.old.rows)
        found: dict[int, Spoken] = {}
        for alike in (_conditions, _names, _amounts):
            for place, one in enumerate(self.new.rows):
                if place in found:
                    continue
                same = [old for old in left if alike(old) == alike(one) is not None]
                if len(same) == 1 or (same and alike is not _amounts):
                    found[place] = same[0]
                    left = [old for old in left if old is not same[0]]
        return [(found[place], self.new.rows[place]) for place in sorted(found)]

    def _changed(self, old: Spoken, new: Spoken) -> Iterator[str]:
        where = f"{self.where}, {_row(self.old.grid, old.row)}"
        # What a row of a matrix says of all its amounts is told once.
        last = len(self.old.grid.axes) - 1 if self.old.is_matrix else None
        shared = f"{self.where}, {_row(self.old.grid, old.row, last)}"
        for place, (axis, other) in enumerate(
            zip(self.old.grid.axes, self.new.grid.axes, strict=True)
        ):
            if old.meant[place] != new.meant[place]:
                before, after = old.row.cells[place], new.row.cells[place]
                told = f"{_bounds(axis, before)} devient {_bounds(other, after)}"
                whose = where if place == last else shared
                yield f"{whose}, {axis.title} : {told}" if axis.is_ordered else f"{whose} : {told}"
        if old.row.named != new.row.named or (new.row.named and old.row.label != new.row.label):
            name = f"« {new.row.label} »" if new.row.named else "sans étiquette"
            yield f"{shared} : s'appelle désormais {name}"
        yield from self._prices(where, old, new)

    def _prices(self, where: str, old: Spoken, new: Spoken) -> Iterator[str]:
        if list(self.was.columns) != list(self.will.columns):
            yield from self._columns(where, old, new)
            return
        pairs = zip(
            _results(self.was, old), _results(self.will, new), self.will.columns, strict=True
        )
        for before, after, column in pairs:
            if _same(before, after):
                continue
            which = f", {column.replace('_', ' ')}" if column else ""
            yield f"{where}{which} : {_becomes(before, after)}"

    def _columns(self, where: str, old: Spoken, new: Spoken) -> Iterator[str]:
        before = dict(zip(self.was.columns, _results(self.was, old), strict=True))
        after = dict(zip(self.will.columns, _results(self.will, new), strict=True))
        for column in [*after, *(one for one in before if one not in after)]:
            which = f"{where}, {column.replace('_', ' ') or 'résultat'}"
            if column not in before:
                yield f"{which} : {_shown(*after[column])}, ajouté"
            elif column not in after:
                yield f"{which} : retiré, c'était {_shown(*before[column])}"
            elif not _same(before[column], after[column]):
                yield f"{which} : {_becomes(before[column], after[column])}"

    def _gone(self, rows: Sequence[Spoken]) -> Iterator[str]:
        for one in rows:
            told = " et ".join(_shown(*result) for result in _results(self.was, one))
            yield f"{self.where}, ligne retirée : {_row(self.old.grid, one.row)}, {told}"

    def _come(self, rows: Sequence[Spoken]) -> Iterator[str]:
        for one in rows:
            told = " et ".join(_shown(*result) for result in _results(self.will, one))
            yield f"{self.where}, ligne ajoutée : {_row(self.new.grid, one.row)}, {told}"


def _bounds(axis: Axis, cell: Cell) -> str:
    if cell.anything:
        return "tous les cas"
    told = axis.told(cell)
    return told or _condition(axis, cell) or "inconnu"


def _conditions(one: Spoken) -> object:
    return one.meant


def _names(one: Spoken) -> object:
    # A label alone may name the cells of a whole row of a matrix.
    if not one.row.named:
        return None
    return one.row.label, one.meant[1:]


def _amounts(one: Spoken) -> object:
    return one.results


def _same(one: tuple[str, Result, Kind], other: tuple[str, Result, Kind]) -> bool:
    first, second = one[1], other[1]
    if isinstance(first, Formula) or isinstance(second, Formula):
        return isinstance(first, Formula) and isinstance(second, Formula) and one[0] == other[0]
    return first == second and type(first) is type(second)
