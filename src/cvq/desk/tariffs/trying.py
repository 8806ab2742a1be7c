"""
Three families to try a tariff on: what they pay today, and what they would pay.

A list has as many lines as the person asked for, the same for the three; a line of which a family
tells nothing is none of theirs.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time
from fractions import Fraction
from typing import NamedTuple

from django.utils.translation import gettext as _

from cvq.catalog.models import Tariff
from cvq.catalog.sold import code_of
from cvq.kernel.unable import Unable
from cvq.rules.tariff import Priced, Refused, compile_published, rate
from cvq.rules.tariff import Tariff as Priceable
from cvq.rules.tariff.document import Tariff as Written
from cvq.rules.tariff.items import Item
from cvq.rules.tariff.kinds import Base, Kind
from cvq.rules.tariff.outcome import RefusalKind
from cvq.rules.tariff.vocabulary import FACTS, SAID

FAMILIES = 3
LETTERS_MAX = 40
LINES_MAX = 8
CLOCK = re.compile(r"([01]?\d|2[0-3]):[0-5]\d", re.ASCII)
# « 1 200 » and « 12,5 », as people write numbers.
TYPED = re.compile(r"(-?\d{1,3}(?:\s\d{3})+|-?\d+)(?:[.,](\d+))?")
ADDED, TAKEN = "ajouter", "retirer"
BEFORE = ".before"  # how an item reads a counter
# What is told of each family, where a tariff asks for it; what it does not ask is not shown.
TOLD: Mapping[str, tuple[str, str, str]] = {
    "quotient": ("450", "900", ""),
    "resident": ("yes", "yes", "no"),
    "residence": ("commune", "commune", "outside"),
    "age": ("9", "40", "40"),
    "school_level": ("primary", "nursery", "primary"),
    "booked": ("yes", "yes", "no"),
    "reduced": ("yes", "no", "no"),
    "subscriber": ("no", "yes", "no"),
    "half_hours": ("2", "2", "2"),
    "hours": ("8", "8", "8"),
    "starts_at": ("10:00", "18:00", "18:00"),
    "duration": ("60", "60", "60"),
    "children_registered": ("2", "3", "1"),
    "children_present": ("2", "3", "1"),
    "rank_registered": ("1", "3", "1"),
    "rank_present": ("1", "3", "1"),
}


class Field(NamedTuple):
    """What one family is like in one respect; with choices, it is one of them."""

    name: str
    value: str
    label: str
    choices: tuple[tuple[str, str], ...]


class Asked(NamedTuple):
    """One thing that the tariffs ask, for each of the families; a line of a list has a place."""

    title: str
    fields: tuple[Field, ...]
    place: str = ""


class Lines(NamedTuple):
    """A list that the tariff asks, and how many lines of it the form has."""

    name: str
    title: str
    many: int
    most: int = LINES_MAX

    @property
    def next(self) -> str:
        """Return the place of the line that may be added."""
        return _place(self.name, self.many)

    @property
    def may_grow(self) -> bool:
        """Tell whether the form may have one more."""
        return self.many < self.most

    @property
    def may_shrink(self) -> bool:
        """Tell whether one may go."""
        return self.many > 1


class Answer(NamedTuple):
    """What a family pays for one item before and after: cents, or why there is no price."""

    before: int | None
    after: int | None
    why_before: str
    why_after: str

    @property
    def difference(self) -> int | None:
        """Return by how much the price moves, nothing if there is none on one side."""
        if self.before is None or self.after is None:
            return None
        return self.after - self.before


class Tried(NamedTuple):
    """One item, and its answer for each of the families."""

    title: str
    answers: tuple[Answer, ...]


def asked_of(
    written: Written,
    before: Mapping[str, Priceable],
    given: Mapping[str, str],
    day: date,
    most: int = LINES_MAX,
) -> list[Asked]:
    """Return what the form asks of each family, as it was filled or as the families are."""
    kinds: dict[str, tuple[str, Kind]] = {}
    for tariff in before.values():
        for name in tariff.reads:
            if name in FACTS:
                kinds[name] = (FACTS[name].title, FACTS[name].kind)
    for one in written.inputs.values():
        if one.kind.base is not Base.LIST:
            kinds[one.name] = (one.title, one.kind)
    counted = [one for tariff in before.values() for one in tariff.counts]
    for counter in [*counted, *written.counters.values()]:
        read = counter.before()
        kinds[read.name] = (read.title, read.kind)
    found = [
        Asked(title, _fields(name, title, kind, given, day))
        for name, (title, kind) in kinds.items()
    ]
    for lines in lists_of(written, given, most):
        found += _lines(lines, written.inputs[lines.name].kind, given, day)
    return found


def lists_of(written: Written, given: Mapping[str, str], most: int = LINES_MAX) -> list[Lines]:
    """Return the lists that a tariff asks, each with the lines that the person wants of it."""
    found = []
    for one in written.inputs.values():
        if one.kind.base is Base.LIST:
            typed = given.get(f"n.{one.name}", "")
            count = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 3 else 1
            count += (given.get(ADDED) == one.name) - (given.get(TAKEN) == one.name)
            found.append(Lines(one.name, one.title, min(max(count, 1), most), most))
    return found


def _lines(lines: Lines, kind: Kind, given: Mapping[str, str], day: date) -> Iterator[Asked]:
    for number in range(lines.many):
        for field, inner in kind.fields.items():
            title = _("%(list)s %(number)s, %(field)s") % {
                "list": lines.title,
                "number": number + 1,
                "field": inner.title or field.replace("_", " "),
            }
            name = f"{lines.name}:{number}:{field}"
            fields = _fields(name, title, inner, given, day if number == 0 else None)
            is_first = field == next(iter(kind.fields))
            yield Asked(title, fields, _place(lines.name, number) if is_first else "")


def _place(name: str, number: int) -> str:
    return f"{name}-{number + 1}"


def _fields(
    name: str, title: str, kind: Kind, given: Mapping[str, str], day: date | None
) -> tuple[Field, ...]:
    # Without a day, nothing is told of anybody until somebody types it.
    fact = name.rpartition(":")[2]
    return tuple(
        Field(
            field := f"f{place}.{name}",
            given.get(field, _told(fact, kind, place, day) if day else "")[:LETTERS_MAX],
            _("%(title)s, famille %(number)s") % {"title": title, "number": place + 1},
            _choices(kind),
        )
        for place in range(FAMILIES)
    )


def priced_before(rows: Sequence[Tariff]) -> dict[str, Priceable]:
    """Return the tariffs in force, ready to rate; what nobody can read prices nothing."""
    found: dict[str, Priceable] = {}
    for row in rows:
        try:
            found[row.code] = compile_published(row.document)
        except Unable:
            continue
    return found


def followed(
    written: Written, before: Mapping[str, Priceable]
) -> Iterator[tuple[Item, Priceable | None]]:
    """Yield each item with what is charged today under its name, or alone where it is alone."""
    only = next(iter(before.values())) if len(before) == len(written.items) == 1 else None
    for name, item in written.items.items():
        yield item, before.get(code_of(name), only)


def tried(written: Written, before: Mapping[str, Priceable], asked: Sequence[Asked]) -> list[Tried]:
    """Return what each item costs each family, before and after."""
    found = []
    for item, old in followed(written, before):
        answers = []
        for place in range(FAMILIES):
            inputs = said_of(asked, place)
            was, will = _rated(old, inputs), _rated(item, inputs)
            if _is_wrong(was) and _is_wrong(will):
                was = will  # what nobody can read is told once, in the same words
            answers.append(Answer(cents_of(was), cents_of(will), _why(was), _why(will)))
        found.append(Tried(item.title, tuple(answers)))
    return found


def said_of(asked: Sequence[Asked], place: int) -> dict[str, object]:
    """Return what the form says of one family, as tariffs take it; what is blank is unknown."""
    # « f0.people:1:age » is the age of the second of the people of the first family.
    found: dict[str, object] = {}
    lines: dict[str, dict[str, dict[str, str]]] = {}
    for field in (field for one in asked for field in one.fields[place : place + 1]):
        name, typed = field.name.partition(".")[2], _as_written(field.value.strip())
        listed, *where = name.split(":")
        if not where:
            found[name] = _value(name, typed)
            continue
        line = lines.setdefault(listed, {}).setdefault(where[0], {})
        if typed:
            line[where[1]] = typed
    # A line that says nothing is nobody; a list of nobody was not told, which may be required.
    kept = {name: [line for line in told.values() if line] for name, told in lines.items()}
    return found | {name: told or None for name, told in kept.items()}


def _rated(tariff: Priceable | None, inputs: Mapping[str, object]) -> Priced | Refused | None:
    return rate(tariff, inputs) if tariff is not None else None


def _is_wrong(found: Priced | Refused | None) -> bool:
    return isinstance(found, Refused) and found.kind is RefusalKind.WRONG_INPUT


def cents_of(found: Priced | Refused | None) -> int | None:
    """Return what is owed, nothing where there is no price."""
    return found.cents if isinstance(found, Priced) else None


def _why(found: Priced | Refused | None) -> str:
    match found:
        case Priced():
            return found.sentence
        case Refused():
            return found.reason
    return _("aucun prix aujourd'hui")


def _as_written(typed: str) -> str:
    """Return a number as a tariff reads it; what is none stays as it was typed."""
    found = TYPED.fullmatch(typed)
    if found is None:
        return typed
    whole = "".join(found[1].split())
    return f"{whole}.{found[2]}" if found[2] else whole


def _value(name: str, text: str) -> object:
    # A grid takes only what Python has; an item reads the text itself, and says what is wrong.
    kind = FACTS[name].kind if name in FACTS else None
    if not text:
        return None
    if kind is not None and kind.base is Base.TRUTH and text in {"yes", "no"}:
        return text == "yes"
    if kind is not None and kind.base is Base.CLOCK and CLOCK.fullmatch(text):
        return time.fromisoformat(text.zfill(5))
    if kind is not None and kind.base is Base.NUMBER and text.isascii() and text.isdigit():
        return int(text)
    return text


def _told(name: str, kind: Kind, place: int, day: date) -> str:
    if name in TOLD:
        return TOLD[name][place]
    if name.endswith(BEFORE):
        return "0"  # nothing was counted yet
    match kind.base:
        case Base.WORD:
            return kind.words[0]
        case Base.TRUTH:
            return "no"
        case Base.DATE:
            return day.isoformat()
        case Base.MOMENT:
            return f"{day.isoformat()} 12:00"
        case Base.CLOCK:
            return "12:00"
        case _:
            return str(max(kind.low or Fraction(1), Fraction(1)))


def _choices(kind: Kind) -> tuple[tuple[str, str], ...]:
    unknown = ("", _("inconnu"))
    if kind.base is Base.TRUTH:
        return (("yes", _("oui")), ("no", _("non")), unknown)
    if kind.base is Base.WORD:
        said = {word: SAID.get(word, word.replace("_", " ")) for word in kind.words}
        return (*(said | dict(kind.meanings)).items(), unknown)
    return ()
