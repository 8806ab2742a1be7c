"""How large a tariff may be: what is counted before any of it is read."""

from collections.abc import Mapping

from cvq.rules.tariff.findings import Finding, TariffUnreadable
from cvq.rules.tariff.read import Fields, Items, Node

MAX_CELLS = 5000


def limited(tables: Mapping[str, tuple[Node, int]]) -> None:
    """
    Check that the tables of a document, each with its line, do not have too many cells together.

    :raises TariffUnreadable: they do, from one of them on.
    """
    cells = 0
    for name, (node, line) in tables.items():
        cells += _cells(node)
        if cells > MAX_CELLS:
            sentence = f"Plus de {MAX_CELLS} cases, à partir de « {name} »."
            choice = "séparez le tarif en plusieurs documents"
            raise TariffUnreadable([Finding(line=line, sentence=sentence, choices=(choice,))])


def _cells(table: Node) -> int:
    # The conditions and the results of each row: the name that one may bear is no cell.
    if not isinstance(table, Fields):
        return 0
    conditions, then = _length(table.fields.get("when")), table.fields.get("then")
    results = len(then.fields) if isinstance(then, Fields) else 1
    versions = table.fields.get("versions")
    cells = 0
    for grid in versions.items if isinstance(versions, Items) else (table,):
        if isinstance(grid, Fields) and isinstance(rows := grid.fields.get("rows"), Items):
            across = grid.fields.get("across")
            width = conditions + (results if across is None else _length(across) - 1)
            cells += sum(min(_length(row), width) for row in rows.items)
    return cells


def _length(node: Node | None) -> int:
    return len(node.items) if isinstance(node, Items) else 1
