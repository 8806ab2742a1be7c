"""Tables declared monotonic, or with a largest jump: each row against the one before."""

from fractions import Fraction
from itertools import pairwise

from cvq.rules.tariff.cells import ordered
from cvq.rules.tariff.declared import text_of
from cvq.rules.tariff.findings import Finding, Wrong
from cvq.rules.tariff.formula import Formula, Stop
from cvq.rules.tariff.kinds import Base, Exact, Kind, Misread, Value, read_value, shown
from cvq.rules.tariff.read import Fields
from cvq.rules.tariff.tables import Grid, Table


def slopes(node: Fields, table: Table, grid: Grid) -> list[Finding]:
    # Declared monotonic, or with a largest jump: each row against the one before on its ladder.
    direction, jump = text_of(node, "monotonic"), text_of(node, "largest_jump")
    if direction is None and jump is None:
        return []
    if direction not in {None, "increasing", "decreasing"}:
        raise Wrong(node.lines["monotonic"], "« monotonic » est increasing ou decreasing.")
    largest = _largest(jump, node.lines["largest_jump"]) if jump else None
    found = []
    for ladder in grid.ladders:
        for before, after in pairwise(ladder):
            for place, (column, kind) in enumerate(table.columns.items()):
                pair = _at_the_border(grid, before, after, place)
                if pair is None:
                    continue
                found += _judged(
                    table, grid, kind, (before, after), pair, (column, direction, largest)
                )
    return found


def _largest(written: str, line: int) -> Exact:
    try:
        return ordered(read_value(Kind(base=Base.MONEY, low=Fraction(0)), written))
    except Misread as error:
        raise Wrong(line, f"« largest_jump » : {error}.") from error


def _at_the_border(grid: Grid, before: int, after: int, place: int) -> tuple[Value, Value] | None:
    index = next(i for i, axis in enumerate(grid.axes) if axis.is_ordered)
    axis = grid.axes[index]
    ends = grid.rows[before].cells[index].ranges[-1][1], grid.rows[after].cells[index].ranges[0][0]
    values: list[Value] = []
    for row, end in zip((before, after), ends, strict=True):
        result = grid.rows[row].results[place]
        if isinstance(result, Formula):
            if end is None or result.needs - {axis.name} or result.fields or result.tables:
                return None
            try:
                result = result.run({axis.name: axis.value(end)})
            except Stop:
                return None
        if result is None:
            return None
        values.append(result)
    return values[0], values[1]


def _judged(
    table: Table,
    grid: Grid,
    kind: Kind,
    rows: tuple[int, int],
    pair: tuple[Value, Value],
    asked: tuple[str, str | None, Exact | None],
) -> list[Finding]:
    column, direction, largest = asked
    first, second = pair
    if not (isinstance(first, int | Fraction) and isinstance(second, int | Fraction)):
        return []
    named = f"{table.title} {column}".strip()
    line, found = grid.rows[rows[1]].line, []
    labels = f"« {grid.rows[rows[0]].label} » à « {grid.rows[rows[1]].label} »"
    told = f"{shown(kind, first)} puis {shown(kind, second)}"
    falls = second < first if direction == "increasing" else second > first
    if direction is not None and falls:
        found.append(
            Finding(
                line=line,
                sentence=f"« {named} » devait être "
                f"{'croissant' if direction == 'increasing' else 'décroissant'} : de {labels}.",
                example=told,
                choices=("corrigez le montant", "retirez « monotonic »"),
            )
        )
    distance = second - first if second > first else first - second
    if largest is not None and distance > largest:
        found.append(
            Finding(
                line=line,
                sentence=f"« {named} » saute de plus de {shown(kind, largest)} : de {labels}.",
                example=told,
                choices=("corrigez le montant", "augmentez « largest_jump »"),
            )
        )
    return found
