"""
From the tree of a formula to its type and its closure, checked once, before anything is priced.

Money and numbers never mix; units must agree; a word must be one of the words of what it is
compared with.  All arithmetic is exact: ints and Fractions, never a float.
"""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from operator import add, eq, ge, gt, le, lt, mul, ne, sub
from typing import Any, Protocol

import msgspec

from cvq.rules.tariff import calls, functions, remedies
from cvq.rules.tariff.findings import Wrong
from cvq.rules.tariff.formula import Env, Formula, Run, Unsound
from cvq.rules.tariff.grammar import Binary, Call, Moment, Name, Number, Tree, Unary, parse
from cvq.rules.tariff.kinds import (
    MINUTES_A_DAY,
    ORDERED,
    TRUTH,
    Base,
    Kind,
    Misread,
    Value,
    common_step,
    read_value,
    simple,
)
from cvq.rules.tariff.tables import Table

MAX_WEIGHT, MAX_DEPTH = 20_000, 250
COMPARED = {"<": lt, "<=": le, ">": gt, ">=": ge, "=": eq, "!=": ne}


class Scope(Protocol):
    """The names that a formula may use, where it stands."""

    words: frozenset[str]

    def find(self, name: str) -> Formula | None:
        """Return the formula that bears a name; `Broken` if its own definition is wrong."""

    def table(self, name: str) -> Table | None:
        """Return the table that bears a name; `Broken` if its own definition is wrong."""

    def item(self, name: str) -> Formula | None:
        """Return the price of the item that bears a name; `Broken` if it is wrong itself."""

    def names(self) -> str:
        """Return the names that exist, for a finding."""


class Inside:
    """A scope with more names: the fields of a record, the lines so far."""

    def __init__(self, outer: Scope, names: Mapping[str, Formula]) -> None:
        self.outer, self.more, self.words = outer, dict(names), outer.words

    def find(self, name: str) -> Formula | None:
        """Return the formula of the name that stands nearest."""
        return self.more.get(name) or self.outer.find(name)

    def table(self, name: str) -> Table | None:
        """Return a table of the document."""
        return self.outer.table(name)

    def item(self, name: str) -> Formula | None:
        """Return the price of an item of the document."""
        return self.outer.item(name)

    def names(self) -> str:
        """Return the names that exist."""
        return ", ".join([*self.more, self.outer.names()])


class Broken(Exception):
    """The name is one whose own definition is wrong: that is told there, once."""


def compiled(text: str, scope: Scope, line: int) -> Formula:
    """
    Return a formula ready to run.

    :raises Wrong: it is not one, or its types do not agree.
    """
    tree = parse(text, line)
    try:
        formula = meaning(tree, scope, line)
    except RecursionError:
        raise _too_long(line) from None
    if formula.weight > MAX_WEIGHT or formula.depth > MAX_DEPTH:
        raise _too_long(line)
    return msgspec.structs.replace(formula, tree=tree)


def _too_long(line: int) -> Wrong:
    return Wrong(
        line,
        "Trop de définitions se lisent l'une l'autre, ou la formule est trop longue.",
        "coupez-la, et arrondissez ce que vous nommez",
    )


def meaning(tree: Tree, scope: Scope, line: int) -> Formula:
    """Return the type and the closure of a tree."""
    match tree:
        case Number():
            return _literal(_number_kind(tree), tree.value)
        case Moment(text=text, what=what):
            kind = Kind(base=Base.DATE if what == "date" else Base.CLOCK)
            try:
                return _literal(kind, read_value(kind, text))
            except Misread as error:
                raise Wrong(line, f"Formule : {error}.") from error
        case Name(name=name):
            return _named(name, scope, line)
        case Unary(op="not", of=of):
            inner = _truth(meaning(of, scope, line), line)
            run = inner.run
            return _joined(TRUTH, lambda env: not run(env), inner)
        case Unary(of=of):
            inner = meaning(of, scope, line)
            if inner.kind.base not in {Base.NUMBER, Base.MONEY}:
                sentence = f"« - » devant {inner.kind.french()}."
                raise Wrong(line, sentence, *remedies.of_sort(inner.kind))
            run = inner.run
            kind = msgspec.structs.replace(inner.kind, low=None, high=None)
            return _joined(kind, lambda env: -run(env), inner)
        case Binary(op=op):
            left, right = meaning(tree.left, scope, line), meaning(tree.right, scope, line)
            return _binary(op, left, right, line)
        case Call():
            return calls.called(tree, scope, line)


def _number_kind(tree: Number) -> Kind:
    step = abs(Fraction(tree.value))
    low = Fraction(0) if tree.value >= 0 else None
    if tree.unit == "€":
        return Kind(base=Base.MONEY, unit=tree.per, step=step, low=low, literal=True)
    return Kind(base=Base.NUMBER, unit=tree.unit, step=step, low=low, literal=True)


def _literal(kind: Kind, value: Value) -> Formula:
    def run(_env: Env) -> Any:
        return value

    return Formula(kind=kind, run=run, raw=run)


