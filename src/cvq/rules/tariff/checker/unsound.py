"""
The smallest case that the inputs allow and in which the tariff would take off more than there is,
or divide by zero.

A case is told only once it was worked out: where nothing is found the refusal at rating stays.
"""

from collections.abc import Iterator, Mapping

from cvq.rules.tariff.checker.effort import Effort
from cvq.rules.tariff.checker.intervals import NONE_AT_ALL, Span, ends, hull, minus, plus, times
from cvq.rules.tariff.checker.places import Ground, Lost, Place, env_of
from cvq.rules.tariff.checker.spans import Absent, Box
from cvq.rules.tariff.findings import Finding
from cvq.rules.tariff.formula import Formula, Stop, Unsound
from cvq.rules.tariff.grammar import Binary, Call, Name, Number
from cvq.rules.tariff.items import MAX_CENTS, Item, lines_of, rated
from cvq.rules.tariff.kinds import Base
from cvq.rules.tariff.lines import SUBTOTAL, TAKEN_OFF, Bill, Choice, Package, Rule
from cvq.rules.tariff.meaning import Scope
from cvq.rules.tariff.outcome import Nature, RefusalKind, Refused

MAX_LOOKS = 900
# The order of two moments is not declared: one before the other may be no case at all.
IN_TIME = {Base.DATE, Base.CLOCK, Base.MOMENT}
AT_ZERO = "arrêtez le montant à zéro : « max(0 €, …) », ou une réduction à « at_most: subtotal »"
BOUNDED = "bornez l'entrée (min, max)"
EVERY_CASE = "tous les cas"
TOO_LARGE = "n'a pas de prix, même dans le plus petit cas : plus d'un milliard d'euros."
SMALLER = ("vérifiez les nombres que les lignes multiplient", "un plafond : « at_most: … »")
SAID = "dites-le : « refuse: [{when: …, reason: …}] »"


def unsound(
    item: Item, scope: Scope, titles: Mapping[str, str], effort: Effort
) -> Iterator[Finding]:
    """Yield the smallest case in which the tariff itself makes its price impossible."""
    rules = lines_of(item.rules)
    amounts = [one.tree for rule in rules for one in (rule.amount, rule.times) if one]
    amounts += [one.tree for rule in rules for one in (rule.at_least, rule.at_most) if one]
    if sum(one.kind.base in IN_TIME for one in Ground(amounts, scope, titles).axes.values()) > 1:
        return
    whens = [rule.when.tree for rule in rules if rule.when]
    whens += [refusal.when.tree for refusal in item.refusals]
    ground = Ground([*amounts, *whens], scope, titles, effort)
    search = _Search(item, ground)
    if (first := search.too_large()) is not None:
        yield Finding(
            line=item.line,
            sentence=f"« {item.title} » {TOO_LARGE}",
            example=first.told or EVERY_CASE,
            choices=SMALLER,
        )
        return
    try:
        place = ground.smallest(search.may, search.holds, MAX_LOOKS, below_zero=False)
    except Lost:
        return
    if place is not None:
        yield _told(item, place, search.why)


def _told(item: Item, place: Place, why: Unsound | None) -> Finding:
    assert why is not None
    return Finding(
        line=why.line or item.line,
        sentence=f"« {item.title} » n'aurait pas de prix dans un cas que les entrées permettent : "
        f"{why.reason[:1].lower()}{why.reason[1:]}",
        example=place.told or EVERY_CASE,
        choices=(BOUNDED, SAID) if "zéro" in why.reason else (AT_ZERO, BOUNDED, SAID),
    )


