"""Reading the items of a tariff, and its counters: lines, refusals, amounts beside the price."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Protocol, TypeVar

from cvq.rules.tariff import remedies
from cvq.rules.tariff.beside import read_beside
from cvq.rules.tariff.calls import fields_of
from cvq.rules.tariff.cents import step_of, whole, whole_bounds
from cvq.rules.tariff.checker.bounds import unkept
from cvq.rules.tariff.counters import Counter, Moving, movings
from cvq.rules.tariff.declared import Input, only, text_of
from cvq.rules.tariff.findings import Finding, Wrong
from cvq.rules.tariff.formula import Formula
from cvq.rules.tariff.grammar import plain_number
from cvq.rules.tariff.items import Item, Refusal
from cvq.rules.tariff.kinds import MONEY, ORDERED, Base, Exact, Kind, Misread, simple
from cvq.rules.tariff.lines import SUBTOTAL, Choice, Package, Rounding, Rule
from cvq.rules.tariff.meaning import Broken, Inside, Scope, compiled
from cvq.rules.tariff.outcome import Nature, RefusalKind
from cvq.rules.tariff.read import Fields, Items, Node
from cvq.rules.tariff.roundings import read_rounding, read_roundings
from cvq.rules.tariff.written.lines import (
    amount_so_far,
    cannot_name,
    deductible,
    negative,
    never_deductible,
    package_name,
    replaced,
)

# fmt: off
GRAINS = (
    "meal", "session", "child_day", "household_day", "week", "month", "term", "season",
    "half_year", "year", "stay", "hire", "visit", "delivery", "purchase", "membership",
)
KEYS = (
    "title", "grain", "refuse", "lines", "at_least", "at_most", "rounding", "amounts", "counts",
    "otherwise",
)
LINE_KEYS = (
    "label", "id", "nature", "when", "each", "amount", "times", "at_least", "at_most", "round",
    "deductible", "unit", "choose", "package", "instead_of", "asked", "cheapest", "otherwise",
    "highest_first", "lowest_first",
)
# fmt: on
CHOICE_KEYS = {"choose", "otherwise"}
REFUSAL_KEYS = {"when", "reason", "kind"}
MAX_LINES = 200
T = TypeVar("T")


class Whole(Scope, Protocol):
    """The scope of a document: its inputs, its counters, what each of its prices reads itself."""

    inputs: dict[str, Input]
    counters: dict[str, Counter]

    def own(self, name: str) -> set[str]:
        """Return what an item reads by itself, not through another one."""


def read_item(
    name: str,
    node: Node,
    scope: Whole,
    titles: Mapping[str, str],
    roundings: Mapping[str, tuple[Fraction, str]],
) -> Item:
    """
    Return an item ready to rate; what is wrong with its lines is in its findings.

    :raises Wrong: it cannot be read at all.
    """
    if not isinstance(node, Fields):
        raise Wrong(node.line, f"« {name} » est un prix : title, grain, lines.")
    only(node, KEYS, "un prix")
    grain = text_of(node, "grain")
    if grain not in GRAINS:
        what = f"« {grain} » n'est pas" if grain else f"« {name} » ne dit pas"
        raise Wrong(node.line, f"{what} ce qu'un calcul couvre (grain).", ", ".join(GRAINS))
    own = {**roundings, **read_roundings(node)}
    return _Reader(name, node, scope, titles, own).item(grain)


class _Reader:
    """One item, line after line; each may name the ones before it."""

    def __init__(
        self,
        name: str,
        node: Fields,
        scope: Whole,
        titles: Mapping[str, str],
        roundings: Mapping[str, tuple[Fraction, str]],
    ) -> None:
        self.name, self.node, self.titles = name, node, titles
        self.roundings = {
            level: Rounding(step=step, how=how) for level, (step, how) in roundings.items()
        }
        self.outer = scope
        # Lines that only their total rounds may be fractions of a cent until then.
        so_far = None if "total" in self.roundings else Fraction(1)
        self.lines: dict[str, Formula] = {SUBTOTAL: amount_so_far(SUBTOTAL, so_far)}
        self.findings: list[Finding] = []
        self.formulas: list[Formula] = []

    @property
    def scope(self) -> Scope:
        return Inside(self.outer, self.lines)

    def item(self, grain: str) -> Item:
        """Return the item."""
        title = text_of(self.node, "title") or self.name.replace("_", " ")
        refusals = tuple(self._each("refuse", self._refusal))
        rules = tuple(self._each("lines", self._line))
        bounds = self._bounds(self.node, self.scope, frozenset())
        if "total" not in self.roundings:
            whole_bounds(bounds, self.node)
        total = self.roundings.get("total")
        self.findings += unkept(bounds, total, self.node, self.outer)
        self.lines["total"] = amount_so_far("total", Fraction(1))
        beside = tuple(read_beside(self.node.fields.get("amounts"), self._amount_beside))
        counters, counted = self._counters()
        needs = frozenset[str]().union(*(formula.needs for formula in self.formulas))
        given = [*self.outer.inputs.values(), *(one.before() for one in counted)]
        return Item(
            name=self.name,
            title=title,
            grain=grain,
            line=self.node.line,
            refusals=refusals,
            rules=rules,
            at_least=bounds.get("at_least"),
            at_most=bounds.get("at_most"),
            rounding=total,
            beside=beside,
            needs=needs,
            takes=tuple(one for one in given if one.name in needs),
            counters=counters,
            counts=counted,
            may_be_nothing=self._nothing(self.node),
            weight=sum(formula.weight for formula in self.formulas),
            depth=max((formula.depth for formula in self.formulas), default=0),
            tables=frozenset().union(*(formula.tables for formula in self.formulas)),
            findings=tuple(self.findings),
        )

    def _each(self, key: str, read: Callable[[Fields], T]) -> list[T]:
        node = self.node.fields.get(key)
        if node is None:
            if key == "lines":
                raise Wrong(self.node.line, f"« {self.name} » n'a pas de lignes (lines).")
            return []
        if not isinstance(node, Items) or not 0 < len(node.items) <= MAX_LINES:
            raise Wrong(node.line, f"« {key} » est une liste, de {MAX_LINES} lignes au plus.")
        found = []
        for one in node.items:
            try:
                if not isinstance(one, Fields):
                    raise Wrong(one.line, f"Chaque élément de « {key} » s'écrit « clé: valeur ».")
                found.append(read(one))
            except Wrong as wrong:
                self.findings.append(wrong.finding)
            except Broken:
                pass
        return found

    def _formula(self, text: str, line: int, scope: Scope, base: Base) -> Formula:
        formula = compiled(text, scope, line)
        if formula.kind.base is not base:
            wanted = Kind(base=base).french()
            raise Wrong(
                line,
                f"{wanted} était attendu, voici {formula.kind.french()}.",
                *remedies.of_another_sort(base, text),
            )
        self.formulas.append(formula)
        return formula

    def _money(self, text: str, line: int, scope: Scope) -> Formula:
        try:
            number = plain_number(text)
        except Misread as error:
            raise Wrong(line, f"{error}.") from error
        if number is not None:
            return self._literal(simple(Fraction(number) * 100))
        return self._formula(text, line, scope, Base.MONEY)

    def _literal(self, cents: Exact) -> Formula:
        kind = Kind(base=Base.MONEY, step=abs(Fraction(cents)), low=Fraction(cents))
        return Formula(kind=kind, run=lambda _env: cents, raw=lambda _env: cents)

    def _refusal(self, node: Fields) -> Refusal:
        only(node, REFUSAL_KEYS, "un refus")
        if not {"reason", "when"} <= set(node.fields):
            raise Wrong(node.line, "Un refus s'écrit « when: … » et « reason: … ».")
        kinds = {"not_allowed": RefusalKind.NOT_ALLOWED, "no_price": RefusalKind.NO_PRICE}
        kind = text_of(node, "kind") or "not_allowed"
        if kind not in kinds:
            raise Wrong(node.line, f"Un refus est un de : {', '.join(kinds)}.")
        when = self._formula(text_of(node, "when") or "", node.line, self.scope, Base.TRUTH)
        self._bound_fields(when, frozenset(), node.line)
        return Refusal(
            when=when, reason=text_of(node, "reason") or "", kind=kinds[kind], line=node.line
        )

    def _line(self, node: Fields) -> Rule | Choice | Package:
        only(node, LINE_KEYS, "une ligne")
        if "choose" in node.fields:
            return self._choice(node)
        if "package" in node.fields:
            return self._package(node)
        return self._rule(node, text_of(node, "label"))

    def _choice(self, node: Fields) -> Choice:
        written = node.fields["choose"]
        others = set(node.fields) - CHOICE_KEYS
        if others or not isinstance(written, Items) or not written.items:
            raise Wrong(
                node.line,
                "« choose » est une liste de lignes ; à côté d'elle, seulement « otherwise ».",
            )
        rules = []
        for one in written.items:
            if not isinstance(one, Fields):
                raise Wrong(one.line, "Chaque choix s'écrit comme une ligne.")
            only(one, LINE_KEYS, "une ligne")
            rules.append(self._rule(one, text_of(one, "label")))
        for rule in rules:
            if rule.when is not None:
                # Which choice holds is settled before its list is looked at.
                self._bound_fields(rule.when, frozenset(), rule.line)
        otherwise = self._nothing(node)
        if rules[-1].when is not None and not otherwise:
            raise Wrong(
                node.line,
                "Quand aucun de ces choix ne vaut, rien ne serait dû sans que personne l'ait dit.",
                "retirez le « when » du dernier",
                "écrivez « otherwise: nothing » à côté de « choose »",
            )
        for rule in rules[:-1]:
            if rule.when is None:
                raise Wrong(
                    rule.line, "Les choix qui suivent ne serviront jamais : celui-ci vaut toujours."
                )
        return Choice(rules=tuple(rules), otherwise=otherwise)

    def _nothing(self, node: Fields) -> bool:
        # Whether it says that, where nothing holds, nothing is due.
        if (said := text_of(node, "otherwise")) not in {None, "nothing"}:
            raise Wrong(node.lines["otherwise"], "« otherwise » n'a qu'une réponse : nothing.")
        return said is not None

    def _package(self, node: Fields) -> Package:
        written = node.fields.get("instead_of")
        if not isinstance(written, Items) or "when" not in node.fields or "each" in node.fields:
            raise Wrong(node.line, "Un forfait dit quand il vaut (when) et ce qu'il remplace.")
        instead = []
        for one in written.items:
            instead.append(self._line(replaced(one)))
        text = text_of(node, "asked")
        asked = self._formula(text, node.line, self.scope, Base.TRUTH) if text else None
        if asked is not None:
            self._bound_fields(asked, frozenset(), node.line)
        return Package(
            rule=self._rule(node, package_name(node)),
            instead_of=tuple(instead),
            asked=asked,
            cheapest=(text_of(node, "cheapest") or "no") == "yes",
        )

    def _rule(self, node: Fields, label: str | None) -> Rule:
        if not label:
            raise Wrong(node.line, "Une ligne a un nom que les familles lisent (label).")
        nature = text_of(node, "nature") or "price"
        if nature not in set(Nature) - {Nature.ROUNDING}:
            raise Wrong(node.line, f"« {nature} » n'est pas une nature.", ", ".join(Nature))
        scope, bound, each = self._listed(node)
        when = text_of(node, "when")
        amount = text_of(node, "amount")
        if amount is None:
            raise Wrong(node.line, f"« {label} » n'a pas de montant (amount).")
        times = text_of(node, "times")
        bounds = self._bounds(node, scope, bound)
        order, is_highest_first = self._ordered(node, scope)
        rule = Rule(
            order=order,
            is_highest_first=is_highest_first,
            label=label,
            nature=Nature(nature),
            line=node.line,
            amount=self._money(amount, node.lines["amount"], scope),
            when=self._formula(when, node.lines["when"], scope, Base.TRUTH) if when else None,
            times=self._formula(times, node.lines["times"], scope, Base.NUMBER) if times else None,
            each=each,
            at_least=bounds.get("at_least"),
            at_most=bounds.get("at_most"),
            unit_rounding=self.roundings.get("unit"),
            line_rounding=self._line_rounding(node),
            deductible=deductible(node),
            unit=text_of(node, "unit") or "",
            name=text_of(node, "id"),
            scope=scope,
            titles=self.titles,
        )
        for formula in (rule.amount, rule.when, rule.times):
            if formula is not None:
                self._bound_fields(formula, bound, node.line)
        self._checked(rule, bounds, node)
        if rule.name is not None:
            self.lines[rule.name] = amount_so_far(rule.name, step_of(rule))
        return rule

    def _checked(self, rule: Rule, bounds: Mapping[str, Formula], node: Fields) -> None:
        low = rule.amount.kind.low
        if low is not None and low < 0:
            raise negative(rule)
        is_total_rounded = "total" in self.roundings
        whole(rule, is_total_rounded=is_total_rounded)
        if rule.line_rounding is None and not is_total_rounded:
            whole_bounds(bounds, node)
        self.findings += unkept(bounds, rule.line_rounding, node, self.outer)
        self.findings += never_deductible(rule, node)
        if rule.name is not None and (rule.each or self.outer.find(rule.name)):
            raise cannot_name(rule, node)

    def _listed(self, node: Fields) -> tuple[Scope, frozenset[str], Formula | None]:
        name = text_of(node, "each")
        if name is None:
            return self.scope, frozenset(), None
        each = self._formula(name, node.lines["each"], self.scope, Base.LIST)
        fields = fields_of(each.kind)
        return Inside(self.scope, fields), frozenset(fields), each

    def _ordered(self, node: Fields, scope: Scope) -> tuple[Formula | None, bool]:
        # A list in order of a price: « du plus cher au moins cher ».
        for key in ("highest_first", "lowest_first"):
            text = text_of(node, key)
            if text is None:
                continue
            order = compiled(text, scope, node.lines[key])
            if "each" not in node.fields or order.kind.base not in ORDERED:
                raise Wrong(node.lines[key], f"« {key} » ordonne la liste de « each » par un prix.")
            self.formulas.append(order)
            return order, key == "highest_first"
        return None, False

    def _bound_fields(self, formula: Formula, bound: frozenset[str], line: int) -> None:
        free = formula.fields - bound
        if free:
            raise Wrong(
                line,
                f"« {', '.join(sorted(free))} » ne se lit qu'à l'intérieur de sa liste.",
                "ajoutez « each » à la ligne",
                "ou une fonction de liste : count, sum, any, all",
            )

    def _line_rounding(self, node: Fields) -> Rounding | None:
        if "round" not in node.fields:
            return self.roundings.get("line")
        step, how = read_rounding(node.fields["round"], MONEY)
        return Rounding(step=step, how=how)

    def _bounds(self, node: Fields, scope: Scope, bound: frozenset[str]) -> dict[str, Formula]:
        bounds: dict[str, Formula] = {}
        for key in ("at_least", "at_most"):
            if (text := text_of(node, key)) is not None:
                bounds[key] = self._money(text, node.lines[key], scope)
                self._bound_fields(bounds[key], bound, node.lines[key])
        return bounds

    def _amount_beside(self, text: str, line: int, unit: str) -> Formula:
        if unit == "EUR":
            amount = self._money(text, line, self.scope)
        else:
            amount = self._formula(text, line, self.scope, Base.NUMBER)
        self._bound_fields(amount, frozenset(), line)
        return amount

    def _counters(self) -> tuple[tuple[Moving, ...], tuple[Counter, ...]]:
        """Return the counters that a use moves, and all that it reads or moves."""
        every = self.outer.counters
        read = self.outer.own(self.name)
        moved = movings(self.node.fields.get("counts"), every, read, self.outer, self.node.line)
        for one in moved:
            self.formulas += [one.adds] if one.when is None else [one.adds, one.when]
            self.formulas += [apart.formula() for apart in one.counter.by]
        names = {one.counter.name for one in moved}
        read = {name for formula in self.formulas for name in formula.needs}
        counted = [c for c in every.values() if c.name in names or f"{c.name}.before" in read]
        return moved, tuple(counted)
