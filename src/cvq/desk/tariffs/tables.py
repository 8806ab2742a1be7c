"""The tables of a document as the page draws them, and what an agent typed in their cells."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from cvq.rules.tariff.drawn import AMOUNTS, Cell, DrawnRow, DrawnTable, drawn
from cvq.rules.tariff.findings import Finding, TariffUnreadable

CELL = "case:"
DECIMAL = re.compile(r"(-?\d+)\.(\d+)")
TYPED = re.compile(r"(-?\d{1,3}(?: \d{3})+|-?\d+)(?:[.,](\d+))?\s*€?")
TRUTHS = {"yes": "oui", "no": "non"}
# How people say a band, and how a document writes it; « 10-15 » may be a day of the year.
BANDS = (
    (re.compile(r"(?:de )?(\d+) (?:à|-) (\d+)|(\d{3,})-(\d+)"), "{}..{}"),
    (re.compile(r"(?:jusqu['’]à) (\d+)"), "<= {}"),
    (re.compile(r"(?:à partir de) (\d+)"), ">= {}"),
    (re.compile(r"(?:plus de) (\d+)"), "> {}"),
    (re.compile(r"(?:moins de) (\d+)"), "< {}"),
    (re.compile(r"(?:tous|tous les cas)"), "*"),
)
# What a condition may also say, told where a table of the document says it.
SIGNS: tuple[tuple[re.Pattern[str], str | Promise], ...] = (
    (re.compile(r"\bor\b"), _lazy("« a or b » : a, ou b.")),
    (re.compile(r"not\b"), _lazy("« not a » : tous les autres cas, sauf inconnu.")),
    (re.compile(r"\bunknown\b"), _lazy("« unknown » : inconnu.")),
    (
        re.compile(r"\b\d\d-\d\d\.\.\d\d-\d\d\b"),
        _lazy("« 09-01..12-31 » : chaque année, du 1er septembre au 31 décembre."),
    ),
)


class Box(NamedTuple):
    """A cell on the page: the name of its field, what it shows, and what a reader is told of it."""

    name: str
    shown: str
    label: str
    is_result: bool
    is_condition: bool


class Line(NamedTuple):
    """A row on the page, with what the checker says of it."""

    number: int
    title: str
    boxes: tuple[Box, ...]
    filler: int
    place: str
    findings: tuple[Finding, ...]


class Column(NamedTuple):
    """The head of a column; the one that `across` opens is a cell as well."""

    title: str
    box: Box | None


class Table(NamedTuple):
    """A table on the page."""

    name: str
    title: str
    since: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    width: int
    findings: tuple[Finding, ...]


def tables_of(
    text: str, findings: Sequence[Finding], typed: Mapping[str, str] | None = None
) -> list[Table]:
    """Return the tables of a text, nothing if it cannot be read; what was typed is kept."""
    try:
        found = drawn(text)
    except TariffUnreadable:
        return []
    return [_table(one, findings, typed or {}) for one in found]


def legend_of(tables: Sequence[Table]) -> list[str | Promise]:
    """Return what the conditions of these tables say with other signs than bounds."""
    heads = (column.box for table in tables for column in table.columns if column.box)
    cells = (box for table in tables for line in table.lines for box in line.boxes)
    shown = [box.shown for box in (*heads, *cells) if box.is_condition]
    return [told for sign, told in SIGNS if any(map(sign.search, shown))]


def changes_in(text: str, posted: Mapping[str, str]) -> dict[str, str]:
    """
    Return the cells that a form changes, by their place.

    :raises TariffUnreadable: the text has no tables to change.
    """
    known = {f"{CELL}{cell.place}": cell for table in drawn(text) for cell in _cells(table)}
    changed = {}
    for name, cell in known.items():
        if name in posted and posted[name].strip() != _shown(cell):
            changed[cell.place] = _written(cell, posted[name])
    return changed


def _cells(table: DrawnTable) -> list[Cell]:
    heads = [head.cell for head in table.heads if head.cell is not None]
    return [*heads, *(cell for row in table.rows for cell in row.cells)]


def _table(table: DrawnTable, findings: Sequence[Finding], typed: Mapping[str, str]) -> Table:
    titles = [head.title or (_shown(head.cell) if head.cell else "") for head in table.heads]
    titles += [_("étiquette")] * (table.width - len(titles))
    title = _("Montants écrits dans les prix") if table.name == AMOUNTS else table.title
    columns = tuple(
        Column(title, _box(head.cell, _("colonne"), typed) if head and head.cell else None)
        for title, head in zip(
            titles, [*table.heads, *[None] * (table.width - len(table.heads))], strict=True
        )
    )
    if table.name == AMOUNTS:
        columns = (Column(_("prix et ligne"), None), Column("€", None))
    lines = tuple(
        _line(row, number, titles if not row.title else ["€"], table.width, findings, typed)
        for number, row in enumerate(table.rows, start=1)
    )
    shown = {row.line for row in table.rows}
    said = tuple(one for one in findings if one.line == table.line and one.line not in shown)
    return Table(table.name, title, table.since, columns, lines, len(columns), said)


def _line(
    row: DrawnRow,
    number: int,
    titles: Sequence[str],
    width: int,
    findings: Sequence[Finding],
    typed: Mapping[str, str],
) -> Line:
    where = row.title or _("ligne %(number)s") % {"number": number}
    boxes = tuple(
        _box(cell, f"{title}, {where}", typed)
        for cell, title in zip(row.cells, titles, strict=False)
    )
    said = tuple(one for one in findings if one.line == row.line)
    filler = 0 if row.title else max(0, width - len(boxes))
    return Line(number, row.title, boxes, filler, row.place, said)


def _box(cell: Cell, label: str, typed: Mapping[str, str]) -> Box:
    name = f"{CELL}{cell.place}"
    return Box(name, typed.get(name, _shown(cell)), label, cell.is_result, cell.is_condition)


def _shown(cell: Cell) -> str:
    if not _is_french():
        return cell.text
    if cell.is_result and (amount := DECIMAL.fullmatch(cell.text)):
        return f"{amount[1]},{amount[2]}"
    return TRUTHS.get(cell.text, cell.text)


def _written(cell: Cell, typed: str) -> str:
    words = " ".join(typed.split())
    amount = TYPED.fullmatch(words) if cell.is_result else None
    if amount is not None:
        whole = amount[1].replace(" ", "")
        return f"{whole}.{amount[2]}" if amount[2] else whole
    if cell.is_condition:
        for said, written in BANDS:
            if band := said.fullmatch(words.lower()):
                return written.format(*(one for one in band.groups() if one))
    return {told: word for word, told in TRUTHS.items()}.get(words.lower(), words)


def _is_french() -> bool:
    return not (get_language() or "fr").startswith("en")
