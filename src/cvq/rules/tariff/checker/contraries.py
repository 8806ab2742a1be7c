"""A condition and its contrary: one of the two always holds, whatever they read."""

from collections.abc import Iterable

import msgspec

from cvq.rules.tariff.checker.steepness import names_of
from cvq.rules.tariff.grammar import Binary, Tree, Unary
from cvq.rules.tariff.lines import SUBTOTAL, Rule
from cvq.rules.tariff.meaning import Scope

CONTRARY = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def names_so_far(rules: Iterable[Rule]) -> frozenset[str]:
    """Return the names of what some lines come to: what bears one changes from line to line."""
    return frozenset({SUBTOTAL, *(rule.name for rule in rules if rule.name)})


def reads_so_far(tree: Tree, so_far: frozenset[str], scope: Scope) -> bool:
    """Return whether a condition reads what the lines before it come to."""
    return not so_far.isdisjoint(names_of(tree, scope, so_far))


def has_contraries(rules: Iterable[Rule], so_far: frozenset[str], scope: Scope) -> bool:
    """Return whether two lines stand under a condition and its contrary, for the same elements."""
    known = {
        (rule.when.tree, rule.each and rule.each.tree)
        for rule in rules
        if rule.when and rule.when.tree and not reads_so_far(rule.when.tree, so_far, scope)
    }
    return any((_contrary(tree), each) in known for tree, each in known if tree)


def _contrary(tree: Tree) -> Tree:
    match tree:
        case Unary(op="not", of=of):
            return of
        case Binary(op=op) if op in CONTRARY:
            return msgspec.structs.replace(tree, op=CONTRARY[op])
        case _:
            return Unary("not", tree)
