"""
The deadlines of a tariff in sentences that an agent reads again: until when, and what then.

What happens too late stands elsewhere in the document, in the lines, refusals and tables that look
at the word of the deadline; it is gathered here.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import assert_never

from cvq.rules.days import Skip, Weekday
from cvq.rules.deadline import (
    Anytime,
    ByWeekday,
    DayOfMonthBefore,
    DaysBefore,
    HoursBefore,
    Never,
    Notice,
    Plain,
    WeekdayBefore,
    WeekdayOfWeekBefore,
    clock_minute,
)
from cvq.rules.tariff.deadlines import JUDGED, Stated
from cvq.rules.tariff.formula import Formula
from cvq.rules.tariff.grammar import Binary, Call, Name, Tree, Unary, is_literal, parts
from cvq.rules.tariff.items import Item
from cvq.rules.tariff.kinds import MONEY, Base, Kind, shown
from cvq.rules.tariff.lines import Choice, Package, Rule
from cvq.rules.tariff.meaning import Scope
from cvq.rules.tariff.outcome import Nature
from cvq.rules.tariff.tables import Grid, Table
from cvq.rules.tariff.vocabulary import SAID

LISTED_MAX = 6
AFTER, NEVER = " ; au-delà : ", " ; si personne n'a rien dit : "
Truth = bool | None  # None where something else decides
RANKS: tuple[Truth, ...] = (False, None, True)
SHORTEST_MONTH = 28
NOT_COUNTED = {
    Skip.WEEKENDS: "week-ends",
    Skip.PUBLIC_HOLIDAYS: "jours fériés",
    Skip.SCHOOL_HOLIDAYS: "vacances scolaires",
    Skip.CLOSED_DAYS: "jours de fermeture",
}
FALLS_ON = {
    Skip.WEEKENDS: "un week-end",
    Skip.PUBLIC_HOLIDAYS: "un jour férié",
    Skip.SCHOOL_HOLIDAYS: "les vacances scolaires",
    Skip.CLOSED_DAYS: "un jour de fermeture",
}
NATURES = {
    Nature.SUPPLEMENT: "supplément ",
    Nature.DISCOUNT: "réduction ",
    Nature.CREDIT: "avoir ",
    Nature.PENALTY: "pénalité ",
    Nature.DEPOSIT: "caution ",
}
FROM_DAY = {
    "month_start": "le premier jour du mois",
    "next_month": "le premier jour du mois suivant",
    "school_year_start": "le 1er septembre",
    "year_start": "le 1er janvier",
}


def told(
    stated: Mapping[str, Stated],
    items: Mapping[str, Item],
    tables: Mapping[str, Table],
    scope: Scope,
    titles: Mapping[str, str],
) -> dict[str, str]:
    """Return each deadline by what people call it, and its sentence."""
    names = {name: one.title or _judged(one, name, titles) for name, one in stated.items()}
    found = {}
    for name, one in stated.items():
        known = list(names.values()).count(names[name]) == 1
        called = names[name] if known else f"{names[name]} ({name})"
        outcomes = _Outcomes(name, items, tables, scope)
        late = outcomes.of(Notice.LATE)
        never = outcomes.of(Notice.NONE)
        found[called] = sentence(one, titles)
        if late and not isinstance(one.deadline, Anytime):
            found[called] += AFTER + _listed(late)
        if never and never != late:
            found[called] += NEVER + _listed(never)
    return found


def _judged(stated: Stated, name: str, titles: Mapping[str, str]) -> str:
    if not isinstance(stated.of, Name):
        return name.replace("_", " ")
    return JUDGED.get(stated.of.name) or titles.get(stated.of.name, name.replace("_", " "))


def _listed(parts: Sequence[str]) -> str:
    more = " ; …" if len(parts) > LISTED_MAX else ""
    return " ; ".join(parts[:LISTED_MAX]) + more


def sentence(stated: Stated, titles: Mapping[str, str]) -> str:
    """Return until when, as families read it."""
    deadline = stated.deadline
    start = "minuit"
    if isinstance(stated.starts_at, Name):
        start = f"l'{one}" if (one := titles.get(stated.starts_at.name, "")) else "le début"
        start = start if start.startswith("l'heure") else "le début"
    if isinstance(deadline, ByWeekday):
        cases = [
            f"{_weekdays(sorted(one.weekdays, key=lambda day: day.number))} : "
            f"{_until(one.deadline, start)}"
            for one in deadline.cases
        ]
        cases.append(f"les autres jours : {_until(deadline.otherwise, start)}")
        return " ; ".join(cases) + _counted_from(stated.day, titles)
    return _until(deadline, start) + _counted_from(stated.day, titles)


def _weekdays(days: Sequence[Weekday]) -> str:
    said = [SAID[day] for day in days]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} et {said[-1]}"


def _counted_from(day: Tree | None, titles: Mapping[str, str]) -> str:
    match day:
        case None | Name(name="day"):
            return ""
        case Name(name=name):
            return f", en comptant depuis : {titles.get(name, name)}"
        case Call(function=function) if function in FROM_DAY:
            return f", en comptant depuis {FROM_DAY[function]}"
        case _:
            return ", en comptant depuis un jour calculé"


def _until(deadline: Plain, start: str) -> str:
    match deadline:
        case Anytime():
            return "à tout moment"
        case Never():
            return "auprès du service seulement"
        case HoursBefore(hours=hours):
            many = "s" if hours > 1 else ""
            before = f"avant {start}"
            return f"jusqu'à {hours} heure{many} {before}" + _not_counted(deadline.skip)
        case DaysBefore(days=days):
            when = {0: "au jour même", 1: "à la veille"}.get(days, f"à {days} jours avant,")
            return f"jusqu'{when} à {_clock(deadline.at)}" + _not_counted(deadline.skip)
        case WeekdayBefore():
            found = f"jusqu'au {SAID[deadline.weekday]} d'avant à {_clock(deadline.at)}"
        case WeekdayOfWeekBefore(weeks=weeks):
            day, at = SAID[deadline.weekday], _clock(deadline.at)
            found = f"jusqu'au {day} de la semaine d'avant à {at}"
            if weeks > 1:
                found = f"jusqu'au {day} à {at}, {weeks} semaines avant"
        case DayOfMonthBefore(day=day_of_month, months=months):
            number = "1er" if day_of_month == 1 else str(day_of_month)
            which = "du mois d'avant" if months == 1 else f"du mois, {months} mois avant,"
            found = f"jusqu'au {number} {which} à {_clock(deadline.at)}"
            if day_of_month > SHORTEST_MONTH:
                found += " (ou le dernier jour d'un mois plus court)"
        case _:
            assert_never(deadline)
    return found + _brought_forward(deadline.skip)


def _not_counted(skip: frozenset[Skip]) -> str:
    said = [NOT_COUNTED.get(one) or f"{SAID[one]}s" for one in sorted(skip)]
    return f" ({', '.join(said)} non comptés)" if said else ""


def _brought_forward(skip: frozenset[Skip]) -> str:
    said = [FALLS_ON.get(one) or f"un {SAID[one]}" for one in sorted(skip)]
    return f" (plus tôt si c'est {' ou '.join(said)})" if said else ""


def _clock(text: str) -> str:
    return shown(Kind(base=Base.CLOCK), clock_minute(text))


class _Outcomes:
    """What a tariff does of the word of one deadline."""

    def __init__(
        self, name: str, items: Mapping[str, Item], tables: Mapping[str, Table], scope: Scope
    ) -> None:
        self.name, self.items, self.tables, self.scope = name, items, tables, scope

    def of(self, word: Notice) -> list[str]:
        """Return what happens at a word and does not in time."""
        found: list[str] = []
        for item in self.items.values():
            told = [*self._refusals(item, word), *self._lines(item.rules, word)]
            before = f"{item.title} : " if len(self.items) > 1 else ""
            found += [f"{before}{one}" for one in told]
        for table in self.tables.values():
            found += self._rows(table, word)
        return list(dict.fromkeys(found))

    def _refusals(self, item: Item, word: Notice) -> Iterator[str]:
        for refusal in item.refusals:
            if self._grows(refusal.when, word):
                yield f"refusé, « {refusal.reason} »"

    def _grows(self, when: Formula | None, word: Notice) -> bool:
        # More surely so than in time.
        if when is None or when.tree is None:
            return False
        truths = (self._holds(when.tree, word), self._holds(when.tree, Notice.IN_TIME))
        return RANKS.index(truths[0]) > RANKS.index(truths[1])

    def _lines(self, rules: Sequence[Rule | Choice | Package], word: Notice) -> Iterator[str]:
        for rule in rules:
            match rule:
                case Rule():
                    yield from self._line(rule, word)
                case Choice(rules=several):
                    yield from self._chosen(several, word)
                case Package(rule=one, instead_of=several):
                    yield from self._line(one, word)
                    yield from self._lines(several, word)

    def _line(self, rule: Rule, word: Notice) -> Iterator[str]:
        if self._grows(rule.when, word):
            yield _line_told(rule)
        elif rule.when is not None and rule.when.tree is not None:
            now = self._holds(rule.when.tree, word)
            if RANKS.index(now) < RANKS.index(self._holds(rule.when.tree, Notice.IN_TIME)):
                yield f"sans « {rule.label} »"
        if self._reads(rule.amount.tree) or (rule.times and self._reads(rule.times.tree)):
            yield f"« {rule.label} » change de montant"

    def _chosen(self, rules: Sequence[Rule], word: Notice) -> Iterator[str]:
        there, in_time = self._possible(rules, word), self._possible(rules, Notice.IN_TIME)
        for rule in rules:
            if rule in there and rule not in in_time:
                yield _line_told(rule)
        if not there and in_time:
            yield "rien n'est dû"
        for rule in there:
            if self._reads(rule.amount.tree):
                yield f"« {rule.label} » change de montant"

    def _possible(self, rules: Sequence[Rule], word: Notice) -> list[Rule]:
        found = []
        for rule in rules:
            truth = True if rule.when is None else None
            if rule.when is not None and rule.when.tree is not None:
                truth = self._holds(rule.when.tree, word)
            if truth is not False:
                found.append(rule)
            if truth:
                break
        return found

    def _rows(self, table: Table, word: Notice) -> Iterator[str]:
        for grid in table.grids:
            for place, axis in enumerate(grid.axes):
                if axis.name == self.name:
                    words, lookup = axis.words(), grid.lookups[place]
                    late, early = (
                        lookup.masks[lookup.stretch(words.index(one))]
                        for one in (word, Notice.IN_TIME)
                    )
                    yield from _rows_told(table, grid, late & ~early, place)
                elif self._reads(Name(axis.name)):
                    yield f"{table.title} : une autre ligne"
            results = [result for row in grid.rows for result in row.results]
            if any(isinstance(one, Formula) and self._reads(one.tree) for one in results):
                yield f"{table.title} change de montant"

    def _reads(self, tree: Tree | None) -> bool:
        match tree:
            case Name(name=name):
                if name == self.name:
                    return True
                found = self.scope.find(name)
                return found is not None and self._reads(found.tree)
            case _:
                return any(self._reads(one) for one in parts(tree))

    def _holds(self, tree: Tree, word: Notice) -> Truth:
        match tree:
            case Unary(op="not", of=of):
                inner = self._holds(of, word)
                return None if inner is None else not inner
            case Binary(op=("and" | "or") as op):
                sides = (self._holds(tree.left, word), self._holds(tree.right, word))
                settles = op == "or"
                if settles in sides:
                    return settles
                return None if None in sides else not settles
            case Binary(op=("=" | "!=") as op, left=Name(name=one), right=Name(name=other)):
                if self.name not in {one, other}:
                    return None
                return ((other if one == self.name else one) == word) == (op == "=")
            case Name(name=name):
                found = self.scope.find(name)
                return (
                    None if found is None or found.tree is None else self._holds(found.tree, word)
                )
            case _:
                return None


def _line_told(rule: Rule) -> str:
    said = f"{NATURES.get(rule.nature, '')}« {rule.label} »"
    if rule.amount.constant and is_literal(rule.amount.tree) and rule.times is None:
        said += f", {shown(MONEY, rule.amount.run({}))}"
    return said


def _rows_told(table: Table, grid: Grid, rows: int, but: int) -> Iterator[str]:
    for index, row in enumerate(grid.rows):
        if not rows >> index & 1:
            continue
        parts = []
        for result, kind in zip(row.results, table.columns.values(), strict=True):
            if result is None:
                parts.append("aucun prix")
            elif not isinstance(result, Formula):
                parts.append(shown(kind, result))
        others = [
            f"{axis.title} {axis.told(cell)}" if axis.is_ordered else axis.told(cell)
            for place, (axis, cell) in enumerate(zip(grid.axes, row.cells, strict=True))
            if place != but and not cell.anything
        ]
        label = [row.label] if row.named else others
        yield ", ".join([table.title, *label, *([" et ".join(parts)] if parts else [])])
