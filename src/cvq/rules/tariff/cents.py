"""Whether a price can fall on a fraction of a cent: its tariff must then say how it is rounded."""

from collections.abc import Mapping
from fractions import Fraction

from cvq.rules.tariff.findings import Wrong
from cvq.rules.tariff.formula import Formula
from cvq.rules.tariff.lines import Rule
from cvq.rules.tariff.read import Fields

BOUNDS = {"at_least": "Le plancher (at_least)", "at_most": "Le plafond (at_most)"}


def is_cut(step: Fraction | None) -> bool:
    """Return whether what lies on a step (None = nothing is known) can be no whole number."""
    return step is None or step % 1 != 0


def step_of(rule: Rule) -> Fraction | None:
    """Return the step on which a line falls, once it is rounded as it says."""
    if rule.line_rounding is not None:
        return rule.line_rounding.step
    step = rule.unit_rounding.step if rule.unit_rounding else rule.amount.kind.step
    if rule.times is not None and step is not None:
        step = None if rule.times.kind.step is None else step * rule.times.kind.step
    return step


def whole(rule: Rule, *, is_total_rounded: bool) -> None:
    """
    Check that a line comes to whole cents, or that its total is rounded.

    :raises Wrong: it can be a fraction of a cent, or a price by the kilo that nothing multiplies.
    """
    if rule.amount.kind.unit and not (rule.times and rule.times.kind.unit):
        raise Wrong(
            rule.line,
            f"« {rule.label} » est un prix par {rule.amount.kind.unit}, "
            "à multiplier par une quantité.",
            f"ajoutez « times » avec des {rule.amount.kind.unit}",
        )
    if is_total_rounded:
        return
    if is_cut(step_of(rule)):
        raise Wrong(
            rule.line,
            f"« {rule.label} » peut tomber sur une fraction de centime, et rien ne dit comment "
            "l'arrondir.",
            "« round: {to: 0.01, how: half_up} » : au plus proche",
            "« how: down » : en coupant",
            "« how: up » : au-dessus",
        )


def whole_bounds(bounds: Mapping[str, Formula], node: Fields) -> None:
    """
    Check that floors and ceilings are whole cents, where nothing rounds what they bound.

    :raises Wrong: one can be a fraction of a cent.
    """
    for key, formula in bounds.items():
        if is_cut(formula.kind.step):
            raise Wrong(
                node.lines[key],
                f"{BOUNDS.get(key, key)} peut tomber sur une fraction de centime, et rien ne dit "
                "comment l'arrondir.",
                "« rounding: {total: {to: 0.01, how: half_up}} »",
            )