def _named(name: str, scope: Scope, line: int) -> Formula:
    found = scope.find(name)
    if found is not None:
        return found
    asked, _, column = name.partition(".")
    table = scope.table(asked)
    if table is not None:
        return calls.table_value(table, column, line)
    if name in scope.words:
        kind = Kind(base=Base.WORD, words=(name,), literal=True)
        return _literal(kind, name)
    # Last of all: a price may bear the name of a table or of a word.
    price = scope.item(name)
    if price is not None:
        return price
    of = scope.find(asked) if column else None
    if of is not None and of.kind.base is Base.LIST:
        raise Wrong(
            line,
            f"« {name} » : les champs de « {asked} » se lisent par leur nom seul.",
            f"« {column} », dans une ligne qui a « each: {asked} »",
        )
    if not column and scope.find(f"{name}.before") is not None:
        raise Wrong(
            line,
            f"« {name} » est un compteur : dites ce que vous en lisez.",
            f"« {name}.before » : ce qui est déjà compté",
            f"« {name}.nth » : le rang de cet usage",
        )
    raise Wrong(
        line,
        f"« {name} » n'est ni une entrée, ni une valeur, ni une table, ni un mot déclaré.",
        "déclarez-le dans « inputs »",
        f"prenez un de ces noms : {scope.names()}",
    )


def is_price(name: str, scope: Scope) -> bool:
    """Return whether a name is read as the price of an item."""
    known = scope.find(name) or scope.table(name.partition(".")[0])
    return known is None and name not in scope.words and scope.item(name) is not None


def _joined(kind: Kind, run: Run, *parts: Formula) -> Formula:
    return functions.joined(kind, run, *parts)


def _truth(formula: Formula, line: int) -> Formula:
    if formula.kind.base is not Base.TRUTH:
        sentence = f"Une condition était attendue, voici {formula.kind.french()}."
        raise Wrong(line, sentence, *remedies.of_a_condition(formula.kind))
    return formula


def _binary(op: str, left: Formula, right: Formula, line: int) -> Formula:
    a, b = left.run, right.run
    match op:
        case "and":
            _truth(left, line), _truth(right, line)
            return _joined(TRUTH, lambda env: a(env) and b(env), left, right)
        case "or":
            _truth(left, line), _truth(right, line)
            return _joined(TRUTH, lambda env: a(env) or b(env), left, right)
        case "+" | "-":
            return _summed(op, left, right, line)
        case "*":
            return _multiplied(left, right, line)
        case "/":
            return _divided(left, right, line)
        case _:
            return _compared(op, left, right, line)


def same_kind(left: Kind, right: Kind, line: int, what: str) -> Kind:
    """
    Return the type of both, whose units agree.

    :raises Wrong: they are of two types or two units.
    """
    if left.base is not right.base:
        sentence = f"On ne peut pas {what} {left.french()} et {right.french()}."
        raise Wrong(line, sentence, *remedies.of_two_sorts(left, right))
    if left.base is Base.WORD:
        if not set(left.words) & set(right.words):
            sentence = f"{left.french()} n'est jamais {right.french()}."
            raise Wrong(line, sentence, *remedies.of_two_words(left, right))
        words = tuple(dict.fromkeys(left.words + right.words))
        return msgspec.structs.replace(left, words=words, literal=False)
    unit = left.unit or right.unit
    free = {kind.unit for kind in (left, right) if not (kind.literal and not kind.unit)} - {""}
    if len(free) > 1 or (left.unit != right.unit and not _loose(left) and not _loose(right)):
        sentence = f"On ne peut pas {what} {remedies.measured(left)} et {remedies.measured(right)}."
        raise Wrong(line, sentence, *remedies.of_two_units(left, right))
    low = min(left.low, right.low) if left.low is not None and right.low is not None else None
    return Kind(base=left.base, unit=unit, step=common_step(left.step, right.step), low=low)


def _loose(kind: Kind) -> bool:
    return kind.base is Base.NUMBER and not kind.unit


def _summed(op: str, left: Formula, right: Formula, line: int) -> Formula:
    a, b = left.run, right.run
    days = left.kind.base in {Base.DATE, Base.MOMENT, Base.CLOCK}
    if days and right.kind.base is Base.NUMBER:
        if right.kind.unit not in ({"", "jour"} if left.kind.base is Base.DATE else {"min"}):
            sentence = "À une date s'ajoutent des jours, à une heure des minutes."
            raise Wrong(line, sentence, *remedies.TO_A_DAY)
        if right.kind.step is None or right.kind.step % 1:
            sentence = "À une date s'ajoutent des jours entiers, à une heure des minutes."
            raise Wrong(line, sentence, *remedies.TO_A_DAY)
        return _moved(op, left, right)
    else:
        if left.kind.base not in {Base.NUMBER, Base.MONEY}:
            sentence = f"« {op} » ne s'applique pas à {left.kind.french()}."
            raise Wrong(line, sentence, *remedies.of_sort(left.kind))
        kind = same_kind(left.kind, right.kind, line, "additionner")
        lows = left.kind.low, right.kind.low
        is_known = op == "+" and None not in lows
        low = sum((one for one in lows if one is not None), Fraction(0)) if is_known else None
        kind = msgspec.structs.replace(kind, low=low)
    operate = add if op == "+" else sub
    return _joined(kind, lambda env: operate(a(env), b(env)), left, right)


