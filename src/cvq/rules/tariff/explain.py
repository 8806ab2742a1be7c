"""
A formula with the values it was worked out from, in plain French.

Who works the sentence out again, products before sums, from left to right, finds the amount that
it tells: what is joined less tightly than what stands around it goes between brackets.
"""

import re
from collections.abc import Mapping
from enum import IntEnum
from fractions import Fraction
from typing import NamedTuple

from cvq.rules.tariff.formula import Env, Formula
from cvq.rules.tariff.grammar import Binary, Call, Name, Number, Tree, Unary
from cvq.rules.tariff.kinds import MONEY, UNKNOWN, Base, shown
from cvq.rules.tariff.meaning import Scope, meaning
from cvq.rules.tariff.spoken import plural, spoken

SIGNS = {"*": "×", "/": "÷", "-": "−", "+": "+"}
EXTREME = {"min": "le plus petit entre", "max": "le plus grand entre"}
BOUNDED = {"min": "ramené au maximum de", "max": "ramené au minimum de"}
QUOTIENT = re.compile(r"\d/\d")


class Bond(IntEnum):
    """How tightly what is said holds together, loosest first."""

    CHOICE = 0  # « le plus petit entre a et b »
    STEPS = 1  # « a + b, arrondi »
    SUM = 2
    PRODUCT = 3
    FIGURE = 4


class Said(NamedTuple):
    """What is said, how tightly it holds, and what it comes to where words alone do not show it."""

    text: str
    bond: Bond = Bond.FIGURE
    comes_to: str = ""

    def within(self, bond: Bond, *, is_after: bool = False) -> str:
        """Return it as a part of what holds so tightly, between brackets if need be."""
        if self.bond < bond or (is_after and self.text.startswith(("-", "−"))):
            return f"{self.comes_to} ({self.text})".lstrip()
        return self.text


def told(tree: Tree, scope: Scope, env: Env, titles: Mapping[str, str]) -> str:
    """Return what a formula did: « 0,36 % × quotient familial 1 000 »."""
    return said(tree, scope, env, titles).text


def said(tree: Tree, scope: Scope, env: Env, titles: Mapping[str, str]) -> Said:
    """Return the same, for who puts it into something larger."""
    match chosen(tree, scope, env):
        case Name(name=name) as one:
            return _figure(_named(one, scope, env, titles.get(name, "")))
        case Unary(op="-", of=of):
            inner = said(of, scope, env, titles).within(Bond.PRODUCT, is_after=True)
            return Said(f"−{inner}", Bond.PRODUCT)
        case Binary(op=op) as one if op in SIGNS:
            return _joined(one, scope, env, titles)
        case Call(function="round", given=(of, *_)) as one:
            return rounded_to(said(of, scope, env, titles), _value(one, scope, env))
        case Call(function="started", given=(_, of)) as one:
            return Said(_started(one, of, scope, env))
        case Call(function=function) as one if function in BOUNDED:
            return _extreme(one, scope, env, titles)
        case one:
            return _figure(_value(one, scope, env))


def rounded_to(inner: Said, figure: str) -> Said:
    """Return what was rounded, and to what."""
    return Said(f"{inner.within(Bond.STEPS)}, arrondi", Bond.STEPS, figure)


def _joined(tree: Binary, scope: Scope, env: Env, titles: Mapping[str, str]) -> Said:
    bond = Bond.SUM if tree.op in {"+", "-"} else Bond.PRODUCT
    left = said(tree.left, scope, env, titles).within(bond)
    # « a − (b − c) », « a ÷ (b × c) »: what follows is undone as a whole.
    after = Bond(bond + 1) if tree.op in {"-", "/"} else bond
    right = said(tree.right, scope, env, titles).within(after, is_after=True)
    return Said(f"{left} {SIGNS[tree.op]} {right}", bond)


def _extreme(tree: Call, scope: Scope, env: Env, titles: Mapping[str, str]) -> Said:
    worked = _worked(tree, scope)
    if len(worked) == 1:
        inner = said(worked[0], scope, env, titles).within(Bond.STEPS)
        return Said(f"{inner}, {BOUNDED[tree.function]} {_value(tree, scope, env)}", Bond.STEPS)
    parts = [said(one, scope, env, titles).within(Bond.SUM) for one in tree.given]
    listed = f"{', '.join(parts[:-1])} et {parts[-1]}"
    return Said(f"{EXTREME[tree.function]} {listed}", Bond.CHOICE)


def _worked(tree: Call, scope: Scope) -> list[Tree]:
    # What is not a mere bound: « quotient » in « max(200, min(2500, quotient)) ».
    found = [one for one in tree.given if not meaning(one, scope, 0).constant]
    return found or [one for one in tree.given if not isinstance(one, Number)]


def _started(tree: Tree, unit: Tree, scope: Scope, env: Env) -> str:
    formula, of = meaning(tree, scope, 0), meaning(unit, scope, 0)
    what = plural("tranche commencée", formula.raw(env))
    return f"{amount(formula, env)} {what} de {amount(of, env)} {of.kind.unit}".rstrip()


def chosen(tree: Tree, scope: Scope, env: Env) -> Tree:
    """Return what a tree comes to: the branch that was taken, without what changed nothing."""
    match tree:
        case Call(function="if", given=(test, yes, no)):
            return chosen(yes if meaning(test, scope, 0).run(env) else no, scope, env)
        case Call(function="euros" | "points", given=(of, *_)):
            return chosen(of, scope, env)
        case Call(function="round", given=(of, *_)) if _run(of, scope, env) == _run(
            tree, scope, env
        ):
            return chosen(of, scope, env)
        case Call(function=function, given=given) if function in BOUNDED:
            worked, limit = _worked(tree, scope), _run(tree, scope, env)
            alike = worked if len(worked) == 1 else given
            is_idle = all(_run(one, scope, env) == limit for one in alike)
            return chosen(alike[0], scope, env) if is_idle else tree
        case _:
            return tree


def _run(tree: Tree, scope: Scope, env: Env) -> object:
    return meaning(tree, scope, 0).raw(env)


def _figure(text: str) -> Said:
    # « 10/3 € » is a quotient as well.
    return Said(text, Bond.PRODUCT if QUOTIENT.search(text) else Bond.FIGURE)


def _named(tree: Tree, scope: Scope, env: Env, title: str) -> str:
    formula = meaning(tree, scope, 0)
    if not title or formula.kind.base is Base.MONEY:
        return f"{title} {amount(formula, env)}".lstrip()
    return spoken(title, formula.kind, formula.raw(env))


def _value(tree: Tree, scope: Scope, env: Env) -> str:
    formula = meaning(tree, scope, 0)
    return amount(formula, env)


def amount(formula: Formula, env: Env) -> str:
    """Return the value of a formula as people read it."""
    value = formula.raw(env)
    kind = formula.kind
    if kind.base is Base.MONEY and isinstance(value, int | Fraction):
        # A price that is a fraction of a cent is shown with all its decimals.
        return shown(MONEY, value)
    return "inconnu" if value is UNKNOWN else shown(kind, value)
