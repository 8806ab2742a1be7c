"""
Calls in formulas: a listed function, or one that looks over a list or moves along a table.
"""

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import msgspec

from cvq.rules.tariff.findings import Wrong
from cvq.rules.tariff.formula import Env, Formula, Run, Stop, missing
from cvq.rules.tariff.functions import FUNCTIONS, joined
from cvq.rules.tariff.grammar import Call, Name, Tree
from cvq.rules.tariff.kinds import TRUTH, UNKNOWN, Base, Kind
from cvq.rules.tariff.outcome import RefusalKind
from cvq.rules.tariff.remedies import as_in
from cvq.rules.tariff.rounding import MANNERS, on_step, rounded

if TYPE_CHECKING:
    from cvq.rules.tariff.meaning import Scope
    from cvq.rules.tariff.tables import Table

POSITION = "position"
NM = {Base.NUMBER, Base.MONEY}
# How much a list weighs: lists of lists of lists are no tariff.
RECORDS = 30


def called(call: Call, scope: "Scope", line: int) -> Formula:
    """
    Return the formula of a call.

    :raises Wrong: there is no such function, or it is not given what it needs.
    """
    if call.function in OVER_LISTS:
        return _over_list(call, scope, line)
    if call.function in OVER_TABLES:
        return _over_table(call, scope, line)
    if call.function == "round":
        return _round(call, scope, line)
    handler = FUNCTIONS.get(call.function)
    if handler is None:
        known = sorted([*FUNCTIONS, *OVER_LISTS, *OVER_TABLES, "round"])
        raise Wrong(
            line, f"La fonction « {call.function} » n'existe pas.", f"une de : {', '.join(known)}"
        )
    return handler([_meaning(tree, scope, line) for tree in call.given], line)


def _meaning(tree: Tree, scope: "Scope", line: int) -> Formula:
    from cvq.rules.tariff.meaning import meaning

    return meaning(tree, scope, line)


def _inside(scope: "Scope", kind: Kind) -> "Scope":
    from cvq.rules.tariff.meaning import Inside

    return Inside(scope, fields_of(kind))


def table_value(table: "Table", column: str, line: int) -> Formula:
    """Return the formula that asks a table."""
    position = _column(table, column, line)
    return _of_table(table, column, lambda env: table.value(env, position), line)


def _column(table: "Table", column: str, line: int) -> int:
    if not column and len(table.columns) > 1:
        names = ", ".join(f"{table.name}.{name}" for name in table.columns)
        raise Wrong(line, f"« {table.name} » a plusieurs résultats.", f"écrivez un de : {names}")
    if column and column not in table.columns:
        raise Wrong(
            line,
            f"« {table.name} » n'a pas de résultat « {column} ».",
            f"un de : {', '.join(table.columns)}",
        )
    position = table.positions[column] if column else 0
    table.asked.add(column or next(iter(table.columns)))
    return position


def _of_table(table: "Table", column: str, run: Run, line: int, *parts: Formula) -> Formula:
    kind = list(table.columns.values())[_column(table, column, line)]
    return Formula(
        kind=kind,
        run=run,
        raw=run,
        needs=table.needs.union(*(part.needs for part in parts)),
        fields=table.fields.union(*(part.fields for part in parts)),
        tables=frozenset({table.name}).union(*(part.tables for part in parts)),
        weight=table.weight + sum(part.weight for part in parts),
        depth=3 + max([table.depth, *(part.depth for part in parts)]),
    )


OVER_LISTS = {"count", "sum", "any", "all", "lowest", "highest"}


def fields_of(kind: Kind) -> dict[str, Formula]:
    """Return the names that the record of a list brings: its fields and its position."""

    def field(name: str, one: Kind) -> Formula:
        def raw(env: Env) -> Any:
            return env[name]

        def run(env: Env) -> Any:
            value = env[name]
            if value is UNKNOWN:
                raise missing(one.title or name)
            return value

        return Formula(kind=one, run=run, raw=raw, fields=frozenset({name}))

    rank = Kind(base=Base.NUMBER, unit="rang", low=Fraction(1))
    return {name: field(name, one) for name, one in {**kind.fields, POSITION: rank}.items()}


