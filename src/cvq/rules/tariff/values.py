"""Values of a document: worked out once a rating, kept with the rows that they stand on."""

from collections.abc import Callable
from typing import Any

import msgspec

from cvq.rules.tariff.formula import HITS, Env, Formula
from cvq.rules.tariff.grammar import Call, Name, Number
from cvq.rules.tariff.kinds import UNKNOWN, Value
from cvq.rules.tariff.read import Fields, Items, Node, Text
from cvq.rules.tariff.rounding import on_step, rounded
from cvq.rules.tariff.roundings import read_rounding

MISSING = object()


def scalars(node: Node) -> int:
    match node:
        case Text():
            return 1
        case Items(items=items):
            return sum(scalars(one) for one in items)
        case Fields(fields=fields):
            return sum(scalars(one) for one in fields.values())


def result_words(node: Node) -> set[str]:
    # The words that a table gives: the cells of its columns of words.
    if not isinstance(node, Fields):
        return set()
    when, then = node.fields.get("when"), node.fields.get("then")
    if not isinstance(when, Items):
        return set()
    kinds = list(then.fields.values()) if isinstance(then, Fields) else [then]
    places = [
        len(when.items) + i
        for i, kind in enumerate(kinds)
        if isinstance(kind, Text) and kind.value == "words"
    ]
    grids: list[Node] = [node]
    versions = node.fields.get("versions")
    if isinstance(versions, Items):
        grids += versions.items
    words: set[str] = set()
    for grid in grids:
        rows = grid.fields.get("rows") if isinstance(grid, Fields) else None
        for row in rows.items if isinstance(rows, Items) else ():
            if isinstance(row, Items):
                cells = [row.items[place] for place in places if place < len(row.items)]
                words |= {cell.value for cell in cells if isinstance(cell, Text)}
    return words


def kept_plain(name: str, raw: Callable[[Env], Any]) -> Callable[[Env], Any]:
    def cached(env: Env) -> Any:
        value = env.get(name, MISSING)
        if value is MISSING:
            value = env[name] = raw(env)
        return value

    return cached


def kept(name: str, raw: Callable[[Env], Any]) -> Callable[[Env], Any]:
    # The rows that spoke are kept with the value: whoever reads it stands on them too.
    rows = f"{name}{HITS}"

    def cached(env: Env) -> Any:
        hits = env.get(HITS)
        value = env.get(name, MISSING)
        if value is MISSING:
            env[HITS] = env[rows] = []
            try:
                value = env[name] = raw(env)
            finally:
                env[HITS] = hits
        if hits is not None:
            hits.extend(env[rows])
        return value

    return cached


def stepped(formula: Formula, node: Node) -> tuple[Formula, Callable[[Env], Value]]:
    step, how = read_rounding(node, formula.kind)
    raw = formula.raw

    def run(env: Env) -> Any:
        value = raw(env)
        return value if value is UNKNOWN else rounded(value, step, how)

    kind = on_step(formula.kind, step)
    tree = formula.tree and Call("round", (formula.tree, Number(step), Name(how)))
    return msgspec.structs.replace(formula, kind=kind, tree=tree), run
