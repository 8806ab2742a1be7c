"""Reading a decision table as a person writes it: a list of rows, or a matrix with `across`."""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

import msgspec

from cvq.rules.tariff.cells import Axis, Cell, axis_of, read_cell
from cvq.rules.tariff.checker.effort import Effort
from cvq.rules.tariff.checker.slopes import slopes
from cvq.rules.tariff.checker.steepness import Search
from cvq.rules.tariff.checker.totality import faults
from cvq.rules.tariff.declared import only, text_of
from cvq.rules.tariff.findings import Finding, Wrong
from cvq.rules.tariff.formula import Formula
from cvq.rules.tariff.grammar import WORDS, plain_number
from cvq.rules.tariff.kinds import (
    Base,
    Kind,
    Misread,
    common_step,
    read_value,
    simple,
)
from cvq.rules.tariff.meaning import Scope, compiled
from cvq.rules.tariff.read import Fields, Items, Node, Text
from cvq.rules.tariff.tables import NOT_PUBLISHED, Grid, Result, Row, Table

HITS = ("unique", "first", "sum")
KEYS = {
    "title",
    "when",
    "then",
    "hit",
    "rows",
    "across",
    "versions",
    "monotonic",
    "largest_jump",
    "otherwise",
}
VERSION_KEYS = {"from", "rows", "across"}


def read_table(name: str, node: Node, scope: Scope, titles: Mapping[str, str]) -> Table:
    """
    Return a table ready to be asked.

    :raises Wrong: it cannot be read at all.
    """
    if not isinstance(node, Fields):
        raise Wrong(node.line, f"« {name} » est une table : « when », « then », « rows ».")
    only(node, KEYS, "une table")
    hit = text_of(node, "hit") or "unique"
    if hit not in HITS:
        raise Wrong(node.lines["hit"], f"« hit » est un de : {', '.join(HITS)}.")
    may_be_nothing = _otherwise(node, hit)
    conditions, axes = _axes(node, scope, titles)
    columns = _columns(node)
    if hit == "sum" and any(kind is None or kind.base is Base.TRUTH for kind in columns.values()):
        raise Wrong(
            node.lines["hit"], "« hit: sum » additionne des montants, des taux, des nombres."
        )
    title = text_of(node, "title") or name.replace("_", " ")
    day, versions = _versions(node, scope)
    grids = [
        Grid(
            title=title,
            axes=axes,
            reads=[condition.raw for condition in conditions],
            rows=_rows(version, axes, columns, scope),
            since=since,
        )
        for since, version in versions
    ]
    results = [one for grid in grids for row in grid.rows for one in row.results]
    table = Table(
        name=name,
        title=title,
        hit=hit,
        columns=_settled(columns, grids, hit),
        grids=grids,
        day=day,
        parts=[*conditions, *(one for one in results if isinstance(one, Formula))],
        line=node.line,
    )
    table.may_be_nothing = may_be_nothing
    return table


def faults_of(
    table: Table, node: Node, scope: Scope, titles: Mapping[str, str], effort: Effort
) -> list[Finding]:
    """
    Return what the checker finds in a table.

    :raises Wrong: it declares a slope that is none.
    """
    assert isinstance(node, Fields)  # it was read
    found = [fault for grid in table.grids for fault in faults(table, grid, effort)]
    for grid in table.grids:
        found += slopes(node, table, grid, Search(grid, scope, titles), effort)
    return found


def _otherwise(node: Fields, hit: str) -> bool:
    said = text_of(node, "otherwise")
    if said is None:
        return False
    if said != "nothing":
        raise Wrong(node.lines["otherwise"], "« otherwise » n'a qu'une réponse : nothing.")
    if hit != "sum":
        raise Wrong(
            node.lines["otherwise"],
            "« otherwise » va avec « hit: sum » : ailleurs, le cas qui manque est une ligne.",
            f"ajoutez une ligne, « {NOT_PUBLISHED} » si aucun prix n'est voté",
        )
    return True


def _axes(
    node: Fields, scope: Scope, titles: Mapping[str, str]
) -> tuple[list[Formula], list[Axis]]:
    names = node.fields.get("when")
    if not isinstance(names, Items) or not names.items:
        raise Wrong(node.line, "« when » nomme les colonnes de conditions : « when: [quotient] ».")
    conditions, axes = [], []
    for one in names.items:
        if not isinstance(one, Text):
            raise Wrong(one.line, "« when » attend des noms.")
        formula = compiled(one.value, scope, one.line)
        title = titles.get(one.value) or formula.kind.title or one.value.replace("_", " ")
        conditions.append(formula)
        axes.append(axis_of(one.value, title, formula.kind, one.line))
    return conditions, axes


