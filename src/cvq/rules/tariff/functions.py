"""The functions that a formula may call: these, and no other."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, Any

import msgspec

from cvq.rules.tariff.findings import Wrong
from cvq.rules.tariff.formula import Env, Formula, Run, Stop
from cvq.rules.tariff.grammar import Call, Name, Tree
from cvq.rules.tariff.kinds import (
    MINUTES_A_DAY,
    TRUTH,
    UNKNOWN,
    Base,
    Kind,
    simple,
)
from cvq.rules.tariff.outcome import RefusalKind
from cvq.rules.tariff.rounding import MANNERS, rounded
from cvq.rules.tariff.vocabulary import WEEKDAYS

if TYPE_CHECKING:
    from cvq.rules.tariff.meaning import Scope
    from cvq.rules.tariff.tables import Table

NUMBER, DATE = Kind(base=Base.NUMBER), Kind(base=Base.DATE)
SEPTEMBER = 9
POSITION = "position"


def joined(kind: Kind, run: Run, *parts: Formula) -> Formula:
    """Return a formula made of others: it needs what they need."""
    return Formula(
        kind=kind,
        run=run,
        raw=run,
        needs=frozenset().union(*(part.needs for part in parts)),
        fields=frozenset().union(*(part.fields for part in parts)),
        tables=frozenset().union(*(part.tables for part in parts)),
    )


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
    return table.positions[column] if column else 0


def _of_table(table: "Table", column: str, run: Run, line: int, *parts: Formula) -> Formula:
    kind = list(table.columns.values())[_column(table, column, line)]
    return Formula(
        kind=kind,
        run=run,
        raw=run,
        needs=table.needs.union(*(part.needs for part in parts)),
        fields=table.fields.union(*(part.fields for part in parts)),
        tables=frozenset({table.name}).union(*(part.tables for part in parts)),
    )


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


def _same(left: Kind, right: Kind, line: int, what: str) -> Kind:
    from cvq.rules.tariff.meaning import same_kind

    return same_kind(left, right, line, what)


def _expect(given: list[Formula], bases: list[set[Base]], name: str, line: int) -> None:
    if len(given) != len(bases) or any(
        formula.kind.base not in wanted for formula, wanted in zip(given, bases, strict=False)
    ):
        told = ", ".join(
            " ou ".join(
                sorted(Kind(base=base).french() for base in wanted if base is not Base.WORD)
            )
            or "un mot"
            for wanted in bases
        )
        raise Wrong(line, f"« {name} » attend : {told}.")


N, M, D = {Base.NUMBER}, {Base.MONEY}, {Base.DATE}
NM = {Base.NUMBER, Base.MONEY}


def _least(given: list[Formula], line: int) -> Formula:
    return _extreme(given, line, min, "min")


def _most(given: list[Formula], line: int) -> Formula:
    return _extreme(given, line, max, "max")


def _extreme(given: list[Formula], line: int, choose: Callable[..., Any], name: str) -> Formula:
    if len(given) < 2 or given[0].kind.base in {Base.TRUTH, Base.WORD, Base.LIST}:
        raise Wrong(line, f"« {name} » attend au moins deux montants ou deux nombres.")
    kind = given[0].kind
    for formula in given[1:]:
        kind = _same(kind, formula.kind, line, "comparer")
    lows = [formula.kind.low for formula in given if formula.kind.low is not None]
    if name == "max" and lows:
        kind = msgspec.structs.replace(kind, low=max(lows))
    runs = [formula.run for formula in given]
    if len(runs) == 2:
        a, b = runs
        return joined(kind, lambda env: choose(a(env), b(env)), *given)
    return joined(kind, lambda env: choose(run(env) for run in runs), *given)


def _if(given: list[Formula], line: int) -> Formula:
    if len(given) != 3 or given[0].kind.base is not Base.TRUTH:
        raise Wrong(line, "« if » attend une condition et deux valeurs.")
    test, yes, no = (formula.run for formula in given)
    left, right = given[1].kind, given[2].kind
    if left.base is right.base is Base.WORD:
        kind = Kind(base=Base.WORD, words=tuple(dict.fromkeys(left.words + right.words)))
    elif left.base is right.base is Base.LIST:
        raise Wrong(line, "« if » ne choisit pas entre deux listes.")
    else:
        kind = _same(left, right, line, "choisir entre")
    formula = joined(kind, lambda env: yes(env) if test(env) else no(env), *given)
    if left.unknown or right.unknown:
        raw_yes, raw_no = given[1].raw, given[2].raw
        return msgspec.structs.replace(
            formula,
            kind=msgspec.structs.replace(kind, unknown=True),
            raw=lambda env: raw_yes(env) if test(env) else raw_no(env),
        )
    return formula


def _known(given: list[Formula], line: int) -> Formula:
    if len(given) != 1:
        raise Wrong(line, "« known » attend une entrée.")
    raw = given[0].raw
    return joined(TRUTH, lambda env: raw(env) is not UNKNOWN, given[0])


def _first_known(given: list[Formula], line: int) -> Formula:
    if len(given) < 2:
        raise Wrong(line, "« first_known » attend au moins deux valeurs.")
    kind = given[0].kind
    for formula in given[1:]:
        kind = _same(kind, formula.kind, line, "choisir entre")
    raws, last = [formula.raw for formula in given[:-1]], given[-1]

    def pick(env: Env, end: Run) -> Any:
        for raw in raws:
            try:
                value = raw(env)
            except Stop as stop:
                if stop.kind is not RefusalKind.MISSING_INPUT:
                    raise
                continue
            if value is not UNKNOWN:
                return value
        return end(env)

    formula = joined(kind.known(), lambda env: pick(env, last.run), *given)
    if last.kind.unknown:
        unknown = msgspec.structs.replace(kind, unknown=True)
        return msgspec.structs.replace(formula, kind=unknown, raw=lambda env: pick(env, last.raw))
    return formula


def _units(name: str, cut: Callable[[Fraction], int]) -> Callable[[list[Formula], int], Formula]:
    def build(given: list[Formula], line: int) -> Formula:
        _expect(given, [NM, NM], name, line)
        _same(given[0].kind, given[1].kind, line, "diviser")
        a, b = given[0].run, given[1].run

        def run(env: Env) -> Any:
            size = b(env)
            if size <= 0:
                raise Stop(RefusalKind.WRONG_INPUT, "Une unité nulle.", line)
            return cut(Fraction(a(env)) / size)

        kind = Kind(base=Base.NUMBER, low=given[0].kind.low)
        return joined(kind, run, *given)

    return build


def _euros(given: list[Formula], line: int) -> Formula:
    _expect(given, [N], "euros", line)
    run, kind = given[0].run, given[0].kind
    step = None if kind.step is None else kind.step * 100
    return joined(
        Kind(base=Base.MONEY, step=step, low=kind.low),
        lambda env: run(env) * 100,
        *given,
    )


def _points(given: list[Formula], line: int) -> Formula:
    _expect(given, [M], "points", line)
    run, kind = given[0].run, given[0].kind
    step = None if kind.step is None else kind.step / 100
    return joined(
        Kind(base=Base.NUMBER, unit="point", step=step, low=kind.low),
        lambda env: simple(Fraction(run(env)) / 100),
        *given,
    )


def _age(given: list[Formula], line: int) -> Formula:
    _expect(given, [D, D], "age", line)
    born, on = given[0].run, given[1].run

    def run(env: Env) -> Any:
        first, day = _day(born(env)), _day(on(env))
        return day.year - first.year - ((day.month, day.day) < (first.month, first.day))

    return joined(Kind(base=Base.NUMBER, unit="an", low=Fraction(0)), run, *given)


def _day(value: int) -> date:
    return date.fromordinal(int(value))


def _on_date(
    name: str, kind: Kind, of: Callable[[date], Any]
) -> Callable[[list[Formula], int], Formula]:
    def build(given: list[Formula], line: int) -> Formula:
        _expect(given, [D], name, line)
        run = given[0].run
        return joined(kind, lambda env: of(_day(run(env))), *given)

    return build


def _next_month(day: date) -> int:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1).toordinal()


def _weekday_before(given: list[Formula], line: int) -> Formula:
    _expect(given, [D, {Base.WORD}], "weekday_before", line)
    if not set(given[1].kind.words) <= set(WEEKDAYS):
        raise Wrong(line, f"Un jour est un de : {', '.join(WEEKDAYS)}.")
    day, word = given[0].run, given[1].run

    def run(env: Env) -> Any:
        start = int(day(env)) - 1
        wanted = WEEKDAYS.index(str(word(env)))
        return start - (_day(start).weekday() - wanted) % 7

    return joined(DATE, run, *given)


def _between(name: str, bases: set[Base], unit: str) -> Callable[[list[Formula], int], Formula]:
    def build(given: list[Formula], line: int) -> Formula:
        _expect(given, [bases, bases], name, line)
        a, b = given[0].run, given[1].run
        kind = Kind(base=Base.NUMBER, unit=unit)
        return joined(kind, lambda env: b(env) - a(env), *given)

    return build


def _moment(given: list[Formula], line: int) -> Formula:
    _expect(given, [D, {Base.CLOCK}], "moment", line)
    a, b = given[0].run, given[1].run
    kind = Kind(base=Base.MOMENT)
    return joined(kind, lambda env: a(env) * MINUTES_A_DAY + b(env), *given)


def _of_moment(
    name: str, base: Base, cut: Callable[[int, int], int]
) -> Callable[[list[Formula], int], Formula]:
    def build(given: list[Formula], line: int) -> Formula:
        _expect(given, [{Base.MOMENT}], name, line)
        run = given[0].run
        return joined(
            Kind(base=base),
            lambda env: cut(int(run(env)), MINUTES_A_DAY),
            *given,
        )

    return build


def _within(given: list[Formula], line: int) -> Formula:
    # What of a use of `quantity`, after `before`, lies between two thresholds of the period.
    _expect(given, [N, N, N, N], "within", line)
    for formula in given[1:]:
        _same(given[0].kind, formula.kind, line, "comparer")
    before, quantity, low, high = (formula.run for formula in given)

    def run(env: Env) -> Any:
        start = before(env)
        end = start + quantity(env)
        return max(0, min(end, high(env)) - max(start, low(env)))

    return joined(msgspec.structs.replace(given[1].kind, low=Fraction(0), high=None), run, *given)


def _beyond(given: list[Formula], line: int) -> Formula:
    # What of a use of `quantity`, after `before`, goes past a threshold of the period.
    _expect(given, [N, N, N], "beyond", line)
    for formula in given[1:]:
        _same(given[0].kind, formula.kind, line, "comparer")
    before, quantity, threshold = (formula.run for formula in given)

    def run(env: Env) -> Any:
        start = before(env)
        return max(0, start + quantity(env) - max(start, threshold(env)))

    return joined(msgspec.structs.replace(given[1].kind, low=Fraction(0), high=None), run, *given)


FUNCTIONS: dict[str, Callable[[list[Formula], int], Formula]] = {
    "min": _least,
    "max": _most,
    "if": _if,
    "known": _known,
    "first_known": _first_known,
    "started": _units("started", ceil),
    "completed": _units("completed", floor),
    "euros": _euros,
    "points": _points,
    "age": _age,
    "weekday": _on_date(
        "weekday", Kind(base=Base.WORD, words=WEEKDAYS), lambda day: WEEKDAYS[day.weekday()]
    ),
    "year_day": _on_date(
        "year_day",
        Kind(base=Base.MONTHDAY, low=Fraction(1), high=Fraction(366)),
        lambda day: date(2024, day.month, day.day).timetuple().tm_yday,
    ),
    "year": _on_date("year", NUMBER, lambda day: day.year),
    "month": _on_date(
        "month",
        Kind(base=Base.NUMBER, low=Fraction(1), high=Fraction(12)),
        lambda day: day.month,
    ),
    "school_year": _on_date("school_year", NUMBER, lambda day: day.year - (day.month < SEPTEMBER)),
    "month_start": _on_date("month_start", DATE, lambda day: day.replace(day=1).toordinal()),
    "next_month": _on_date("next_month", DATE, _next_month),
    "weekday_before": _weekday_before,
    "days": _between("days", D, "jour"),
    "minutes": _between("minutes", {Base.CLOCK, Base.MOMENT}, "min"),
    "moment": _moment,
    "date": _of_moment("date", Base.DATE, lambda value, day: value // day),
    "clock": _of_moment("clock", Base.CLOCK, lambda value, day: value % day),
    "within": _within,
    "beyond": _beyond,
}

OVER_LISTS = {"count", "sum", "any", "all", "lowest", "highest"}


def fields_of(kind: Kind) -> dict[str, Formula]:
    """Return the names that the record of a list brings: its fields and its position."""

    def field(name: str, one: Kind) -> Formula:
        def raw(env: Env) -> Any:
            return env[name]

        def run(env: Env) -> Any:
            value = env[name]
            if value is UNKNOWN:
                raise Stop(RefusalKind.MISSING_INPUT, f"Il manque : {name}.")
            return value

        return Formula(kind=one, run=run, raw=raw, fields=frozenset({name}))

    rank = Kind(base=Base.NUMBER, unit="rang", low=Fraction(1))
    return {name: field(name, one) for name, one in {**kind.fields, POSITION: rank}.items()}


def _over_list(call: Call, scope: "Scope", line: int) -> Formula:
    name = call.function
    wanted = {"count": (1, 2)}.get(name, (2, 2))
    if not wanted[0] <= len(call.given) <= wanted[1]:
        raise Wrong(line, f"« {name} » attend une liste et ce qu'il faut en regarder.")
    of = _meaning(call.given[0], scope, line)
    if of.kind.base is not Base.LIST:
        raise Wrong(line, f"« {name} » attend une liste, voici {of.kind.french()}.")
    records = of.run
    if len(call.given) == 1:
        kind = Kind(base=Base.NUMBER, low=Fraction(0))
        return joined(kind, lambda env: len(records(env)), of)
    inner = _meaning(call.given[1], _inside(scope, of.kind), line)
    if (name in {"count", "any", "all"}) != (inner.kind.base is Base.TRUTH):
        raise Wrong(line, f"« {name} » ne regarde pas {inner.kind.french()}.")
    run = inner.run

    def each(env: Env) -> list[Any]:
        return [
            run({**env, **record, POSITION: place})
            for place, record in enumerate(records(env), start=1)
        ]

    kind = _list_kind(name, inner.kind)
    own = frozenset({*of.kind.fields, POSITION})
    formula = joined(kind, lambda env: _list_result(name, each(env), line), of, inner)
    return msgspec.structs.replace(formula, fields=formula.fields - own)


def _list_kind(name: str, inner: Kind) -> Kind:
    match name:
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
        raise Wrong(line, f"« {name} » attend d'abord une table.")
    asked, _, column = call.given[0].name.partition(".")
    table = scope.table(asked)
    if table is None:
        raise Wrong(line, f"« {name} » attend d'abord une table ; « {asked} » n'en est pas une.")
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
        raise Wrong(line, "« shift » se déplace d'un nombre entier de lignes.")
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
        raise Wrong(line, "« round » arrondit un nombre ou un montant à un pas écrit en clair.")
    if value.kind.base is Base.MONEY and to.kind.base is not Base.MONEY:
        raise Wrong(line, "Un montant s'arrondit à un montant, par exemple 0.05 €.")
    run, step, how = value.run, to.kind.step, manner.name
    kind = msgspec.structs.replace(value.kind, step=step, literal=False)
    return joined(kind, lambda env: rounded(run(env), step, how), value)
