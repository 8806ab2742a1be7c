"""Reading the amounts beside a price: of another date, or in another unit of the ledger."""

from collections.abc import Callable

from cvq.rules.tariff.cents import is_cut
from cvq.rules.tariff.declared import text_of
from cvq.rules.tariff.findings import Wrong
from cvq.rules.tariff.formula import Formula
from cvq.rules.tariff.items import Beside
from cvq.rules.tariff.lines import Rounding
from cvq.rules.tariff.read import Fields, Node
from cvq.rules.tariff.roundings import read_rounding

KEYS = {"label", "amount", "unit", "round"}
UNITS = ("EUR", "ENTRY", "VISIT", "MINUTE", "CREDIT", "DAY")
OF_EVERY_PRICE = {"price", "deposit"}
# What a text comes to on its line, in euros or as a number of another unit.
Reader = Callable[[str, int, str], Formula]


def read_beside(node: Node | None, amount_of: Reader) -> list[Beside]:
    """
    Return the named amounts of an item.

    :raises Wrong: one cannot be read, or can be a fraction of a cent or of an entry.
    """
    if node is None:
        return []
    if not isinstance(node, Fields):
        raise Wrong(node.line, "« amounts » donne un nom à chaque montant.")
    return [_one(name, one, node.lines[name], amount_of) for name, one in node.fields.items()]


def _one(name: str, node: Node, line: int, amount_of: Reader) -> Beside:
    if not isinstance(node, Fields) or set(node.fields) - KEYS:
        raise Wrong(line, f"« {name} » s'écrit avec : {', '.join(sorted(KEYS))}.")
    unit = text_of(node, "unit") or "EUR"
    if name in OF_EVERY_PRICE:
        raise Wrong(line, f"« {name} » est déjà un montant de chaque prix.", "renommez-le")
    if unit not in UNITS:
        raise Wrong(line, f"« {unit} » n'est pas une unité.", ", ".join(UNITS))
    label = text_of(node, "label") or name.replace("_", " ")
    amount = amount_of(text_of(node, "amount") or "", line, unit)
    step, rounding = amount.kind.step, None
    if "round" in node.fields:
        step, how = read_rounding(node.fields["round"], amount.kind)
        rounding = Rounding(step=step, how=how)
    if is_cut(step):
        what, to = ("de centime", "0.01") if unit == "EUR" else ("d'unité", "1")
        raise Wrong(
            line,
            f"« {label} » peut tomber sur une fraction {what}.",
            f"ajoutez « round: {{to: {to}, how: half_up}} »",
        )
    return Beside(name=name, label=label, amount=amount, unit=unit, rounding=rounding)