def _columns(node: Fields) -> dict[str, Kind | None]:
    then = node.fields.get("then")
    if isinstance(then, Text) and then.value:
        return {"": _column_kind(then)}
    if isinstance(then, Fields) and then.fields:
        return {name: _column_kind(kind) for name, kind in then.fields.items()}
    raise Wrong(
        node.line,
        "« then » dit ce que la table donne.",
        "« then: € »",
        "« then: {jour: €, demi: €} »",
    )


def _column_kind(node: Node) -> Kind | None:
    # None: words, known once every row is read.
    if isinstance(node, Text):
        written = node.value
        if written == "€" or written.startswith("€/"):
            return Kind(base=Base.MONEY, unit=written[2:])
        if written == "%":
            return Kind(base=Base.NUMBER, unit="%", step=None)
        if written == "words":
            return None
        if written in {"yes_no", "number"}:
            return Kind(base=Base.TRUTH if written == "yes_no" else Base.NUMBER)
    raise Wrong(node.line, "Un résultat est un de : €, €/unité, %, number, yes_no, words.")


def _versions(node: Fields, scope: Scope) -> tuple[Formula | None, list[tuple[int | None, Fields]]]:
    written = node.fields.get("versions")
    if written is None:
        return None, [(None, node)]
    if not isinstance(written, Items) or not written.items or "rows" in node.fields:
        raise Wrong(node.line, "« versions » est une liste de grilles datées, à la place de rows.")
    day = compiled("day", scope, node.lines["versions"])
    versions: list[tuple[int | None, Fields]] = []
    for one in written.items:
        if not isinstance(one, Fields) or set(one.fields) - VERSION_KEYS:
            raise Wrong(one.line, "Une version s'écrit « from: date » et « rows: … ».")
        since = _since(one, is_first=not versions)
        if versions and since is not None and since <= (versions[-1][0] or 0):
            raise Wrong(one.line, "Les versions vont de la plus ancienne à la plus récente.")
        versions.append((since, one))
    return day, versions


def _since(node: Fields, *, is_first: bool) -> int | None:
    # The first version may have no known beginning.
    written = text_of(node, "from")
    if written is None and is_first:
        return None
    try:
        since = read_value(Kind(base=Base.DATE), written or "")
    except Misread as error:
        raise Wrong(node.line, f"« from » : {error}.") from error
    assert isinstance(since, int)
    return since


def _rows(
    node: Fields,
    axes: Sequence[Axis],
    columns: dict[str, Kind | None],
    scope: Scope,
) -> list[Row]:
    written = node.fields.get("rows")
    if not isinstance(written, Items) or not written.items:
        raise Wrong(node.line, "Une table a au moins une ligne sous « rows ».")
    across = node.fields.get("across")
    if across is not None and (not isinstance(across, Items) or len(columns) > 1 or len(axes) < 2):
        raise Wrong(
            node.lines["across"], "« across » croise la dernière condition avec un seul résultat."
        )
    rows: list[Row] = []
    for number, one in enumerate(written.items, start=1):
        texts = _texts(one)
        if across is None:
            rows.append(_row(texts, one.line, axes, columns, scope, str(number)))
            continue
        assert isinstance(across, Items)
        heads = _texts(across)
        width = len(axes) - 1
        if len(texts) not in {width + len(heads), width + len(heads) + 1}:
            raise Wrong(
                one.line,
                f"Cette ligne a {len(texts)} cases ; il en faut {width + len(heads)} "
                f"({width} de conditions, {len(heads)} de « across »), et une étiquette si voulu.",
                "un montant s'écrit avec un point : 1.50",
            )
        label = texts[width + len(heads) :]
        for place, head in enumerate(heads):
            cells = [*texts[:width], head, texts[width + place], *label]
            rows.append(_row(cells, one.line, axes, columns, scope, str(number)))
    return rows


def _texts(node: Node) -> list[str]:
    if not isinstance(node, Items) or not all(isinstance(one, Text) for one in node.items):
        raise Wrong(node.line, "Une ligne est une liste de cases : [condition, résultat].")
    return [one.value for one in node.items if isinstance(one, Text)]


