"""Items: what a tariff prices, and the rating of one."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import msgspec

from cvq.rules.tariff.counters import Counter, Moving
from cvq.rules.tariff.deadlines import CALENDAR
from cvq.rules.tariff.declared import Input
from cvq.rules.tariff.findings import Finding
from cvq.rules.tariff.formula import HITS, Env, Formula, Stop, Unsound
from cvq.rules.tariff.kinds import MONEY, UNKNOWN, Base, Exact, Kind, Misread, shown
from cvq.rules.tariff.lines import SUBTOTAL, Bill, Choice, Package, Rounding, Rule
from cvq.rules.tariff.outcome import Amount, Line, Nature, Priced, RefusalKind, Refused
from cvq.rules.tariff.rounding import in_cents, rounded
from cvq.rules.tariff.values import kept

MAX_CENTS = 10**11
PRICE = "#price"
CALLS = 8  # how many calls deep a price within a price goes, beyond its formulas


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """When there is no price, and what is said."""

    when: Formula
    reason: str
    kind: RefusalKind
    line: int


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """A named amount: of another date or in another unit."""

    name: str
    label: str
    amount: Formula
    unit: str
    rounding: Rounding | None


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """
    One thing that a tariff prices, ready to rate.

    `counters` are those that a use moves, `counts` all that it reads or moves; `weight`, `depth`
    and `tables` are those of its formulas.
    """

    name: str
    title: str
    grain: str
    line: int
    refusals: tuple[Refusal, ...]
    rules: tuple[Rule | Choice | Package, ...]
    at_least: Formula | None
    at_most: Formula | None
    rounding: Rounding | None
    beside: tuple[Beside, ...]
    needs: frozenset[str]
    takes: tuple[Input, ...]
    counters: tuple[Moving, ...]
    counts: tuple[Counter, ...]
    may_be_nothing: bool
    weight: int
    depth: int
    tables: frozenset[str]
    findings: tuple[Finding, ...] = ()

    @property
    def reads(self) -> tuple[str, ...]:
        """Return the names of what it has to know."""
        return tuple(sorted(self.needs))


def rate(item: Item, inputs: Mapping[str, object]) -> Priced | Refused:
    """
    Return what one rating of an item costs, or why it has no price.

    `inputs` bind by name; a counter is given as « name.before », what was counted until now;
    « calendar » is the `ServiceDays` that deadlines count on, all of France's by default.
    """
    try:
        env = taken(item, inputs)
        result = rated(item, env, Bill())
        if item.counters and isinstance(result, Priced):
            _moved(item, env)
        return result
    except Stop as stop:
        return Refused(kind=stop.kind, reason=stop.reason, line=stop.line)
    except Misread as error:
        return Refused(kind=RefusalKind.WRONG_INPUT, reason=f"{error}.")


def moves(item: Item, inputs: Mapping[str, object]) -> dict[str, Exact]:
    """Return by how much one priced use moves each counter."""
    return _moved(item, taken(item, inputs))


def _moved(item: Item, env: Env) -> dict[str, Exact]:
    moved = {}
    for one in item.counters:
        if one.when is None or one.when.run(env):
            one.counter.apart(env)  # what nobody can tell apart is not counted for anybody
            moved[one.counter.name] = one.adds.run(env)
    return moved


def taken(item: Item, inputs: Mapping[str, object]) -> Env:
    """
    Return what a rating reads, each by its type, and what an absence means where nothing is given.

    :raises Misread: something was given that is of another type.
    """
    env: Env = {SUBTOTAL: 0, HITS: None, CALENDAR: inputs.get(CALENDAR)}
    for one in item.takes:
        try:
            env[one.name] = one.take(inputs.get(one.name))
        except Misread as error:
            raise Misread(f"« {one.title} » : {error}") from error
    return env


def rated(item: Item, env: Env, bill: Bill) -> Priced | Refused:
    """
    Return what an item comes to where every value is in its place; its lines go on the bill.

    :raises Stop: there is no price there.
    """
    for refusal in item.refusals:
        if refusal.when.run(env):
            return Refused(kind=refusal.kind, reason=refusal.reason, line=refusal.line)
    for rule in item.rules:
        rule.add(env, bill)
    if item.at_least is not None or item.at_most is not None:
        _bound(item, env, bill)
    owed = bill.exact
    if item.rounding is not None:
        owed = rounded(owed, item.rounding.step, item.rounding.how)
    cents = in_cents(owed)
    if cents < 0 and not any(line.nature is Nature.CREDIT for line in bill.lines):
        raise Unsound(f"{item.title} : les réductions dépassent le prix.", item.line)
    if abs(cents) > MAX_CENTS:
        reason = f"{item.title} : un prix de plus d'un milliard d'euros n'en est pas un."
        return Refused(kind=RefusalKind.WRONG_INPUT, reason=reason)
    _rounding_line(item, bill, cents)
    env["total"] = cents
    return Priced(
        cents=cents,
        lines=tuple(bill.lines),
        title=item.title,
        amounts=_beside(item, env, bill),
        notes=tuple(bill.notes),
    )


def _bound(item: Item, env: Env, bill: Bill) -> None:
    bounds = (
        (item.at_least, "Plancher", max, Nature.SUPPLEMENT),
        (item.at_most, "Plafond", min, Nature.DISCOUNT),
    )
    for bound, label, choose, nature in bounds:
        if bound is None:
            continue
        limit: Exact = bound.run(env)
        kept = choose(bill.exact, limit)
        if kept != bill.exact:
            cents = in_cents(kept - bill.exact)
            told = f"{label} de {shown(MONEY, limit)}"
            line = Line(label=told, cents=cents, nature=nature, line=item.line)
            bill.lines.append(line)
            bill.exact = kept


def _rounding_line(item: Item, bill: Bill, cents: int) -> None:
    told = sum([line.cents for line in bill.lines]) - (bill.deposit or 0)
    if told != cents:
        rounding = Line(
            label="Arrondi du total", cents=cents - told, nature=Nature.ROUNDING, line=item.line
        )
        bill.lines.append(rounding)


def _beside(item: Item, env: Env, bill: Bill) -> tuple[Amount, ...]:
    amounts = []
    if bill.deposit is not None:
        amounts.append(Amount(name="deposit", label="Caution", value=bill.deposit))
    for beside in item.beside:
        value: Exact = beside.amount.run(env)
        if beside.rounding is not None:
            value = rounded(value, beside.rounding.step, beside.rounding.how)
        amounts.append(
            Amount(name=beside.name, label=beside.label, value=in_cents(value), unit=beside.unit)
        )
    return tuple(amounts)


def price_of(item: Item) -> Formula:
    """
    Return the formula by which another price reads an item: what is owed for it, without deposits.

    It is rated with the inputs of whoever reads it, and moves no counter; a refusal is theirs too.
    """
    names, key = tuple(one.name for one in item.takes), f"{item.name}{PRICE}"

    def raw(env: Env) -> int:
        inner: Env = {name: env.get(name, UNKNOWN) for name in names}
        inner |= {SUBTOTAL: 0, HITS: None, CALENDAR: env.get(CALENDAR)}
        bill = Bill()
        result = rated(item, inner, bill)
        if isinstance(result, Refused):
            raise Stop(result.kind, result.reason, result.line)
        hits = env.get(HITS)
        if hits is not None:
            hits += [hit for some in bill.hits for hit in some]
        return result.cents

    run = kept(key, raw)
    natures = {rule.nature for rule in lines_of(item.rules)}
    kind = Kind(
        base=Base.MONEY,
        step=Fraction(1) if item.rounding is None else item.rounding.step,
        low=None if Nature.CREDIT in natures else Fraction(0),
    )
    return Formula(
        kind=kind,
        run=run,
        raw=run,
        needs=item.needs,
        tables=item.tables,
        weight=item.weight,
        depth=item.depth + CALLS,
    )


def lines_of(rules: Sequence[Rule | Choice | Package]) -> list[Rule]:
    """Return every line that a list of them may add."""
    found: list[Rule] = []
    for rule in rules:
        match rule:
            case Rule():
                found.append(rule)
            case Choice(rules=several):
                found += several
            case Package(rule=one, instead_of=several):
                found += [one, *lines_of(several)]
    return found
