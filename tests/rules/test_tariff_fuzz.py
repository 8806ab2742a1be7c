"""Whatever is written ends in findings or a tariff; whatever is given, in a price or a refusal."""

import random
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvq.rules.tariff.compared import differences
from cvq.rules.tariff.document import check
from cvq.rules.tariff.drawn import drawn
from cvq.rules.tariff.examples import examples, play
from cvq.rules.tariff.findings import TariffUnreadable, Wrong
from cvq.rules.tariff.items import moves, rate
from cvq.rules.tariff.kinds import Base, Kind
from cvq.rules.tariff.outcome import Priced, Refused
from written import table

CASES = Path(__file__).parents[2] / "docs" / "tariffs" / "cases"
TEXTS = {path.stem: path.read_text() for path in sorted(CASES.glob("*.yaml"))}
TOKENS = (
    "unknown", "none", "required", "*", "&a", "*a", "!!str", "not", "or", "and", "..", "[", "]",
    "{", "}", "(", ")", "€", "%", "9" * 14, "9" * 300, "-1", "0", "1.5", "1e9", "0.001", "/",
    " / 0",
    "18:30", "2024-02-30", "0001-01-01", "9999-12-31", "10-15..04-15", "each: people", "position",
    "subtotal", "total", "shift(p, 1, stay)", "round", "started(1, 0)", "hit: sum", "min: 5",
    "max: 1",
    "\t", "\n", ":", ",", "#", '"', "'", "|", ">", "\0", "\ud800", "é", "then: words", "per: ever",
    "cheapest: yes", "when: [quotient]", "day + 9999999", "quotient * quotient", "step: 0.0001",
)  # fmt: skip
VALUES = (
    None, True, False, 0, -1, 3, 10**9, 10**300, 1.5, float("nan"), Fraction(1, 3), Decimal("NaN"),
    Decimal("1E+999999"), "", "no", "18:30", "2025-09-01", "2025-09-01 18:30", "unknown",
    "x" * 5000,
    date(2025, 9, 1), date.max, date.min, datetime(2025, 9, 1, 18, 30), time(18, 30), (), [],
    [{"age": 3}], [{}], [None], {"a": 1}, b"x", object(),
)  # fmt: skip


def survives(text: str, choose: random.Random) -> None:
    """Check, draw, rate and explain a text, and play its examples."""
    found, wrong = check(text)
    for one in wrong:
        assert one.line >= 1
        assert one.told()
    try:
        drawn(text)
        differences(text, TEXTS["bubry-56"])
    except TariffUnreadable:
        pass
    if found is None or wrong:
        return
    for item in found.items.values():
        for _ in range(3):
            inputs = {one.name: plausible(one.kind, choose) for one in item.takes}
            result = rate(item, inputs)
            accounted(result)
            if isinstance(result, Priced):
                moves(item, inputs)
    try:
        played = [play(found, one) for one in examples(found)]
    except Wrong:
        return
    for example in played:
        for priced in example.priced:
            accounted(priced)


def plausible(kind: Kind, choose: random.Random) -> object:
    """Return what somebody may give for an input, or anything at all."""
    if choose.random() < 0.1:
        return choose.choice(VALUES)
    match kind.base:
        case Base.NUMBER | Base.MONEY:
            low = kind.low or 0
            top = kind.high if kind.high is not None else low + choose.choice([3, 50, 2000, 10**6])
            step = kind.step or Fraction(1)
            return low + choose.randint(0, max(0, int((top - low) / step))) * step
        case Base.TRUTH:
            return choose.random() < 0.5
        case Base.WORD:
            return choose.choice(kind.words)
        case Base.DATE:
            return date.fromordinal(choose.randint(738000, 740000))
        case Base.CLOCK:
            return f"{choose.randint(0, 23)}:{choose.randint(0, 59):02}"
        case Base.MOMENT:
            return datetime(
                2025, choose.randint(1, 12), choose.randint(1, 28), choose.randint(0, 23)
            )
        case _:
            return [
                {name: plausible(one, choose) for name, one in kind.fields.items()}
                for _ in range(choose.randint(0, 4))
            ]


def accounted(result: Priced | Refused) -> None:
    """Check that a price adds up and can be told, or that a refusal says why."""
    if isinstance(result, Refused):
        assert result.reason
        return
    assert type(result.cents) is int
    assert result.cents == sum(one.cents for one in result.lines if one.nature != "deposit")
    assert result.sentence
    assert all(type(one.value) is int for one in result.amounts)
    for line in result.lines:
        assert all(hit.table for hit in line.hits)


def deleted(lines: list[str], choose: random.Random) -> list[str]:
    place = choose.randrange(len(lines))
    return lines[:place] + lines[place + 1 :]


