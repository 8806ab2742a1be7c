"""The lines of an item: each adds its part to the price, in order, when its condition holds."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import msgspec

from cvq.rules.tariff.calls import POSITION
from cvq.rules.tariff.explain import Bond, Said, chosen, rounded_to, said, told
from cvq.rules.tariff.formula import HITS, Env, Formula, Unsound
from cvq.rules.tariff.grammar import Binary, Call, Name, Number
from cvq.rules.tariff.kinds import MONEY, Exact, shown
from cvq.rules.tariff.meaning import Scope, is_price
from cvq.rules.tariff.outcome import Hit, Line, Nature
from cvq.rules.tariff.rounding import in_cents, rounded
from cvq.rules.tariff.spoken import plural

SUBTOTAL = "subtotal"
TAKEN_OFF = {Nature.DISCOUNT, Nature.CREDIT}


class Rounding(msgspec.Struct, frozen=True, kw_only=True):
    """To what, in cents, and how."""

    step: Fraction
    how: str


class Bill:
    """The lines so far: what each adds exactly, and what people will read."""

    __slots__ = ("deposit", "exact", "hits", "lines", "notes")

    def __init__(self) -> None:
        self.exact: Exact = 0
        self.lines: list[Line] = []
        self.hits: list[list[tuple[Any, ...]]] = []
        self.deposit: int | None = None
        self.notes: list[str] = []


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A line as the document states it, compiled."""

    label: str
    nature: Nature
    line: int
    amount: Formula
    when: Formula | None
    times: Formula | None
    each: Formula | None
    order: Formula | None
    is_highest_first: bool
    at_least: Formula | None
    at_most: Formula | None
    unit_rounding: Rounding | None
    line_rounding: Rounding | None
    deductible: Fraction
    unit: str
    name: str | None
    scope: Scope
    titles: Mapping[str, str]

    def add(self, env: Env, bill: Bill) -> None:
        """Add the line to the bill, once for each record of its list if it has one."""
        if self.each is None:
            if self.when is None or self.when.run(env):
                self._add(env, bill, "")
            return
        for place, record in enumerate(self._records(env), start=1):
            inner = {**env, **record, POSITION: place}
            if self.when is None or self.when.run(inner):
                self._add(inner, bill, f" ({place})")
                env[SUBTOTAL] = bill.exact

    def _records(self, env: Env) -> Sequence[Mapping[str, Any]]:
        records: Sequence[Mapping[str, Any]] = self.each.run(env) if self.each else ()
        if self.order is None:
            return records
        run = self.order.run
        worth = [run({**env, **record, HITS: None}) for record in records]
        places = sorted(range(len(worth)), key=worth.__getitem__, reverse=self.is_highest_first)
        return [records[place] for place in places]

    def _add(self, env: Env, bill: Bill, which: str) -> None:
        hits: list[tuple[Any, ...]] = []
        before = env[SUBTOTAL]
        env[HITS] = hits
        exact = self.exact(env)
        env[HITS] = None
        if exact < 0:
            raise Unsound(f"« {self.label} » donnerait un montant négatif.", self.line)
        if self.nature in TAKEN_OFF:
            exact = -exact
        cents = in_cents(exact)
        every, place = bill.hits, len(bill.hits)
        every.append(hits)
        line = Line(
            label=self.label + which,
            cents=cents,
            nature=self.nature,
            deductible_cents=int(cents * self.deductible) if self.deductible else 0,
            line=self.line,
            tell=lambda: self.told({**env, SUBTOTAL: before}, hits, every[:place]),
            look=lambda: _hits(hits),
        )
        if self.nature is Nature.DEPOSIT:
            bill.deposit = (bill.deposit or 0) + cents
        else:
            bill.exact += exact
            env[SUBTOTAL] = bill.exact
        if self.name is not None:
            env[self.name] = exact
        bill.lines.append(line)

    def exact(self, env: Env) -> Exact:
        """Return what the line adds, before the sign of its nature."""
        amount = self._unbound(env)
        if self.at_least is not None:
            amount = max(amount, self.at_least.run(env))
        if self.at_most is not None:
            amount = min(amount, self.at_most.run(env))
        if self.line_rounding is not None:
            amount = rounded(amount, self.line_rounding.step, self.line_rounding.how)
        return amount

    def _unbound(self, env: Env) -> Exact:
        unit = self._unit(env)
        return unit if self.times is None else unit * self.times.run(env)

    def _unit(self, env: Env) -> Exact:
        amount: Exact = self.amount.run(env)
        if self.unit_rounding is None:
            return amount
        return rounded(amount, self.unit_rounding.step, self.unit_rounding.how)

    def told(
        self,
        env: Env,
        hits: Sequence[tuple[Any, ...]],
        before: Sequence[Sequence[tuple[Any, ...]]] = (),
    ) -> str:
        """Return why the line costs what it costs; rows that lines before it told are not again."""
        env = {**env, HITS: None}
        parts = [f"{self.label} ({env[POSITION]})" if self.each else self.label]
        price = self._price_told(env)
        if self.times is not None:
            count = self.times.run(env)
            unit = plural(self.unit or self.times.kind.unit, count)
            one = self._unit_told(price, env).within(Bond.PRODUCT, is_after=True)
            parts.append(f"{shown(self.times.kind, count)}{f' {unit}' if unit else ''} × {one}")
        elif price and price.text.casefold().startswith(f"{self.label} ".casefold()):
            # A price that is read is called as the line is.
            parts = [self.label + price.text[len(self.label) :]]
        elif price:
            parts.append(price.text)
        known = {_which(hit) for some in before for hit in some}
        rows = (row for hit in hits for row in self._row_told(hit, is_known=_which(hit) in known))
        parts += [row for row in dict.fromkeys(rows) if row]
        bounds = (
            (self.at_least, "ramené au minimum de", max),
            (self.at_most, "ramené au maximum de", min),
        )
        for bound, words, choose in bounds:
            if bound is not None and self._moved(env, bound, choose):
                parts.append(f"{words} {shown(MONEY, bound.run(env))}")
        if self._is_rounded(env):
            parts.append("arrondi")
        return ", ".join(part for part in parts if part != parts[0] or part is parts[0])

    def _row_told(self, hit: tuple[Any, ...], *, is_known: bool) -> list[str]:
        grid, row, values, column, note, where = hit
        said = "" if is_known else grid.hit(row, values, note).told()
        result = grid.rows[row].results[column]
        if isinstance(result, Formula) and isinstance(result.tree, Binary | Call):
            return [said, told(result.tree, self.scope, {**where, HITS: None}, self.titles)]
        return [said]

    def _is_rounded(self, env: Env) -> bool:
        # The rounding of a unit that is multiplied is told with the unit.
        kept = None if self.times is None else self.unit_rounding
        plain = msgspec.structs.replace(self, unit_rounding=kept, line_rounding=None)
        return plain.exact(env) != self.exact(env)

    def _moved(self, env: Env, bound: Formula, choose: Callable[..., Exact]) -> bool:
        amount = self._unbound(env)
        return choose(amount, bound.run(env)) != amount

    def _unit_told(self, price: Said | None, env: Env) -> Said:
        exact, unit = self.amount.run(env), self._unit(env)
        price = price or Said(shown(MONEY, exact))
        return price if unit == exact else rounded_to(price, shown(MONEY, unit))

    def _price_told(self, env: Env) -> Said | None:
        tree = None if self.amount.tree is None else chosen(self.amount.tree, self.scope, env)
        match tree:
            case Name(name=name) if is_price(name, self.scope):
                return said(tree, self.scope, env, self.titles)
            case None | Number() | Name() | Call(function="shift" | "top" | "bottom"):
                return None
            case _:
                return said(tree, self.scope, env, self.titles)


