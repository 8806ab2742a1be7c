"""Tariffs written in a few words, and what they come to."""

from textwrap import dedent

from cvq.rules.tariff.document import Tariff, check
from cvq.rules.tariff.findings import Finding
from cvq.rules.tariff.items import rate
from cvq.rules.tariff.outcome import Priced, Refused

ITEM = "items: {it: {title: Prix, grain: meal, lines: [{label: Prix, amount: p}]}}\n"

PEOPLE = (
    "inputs: {people: {list: {age: required, rate: {words: [full, half], missing: full}}, "
    "missing: required}}\n"
)


def priced_by(amount: str, inputs: str = "", more: str = "", line: str = "") -> str:
    """Return a tariff of one line."""
    told = f"inputs: {{{inputs}}}\n" if inputs else ""
    return (
        f"tariff: essai\n{told}{more}items:\n  it:\n    title: Prix\n    grain: meal\n    lines:\n"
        f'      - {{label: Prix, amount: "{amount}"{f", {line}" if line else ""}}}\n'
    )


def counted(number: str, inputs: str = "", more: str = "") -> str:
    """Return a tariff that charges a euro as many times as a formula says."""
    return priced_by("1", inputs, more, f'times: "{number}", round: {{to: 0.01, how: half_up}}')


def table(
    rows: str,
    inputs: str = "quotient: required",
    when: str = "quotient",
    more: str = "",
    head: str = "",
) -> str:
    """Return a tariff of one table, each row on its line; the first row stands on line 9."""
    told = "".join(f"      - [{row.strip()}]\n" for row in rows.strip().splitlines())
    top = f"title: Grille\n    when: [{when}]\n    then: €\n"
    above = f"{head}\n" if head else ""
    said = f"    {more}\n" if more else ""
    return (
        f"tariff: essai\ninputs: {{{inputs}}}\n{above}tables:\n  p:\n    {top}{said}"
        f"    rows:\n{told}{ITEM}"
    )


def findings(text: str) -> list[Finding]:
    """Return what the checker says."""
    return check(text)[1]


def finding(text: str) -> Finding:
    """Return the one thing that the checker says."""
    (only,) = check(text)[1]
    return only


def tariff(text: str) -> Tariff:
    """Return a tariff about which the checker has nothing to say."""
    found, wrong = check(text)
    assert found is not None, wrong
    assert [one.told() for one in wrong] == []
    return found


def rated(text: str, name: str = "it", **given: object) -> Priced | Refused:
    """Return what an item comes to; « visits_before » gives the counter `visits`."""
    inputs = {
        key.removesuffix("_before") + ".before" if key.endswith("_before") else key: value
        for key, value in given.items()
    }
    return rate(tariff(text).items[name], inputs)


def cents(text: str, name: str = "it", **given: object) -> int:
    """Return the price of an item, whose lines add up to it."""
    result = rated(text, name, **given)
    assert isinstance(result, Priced), result
    owed = [line.cents for line in result.lines if line.nature != "deposit"]
    assert sum(owed) == result.cents
    assert result.sentence
    return result.cents


def refused(text: str, name: str = "it", **given: object) -> Refused:
    """Return why an item has no price."""
    result = rated(text, name, **given)
    assert isinstance(result, Refused), result
    return result


def item(lines: str, more: str = "", head: str = "") -> str:
    """Return a tariff of one item, its lines as they stand, more keys of it, more sections."""
    said = "\n".join(f"      {line}" for line in dedent(lines).strip().splitlines())
    rest = "".join(f"    {line.strip()}\n" for line in more.strip().splitlines())
    top = f"tariff: essai\n{head}items:\n  it:\n    title: Prix\n    grain: meal\n"
    return f"{top}    lines:\n{said}\n{rest}"


def priced(text: str, **given: object) -> Priced:
    """Return the price of an item, whole."""
    result = rated(text, **given)
    assert isinstance(result, Priced), result
    return result