def doubled(lines: list[str], choose: random.Random) -> list[str]:
    place = choose.randrange(len(lines))
    return lines[:place] + [lines[place]] * 2 + lines[place + 1 :]


def swapped(lines: list[str], choose: random.Random) -> list[str]:
    one, other = choose.randrange(len(lines)), choose.randrange(len(lines))
    lines = list(lines)
    lines[one], lines[other] = lines[other], lines[one]
    return lines


def moved_in(lines: list[str], choose: random.Random) -> list[str]:
    place = choose.randrange(len(lines))
    spaces = choose.choice(["", "  ", "    ", "        "])
    return [*lines[:place], spaces + lines[place].strip(), *lines[place + 1 :]]


def cut(lines: list[str], choose: random.Random) -> list[str]:
    text = "\n".join(lines)
    return text[: choose.randrange(len(text) + 1)].split("\n")


def told_otherwise(lines: list[str], choose: random.Random) -> list[str]:
    # One word of a line becomes another word of the text, or a token that means something.
    place = choose.randrange(len(lines))
    words = lines[place].split(" ")
    other = choose.choice(" ".join(lines).split(" "))
    words[choose.randrange(len(words))] = choose.choice([other, *choose.sample(TOKENS, 2)])
    return [*lines[:place], " ".join(words), *lines[place + 1 :]]


MUTATIONS: tuple[Callable[[list[str], random.Random], list[str]], ...] = (
    deleted, doubled, swapped, moved_in, cut, told_otherwise, told_otherwise, told_otherwise,
)  # fmt: skip


def mutated(text: str, choose: random.Random) -> str:
    """Return a text with one to four mistakes in it."""
    lines = text.split("\n")
    for _ in range(choose.randint(1, 4)):
        lines = choose.choice(MUTATIONS)(lines, choose) or [""]
    return "\n".join(lines)


@pytest.mark.parametrize("name", TEXTS)
def test_a_real_tariff_with_mistakes_in_it_ends_in_findings_or_a_price(name):
    choose = random.Random(f"mistakes of {name}")

    for _ in range(20):
        survives(mutated(TEXTS[name], choose), choose)


@pytest.mark.parametrize("name", TEXTS)
def test_a_real_tariff_given_nonsense_answers_with_a_price_or_a_refusal(name):
    choose = random.Random(f"nonsense for {name}")
    tariff = check(TEXTS[name])[0]
    assert tariff is not None

    for item in tariff.items.values():
        for _ in range(20):
            accounted(rate(item, {one.name: choose.choice(VALUES) for one in item.takes}))
            accounted(rate(item, {one.name: plausible(one.kind, choose) for one in item.takes}))


@settings(deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_ends_in_findings(text):
    found, wrong = check(text)

    assert found is None or wrong


@settings(deadline=None)
@given(data=st.binary(max_size=200))
def test_binary_garbage_ends_in_findings(data):
    found, wrong = check(data.decode("latin-1"))

    assert found is None or wrong


TREES = st.recursive(
    st.sampled_from([*TOKENS[:20], "quotient", "meal", "price", "1", "true", "€", "p"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(
            st.sampled_from(
                ["inputs", "tables", "items", "values", "when", "then", "rows", "lines", "label",
                 "amount", "p", "it", "quotient", "type", "words", "missing", "list", "each", "is",
                 "counters", "deadlines", "of", "per", "by", "starts", "who", "round",
                 "to", "how", "choose", "package"]
            ),
            inner,
            max_size=4,
        ).map(lambda fields: "{" + ", ".join(f"{k}: {v}" for k, v in fields.items()) + "}"),
    ),
    max_leaves=12,
)  # fmt: skip
SECTIONS = st.dictionaries(
    st.sampled_from(
        ["tariff", "title", "from", "decision", "rounding", "inputs", "values", "tables",
         "counters", "deadlines", "items", "examples"]
    ),
    TREES,
    max_size=6,
)  # fmt: skip


@settings(deadline=None)
@given(sections=SECTIONS)
def test_any_tree_of_known_keys_ends_in_findings_or_a_tariff(sections):
    survives("".join(f"{name}: {told}\n" for name, told in sections.items()), random.Random(1))


@settings(deadline=None)
@given(cell=st.text(alphabet="0123456789 .-<>=[],;or*not unknown€%/", max_size=30))
def test_any_cell_ends_in_findings_or_a_price(cell):
    survives(table(f"'{cell}', 1.00\n'*', 2.00", more="hit: first"), random.Random(1))


@settings(deadline=None)
@given(formula=st.text(alphabet="0123456789 .()+-*/<>=,€%abquotienrsdy", max_size=40))
def test_any_formula_ends_in_findings_or_a_price(formula):
    survives(table(f"'*', '{formula}'"), random.Random(1))