class _Search:
    """Whether a price is impossible: over a box, and at a place."""

    def __init__(self, item: Item, ground: Ground) -> None:
        self.item, self.ground, self.along = item, ground, ground.along
        self.why: Unsound | None = None
        self.is_negative = False
        rules = lines_of(item.rules)
        self.gives_back = any(rule.nature is Nature.CREDIT for rule in rules)

    def too_large(self) -> Place | None:
        """Return the smallest case, where at one look no case has a price that can be owed."""
        try:
            if self.ground.smallest(self._may_be_owed, lambda _: True, 1) is not None:
                return None
            place = self.ground.smallest(lambda _: True, lambda _: True, MAX_LOOKS)
            result = place and rated(self.item, env_of(self.item, place.values), Bill())
        except (Lost, Stop):
            return None
        is_wrong = isinstance(result, Refused) and result.kind is RefusalKind.WRONG_INPUT
        return place if is_wrong else None

    def _may_be_owed(self, box: Box) -> bool:
        try:
            total = self._total(box)
        except Absent:
            return True
        if self.item.at_most is not None:
            total = ends([total, self._reach(self.item.at_most, box)], min)
        return total is None or total[0] <= MAX_CENTS

    def holds(self, values: Mapping[str, object]) -> bool:
        """Return whether the tariff makes its price impossible there."""
        try:
            rated(self.item, env_of(self.item, values), Bill())
        except Unsound as why:
            self.why = why
            return True
        except Stop:
            pass
        return False

    def may(self, box: Box) -> bool:
        """Return whether the price may be impossible somewhere in a box."""
        for refusal in self.item.refusals:
            if refusal.when.tree and self.along.truths(refusal.when.tree, box) == {True}:
                return False
        total = self._total(box)
        is_below = total is not None and total[0] < 0 and not self.gives_back
        return is_below or self.is_negative or self.along.is_by_zero

    def _total(self, box: Box) -> Span:
        along = self.along
        along.so_far, along.is_by_zero, self.is_negative = {SUBTOTAL: NONE_AT_ALL}, False, False
        total: Span = NONE_AT_ALL
        for rule in self.item.rules:
            total = self._after(rule, total, box)
            along.so_far[SUBTOTAL] = total
        if self.item.at_least is not None and total is not None:
            total = ends([total, self._reach(self.item.at_least, box)], max)
        return total

    def _after(self, rule: Rule | Choice | Package, total: Span, box: Box) -> Span:
        match rule:
            case Rule():
                truths = self._truths(rule, box)
                found = [total] if False in truths else []
                if True in truths:
                    found.append(self._added(rule, total, box))
                return hull(found)
            case Choice(rules=several):
                found = []
                for one in several:
                    truths = self._truths(one, box)
                    if True in truths:
                        found.append(self._added(one, total, box))
                    if False not in truths:
                        return hull(found)
                return hull([*found, total])
            case Package(rule=one, instead_of=replaced):
                held, instead = self._added(one, total, box), total
                for other in replaced:
                    instead = self._after(other, instead, box)
                return hull([held, instead])

    def _truths(self, rule: Rule, box: Box) -> frozenset[bool]:
        if rule.when is None or rule.when.tree is None:
            return frozenset({True})
        return self.along.truths(rule.when.tree, box)

    def _added(self, rule: Rule, total: Span, box: Box) -> Span:
        try:
            span = self._line(rule, box)
        except Absent:
            return total
        self.is_negative |= span is not None and span[0] < 0
        if rule.name is not None:
            self.along.so_far[rule.name] = None
        if rule.nature is Nature.DEPOSIT:
            return total
        if rule.each is not None:
            return None
        if rule.nature not in TAKEN_OFF:
            return plus(total, span)
        left = minus(total, span)
        if left is not None and total is not None and total[0] >= 0 and _stops_at_zero(rule):
            return max(left[0], 0), max(left[1], 0)
        return left

    def _line(self, rule: Rule, box: Box) -> Span:
        span = self._reach(rule.amount, box)
        if rule.times is not None:
            span = times(span, self._reach(rule.times, box))
        for bound, choose in ((rule.at_least, max), (rule.at_most, min)):
            if bound is not None:
                span = ends([span, self._reach(bound, box)], choose)
        return span

    def _reach(self, formula: Formula, box: Box) -> Span:
        if formula.tree is not None:
            return self.along.reach(formula.tree, box).value
        value = formula.run({})  # what nobody wrote is always the same: nothing of it is read
        return value, value


def _stops_at_zero(rule: Rule) -> bool:
    # A discount that is never more than what stands before it.
    so_far, rounding = Name(SUBTOTAL), rule.line_rounding
    if rounding is not None and rounding.step > 1 and rounding.how != "down":
        return False  # what stands before it may be less than it is rounded to
    if rule.at_most is not None and rule.at_most.tree == so_far:
        return True
    match rule.amount.tree:
        case Call(function="min", given=given):
            return rule.times is None and so_far in given
        case Binary(op="*", left=Number(value=share), right=right):
            return rule.times is None and right == so_far and 0 <= share <= 1
    return False
