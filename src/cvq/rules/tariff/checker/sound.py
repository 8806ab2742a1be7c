"""
What each line of a price says holds, somewhere: no case is left without a price, no condition is
always false, and nothing that the inputs may be makes the tariff take off more than there is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from cvq.rules.tariff.calls import POSITION
from cvq.rules.tariff.cells import Axis
from cvq.rules.tariff.checker.contraries import has_contraries, names_so_far, reads_so_far
from cvq.rules.tariff.checker.effort import Effort
from cvq.rules.tariff.checker.places import ORIGIN, Ground, Lost, Place, env_of
from cvq.rules.tariff.checker.spans import Absent, Box
from cvq.rules.tariff.checker.steepness import ends_of, names_of
from cvq.rules.tariff.checker.unsound import unsound
from cvq.rules.tariff.findings import Finding
from cvq.rules.tariff.formula import Env, Formula, Stop
from cvq.rules.tariff.grammar import Binary, Name, Number, Tree
from cvq.rules.tariff.items import Item, lines_of, rated
from cvq.rules.tariff.kinds import Base
from cvq.rules.tariff.lines import Bill, Choice, Package, Rule
from cvq.rules.tariff.meaning import Scope
from cvq.rules.tariff.outcome import Nature, Priced

MAX_LOOKS, MAX_LOOKS_AT_A_CONDITION = 1_500, 600
DUE = {Nature.PRICE, Nature.SUPPLEMENT, Nature.PENALTY}
Lines = Sequence[Rule | Choice | Package]
SAYS_NOTHING = "écrivez « otherwise: nothing » à côté de « lines », si rien n'est dû alors"


def faults(
    items: Iterable[Item], scope: Scope, titles: Mapping[str, str], effort: Effort
) -> Iterator[Finding]:
    """Yield the conditions of items that never hold, the case that they forget or spoil."""
    for item in items:
        yield from _faults(item, scope, titles, effort)
        if effort.left < 0:
            yield Finding(
                line=item.line,
                sentence=f"Le tarif croise trop de cas pour être vérifié, à « {item.title} ».",
                choices=("séparez-le en plusieurs documents", "mettez les conditions en tables"),
            )
            return


def _faults(
    item: Item, scope: Scope, titles: Mapping[str, str], effort: Effort
) -> Iterator[Finding]:
    titles = {**titles, **{one.name: one.title for one in item.takes}}
    never = list(_never(item, scope, titles, effort))
    yield from never
    if not never:
        yield from _forgotten(item, scope, titles, effort)
        yield from unsound(item, scope, titles, effort)


def _never(
    item: Item, scope: Scope, titles: Mapping[str, str], effort: Effort
) -> Iterator[Finding]:
    rules = lines_of(item.rules)
    so_far = names_so_far(rules)
    said = [
        (rule.when, rule.line, rule.label)
        for rule in rules
        if not (rule.when and rule.when.tree and reads_so_far(rule.when.tree, so_far, scope))
    ]
    said += [(refusal.when, refusal.line, refusal.reason) for refusal in item.refusals]
    for when, line, label in said:
        if when is None or when.tree is None:
            continue
        ground = Ground([when.tree], scope, titles, effort)
        if _holds_somewhere(ground, when, when.tree, item):
            continue
        yield Finding(
            line=line,
            sentence=f"« {label} » ne vaut jamais : sa condition est toujours fausse.",
            choices=("corrigez la condition (when)", "retirez la ligne"),
        )


def _holds_somewhere(ground: Ground, when: Formula, tree: Tree, item: Item) -> bool:
    def holds(values: Mapping[str, object]) -> bool:
        try:
            return bool(when.run(_inside(item, values)))
        except Stop:
            return False

    try:
        found = ground.smallest(
            lambda box: True in ground.along.truths(tree, box), holds, MAX_LOOKS_AT_A_CONDITION
        )
    except Lost:
        return True
    return found is not None


def _inside(item: Item, values: Mapping[str, object]) -> Env:
    # Where a line by element stands: its record, the first of its list.
    env = env_of(item, values)
    for one in item.takes:
        if one.kind.base is Base.LIST:
            env |= env[one.name][0]
    return {**env, POSITION: 1, **values}


def _forgotten(
    item: Item, scope: Scope, titles: Mapping[str, str], effort: Effort
) -> Iterator[Finding]:
    # The case in which no line is a price, though one of them would have cost something.
    prices = [
        rule
        for rule in lines_of(item.rules)
        if rule.nature is Nature.PRICE and not _is_hidden_at_zero(rule)
    ]
    if not prices or item.may_be_nothing or item.at_least is not None:
        return
    if _is_sure(item.rules, names_so_far(lines_of(item.rules)), scope):
        return
    read = [rule.when.tree for rule in prices if rule.when]
    read += [refusal.when.tree for refusal in item.refusals]
    ground = Ground(read, scope, titles, effort)
    judge = _Forgotten(item, [_counted(rule, ground, scope) for rule in prices], ground)
    choices = ("écrivez une ligne sans « when », ou « choose » avec « otherwise: nothing »",)
    try:
        place = ground.smallest(judge.may, judge.holds, MAX_LOOKS)
    except Lost:
        if effort.left < 0:
            return  # told of the whole document
        yield Finding(
            line=item.line,
            sentence=f"« {item.title} » : rien ne prouve qu'une ligne vaille toujours ; où aucune "
            "ne vaut, rien ne serait dû sans que personne l'ait dit.",
            choices=(*choices, SAYS_NOTHING),
        )
        return
    if place is not None:
        yield _told(item, place, (*choices, SAYS_NOTHING))


def _counted(rule: Rule, ground: Ground, scope: Scope) -> Rule:
    # How many there are is no case of a condition that does not read it: there may be one.
    read = names_of(rule.times.tree if rule.times else None, scope, frozenset())
    return rule if ground.axes.keys() >= set(read) else replace(rule, times=None)


def _told(item: Item, place: Place, choices: tuple[str, ...]) -> Finding:
    return Finding(
        line=item.line,
        sentence=f"« {item.title} » : pour un cas aucune ligne ne vaut, et rien ne serait dû sans "
        "que personne l'ait dit.",
        example=place.told,
        choices=choices,
    )


def _is_sure(rules: Lines, so_far: frozenset[str], scope: Scope) -> bool:
    # Whether something is always due, or the document says that nothing may be.
    for rule in rules:
        match rule:
            case Choice():
                return True
            case Rule(when=None, nature=nature) if nature in DUE:
                return True
            case Package(instead_of=several) if _is_sure(several, so_far, scope):
                return True
    due = (rule for rule in rules if isinstance(rule, Rule) and rule.nature in DUE)
    return has_contraries(due, so_far, scope)


def _is_hidden_at_zero(rule: Rule) -> bool:
    # « when: chairs > 0, times: chairs » leaves out nothing that would be due.
    of = [one.tree for one in (rule.amount, rule.times) if one is not None]
    match rule.when.tree if rule.when else None:
        case Binary(op=">" | "!=", left=left, right=Number(value=0)):
            return left in of
    return False


def _sample(axis: Axis) -> object:
    low, high = ends_of(axis)
    some = ORIGIN.get(axis.kind.base, 1) if axis.is_ordered else low
    return axis.value(max(low, min(high, some)))


class _Forgotten:
    """Whether no line is a price: over a box, and at a place."""

    def __init__(self, item: Item, prices: Sequence[Rule], ground: Ground) -> None:
        self.item, self.prices, self.ground = item, prices, ground
        # What the conditions do not read is what it may be, so that the other lines are rated.
        names = [name for one in item.takes for name in (one.name, *one.kind.fields)]
        aside = Ground(map(Name, names), ground.along.scope, {})
        self.aside = {name: _sample(axis) for name, axis in aside.axes.items()}

    def may(self, box: Box) -> bool:
        """Return whether no line may be a price somewhere in a box."""
        if any(self._truths(refusal.when, box) == {True} for refusal in self.item.refusals):
            return False
        return self._is_free(self.item.rules, box) and any(
            self._costs(rule, box) for rule in self.prices
        )

    def _is_free(self, rules: Lines, box: Box) -> bool:
        for rule in rules:
            match rule:
                case Rule(nature=Nature.PRICE, when=when) if False not in self._truths(when, box):
                    return False
                case Package(rule=one, instead_of=several):
                    is_open = False in self._truths(one.when, box)
                    if not is_open or not self._is_free(several, box):
                        return False
        return True

    def _truths(self, when: Formula | None, box: Box) -> frozenset[bool]:
        if when is None or when.tree is None:
            return frozenset({True})
        return self.ground.along.truths(when.tree, box)

    def _costs(self, rule: Rule, box: Box) -> bool:
        try:
            spans = [
                self.ground.along.reach(one.tree, box).value
                for one in (rule.amount, rule.times)
                if one is not None and one.tree is not None
            ]
        except Absent:
            return True
        return (0, 0) not in spans

    def holds(self, values: Mapping[str, object]) -> bool:
        """Return whether no line is a price there, though one would have cost something."""
        values = {**self.aside, **values}
        env, bill = env_of(self.item, values), Bill()
        try:
            result = rated(self.item, env, bill)
        except Stop:
            return False
        is_free = not any(line.nature is Nature.PRICE for line in bill.lines)
        return isinstance(result, Priced) and is_free and any(map(self._cost, self._envs(values)))

    def _envs(self, values: Mapping[str, object]) -> Iterator[tuple[Rule, Env]]:
        for rule in self.prices:
            yield rule, _inside(self.item, values)

    def _cost(self, one: tuple[Rule, Env]) -> bool:
        rule, env = one
        try:
            # None of it costs nothing, whatever one costs.
            return (rule.times is None or rule.times.run(env) != 0) and rule.exact(env) != 0
        except Stop:
            return True