def _row(
    texts: list[str],
    line: int,
    axes: Sequence[Axis],
    columns: dict[str, Kind | None],
    scope: Scope,
    number: str,
) -> Row:
    width = len(axes) + len(columns)
    if len(texts) not in {width, width + 1}:
        raise Wrong(
            line,
            f"Cette ligne a {len(texts)} cases ; il en faut {width} ({len(axes)} de conditions, "
            f"{len(columns)} de résultats), et une étiquette si voulu.",
            "un montant s'écrit avec un point : 1.50",
        )
    cells = tuple(read_cell(axis, text, line) for axis, text in zip(axes, texts, strict=False))
    results = tuple(
        _result(text, kind, scope, line)
        for text, kind in zip(texts[len(axes) :], columns.values(), strict=False)
    )
    label = texts[width] if len(texts) > width else ""
    if re.fullmatch(r"[\d.,% €]+", label):
        raise Wrong(
            line,
            f"L'étiquette « {label} » est un nombre : une virgule a sans doute coupé un montant.",
            "écrivez 1.50 : un point, pas une virgule",
        )
    return Row(
        cells=cells,
        results=results,
        label=label or _label(axes, cells) or f"ligne {number}",
        named=bool(label),
        line=line,
    )


def _label(axes: Sequence[Axis], cells: Sequence[Cell]) -> str:
    parts = []
    for axis, cell in zip(axes, cells, strict=True):
        if cell.anything:
            continue
        places = [low for low, high in cell.ranges if low is not None and low == high]
        if axis.is_ordered or len(places) != len(cell.ranges):
            parts.append(f"{axis.title} {axis.told(cell)}")
        else:
            said = [axis.shown(place) for place in places] + ["inconnu"] * cell.unknown
            parts.append(" ou ".join(said))
    return ", ".join(parts) or "tous les cas"


def _result(text: str, kind: Kind | None, scope: Scope, line: int) -> Result:
    if text == NOT_PUBLISHED:
        return None
    if not text:
        what = "un mot" if kind is None else kind.french()
        choice = f"« {NOT_PUBLISHED} » si aucun prix n'est voté"
        raise Wrong(line, f"Une case est vide : {what} était attendu.", choice)
    if kind is None:
        return text
    try:
        if kind.base is Base.TRUTH:
            return read_value(kind, text)
        number = plain_number(text)
        if number is None and kind.unit == "%" and text.endswith("%"):
            number = plain_number(text[:-1].strip())
            number = None if number is None else simple(Fraction(number) / 100)
        elif kind.unit == "%" and number is not None:
            raise Wrong(line, f"« {text} » : un taux s'écrit avec « % ».")
        if number is not None:
            return simple(Fraction(number) * (100 if kind.base is Base.MONEY else 1))
    except Misread as error:
        raise Wrong(line, f"Case « {text} » : {error}.") from error
    if WORDS.fullmatch(text) and not _is_name(text, scope):
        example = "un montant comme 3.10" if kind.base is Base.MONEY else kind.french()
        raise Wrong(
            line,
            f"Case « {text} » : {example} était attendu.",
            f"« {NOT_PUBLISHED} » si aucun prix n'est voté",
            f"ou un de ces noms : {scope.names()}",
        )
    formula = compiled(text, scope, line)
    if formula.kind.base is not kind.base or (
        kind.base is Base.MONEY and formula.kind.unit != kind.unit
    ):
        raise Wrong(line, f"Case « {text} » : {kind.french()} était attendu.")
    return formula


def _is_name(text: str, scope: Scope) -> bool:
    known = scope.find(text) or scope.table(text) or scope.item(text)
    return known is not None or text in scope.words


def _settled(columns: dict[str, Kind | None], grids: Sequence[Grid], hit: str) -> dict[str, Kind]:
    # What the cells show of each column: its words, its lattice, whether it can be negative.
    settled: dict[str, Kind] = {}
    for place, (name, kind) in enumerate(columns.items()):
        results = [row.results[place] for grid in grids for row in grid.rows]
        if kind is None:
            words = tuple(dict.fromkeys(str(one) for one in results if one is not None))
            settled[name] = Kind(base=Base.WORD, words=words)
            continue
        steps: list[Fraction | None] = []
        lows: list[Fraction | None] = []
        for one in results:
            if isinstance(one, Formula):
                steps.append(one.kind.step)
                lows.append(one.kind.low)
            elif isinstance(one, int | Fraction) and not isinstance(one, bool):
                if one:
                    steps.append(abs(Fraction(one)))
                lows.append(Fraction(one))
        known = [low for low in lows if low is not None]
        settled[name] = msgspec.structs.replace(
            kind,
            step=_lattice(steps),
            low=_lowest(known, hit) if len(known) == len(lows) else None,
        )
    return settled


def _lowest(lows: Sequence[Fraction], hit: str) -> Fraction | None:
    # Several rows that add up, or none of them, come to nothing at least.
    if hit == "sum":
        return Fraction(0) if all(low >= 0 for low in lows) else None
    return min(lows, default=None)


def _lattice(steps: Sequence[Fraction | None]) -> Fraction | None:
    step: Fraction | None = steps[0] if steps else Fraction(1)
    for one in steps[1:]:
        step = common_step(step, one)
    return step
