"""
The tables of a document as an agent sees them, and the same text with some of its cells changed.

A cell knows where its scalar stands in the text, so that a change touches nothing else: comments,
layout and order stay those of the author.  A document that the checker objects to is drawn too.
"""

import json
import re
from collections.abc import Iterator, Mapping

import msgspec

from cvq.kernel.unable import Unable
from cvq.rules.tariff.read import Fields, Items, Node, Text, read
from cvq.rules.tariff.vocabulary import FACTS

AMOUNTS = "items"
AMOUNT = re.compile(r"-?\d+(?:[.,]\d+)?(?: ?€)?", re.ASCII)
WRITTEN = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?) ?€", re.ASCII)  # within a formula
DIGITS = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
BOUNDS = {"at_least": "au moins", "at_most": "au plus"}
ELSEWHERE = "-"  # no item bears this name: bounds and values are listed, and belong to none
PLAIN = re.compile(r"[\w.<>=][\w .€%/<>=]*")
OPENS = ("<", ">", "=")  # what a scalar without quotes may begin with only inside brackets
CELL_LETTERS_MAX = 120


class CellUnknown(Unable):
    """The document has no such cell, or it is written on several lines."""


class NoAmount(Unable):
    """What was typed in the cell of that place is no amount."""

    def __init__(self, sentence: str, place: str) -> None:
        """Keep the place: the page says it at its field."""
        super().__init__(sentence)
        self.place = place


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One scalar of a table: how it is named, what it says, and where it stands in the text."""

    place: str
    text: str
    start: int
    end: int
    is_result: bool = False
    is_condition: bool = False
    is_amount: bool = False  # an amount of a price, not of a table
    is_inside: bool = False  # an amount within a formula


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The head of a column; `cell` is the condition of a column that `across` opens."""

    title: str
    cell: Cell | None = None


class DrawnRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a table; `title` is what heads it where its first cell does not."""

    line: int
    cells: tuple[Cell, ...]
    title: str = ""
    place: str = ""


class DrawnTable(msgspec.Struct, frozen=True, kw_only=True):
    """A table, or one dated version of it."""

    name: str
    title: str
    line: int
    heads: tuple[Head, ...]
    rows: tuple[DrawnRow, ...]
    since: str = ""

    @property
    def width(self) -> int:
        """Return how many columns it is drawn with: a row may have a label more than heads."""
        return max([len(self.heads), *(len(row.cells) for row in self.rows)])


def drawn(text: str) -> list[DrawnTable]:
    """
    Return the tables of a document, then the amounts that stand in its prices.

    :raises TariffUnreadable: it cannot be read as a document at all.
    """
    root = read(text)
    titles = _titles(root)
    found: list[DrawnTable] = []
    for name, node in _fields(root.fields.get("tables")):
        found += _tables(text, name, node, titles)
    amounts = tuple(_amounts(text, root))
    if amounts:
        heads = (Head(title=""), Head(title="€"))
        line = root.lines.get("items", amounts[0].line)
        found.append(DrawnTable(name=AMOUNTS, title="", line=line, heads=heads, rows=amounts))
    return found


def edited(text: str, changes: Mapping[str, str]) -> str:
    """
    Return the text with cells changed, each by its place.

    :raises TariffUnreadable: the text cannot be read.
    :raises CellUnknown: it has no such cell.
    :raises NoAmount: it would write something else where an amount of a price stands.
    """
    cells = {cell.place: cell for table in drawn(text) for cell in _cells(table)}
    for place, words in changes.items():
        if place not in cells:
            raise CellUnknown(f"Ce document n'a pas de case « {place} ».")
        if len(words) > CELL_LETTERS_MAX:
            raise CellUnknown(f"Une case a au plus {CELL_LETTERS_MAX} lettres.")
        _require_amount(cells[place], words)
    for place in sorted(changes, key=lambda one: cells[one].start, reverse=True):
        cell = cells[place]
        was = text[cell.start : cell.end]
        text = text[: cell.start] + scalar(changes[place], was) + text[cell.end :]
    return text


def _require_amount(cell: Cell, words: str) -> None:
    # Anything else would no longer be drawn: the cell that is to be mended would be gone.
    if cell.is_inside and not DIGITS.fullmatch(words):
        told = f"« {words} » : dans une formule, un montant s'écrit 3.10 ou 3,10."
        raise NoAmount(told, cell.place)
    if cell.is_amount and not AMOUNT.fullmatch(words):
        told = f"« {words} » : un montant s'écrit 3.10 ou 3,10. Une formule s'écrit dans le texte."
        raise NoAmount(told, cell.place)


def scalar(words: str, was: str) -> str:
    """Return words as the scalar that takes the place of another, in quotes where it needs them."""
    words = " ".join(words.split())
    quoted = was[:1] in {'"', "'"}
    if not quoted and PLAIN.fullmatch(words) and not words.startswith(OPENS):
        return words
    return json.dumps(words, ensure_ascii=False)


def with_row_below(text: str, place: str) -> str:
    """
    Return the text in which the row of that place is written twice, for the second to be changed.

    :raises CellUnknown: there is no such row, or it does not stand on one line.
    """
    lines = text.splitlines(keepends=True)
    at = _row_line(text, place)
    again = lines[at] if lines[at].endswith("\n") else f"\n{lines[at]}"
    return "".join([*lines[: at + 1], again, *lines[at + 1 :]])


def without_row(text: str, place: str) -> str:
    """
    Return the text without the row of that place.

    :raises CellUnknown: there is no such row, it does not stand on one line, or it is the last one.
    """
    lines = text.splitlines(keepends=True)
    at = _row_line(text, place)
    table = next(one for one in drawn(text) if any(row.place == place for row in one.rows))
    if len(table.rows) == 1:
        raise CellUnknown("Une table garde au moins une ligne.")
    return "".join([*lines[:at], *lines[at + 1 :]])


def _row_line(text: str, place: str) -> int:
    rows = {row.place: row for table in drawn(text) for row in table.rows if row.place}
    if place not in rows:
        raise CellUnknown("Cette ligne se change dans le texte.")
    return rows[place].line - 1


def _cells(table: DrawnTable) -> Iterator[Cell]:
    yield from (head.cell for head in table.heads if head.cell is not None)
    for row in table.rows:
        yield from row.cells


def _titles(root: Fields) -> dict[str, str]:
    titles = {name: fact.title for name, fact in FACTS.items()}
    for section in ("inputs", "values"):
        for name, node in _fields(root.fields.get(section)):
            title = node.fields.get("title") if isinstance(node, Fields) else None
            if isinstance(title, Text) and title.value:
                titles[name] = title.value
    return titles


def _tables(text: str, name: str, node: Node, titles: Mapping[str, str]) -> Iterator[DrawnTable]:
    if not isinstance(node, Fields):
        return
    when = [one.value for one in _items(node.fields.get("when")) if isinstance(one, Text)]
    then = node.fields.get("then")
    given = [f"{column} ({_said(kind)})" for column, kind in _fields(then)] or [_said(then)]
    heads = [Head(title=titles.get(one, one.replace("_", " "))) for one in when]
    title = node.fields.get("title")
    told = title.value if isinstance(title, Text) and title.value else name.replace("_", " ")
    versions = _items(node.fields.get("versions"))
    for number, grid in enumerate(versions or (node,)):
        if not isinstance(grid, Fields):
            continue
        path = f"{name}.{number}"
        across = [
            Head(title="", cell=cell) for cell in _row(text, path, "h", grid.fields.get("across"))
        ]
        conditions = len(when) - 1 if across else len(when)
        columns = across or [Head(title=one) for one in given]
        since = grid.fields.get("from") if versions else None
        rows = tuple(_rows(text, path, grid, conditions, len(columns)))
        if rows:
            yield DrawnTable(
                name=name,
                title=told,
                line=grid.line,
                heads=(*heads[:conditions], *columns),
                rows=rows,
                since=since.value if isinstance(since, Text) else "",
            )


def _rows(text: str, path: str, grid: Fields, conditions: int, columns: int) -> Iterator[DrawnRow]:
    for number, node in enumerate(_items(grid.fields.get("rows"))):
        cells = tuple(_row(text, path, str(number), node, range(conditions, conditions + columns)))
        place = f"{path}.{number}" if _is_alone(text, node.line, cells) else ""
        yield DrawnRow(line=node.line, cells=cells, place=place)


def _is_alone(text: str, line: int, cells: tuple[Cell, ...]) -> bool:
    # A row that fills one line can be written again below it, or taken away with it.
    if not cells or text[: cells[-1].end].count("\n") >= line:
        return False
    return text.splitlines()[line - 1].strip().startswith("- [")


def _row(
    text: str, path: str, row: str, node: Node | None, results: range = range(0)
) -> Iterator[Cell]:
    for column, one in enumerate(_items(node)):
        place = f"{path}.{row}.{column}"
        is_condition = column < results.start or not results
        cell = _cell(text, place, one, is_result=column in results, is_condition=is_condition)
        if cell is not None:
            yield cell


def _cell(
    text: str, place: str, node: Node, *, is_result: bool, is_condition: bool = False
) -> Cell | None:
    if not isinstance(node, Text):
        return None
    written = text[node.start : node.end]
    if "\n" in written or not written:
        return None
    return Cell(
        place=place,
        text=node.value,
        start=node.start,
        end=node.end,
        is_result=is_result,
        is_condition=is_condition,
    )


def _amounts(text: str, root: Fields) -> Iterator[DrawnRow]:
    for name, item in _fields(root.fields.get(AMOUNTS)):
        if isinstance(item, Fields):
            for section in ("lines", "amounts"):
                yield from _amounts_in(
                    text, f"{AMOUNTS}.{name}.{section}", item.fields.get(section), _called(item)
                )
            yield from _bounds(text, name, item, _called(item))
    for name, value in _fields(root.fields.get("values")):
        node = value.fields.get("is") if isinstance(value, Fields) else value
        title = _called(value) if isinstance(value, Fields) else ""
        place = f"values.{ELSEWHERE}.{name}.is"
        yield from _written(text, place, node, title or name.replace("_", " "))


def _amounts_in(text: str, path: str, node: Node | None, title: str) -> Iterator[DrawnRow]:
    named = list(_fields(node)) or [(str(n), one) for n, one in enumerate(_items(node))]
    for name, line in named:
        if not isinstance(line, Fields):
            continue
        for key in ("choose", "instead_of"):
            yield from _amounts_in(text, f"{path}.{name}.{key}", line.fields.get(key), title)
        told = f"{title} : {_called(line)}" if title else _called(line)
        yield from _written(text, f"{path}.{name}", line.fields.get("amount"), told)
        yield from _bounds(text, f"{path}.{name}", line, told)


def _bounds(text: str, path: str, node: Fields, title: str) -> Iterator[DrawnRow]:
    for key, said in BOUNDS.items():
        place = f"bounds.{ELSEWHERE}.{path}.{key}"
        yield from _written(text, place, node.fields.get(key), f"{title}, {said}")


def _written(text: str, place: str, node: Node | None, title: str) -> Iterator[DrawnRow]:
    # An amount, or each of those that a formula has.
    if not isinstance(node, Text):
        return
    if AMOUNT.fullmatch(node.value):
        cell = _cell(text, place, node, is_result=True)
        if cell is not None:
            cell = msgspec.structs.replace(cell, is_amount=True)
            yield DrawnRow(line=node.line, cells=(cell,), title=title)
        return
    for number, found in enumerate(WRITTEN.finditer(text, node.start, node.end)):
        cell = Cell(
            place=f"{place}.{number}",
            text=found[1],
            start=found.start(1),
            end=found.end(1),
            is_result=True,
            is_inside=True,
        )
        line = text.count("\n", 0, cell.start) + 1
        yield DrawnRow(line=line, cells=(cell,), title=f"{title} ({node.value})")


def _called(node: Fields) -> str:
    for key in ("label", "package", "title"):
        found = node.fields.get(key)
        if isinstance(found, Text) and found.value:
            return found.value
    return ""


def _said(node: Node | None) -> str:
    return node.value if isinstance(node, Text) else ""


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, Items) else ()


def _fields(node: Node | None) -> Iterator[tuple[str, Node]]:
    if isinstance(node, Fields):
        yield from node.fields.items()
