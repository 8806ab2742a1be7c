"""What a line of a price says of itself: its name, its share of tax, the amount that it names."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from cvq.rules.tariff.declared import text_of
from cvq.rules.tariff.findings import Finding, Wrong
from cvq.rules.tariff.formula import Env, Formula
from cvq.rules.tariff.grammar import plain_number
from cvq.rules.tariff.kinds import NO, YES, Base, Kind, Misread
from cvq.rules.tariff.lines import Rule
from cvq.rules.tariff.outcome import NEVER_DEDUCTIBLE
from cvq.rules.tariff.read import Fields, Node


def package_name(node: Fields) -> str | None:
    """
    Return what a package is called; « package: yes » leaves that to its label.

    :raises Wrong: it has two names, or none.
    """
    written, label = text_of(node, "package"), text_of(node, "label")
    is_marked = (written or "").lower() in YES | NO
    if (label is None) == is_marked:
        raise Wrong(
            node.lines["package"],
            "« package » est le nom que les familles lisent, à la place de « label ».",
            "« package: Forfait semaine »",
        )
    return label if is_marked else written


def replaced(node: Node) -> Fields:
    """
    Return a line that a package replaces.

    :raises Wrong: it is the name of one.
    """
    if not isinstance(node, Fields):
        raise Wrong(
            node.line,
            "« instead_of » contient les lignes remplacées elles-mêmes, pas leur nom.",
            "déplacez-les ici : « instead_of: [{label: …, amount: …}] »",
        )
    return node


def cannot_name(rule: Rule, node: Fields) -> Wrong:
    """Return why a line cannot bear its name."""
    why, choice = "c'est déjà le nom d'autre chose", "prenez un autre nom"
    if rule.each:
        why, choice = "« each » en fait plusieurs montants", "retirez « id »"
    sentence = f"« {rule.name} » ne peut pas nommer cette ligne : {why}."
    return Wrong(node.lines["id"], sentence, choice)


def negative(rule: Rule) -> Wrong:
    """Return that a line takes off what it does not say it takes off, at the cell that does."""
    positive = "écrivez-le positif, avec « nature: discount » ou « nature: credit »"
    for table in filter(None, map(rule.scope.table, sorted(rule.amount.tables))):
        for row in (one for grid in table.grids for one in grid.rows):
            if any(isinstance(cell, int | Fraction) and cell < 0 for cell in row.results):
                where = f"« {table.title} », « {row.label} »"
                sentence = f"{where} : un montant négatif, que « {rule.label} » facture."
                return Wrong(row.line, sentence, positive)
    return Wrong(rule.line, f"« {rule.label} » a un montant négatif.", positive)


def never_deductible(rule: Rule, node: Fields) -> Iterator[Finding]:
    """Yield that a share of a line was said deductible of which nothing ever is."""
    if rule.deductible and rule.nature in NEVER_DEDUCTIBLE:
        yield Finding(
            line=node.lines["deductible"],
            sentence=f"« {rule.label} » est une ligne « {rule.nature} » : rien n'en est déductible "
            "de l'impôt.",
            choices=(
                "retirez « deductible »",
                "donnez à la ligne une autre nature : « price » ou « supplement »",
            ),
        )


def deductible(node: Fields) -> Fraction:
    """
    Return what share of a line can be deducted from tax.

    :raises Wrong: it is none.
    """
    text = text_of(node, "deductible") or "no"
    if text in {"yes", "no"}:
        return Fraction(text == "yes")
    try:
        share = plain_number(text.removesuffix("%").strip())
    except Misread:
        share = None
    if share is None or not text.endswith("%") or not 0 <= share <= 100:
        raise Wrong(node.lines["deductible"], "« deductible » est yes, no, ou comme 50%.")
    return Fraction(share) / 100


def amount_so_far(name: str, step: Fraction | None) -> Formula:
    """Return how a formula reads the amount of a line, or of all so far."""

    def run(env: Env) -> Any:
        return env.get(name, 0)

    # No lower bound: what is taken off may be more than what stood before it.
    kind = Kind(base=Base.MONEY, step=step)
    return Formula(kind=kind, run=run, raw=run)
