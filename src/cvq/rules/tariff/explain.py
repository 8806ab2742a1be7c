"""A formula with the values it was worked out from, in plain French."""

from collections.abc import Mapping
from fractions import Fraction

from cvq.rules.tariff.formula import Env, Formula
from cvq.rules.tariff.grammar import Binary, Call, Moment, Name, Number, Tree, Unary
from cvq.rules.tariff.kinds import UNKNOWN, Base, Kind, shown
from cvq.rules.tariff.meaning import Scope, meaning
from cvq.rules.tariff.spoken import spoken

SIGNS = {"*": "×", "/": "÷", "-": "−", "+": "+"}
SAID = {"min": "le plus petit de", "max": "le plus grand de"}


def told(tree: Tree, scope: Scope, env: Env, titles: Mapping[str, str]) -> str:
    """Return what a formula did: « 0,36 % × quotient familial 1 000 »."""
    match tree:
        case Number() | Moment():
            return _value(tree, scope, env)
        case Name(name=name):
            return _named(tree, scope, env, titles.get(name, ""))
        case Unary(op="-", of=of):
            return f"−{told(of, scope, env, titles)}"
        case Binary(op=op) if op in SIGNS:
            sides = [told(side, scope, env, titles) for side in (tree.left, tree.right)]
            if op in {"*", "/"}:
                sides = [
                    f"({text})" if isinstance(side, Binary) and side.op in {"+", "-"} else text
                    for side, text in zip((tree.left, tree.right), sides, strict=True)
                ]
            return f"{sides[0]} {SIGNS[op]} {sides[1]}"
        case Call(function="if" | "round" | "euros" | "points"):
            return told(chosen(tree, scope, env), scope, env, titles)
        case Call(function="started", given=(of, unit)):
            count = _value(tree, scope, env)
            return f"{count} fois {told(unit, scope, env, titles)} commencées"
        case Call(function=function, given=given) if function in SAID:
            parts = " et ".join(told(one, scope, env, titles) for one in given)
            return f"{SAID[function]} {parts}"
        case _:
            return _value(tree, scope, env)


def chosen(tree: Tree, scope: Scope, env: Env) -> Tree:
    """Return what a tree comes to: the branch that was taken, without its rounding."""
    match tree:
        case Call(function="if", given=(test, yes, no)):
            return chosen(yes if meaning(test, scope, 0).run(env) else no, scope, env)
        case Call(function="round" | "euros" | "points", given=(of, *_)):
            return chosen(of, scope, env)
        case _:
            return tree


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
        return shown(Kind(base=Base.MONEY), value)
    return "inconnu" if value is UNKNOWN else shown(kind, value)
