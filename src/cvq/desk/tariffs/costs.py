"""
What a tariff costs, read in the tariff itself: the amounts of each line, and what they depend on.

Only amounts that somebody wrote are told.  Where a line is worked out, nothing is made up: what it
is worked out from is said instead.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cvq.bocage.templatetags.bocage import NBSP, written
from cvq.catalog.models import Tariff
from cvq.kernel.unable import Unable
from cvq.rules.tariff import compile_published
from cvq.rules.tariff.formula import Formula
from cvq.rules.tariff.grammar import Name, is_literal
from cvq.rules.tariff.items import Item, lines_of
from cvq.rules.tariff.kinds import Base
from cvq.rules.tariff.lines import Rule
from cvq.rules.tariff.meaning import Scope
from cvq.rules.tariff.outcome import Nature
from cvq.rules.tariff.prices import Row, Scalar
from cvq.rules.tariff.prices import Tariff as Grid
from cvq.rules.tariff.rounding import in_cents
from cvq.rules.tariff.tables import Grid as Version
from cvq.rules.tariff.tables import Row as TableRow
from cvq.rules.tariff.vocabulary import FACTS

# How people say what a price depends on; what is not here keeps the name that its author gave it.
SAID: Mapping[str, str | Promise] = {
    "quotient": _("le quotient familial"),
    "resident": _("le lieu d'habitation"),
    "residence": _("le lieu d'habitation"),
    "age": _("l'âge"),
    "reduced": _("le droit au tarif réduit"),
    "subscriber": _("l'abonnement"),
    "booked": _("la réservation"),
    "school_level": _("le niveau scolaire"),
    "starts_at": _("l'heure de début"),
    "minute": _("l'heure de début"),
    "weekday": _("le jour de la semaine"),
    "day": _("le jour"),
    "half_hours": _("le nombre de demi-heures"),
    "hours": _("le nombre d'heures"),
    "duration": _("la durée"),
    "children_registered": _("le nombre d'enfants inscrits"),
    "children_present": _("le nombre d'enfants présents"),
    "rank_registered": _("le rang de l'enfant"),
    "rank_present": _("le rang de l'enfant"),
    "household_size": _("la taille du foyer"),
    "regularity": _("la fréquentation"),
}
TAKEN_OFF = {Nature.DISCOUNT, Nature.CREDIT}
NESTED_MAX = 8


class Step(NamedTuple):
    """An amount in cents, and for whom it is."""

    told: str
    cents: int


class Part(NamedTuple):
    """A line of a price: its amounts, what they depend on, and of what they are the price."""

    label: str
    steps: tuple[Step, ...]
    by: tuple[str | Promise, ...]
    unit: str
    is_base: bool
    is_taken_off: bool

    @property
    def low(self) -> int:
        """Return the smallest of its amounts."""
        return min(step.cents for step in self.steps)

    @property
    def high(self) -> int:
        """Return the largest of its amounts."""
        return max(step.cents for step in self.steps)

    @property
    def amount(self) -> str:
        """Return « de 0,40 € à 1,13 € par demi-heure », or that it is worked out."""
        if not self.steps:
            return gettext("calculé")
        low, high = (f"{self.sign}{written(cents)}" for cents in (self.low, self.high))
        told = gettext("gratuit") if self.high == 0 else high
        if self.low != self.high:
            told = gettext("de %(low)s à %(high)s") % {"low": low, "high": high}
        return f"{told} {self.per}".rstrip()

    @property
    def why(self) -> str:
        """Return « selon le quotient familial et l'âge », nothing where all pay the same."""
        by = [str(one) for one in self.by]
        return gettext("selon %(by)s") % {"by": _and(by)} if by else ""

    @property
    def sign(self) -> str:
        """Return what stands before an amount that comes on top or off."""
        return "" if self.is_base else f"−{NBSP}" if self.is_taken_off else f"+{NBSP}"

    @property
    def per(self) -> str:
        """Return « par demi-heure », nothing where the amount is the whole price."""
        return self.unit if not self.unit or self.unit.startswith("par ") else f"par {self.unit}"


class Cost(NamedTuple):
    """What one thing costs."""

    title: str
    parts: tuple[Part, ...]

    @property
    def main(self) -> tuple[Part, ...]:
        """Return the lines that are the price itself; what comes on top or off is not."""
        found = [one for one in self.parts if one.is_base]
        return tuple(found or self.parts)

    @property
    def others(self) -> tuple[Part, ...]:
        """Return the lines that come on top or off."""
        main = self.main
        return tuple(one for one in self.parts if one not in main)


def costs_of(rows: Iterable[Tariff], day: date) -> list[Cost]:
    """Return what each tariff costs that day; one that nobody can read is left out."""
    found = []
    for row in rows:
        try:
            tariff = compile_published(row.document)
        except Unable:
            continue
        found.append(_of_grid(tariff) if isinstance(tariff, Grid) else _of_item(tariff, day))
    return found


