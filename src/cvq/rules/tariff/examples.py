"""
The worked examples that a tariff carries, and how they stand against published ones.

An example is one rating or several that are summed, in order of use: `each` varies inputs, `uses`
lists them (each may name its item, its day and who it is for), `times` repeats.  Counters start at
`before` and move from one rating to the next; a refusal moves none and ends the example.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from itertools import islice

import msgspec

from cvq.rules.tariff.beside import OF_EVERY_PRICE
from cvq.rules.tariff.counters import SCOPES
from cvq.rules.tariff.counting import Counting, counts_of
from cvq.rules.tariff.declared import text_of
from cvq.rules.tariff.document import Tariff
from cvq.rules.tariff.findings import Wrong
from cvq.rules.tariff.kinds import MONEY, Base, Exact, Kind, Misread, read_value
from cvq.rules.tariff.outcome import Priced, Refused
from cvq.rules.tariff.read import Fields, Items, Node, Text, plain

KEYS = {"id", "item", "given", "each", "uses", "times", "before", "ask", "expect", "reading"}
PRICE, DAY, WHO = "price", "day", "who"
# Where nothing is told, an example is about one person of one household.
SOMEBODY = dict.fromkeys(SCOPES, "")
MAX_RATINGS, MAX_IN_ALL = 1000, 20_000


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """One rating of an example: of what, knowing what, for whom and on which day it counts."""

    item: str
    given: dict[str, object]
    who: dict[str, str]
    day: date | None


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One example as written: its ratings, what is asked of them, what is expected."""

    name: str
    line: int
    ratings: tuple[Use, ...]
    before: dict[str, Exact]
    ask: tuple[str, ...]
    expected: dict[str, int] | str | None
    reading: str


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """What an example came to; `cents` is the sum of what it asks."""

    example: Example
    outcome: str
    cents: int
    amounts: dict[str, int]
    priced: tuple[Priced, ...]
    reason: str = ""

    @property
    def holds(self) -> bool:
        """Return whether it came to what it expects; without expectation it has nothing to hold."""
        expected = self.example.expected
        if expected is None:
            return True
        if isinstance(expected, str):
            return self.outcome == expected
        return self.outcome == PRICE and all(
            self.amounts.get(name) == cents for name, cents in expected.items()
        )


def examples(tariff: Tariff) -> tuple[Example, ...]:
    """
    Return the examples that a tariff carries.

    :raises Wrong: one cannot be read; its line is named.
    """
    node = tariff.examples
    if node is None:
        return ()
    if not isinstance(node, Items):
        raise Wrong(node.line, "« examples » est une liste.")
    found, names, in_all = [], set(), 0
    for one in node.items:
        example = _example(one, tariff)
        if example.name in names:
            raise Wrong(one.line, f"L'exemple « {example.name} » est écrit deux fois.")
        names.add(example.name)
        in_all += len(example.ratings)
        if in_all > MAX_IN_ALL:
            raise Wrong(one.line, f"Les exemples comptent {MAX_IN_ALL} calculs au plus, en tout.")
        found.append(example)
    return tuple(found)


def play(tariff: Tariff, example: Example) -> Played:
    """Return what the ratings of an example come to, together."""
    counting, starts = Counting(), dict(example.before)
    totals: dict[str, int] = {}
    priced: list[Priced] = []
    for use in example.ratings:
        item = tariff.items[use.item]
        counts = counts_of(item, use.given, use.who, use.day)
        for name in starts.keys() & counts.keys():
            counting.counted[counts[name]] = starts.pop(name)
        result, _ = counting.rate(item, use.given, counts)
        if isinstance(result, Refused):
            return Played(
                example=example,
                outcome="refused",
                cents=0,
                amounts={},
                priced=tuple(priced),
                reason=result.reason,
            )
        priced.append(result)
        totals[PRICE] = totals.get(PRICE, 0) + result.cents
        for amount in result.amounts:
            totals[amount.name] = totals.get(amount.name, 0) + amount.value
    return Played(
        example=example,
        outcome=PRICE,
        cents=sum(totals.get(name, 0) for name in example.ask),
        amounts=totals,
        priced=tuple(priced),
    )


