"""
Tables declared monotonic, or with a largest jump: every place against the next one.

They are looked at along each ordered column, inside each row and at each border.  What cannot be
decided is told as such: a table about which nothing is said holds everywhere.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

from cvq.rules.tariff.cells import Axis, ordered
from cvq.rules.tariff.checker.effort import A_LOOK, Effort
from cvq.rules.tariff.checker.steepness import Judged, Piece, Search, Step, Want
from cvq.rules.tariff.declared import text_of
from cvq.rules.tariff.findings import Finding, Wrong
from cvq.rules.tariff.kinds import Base, Kind, Misread, listed, read_value, shown
from cvq.rules.tariff.read import Fields
from cvq.rules.tariff.tables import Grid, Lookup, Table

MAX_CROSSED, MAX_FINDINGS = 50_000, 40
KEYS = ("monotonic", "largest_jump")
DIRECTIONS = {"increasing": "croissant", "decreasing": "décroissant"}
Asked = Mapping[int, tuple[Want, ...]]


class Context(NamedTuple):
    """What the other columns say: the rows left, and the places of those that formulas read."""

    rows: int
    places: tuple[tuple[str, tuple[int | None, int | None] | None], ...]


def slopes(node: Fields, table: Table, grid: Grid, search: Search, effort: Effort) -> list[Finding]:
    """
    Return where a version of a table goes the wrong way, jumps, or cannot be decided.

    :raises Wrong: what it declares is no direction, no amount, or of no ordered column.
    """
    asked = _asked(node, grid)
    if effort.left < 0:
        return []
    most = search.left = min(search.left, effort.left // A_LOOK)
    found = _slopes(asked, table, grid, search)
    effort.left = max(0, effort.left - A_LOOK * (most - search.left))
    return found


def _slopes(asked: Asked, table: Table, grid: Grid, search: Search) -> list[Finding]:
    found: dict[object, Finding] = {}
    for place, wanted in asked.items():
        walk = _Walk(table, grid, place, search)
        contexts = walk.contexts()
        if contexts is None:
            sentence = f"« {table.title} » croise trop de cas pour que sa pente soit vérifiée."
            choices = (
                "séparez-la en plusieurs tables",
                "retirez « monotonic » et « largest_jump »",
            )
            return [Finding(line=table.line, sentence=sentence, choices=choices)]
        for column, kind in enumerate(table.columns.values()):
            for step in walk.steps(contexts, column):
                for want in wanted:
                    told = walk.judged(step, column, kind, want)
                    if told is not None:
                        found.setdefault((place, column, want, step.key), told)
                if len(found) >= MAX_FINDINGS:
                    return list(found.values())
    return list(found.values())


def _asked(node: Fields, grid: Grid) -> Asked:
    # By column: for all that have an order, or for those that are named.
    asked: dict[int, list[Want]] = {}
    for key in KEYS:
        for place, written in _by_column(node, key, grid).items():
            asked.setdefault(place, []).append(_want(key, written, node.lines[key]))
    return {place: tuple(wants) for place, wants in sorted(asked.items())}


def _by_column(node: Fields, key: str, grid: Grid) -> dict[int, str]:
    found = node.fields.get(key)
    if found is None:
        return {}
    places = {axis.name: place for place, axis in enumerate(grid.axes) if axis.is_ordered}
    line = node.lines[key]
    if not places:
        raise Wrong(line, f"« {key} » suit une colonne qui a un ordre ; cette table n'en a pas.")
    if not isinstance(found, Fields):
        return dict.fromkeys(places.values(), text_of(node, key) or "")
    named = {name: text_of(found, name) or "" for name in found.fields}
    for name in named:
        if name not in places:
            raise Wrong(
                found.lines[name],
                f"« {key} » suit une colonne qui a un ordre ; « {name} » n'en est pas une.",
                f"une de : {listed(tuple(places))}",
            )
    return {places[name]: written for name, written in named.items()}


def _want(key: str, written: str, line: int) -> Want:
    if key == "monotonic":
        if written not in DIRECTIONS:
            raise Wrong(line, "« monotonic » est increasing ou decreasing.")
        return Want(direction=written)
    try:
        largest = ordered(read_value(Kind(base=Base.MONEY, low=Fraction(0)), written))
    except Misread as error:
        raise Wrong(line, f"« largest_jump » : {error}.") from error
    return Want(largest=largest)


class _Walk:
    """A version of a table along one of its columns."""

    def __init__(self, table: Table, grid: Grid, place: int, search: Search) -> None:
        self.table, self.grid, self.place, self.search = table, grid, place, search
        self.axis: Axis = grid.axes[place]
        self.several = sum(axis.is_ordered for axis in grid.axes) > 1

    def contexts(self) -> list[Context] | None:
        """Return what the other columns may say, None where they cross too many cases."""
        read = self.search.columns_read()
        found = {Context(self.grid.full, ())}
        for place, lookup in enumerate(self.grid.lookups):
            if place == self.place:
                continue
            sides = _sides(lookup, is_read=lookup.axis.name in read)
            crossed = {
                Context(one.rows & rows, one.places + named)
                for one in found
                for rows, named in sides
                if one.rows & rows
            }
            found = crossed
            if len(found) * len(self.grid.lookups[self.place].stretches) > MAX_CROSSED:
                return None
        return sorted(found, key=lambda one: (one.rows, str(one.places)))

    def steps(self, contexts: list[Context], column: int) -> Iterator[Step]:
        """Return each row with itself, and each with the one that follows, in every context."""
        seen: set[object] = set()
        for context in contexts:
            fixed = dict(context.places)
            before: Piece | None = None
            for piece in self._pieces(context.rows):
                if any(self.grid.rows[row].results[column] is None for row in piece.rows):
                    continue  # where nothing is published there is nothing to go down from
                for step in (Step(piece, piece, fixed), Step(before or piece, piece, fixed)):
                    key = (step.key, step.before.high, step.after.low, context.places)
                    if key not in seen:
                        seen.add(key)
                        yield step
                before = piece

    def _pieces(self, rows: int) -> Iterator[Piece]:
        # Stretches where the same rows hold are one.
        lookup = self.grid.lookups[self.place]
        last: Piece | None = None
        for (low, high), mask in zip(lookup.stretches, lookup.masks, strict=True):
            held = self._held(mask & rows)
            if last is not None and last.rows == held:
                last = last._replace(high=high)
                continue
            if last is not None and self._counts(last):
                yield last
            last = Piece(low, high, held)
        if last is not None and self._counts(last):
            yield last

    def _counts(self, piece: Piece) -> bool:
        # No row is a gap, told elsewhere, unless the table says that nothing is due then.
        return bool(piece.rows) or self.table.may_be_nothing

    def _held(self, mask: int) -> tuple[int, ...]:
        if self.table.hit != "sum":
            return (first.bit_length() - 1,) if (first := mask & -mask) else ()
        return tuple(row for row in range(len(self.grid.rows)) if mask >> row & 1)

    def judged(self, step: Step, column: int, kind: Kind, want: Want) -> Finding | None:
        """Return what is wrong between a place and the next one, None where all is well."""
        if kind.base not in {Base.MONEY, Base.NUMBER}:
            return None
        if want.largest is not None and (kind.base is not Base.MONEY or step.is_apart):
            return None
        judged = self.search.look(self.axis, step, column, want)
        return None if judged is None else self._told(step, column, kind, want, judged)

    def _told(
        self, step: Step, column: int, kind: Kind, want: Want, judged: Judged
    ) -> Finding | None:
        rows = [self.grid.rows[row] for row in (*step.after.rows, *step.before.rows)]
        before, after = self._label(step.before), self._label(step.after)
        name = list(self.table.columns)[column]
        named = f"« {f'{self.table.title} {name}'.strip()} »"
        along = f" selon {self.axis.title}" if self.several else ""
        where = f"de « {before} » à « {after} »"
        if step.is_inside:
            where = f"à l'intérieur de « {after} »"
        key = "monotonic" if want.largest is None else "largest_jump"
        retreat = f"retirez « {key} »"
        if self.several:
            retreat = f"nommez la colonne à suivre : « {key}: {{{self.axis.name}: … }} »"
        if judged.witness is None:
            return Finding(
                line=rows[0].line,
                sentence=f"{named}{along} : rien ne prouve que « {key} » tienne, {where}.",
                example=judged.why,
                choices=(
                    "donnez des bornes proches (min, max) aux entrées que la formule lit",
                    "écrivez une formule plus simple",
                    retreat,
                ),
            )
        told = judged.witness.told(self.axis, kind)
        if want.largest is None:
            way = DIRECTIONS[want.direction]
            sentence = f"{named} devait être {way}{along} : {where}."
            choices = ("corrigez le montant", retreat)
        else:
            sentence = f"{named} saute de plus de {shown(kind, want.largest)}{along} : {where}."
            choices = ("corrigez le montant", "augmentez « largest_jump »")
        if step.is_inside:
            choices = ("corrigez la formule", *choices[1:])
        return Finding(line=rows[0].line, sentence=sentence, example=told, choices=choices)

    def _label(self, piece: Piece) -> str:
        return " + ".join(self.grid.rows[row].label for row in piece.rows) or "aucune ligne"


Side = tuple[int, tuple[tuple[str, tuple[int | None, int | None] | None], ...]]


def _sides(lookup: Lookup, *, is_read: bool) -> list[Side]:
    # A column that no formula reads matters only by the rows that it leaves.
    name = lookup.axis.name
    found: dict[Side, None] = {}
    for stretch, rows in zip(lookup.stretches, lookup.masks, strict=True):
        found.setdefault((rows, ((name, stretch),) if is_read else ()))
    if lookup.axis.kind.unknown:
        found.setdefault((lookup.unknown, ((name, None),) if is_read else ()))
    return list(found)