def _of_grid(grid: Grid) -> Cost:
    unit = grid.unit if grid.per else ""
    rows = _part(grid.item, grid.rows, unit, is_base=True)
    return Cost(grid.item, (rows, *(_part(one.label, (one,), "") for one in grid.adders)))


def _part(label: str, rows: Sequence[Row], unit: str, *, is_base: bool = False) -> Part:
    seen: dict[str, set[tuple[Scalar | None, ...]]] = {}
    for row in rows:
        for one in row.when:
            seen.setdefault(one.name, set())
    by = _said(seen, {}) if len({row.cents for row in rows}) > 1 else ()
    steps = tuple(Step(row.label, row.cents) for row in rows)
    return Part(label, steps, by, unit, is_base, is_taken_off=False)


def _of_item(item: Item, day: date) -> Cost:
    rules = lines_of(item.rules)
    return Cost(item.title, tuple(_of_rule(one, item, day) for one in rules))


def _of_rule(rule: Rule, item: Item, day: date) -> Part:
    steps, names = _amounts(rule.amount, rule.scope, day)
    titles = dict(rule.titles) | {one.name: one.title for one in item.takes}
    if not steps:
        names = dict.fromkeys(sorted(rule.amount.needs))
    elif len({step.cents for step in steps}) == 1:
        names = {}
    unit = ""
    if rule.times is not None:
        unit = rule.unit or rule.times.kind.unit
    return Part(
        rule.label,
        tuple(steps),
        _said(names, titles),
        unit,
        is_base=rule.nature is Nature.PRICE,
        is_taken_off=rule.nature in TAKEN_OFF,
    )


def _amounts(
    formula: Formula, scope: Scope, day: date, label: str = "", deep: int = 0
) -> tuple[list[Step], dict[str, None]]:
    """Return the amounts that a formula can come to and what chooses; nothing if it is worked out.

    Only a literal, a cell of a table, and a name of either.
    """
    if formula.kind.base is not Base.MONEY or deep > NESTED_MAX:
        return [], {}
    tree = formula.tree
    if formula.constant and is_literal(tree):
        return [Step(label, in_cents(formula.run({})))], {}
    if not isinstance(tree, Name):
        return [], {}
    named = scope.find(tree.name)
    if named is not None:
        return _amounts(named, scope, day, label, deep + 1) if named.tree != tree else ([], {})
    asked, _dot, column = tree.name.partition(".")
    table = scope.table(asked)
    if table is None or table.hit == "sum" or column not in table.positions:
        return [], {}
    return _cells(_in_force(table.grids, day), table.positions[column], scope, day, deep)


def _cells(
    version: Version, column: int, scope: Scope, day: date, deep: int
) -> tuple[list[Step], dict[str, None]]:
    steps: list[Step] = []
    names = {axis.name: None for place, axis in enumerate(version.axes) if _asks(version, place)}
    labels = Counter(row.label for row in version.rows)
    for row in version.rows:
        result = row.results[column]
        told = _told(version, row, is_alone=labels[row.label] == 1)
        if isinstance(result, Formula):
            inner, more = _amounts(result, scope, day, told, deep + 1)
            if not inner:
                return [], {}
            steps += inner
            names |= more
        elif isinstance(result, int):
            steps.append(Step(told, in_cents(result)))
        elif result is not None:
            return [], {}
    return steps, names


def _in_force(versions: Sequence[Version], day: date) -> Version:
    place = bisect_right([one.since or 0 for one in versions], day.toordinal()) - 1
    return versions[max(place, 0)]


def _asks(version: Version, place: int) -> bool:
    return not all(row.cells[place].anything for row in version.rows)


def _told(version: Version, row: TableRow, *, is_alone: bool) -> str:
    if row.named and is_alone:
        return row.label
    words = [*([row.label] if row.named else []), *_conditions(version, row)]
    return ", ".join(words) or row.label


def _conditions(version: Version, row: TableRow) -> Iterator[str]:
    for axis, cell in zip(version.axes, row.cells, strict=True):
        if not cell.anything:
            told = axis.told(cell)
            yield f"{axis.title} {told}".strip() if axis.is_ordered else told or axis.title


def _said(names: Iterable[str], titles: Mapping[str, str]) -> tuple[str | Promise, ...]:
    found: dict[str, str | Promise] = {}
    for name in names:
        fact = FACTS.get(name)
        title = titles.get(name) or (fact.title if fact else name.replace("_", " "))
        said = SAID.get(name, f"« {title} »")
        found.setdefault(str(said), said)
    return tuple(found.values())


def _and(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return gettext("%(some)s et %(last)s") % {"some": ", ".join(words[:-1]), "last": words[-1]}
