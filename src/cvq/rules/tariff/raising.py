"""
The amounts of some prices moved by a percentage: the same text, with these cells changed.

What is not written as an amount (a cell that is a formula or a refusal) and what only bounds a
price is left as it stands, and counted, so that whoever asked knows what is still to be read.
"""

import re
from collections.abc import Collection, Iterator
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from cvq.kernel.unable import Unable
from cvq.rules.tariff.drawn import AMOUNT, AMOUNTS, Cell, DrawnTable, drawn, edited
from cvq.rules.tariff.read import Fields, Items, Node, Text, read

NAME = re.compile(r"[^\W\d]\w*")
# What people read names nothing; « unit » says what a quantity is of.
WORDS = {"label", "title", "reason", "unit", "grain", "package"}
BOUNDS = "bounds."
CENT, CENT_PLACE = Decimal("0.01"), -2


class Nothing(Unable):
    """No amount would change, or one would become nothing."""


class Raised(msgspec.Struct, frozen=True, kw_only=True):
    """The text, how many amounts it changes, their sums, and how many results are left."""

    text: str
    changed: int
    before: Decimal
    after: Decimal
    left: int


def raised(text: str, names: Collection[str], percent: Decimal, step: Decimal) -> Raised:
    """
    Return a text with each amount of some items moved by a percentage, rounded half up to a step.

    An amount written finer than the step keeps what it is written in.

    :raises TariffUnreadable: the text cannot be read.
    :raises Nothing: nothing would change, or an amount would become zero.
    """
    changes: dict[str, str] = {}
    before = after = Decimal(0)
    left = 0
    for cell in _results(text, names):
        if cell.place.startswith(BOUNDS) or not AMOUNT.fullmatch(cell.text):
            left += 1
            continue
        was = Decimal(cell.text.rstrip(" €").replace(",", "."))
        now = _moved(was, percent, step)
        if now == was:
            continue
        if now == 0:
            raise Nothing(
                f"« {cell.text} » deviendrait gratuit avec cet arrondi : choisissez-en un plus fin."
            )
        changes[cell.place] = f"{now:f}" + (" €" if cell.text.endswith("€") else "")
        before, after = before + was, after + now
    if not changes:
        raise Nothing("Aucun montant ne change : le pourcentage est trop petit pour cet arrondi.")
    return Raised(
        text=edited(text, changes),
        changed=len(changes),
        before=before,
        after=after,
        left=left,
    )


def items_of(text: str) -> dict[str, str]:
    """
    Return the title of each item of a text by its name.

    :raises TariffUnreadable: the text cannot be read.
    """
    found = {}
    for name, node in _fields(read(text).fields.get("items")):
        title = node.fields.get("title") if isinstance(node, Fields) else None
        found[name] = title.value if isinstance(title, Text) and title.value else name
    return found


def _moved(amount: Decimal, percent: Decimal, step: Decimal) -> Decimal:
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and exponent < CENT_PLACE:
        step = min(step, Decimal(1).scaleb(exponent))
    moved = amount * (100 + percent) / 100
    rounded = (moved / step).quantize(Decimal(1), ROUND_HALF_UP) * step
    return rounded.quantize(min(step, CENT))


def _results(text: str, names: Collection[str]) -> Iterator[Cell]:
    """Yield the results in euros of the tables that some items read, and of their own lines."""
    root = read(text)
    used = _used(root, names)
    tables = dict(_fields(root.fields.get("tables")))
    for table in drawn(text):
        if table.name == AMOUNTS:
            for row in table.rows:
                yield from (one for one in row.cells if _is_of(root, one.place, names, used))
        elif table.name in used:
            yield from _in_euros(table, tables[table.name])


def _in_euros(table: DrawnTable, node: Node) -> Iterator[Cell]:
    then = node.fields.get("then") if isinstance(node, Fields) else None
    kinds = [_said(kind) for _name, kind in _fields(then)] or [_said(then)]
    when = node.fields.get("when") if isinstance(node, Fields) else None
    first = len(when.items) if isinstance(when, Items) else 0
    for row in table.rows:
        for cell in row.cells:
            column = int(cell.place.rpartition(".")[2]) - first
            # Under heads that `across` opens, every column is of the one kind.
            kind = kinds[column] if 0 <= column < len(kinds) > 1 else kinds[0]
            if cell.is_result and kind.startswith("€"):
                yield cell


def _is_of(root: Fields, place: str, names: Collection[str], used: Collection[str]) -> bool:
    kind, name, section, line, *_ = place.split(".")
    if kind == "values":
        return section in used
    if kind == "bounds":  # of an item, or of one of its lines
        return (line if section == AMOUNTS else section) in names
    if name not in names:
        return False
    node: Node | None = root
    for key in ("items", name, section, line):
        node = node.fields.get(key) if isinstance(node, Fields) else None
    unit = node.fields.get("unit") if isinstance(node, Fields) else None
    # An amount beside the price may be in another unit: points, hours.
    return section != "amounts" or unit is None or _said(unit).startswith("€")


def _used(root: Fields, names: Collection[str]) -> set[str]:
    """Return the tables that items read, by themselves or through values and other tables."""
    sections = {
        name: node
        for section in ("values", "tables")
        for name, node in _fields(root.fields.get(section))
    }
    items = dict(_fields(root.fields.get("items")))
    found: set[str] = set()
    ahead = [items[name] for name in names if name in items]
    while ahead:
        for name in _names_in(ahead.pop()):
            if name in sections and name not in found:
                found.add(name)
                ahead.append(sections[name])
    return found


def _names_in(node: Node) -> Iterator[str]:
    match node:
        case Text():
            yield from NAME.findall(node.value)
        case Items():
            for one in node.items:
                yield from _names_in(one)
        case Fields():
            for key, one in node.fields.items():
                if key not in WORDS:
                    yield from _names_in(one)


def _fields(node: Node | None) -> Iterator[tuple[str, Node]]:
    if isinstance(node, Fields):
        yield from node.fields.items()


def _said(node: Node | None) -> str:
    return node.value if isinstance(node, Text) else ""