def _example(node: Node, tariff: Tariff) -> Example:
    if not isinstance(node, Fields) or set(node.fields) - KEYS:
        raise Wrong(node.line, f"Un exemple s'écrit avec : {', '.join(sorted(KEYS))}.")
    name = text_of(node, "id")
    if not name:
        raise Wrong(node.line, "Un exemple a un identifiant (id).")
    ratings = _dated(list(islice(_ratings(node, tariff), MAX_RATINGS + 1)))
    if not 0 < len(ratings) <= MAX_RATINGS:
        raise Wrong(node.line, f"Un exemple compte de 1 à {MAX_RATINGS} calculs.")
    expected, expects = _expected(node)
    ask = _names(node.fields.get("ask")) or tuple(expects) or (PRICE,)
    _require_amounts(node.line, (*ask, *expects), ratings, tariff)
    return Example(
        name=name,
        line=node.line,
        ratings=ratings,
        before=_before(node, tariff),
        ask=ask,
        expected=expected,
        reading=text_of(node, "reading") or "",
    )


def _require_amounts(
    line: int, named: Sequence[str], ratings: Sequence[Use], tariff: Tariff
) -> None:
    # Misspelt, an amount would be nothing, and the example would seem to give a wrong price.
    items = {use.item: tariff.items[use.item] for use in ratings}
    known = OF_EVERY_PRICE | {one.name for item in items.values() for one in item.beside}
    for name in named:
        if name not in known:
            raise Wrong(
                line,
                f"« {name} » n'est pas un montant de ce prix.",
                f"un de : {', '.join(sorted(known))}",
            )


def _ratings(node: Fields, tariff: Tariff) -> Iterator[Use]:
    item = text_of(node, "item")
    shared = _given(node.fields.get("given"))
    times = _whole(text_of(node, "times") or "1", node.line)
    uses = node.fields.get("uses")
    varied = node.fields.get("each")
    every: list[tuple[str | None, dict[str, object]]] = [(item, shared)]
    if isinstance(uses, Items):
        every = []
        for use in uses.items:
            given = _given(use)
            named = given.pop("item", item)
            repeat = _whole(str(given.pop("times", "1")), use.line)
            every += [(str(named) if named else None, {**shared, **given})] * repeat
            if len(every) > MAX_RATINGS:
                break
    if isinstance(varied, Fields):
        for name, values in varied.fields.items():
            if not isinstance(values, Items):
                raise Wrong(values.line, "« each » donne une liste de valeurs à une entrée.")
            if len(every) * len(values.items) > MAX_RATINGS:
                raise Wrong(node.line, f"Un exemple compte de 1 à {MAX_RATINGS} calculs.")
            every = [
                (named, {**given, name: plain(value)})
                for named, given in every
                for value in values.items
            ]
    for _ in range(min(times, MAX_RATINGS + 1)):
        for named, given in every:
            yield _use(named, dict(given), tariff, node.line)


def _use(item: str | None, given: dict[str, object], tariff: Tariff, line: int) -> Use:
    who, day = SOMEBODY, None
    if tariff.counters:
        if WHO in given and WHO not in tariff.inputs:
            who = _who(given.pop(WHO), line)
        if DAY in given:
            day = _day(given[DAY], line, is_input=DAY in tariff.inputs)
            if DAY not in tariff.inputs:
                given.pop(DAY)
    _checked(item, given, tariff, line)
    assert item is not None
    return Use(item=item, given=given, who=who, day=day)