def _over_list(call: Call, scope: "Scope", line: int) -> Formula:
    name = call.function
    wanted = {"count": (1, 2)}.get(name, (2, 2))
    if not wanted[0] <= len(call.given) <= wanted[1]:
        sentence = f"« {name} » attend une liste et ce qu'il faut en regarder."
        raise Wrong(line, sentence, as_in(name))
    of = _meaning(call.given[0], scope, line)
    if of.kind.base is not Base.LIST:
        sentence = f"« {name} » attend une liste, voici {of.kind.french()}."
        raise Wrong(line, sentence, as_in(name))
    records = of.run
    if len(call.given) == 1:
        kind = Kind(base=Base.NUMBER, low=Fraction(0))
        return joined(kind, lambda env: len(records(env)), of)
    inner = _meaning(call.given[1], _inside(scope, of.kind), line)
    if (name in {"count", "any", "all"}) != (inner.kind.base is Base.TRUTH):
        raise Wrong(line, f"« {name} » ne regarde pas {inner.kind.french()}.", as_in(name))
    run = inner.run

    def each(env: Env) -> list[Any]:
        return [
            run({**env, **record, POSITION: place})
            for place, record in enumerate(records(env), start=1)
        ]

    kind = _list_kind(name, inner.kind)
    own = frozenset({*of.kind.fields, POSITION})
    formula = joined(kind, lambda env: _list_result(name, each(env), line), of, inner)
    return msgspec.structs.replace(
        formula, fields=formula.fields - own, weight=of.weight + RECORDS * inner.weight
    )


def _list_kind(name: str, inner: Kind) -> Kind:
    is_positive = inner.low is not None and inner.low >= 0
    match name:
        case "sum":
            low = Fraction(0) if is_positive else None
            return Kind(base=inner.base, unit=inner.unit, step=inner.step, low=low)
        case "count":
            return Kind(base=Base.NUMBER, low=Fraction(0))
        case "any" | "all":
            return TRUTH
        case _:
            return inner


def _list_result(name: str, values: list[Any], line: int) -> Any:
    match name:
        case "count":
            return sum(1 for value in values if value)
        case "any":
            return any(values)
        case "all":
            return all(values)
        case "sum":
            return sum(values)
    if not values:
        raise Stop(RefusalKind.MISSING_INPUT, "La liste est vide.", line)
    return min(values) if name == "lowest" else max(values)


OVER_TABLES = {"shift", "top", "bottom"}


def _over_table(call: Call, scope: "Scope", line: int) -> Formula:
    # shift(table.column, rows, stay | refuse): the neighbouring row; top and bottom: the ends.
    name = call.function
    if not call.given or not isinstance(call.given[0], Name):
        raise Wrong(line, f"« {name} » attend d'abord une table.", as_in(name))
    asked, _, column = call.given[0].name.partition(".")
    table = scope.table(asked)
    if table is None:
        sentence = f"« {name} » attend d'abord une table ; « {asked} » n'en est pas une."
        raise Wrong(line, sentence, as_in(name))
    position = _column(table, column, line)
    if name in {"top", "bottom"}:
        last = name == "bottom"
        return _of_table(
            table,
            column,
            lambda env: table.shifted(env, position, None, top=last, stay=True),
            line,
        )
    ends = call.given[2] if len(call.given) == 3 else None
    if not isinstance(ends, Name) or ends.name not in {"stay", "refuse"}:
        raise Wrong(
            line,
            "« shift » attend une table, un nombre de lignes, et ce qui arrive au bout.",
            "« stay » : la dernière ligne vaut",
            "« refuse » : aucun prix",
        )
    by, stay = _meaning(call.given[1], scope, line), ends.name == "stay"
    if by.kind.base is not Base.NUMBER or by.kind.step is None or by.kind.step % 1:
        raise Wrong(line, "« shift » se déplace d'un nombre entier de lignes.", as_in(name))
    rows = by.run
    return _of_table(
        table,
        column,
        lambda env: table.shifted(env, position, int(rows(env)), top=False, stay=stay),
        line,
        by,
    )


def _round(call: Call, scope: "Scope", line: int) -> Formula:
    manner = call.given[2] if len(call.given) == 3 else None
    if not isinstance(manner, Name) or manner.name not in MANNERS:
        raise Wrong(
            line,
            "« round » attend une valeur, un pas et une manière.",
            f"une de : {', '.join(MANNERS)}",
        )
    value, to = (_meaning(tree, scope, line) for tree in call.given[:2])
    if value.kind.base not in NM or not to.kind.literal or not to.kind.step:
        sentence = "« round » arrondit un nombre ou un montant à un pas écrit en clair."
        raise Wrong(line, sentence, as_in("round"))
    if value.kind.base is Base.MONEY and to.kind.base is not Base.MONEY:
        raise Wrong(line, "Un montant s'arrondit à un montant, par exemple 0.05 €.")
    run, step, how = value.run, to.kind.step, manner.name
    kind = on_step(msgspec.structs.replace(value.kind, literal=False), step)
    return joined(kind, lambda env: rounded(run(env), step, how), value)