def _which(hit: tuple[Any, ...]) -> tuple[Any, ...]:
    grid, row, values, _, note, _ = hit
    return id(grid), row, values, note


def _hits(hits: Sequence[tuple[Any, ...]]) -> tuple[Hit, ...]:
    return tuple(grid.hit(row, values, note) for grid, row, values, _, note, _ in hits)


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """The first of several lines whose condition holds; perhaps none, and then nothing is due."""

    rules: tuple[Rule, ...]
    otherwise: bool = False

    def add(self, env: Env, bill: Bill) -> None:
        """Add the line that holds."""
        for rule in self.rules:
            if rule.when is None or rule.when.run(env):
                rule.add(env, bill)
                return


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """
    A price that replaces a sum when its condition holds.

    Where it does not, the sum stands; the bill says so if the package had been asked for.
    """

    rule: Rule
    instead_of: "tuple[Rule | Choice | Package, ...]"
    asked: Formula | None
    cheapest: bool

    def add(self, env: Env, bill: Bill) -> None:
        """Add the package, or what it would have replaced."""
        holds = self.rule.when is None or self.rule.when.run(env)
        if holds and self.cheapest:
            apart, copy = Bill(), dict(env)
            apart.exact = bill.exact
            for rule in self.instead_of:
                rule.add(copy, apart)
            holds = self.rule.exact(env) <= apart.exact - bill.exact
        if holds:
            self.rule.add(env, bill)
            return
        for rule in self.instead_of:
            rule.add(env, bill)
        if self.asked is not None and self.asked.run(env):
            bill.notes.append(f"« {self.rule.label} » ne s'applique pas, les prix sont additionnés")
