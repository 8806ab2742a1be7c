"""Whether a floor and a ceiling hold: one above the other, or passed by the rounding after them."""

from collections.abc import Iterator, Mapping
from math import ceil, floor

from cvq.rules.tariff.cents import BOUNDS
from cvq.rules.tariff.checker.places import Ground
from cvq.rules.tariff.checker.spans import Box
from cvq.rules.tariff.findings import Finding
from cvq.rules.tariff.formula import Formula
from cvq.rules.tariff.grammar import Name
from cvq.rules.tariff.kinds import MONEY, Exact, decimal, shown
from cvq.rules.tariff.lines import SUBTOTAL, Rounding
from cvq.rules.tariff.meaning import Scope
from cvq.rules.tariff.read import Fields

KEEPS = {"at_least": "up", "at_most": "down"}  # the manner that never passes it


def unkept(
    bounds: Mapping[str, Formula], rounding: Rounding | None, node: Fields, scope: Scope
) -> Iterator[Finding]:
    """Yield the floor that stands above its ceiling, and the bounds that a rounding may pass."""
    fixed = {key: _fixed(formula, scope) for key, formula in bounds.items()}
    low, high = fixed.get("at_least"), fixed.get("at_most")
    if low is not None and high is not None and low > high:
        yield Finding(
            line=node.lines["at_least"],
            sentence=f"Le plancher (at_least) de {shown(MONEY, low)} est au-dessus du plafond "
            f"(at_most) de {shown(MONEY, high)} : le plafond seul compterait.",
            choices=("échangez-les", "retirez l'un des deux"),
        )
    # Between two cents nothing can be owed: a bound that lies there comes to one of them.
    if rounding is None or rounding.step <= 1:
        return
    for key, formula in bounds.items():
        # What a discount leaves of the sum so far is looked at with the whole price.
        if rounding.how != KEEPS[key] and formula.tree != Name(SUBTOTAL):
            yield from _passed(key, formula, fixed[key], rounding, node)


def _passed(
    key: str, formula: Formula, fixed: Exact | None, rounding: Rounding, node: Fields
) -> Iterator[Finding]:
    lattice = formula.kind.step if fixed is None else fixed
    step, keeps = rounding.step, KEEPS[key]
    if lattice is not None and lattice % step == 0:
        return
    if fixed is None:
        bound, may = BOUNDS[key], "peut ne pas être"
        plain = decimal(step / 100, least=2).replace(",", ".")
        choice = f"« {key}: round(…, {plain} €, {keeps}) »"
    else:
        bound, may = f"{BOUNDS[key]} de {shown(MONEY, fixed)}", "n'est pas"
        near = (shown(MONEY, whole(fixed / step) * step) for whole in (floor, ceil))
        choice = f"prenez {' ou '.join(near)}"
    yield Finding(
        line=node.lines[key],
        sentence=f"{bound} {may} un multiple de {shown(MONEY, step)}, et l'arrondi qui le suit "
        "peut passer outre.",
        choices=(choice, f"arrondissez avec « how: {keeps} »"),
    )


def _fixed(formula: Formula, scope: Scope) -> Exact | None:
    # What a bound comes to, where it is the same in every case.
    if formula.tree is None:
        value: Exact = formula.run({})  # an amount as it is written
        return value
    span = Ground([], scope, {}).along.reach(formula.tree, Box({})).value
    return span[0] if span is not None and span[0] == span[1] else None
