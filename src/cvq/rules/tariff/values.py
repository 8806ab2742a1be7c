"""Values of a document: worked out once a rating, kept with the rows that they stand on."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from cvq.rules.tariff.declared import Input, text_of
from cvq.rules.tariff.findings import Wrong
from cvq.rules.tariff.formula import HITS, Env, Formula, missing
from cvq.rules.tariff.grammar import Call, Name, Number
from cvq.rules.tariff.kinds import UNKNOWN, Value
from cvq.rules.tariff.meaning import Scope, compiled
from cvq.rules.tariff.read import Fields, Node, Text
from cvq.rules.tariff.rounding import on_step, rounded
from cvq.rules.tariff.roundings import read_rounding

MISSING = object()


def read_named(
    name: str, node: Node, line: int, scope: Scope, inputs: Mapping[str, Input]
) -> Formula:
    """
    Return the formula of a value of the document.

    :raises Wrong: it is no formula, or cannot be rounded as it says.
    """
    if isinstance(node, Text):
        text, step = node.value, None
    elif isinstance(node, Fields) and set(node.fields) <= {"is", "title", "round"}:
        text = text_of(node, "is") or ""
        text_of(node, "title")
        step = node.fields.get("round")
    else:
        raise Wrong(line, f"« {name} » s'écrit « {name}: formule » ou avec is, title, round.")
    formula = compiled(text, scope, line)
    raw = formula.raw
    if step is not None:
        formula, raw = stepped(formula, step)
    # What hangs on a record is worked out for each: kept, it would be taken for the next.
    cached = kept(name, raw) if formula.tables else kept_plain(name, raw)
    if formula.fields:
        cached = raw
    needs = formula.needs

    def run(env: Env) -> Any:
        value = cached(env)
        if value is UNKNOWN:
            absent = [n for n in sorted(needs) if env.get(n, UNKNOWN) is UNKNOWN]
            raise missing(" ou ".join(inputs[n].title for n in absent if n in inputs) or name)
        return value

    return msgspec.structs.replace(formula, run=run, raw=cached, depth=formula.depth + 3)


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
