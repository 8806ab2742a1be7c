"""Reading what a tariff says of rounding: at what level, to what, in what manner."""

from fractions import Fraction

import msgspec

from cvq.rules.tariff.declared import text_of
from cvq.rules.tariff.findings import Wrong
from cvq.rules.tariff.kinds import MONEY, Kind, Misread, read_value
from cvq.rules.tariff.read import Fields, Node
from cvq.rules.tariff.rounding import MANNERS


def read_rounding(node: Node, kind: Kind) -> tuple[Fraction, str]:
    """
    Return a step and a manner.

    :raises Wrong: one of them is not said.
    """
    if not isinstance(node, Fields) or set(node.fields) != {"to", "how"}:
        raise Wrong(node.line, "Un arrondi dit à quoi et comment : « {to: 0.01, how: half_up} ».")
    how = text_of(node, "how") or ""
    if how not in MANNERS:
        raise Wrong(node.line, f"« {how} » n'est pas une manière.", ", ".join(MANNERS))
    try:
        free = msgspec.structs.replace(kind, step=None, low=None, high=None, unit="")
        step = read_value(free, text_of(node, "to") or "")
    except Misread as error:
        raise Wrong(node.line, f"Arrondi : {error}.") from error
    if not isinstance(step, int | Fraction) or step <= 0:
        raise Wrong(node.line, "On arrondit à un pas positif.")
    return Fraction(step), how


def read_roundings(node: Fields) -> dict[str, tuple[Fraction, str]]:
    """Return the roundings by level: unit, line, total."""
    written = node.fields.get("rounding")
    if written is None:
        return {}
    if not isinstance(written, Fields) or set(written.fields) - {"unit", "line", "total"}:
        raise Wrong(
            written.line,
            "« rounding » nomme le niveau : unit, line ou total.",
            "« rounding: {line: {to: 0.01, how: half_up}} »",
        )
    found = {level: read_rounding(one, MONEY) for level, one in written.fields.items()}
    if "total" in found and found["total"][0] % 1:
        raise Wrong(written.lines["total"], "Un total s'arrondit à un centime au moins.")
    return found
