"""The functions that a formula may call: these, and no other."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, Any

import msgspec

from cvq.kernel.periods import SEPTEMBER, age_on, school_year
from cvq.rules.tariff.findings import Wrong
from cvq.rules.tariff.formula import Env, Formula, Run, Stop
from cvq.rules.tariff.kinds import (
    MINUTES_A_DAY,
    TRUTH,
    UNKNOWN,
    Base,
    Kind,
    simple,
)
from cvq.rules.tariff.outcome import RefusalKind
from cvq.rules.tariff.remedies import as_in
from cvq.rules.tariff.vocabulary import WEEKDAYS

if TYPE_CHECKING:
    pass

NUMBER, DATE = Kind(base=Base.NUMBER), Kind(base=Base.DATE)
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
        weight=sum(part.weight for part in parts),
        depth=1 + max((part.depth for part in parts), default=0),
    )


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
        raise Wrong(line, f"« {name} » attend : {told}.", as_in(name))


N, M, D = {Base.NUMBER}, {Base.MONEY}, {Base.DATE}
NM = {Base.NUMBER, Base.MONEY}


def _least(given: list[Formula], line: int) -> Formula:
    return _extreme(given, line, min, "min")


def _most(given: list[Formula], line: int) -> Formula:
    return _extreme(given, line, max, "max")


def _extreme(given: list[Formula], line: int, choose: Callable[..., Any], name: str) -> Formula:
    if len(given) < 2 or given[0].kind.base in {Base.TRUTH, Base.WORD, Base.LIST}:
        sentence = f"« {name} » attend au moins deux montants ou deux nombres."
        raise Wrong(line, sentence, as_in(name))
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
        raise Wrong(line, "« if » attend une condition et deux valeurs.", as_in("if"))
    test, yes, no = (formula.run for formula in given)
    left, right = given[1].kind, given[2].kind
    if left.base is right.base is Base.WORD:
        words = tuple(dict.fromkeys(left.words + right.words))
        kind = Kind(base=Base.WORD, words=words, meanings={**left.meanings, **right.meanings})
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
        raise Wrong(line, "« known » attend une entrée.", as_in("known"))
    raw = given[0].raw
    return joined(TRUTH, lambda env: raw(env) is not UNKNOWN, given[0])


def _first_known(given: list[Formula], line: int) -> Formula:
    if len(given) < 2:
        raise Wrong(
            line,
            "« first_known » attend au moins deux valeurs.",
            as_in("first_known"),
        )
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

        low = given[0].kind.low
        kind = Kind(base=Base.NUMBER, low=Fraction(0) if low is not None and low >= 0 else None)
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
        if day < first:
            raise Stop(RefusalKind.WRONG_INPUT, "La date de naissance est après ce jour.", line)
        return age_on(first, day)

    return joined(Kind(base=Base.NUMBER, unit="an", low=Fraction(0)), run, *given)


def _day(value: int) -> date:
    return date.fromordinal(existing(value, date.max.toordinal()))


def existing(value: int, last: int, first: int = 1) -> int:
    """Return a day, a moment or a clock time, if there is such a one."""
    if first <= value <= last:
        return value
    raise Stop(RefusalKind.WRONG_INPUT, "Ce jour ou cette heure n'existe pas.")


def _on_date(
    name: str, kind: Kind, of: Callable[[date], Any]
) -> Callable[[list[Formula], int], Formula]:
    def build(given: list[Formula], line: int) -> Formula:
        _expect(given, [D], name, line)
        run = given[0].run
        return joined(kind, lambda env: of(_day(run(env))), *given)

    return build


def _school_year_start(day: date) -> int:
    if school_year(day) < 1:
        raise Stop(RefusalKind.WRONG_INPUT, "Ce jour ou cette heure n'existe pas.")
    return date(school_year(day), SEPTEMBER, 1).toordinal()


def _next_month(day: date) -> int:
    if (day.year, day.month) == (date.max.year, date.max.month):
        raise Stop(RefusalKind.WRONG_INPUT, "Ce jour ou cette heure n'existe pas.")
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
        _same(given[0].kind, given[1].kind, line, "comparer")
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
    kind = _part(given, line)
    before, quantity, low, high = (formula.run for formula in given)

    def run(env: Env) -> Any:
        start = before(env)
        end = start + quantity(env)
        return max(0, min(end, high(env)) - max(start, low(env)))

    return joined(kind, run, *given)


def _part(given: list[Formula], line: int) -> Kind:
    # A use that is cut at a threshold lies on the lattice of both.
    kind = given[0].kind
    for formula in given[1:]:
        kind = _same(kind, formula.kind, line, "comparer")
    return msgspec.structs.replace(kind, low=Fraction(0), high=None)


def _beyond(given: list[Formula], line: int) -> Formula:
    # What of a use of `quantity`, after `before`, goes past a threshold of the period.
    _expect(given, [N, N, N], "beyond", line)
    kind = _part(given, line)
    before, quantity, threshold = (formula.run for formula in given)

    def run(env: Env) -> Any:
        start = before(env)
        return max(0, start + quantity(env) - max(start, threshold(env)))

    return joined(kind, run, *given)


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
    "school_year": _on_date("school_year", NUMBER, school_year),
    "year_start": _on_date("year_start", DATE, lambda day: date(day.year, 1, 1).toordinal()),
    "school_year_start": _on_date("school_year_start", DATE, _school_year_start),
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