LAST = {
    Base.DATE: date.max.toordinal(),
    Base.CLOCK: MINUTES_A_DAY,
    Base.MOMENT: (date.max.toordinal() + 1) * MINUTES_A_DAY - 1,
}
FIRST = {Base.DATE: 1, Base.CLOCK: 0, Base.MOMENT: MINUTES_A_DAY}


def _moved(op: str, left: Formula, right: Formula) -> Formula:
    a, b, operate = left.run, right.run, add if op == "+" else sub
    base = left.kind.base
    first, last = FIRST[base], LAST[base]

    def run(env: Env) -> Any:
        return functions.existing(operate(a(env), b(env)), last, first)

    return _joined(Kind(base=base), run, left, right)


def _multiplied(left: Formula, right: Formula, line: int) -> Formula:
    a, b = left.run, right.run
    bases = {left.kind.base, right.kind.base}
    if bases == {Base.MONEY, Base.NUMBER}:
        money, number = (
            (left.kind, right.kind) if left.kind.base is Base.MONEY else (right.kind, left.kind)
        )
        unit = money.unit
        if unit and number.unit and number.unit != "%":
            if unit != number.unit:
                others = remedies.measured(number)
                sentence = f"Un prix par {unit} ne se multiplie pas par {others}."
                raise Wrong(line, sentence, *remedies.of_a_price_by(unit, number.unit))
            unit = ""
    elif bases == {Base.NUMBER}:
        units = [k.unit for k in (left.kind, right.kind) if k.unit not in {"", "%"}]
        unit = "·".join(units)
        if (
            not unit
            and "%" in {left.kind.unit, right.kind.unit}
            and left.kind.unit == right.kind.unit
        ):
            unit = "%"
    else:
        sentence = f"On ne multiplie pas {left.kind.french()} par {right.kind.french()}."
        raise Wrong(line, sentence, *remedies.of_a_product(left.kind, right.kind))
    step = None
    if left.kind.step is not None and right.kind.step is not None:
        step = left.kind.step * right.kind.step
    positive = all(k.low is not None and k.low >= 0 for k in (left.kind, right.kind))
    base = Base.MONEY if Base.MONEY in bases else Base.NUMBER
    kind = Kind(base=base, unit=unit, step=step, low=Fraction(0) if positive else None)
    return _joined(kind, lambda env: mul(a(env), b(env)), left, right)


def _divided(left: Formula, right: Formula, line: int) -> Formula:
    a, b = left.run, right.run
    match left.kind.base, right.kind.base:
        case (Base.MONEY, Base.MONEY):
            kind = Kind(base=Base.NUMBER, step=None)
        case (Base.MONEY, Base.NUMBER):
            kind = Kind(base=Base.MONEY, unit=left.kind.unit, step=_share(left.kind, right.kind))
        case (Base.NUMBER, Base.NUMBER):
            unit = left.kind.unit
            if right.kind.unit and right.kind.unit != unit and not right.kind.literal:
                unit = f"{unit}/{right.kind.unit}"
            elif right.kind.unit == unit:
                unit = ""
            kind = Kind(base=Base.NUMBER, unit=unit, step=_share(left.kind, right.kind))
        case _:
            sentence = f"On ne divise pas {left.kind.french()} par {right.kind.french()}."
            raise Wrong(line, sentence, *remedies.of_a_product(left.kind, right.kind))

    def run(env: Env) -> Any:
        below = b(env)
        if below == 0:
            raise Unsound("Une division par zéro.", line)
        return simple(Fraction(a(env)) / below)

    positive = all(k.low is not None and k.low >= 0 for k in (left.kind, right.kind))
    kind = msgspec.structs.replace(kind, low=Fraction(0) if positive else None)
    return _joined(kind, run, left, right)


def _share(left: Kind, right: Kind) -> Fraction | None:
    # Only a division by a literal keeps a lattice: half of a cent is half a cent.
    return left.step / right.step if left.step and right.literal and right.step else None


def _compared(op: str, left: Formula, right: Formula, line: int) -> Formula:
    a, b = left.run, right.run
    if op not in {"=", "!="} and left.kind.base not in ORDERED:
        sentence = f"« {op} » ne s'applique pas à {left.kind.french()}."
        raise Wrong(line, sentence, *remedies.of_sort(left.kind))
    same_kind(left.kind, right.kind, line, "comparer")
    compare = COMPARED[op]
    return _joined(TRUTH, lambda env: compare(a(env), b(env)), left, right)