def _who(told: object, line: int) -> dict[str, str]:
    # A name is somebody of the household of the example; who has another says which.
    if isinstance(told, str) and told:
        return {**SOMEBODY, "child": told, "person": told}
    if not isinstance(told, dict) or not told or set(told) - set(SCOPES):
        raise Wrong(
            line,
            "« who » nomme pour qui un usage compte.",
            "« who: Léa »",
            "« who: {child: Léa, household: Petit} »",
            ", ".join(SCOPES),
        )
    named = {scope: str(name) for scope, name in told.items()}
    somebody = next((named[one] for one in SCOPES if one in named), "")
    return {**SOMEBODY, "child": somebody, "person": somebody, **named}


def _day(told: object, line: int, *, is_input: bool) -> date | None:
    try:
        number = read_value(Kind(base=Base.DATE), str(told))
    except Misread as error:
        if is_input:  # the rating refuses it, which the example may expect
            return None
        raise Wrong(line, f"« day » : {error}.") from error
    assert isinstance(number, int)
    return date.fromordinal(number)


def _dated(uses: Sequence[Use]) -> tuple[Use, ...]:
    """Return the uses, those without a day on that of the one before them."""
    day = next((use.day for use in uses if use.day is not None), None)
    found = []
    for use in uses:
        day = use.day or day
        found.append(use if use.day == day else msgspec.structs.replace(use, day=day))
    return tuple(found)


def _checked(item: str | None, given: Mapping[str, object], tariff: Tariff, line: int) -> None:
    if item not in tariff.items:
        raise Wrong(line, f"« {item} » n'est pas un prix de ce tarif.", ", ".join(tariff.items))
    for name in given:
        if name not in tariff.inputs:
            raise Wrong(line, f"« {name} » n'est pas une entrée.", ", ".join(tariff.inputs))


def _expected(node: Fields) -> tuple[dict[str, int] | str | None, tuple[str, ...]]:
    written = node.fields.get("expect")
    if written is None:
        return None, ()
    if isinstance(written, Text):
        if written.value != "refused":
            raise Wrong(written.line, "« expect » est « refused » ou « {price: 7.63} ».")
        return "refused", ()
    if not isinstance(written, Fields):
        raise Wrong(written.line, "« expect » nomme des montants.")
    amounts: dict[str, int] = {}
    for name in written.fields:
        try:
            cents = read_value(MONEY, text_of(written, name) or "")
        except Misread as error:
            raise Wrong(written.line, f"« expect » : {error}.") from error
        assert isinstance(cents, int)
        amounts[name] = cents
    return amounts, tuple(amounts)


def _before(node: Fields, tariff: Tariff) -> dict[str, Exact]:
    written = node.fields.get("before")
    if written is None:
        return {}
    if not isinstance(written, Fields):
        raise Wrong(written.line, "« before » donne un départ à des compteurs.")
    started: dict[str, Exact] = {}
    for name in written.fields:
        if name not in tariff.counters:
            raise Wrong(written.line, f"« {name} » n'est pas un compteur.")
        try:
            value = read_value(Kind(base=Base.NUMBER, step=None), text_of(written, name) or "")
        except Misread as error:
            raise Wrong(written.line, f"« before » : {error}.") from error
        assert isinstance(value, int | Fraction)
        started[name] = value
    return started


def _given(node: Node | None) -> dict[str, object]:
    if node is None:
        return {}
    if not isinstance(node, Fields):
        raise Wrong(node.line, "« given » donne une valeur à des entrées.")
    return {name: plain(one) for name, one in node.fields.items()}


def _names(node: Node | None) -> tuple[str, ...]:
    if isinstance(node, Text):
        return (node.value,)
    if isinstance(node, Items):
        return tuple(one.value for one in node.items if isinstance(one, Text))
    return ()


def _whole(text: str, line: int) -> int:
    if not text.isdecimal() or not text.isascii() or len(text) > 4 or int(text) == 0:
        raise Wrong(line, f"« {text} » n'est pas un nombre de fois.")
    return int(text)
