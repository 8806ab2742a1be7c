"""A price worked out from a form: what the tariff in force asks, and what it comes to."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cvq.catalog.models import Service, Tariff
from cvq.catalog.versions import checked, in_force
from cvq.desk.tariffs.trying import Asked, Field, Lines, asked_of, lists_of, said_of
from cvq.rules.tariff.declared import Input
from cvq.rules.tariff.document import Tariff as Written
from cvq.rules.tariff.items import Item, rate
from cvq.rules.tariff.kinds import UNKNOWN, Base, Kind, shown
from cvq.rules.tariff.outcome import Line, Nature, Priced, RefusalKind, Refused

FIELD = "f0."
DAY = "day"
ASKED_DAY = "jour"  # of a price whose tariff does not ask for the day
FRENCH_DATE = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", re.ASCII)
LINES_MAX = 60  # a class enters together
NATURES: dict[Nature, str | Promise] = {
    Nature.PRICE: _("prix"),
    Nature.SUPPLEMENT: _("supplément"),
    Nature.DISCOUNT: _("réduction"),
    Nature.CREDIT: _("avoir"),
    Nature.PENALTY: _("pénalité"),
    Nature.DEPOSIT: _("caution"),
    Nature.ROUNDING: _("arrondi"),
}


class Part(NamedTuple):
    """A line of a price: what it is, why, and what it adds."""

    nature: str | Promise
    told: str
    cents: int
    deductible_cents: int


class Worked(NamedTuple):
    """What an item comes to, with what was said to get there."""

    priced: Priced
    parts: tuple[Part, ...]
    deposits: tuple[Part, ...]


class Question(NamedTuple):
    """A question of the form, and how it is answered."""

    asked: Asked
    is_a_date: bool
    bounds: str
    is_missing: bool


class Form:
    """The prices of a service that day: its items, what the chosen one asks, what it comes to."""

    def __init__(self, service: Service, *, day: date, given: Mapping[str, str]) -> None:
        """Read the tariff of the day that is asked; without one, there is nothing to ask."""
        self.service = service
        given = {name: _in_order(value) for name, value in given.items()}
        self.day = _day_asked(given, day)
        rows = list(in_force([service], self.day))
        self.row: Tariff | None = rows[0] if rows else None
        self.next = _next(service, self.day)
        written = checked(service, str(rows[0].document["text"]))[0] if rows else None
        self.items = list(written.items.values()) if written else []
        self.item = _chosen(self.items, given.get("prix", ""))
        self.asked: Sequence[Asked] = []
        self.lists: Sequence[Lines] = []
        self.worked: Worked | None = None
        self.refused: Refused | None = None
        self._inputs: Mapping[str, Input] = {}
        if written is None or self.item is None:
            return
        fewer = _for_item(written, self.item)
        self._inputs = fewer.inputs
        self.asked = _asked(fewer, given, self.day)
        self.lists = lists_of(fewer, given, LINES_MAX)
        if not self.asked or any(name.startswith(FIELD) for name in given):
            self._work_out(self.item)

    @property
    def is_answered(self) -> bool:
        """Tell whether there is a price or a refusal to read."""
        return self.worked is not None or self.refused is not None

    @property
    def lacks_an_answer(self) -> bool:
        """Tell whether the agent has to answer more, or otherwise, before there is a price."""
        wrong = (RefusalKind.MISSING_INPUT, RefusalKind.WRONG_INPUT)
        return self.refused is not None and self.refused.kind in wrong

    @property
    def has_a_wrong_answer(self) -> bool:
        """Tell whether something was answered that the tariff does not take."""
        return self.refused is not None and self.refused.kind is RefusalKind.WRONG_INPUT

    @property
    def asks_its_day(self) -> bool:
        """Tell whether the tariff itself asks for the day."""
        return DAY in self._inputs

    @property
    def missing(self) -> list[Asked]:
        """Return the questions left blank whose answer nothing stands for, all of them at once."""
        if self.refused is None or self.refused.kind is not RefusalKind.MISSING_INPUT:
            return []
        return [
            one
            for one in self.asked
            if not one.fields[0].value.strip()
            and (asked := self._inputs.get(one.fields[0].name.removeprefix(FIELD))) is not None
            and asked.absent is UNKNOWN
            and not asked.kind.unknown
        ]

    @property
    def questions(self) -> list[Question]:
        """Return what is asked as the page draws it: a date has a calendar, bounds are said."""
        blank = {one.fields[0].name for one in self.missing}
        return [
            Question(one, kind is not None and kind.base is Base.DATE, _bounds(kind), name in blank)
            for one in self.asked
            for name in (one.fields[0].name,)
            for kind in (self._kind(name),)
        ]

    def _kind(self, field: str) -> Kind | None:
        # « f0.people:1:age » is the age of one of the people.
        name, *where = field.removeprefix(FIELD).split(":")
        found = self._inputs.get(name)
        if found is None or not where:
            return found.kind if found else None
        return found.kind.fields.get(where[-1])

    @property
    def said(self) -> list[tuple[str, str]]:
        """Return what was answered, as it was read on the form; what was left blank is not."""
        told = []
        for one in self.asked:
            field = one.fields[0]
            shown = dict(field.choices).get(field.value, _as_people_say(field.value))
            if field.value.strip():
                told.append((one.title, shown))
        return told

    def _work_out(self, item: Item) -> None:
        match rate(item, said_of(self.asked, 0)):
            case Priced() as priced:
                parts = [(line.nature, _part(line)) for line in priced.lines]
                self.worked = Worked(
                    priced,
                    tuple(part for nature, part in parts if nature is not Nature.DEPOSIT),
                    tuple(part for nature, part in parts if nature is Nature.DEPOSIT),
                )
            case Refused() as refused:
                self.refused = refused


def _in_order(typed: str) -> str:
    # A calendar sends 2026-12-12, and people write 12/12/2026: both are that day.
    found = FRENCH_DATE.fullmatch(typed.strip())
    return f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}" if found else typed


def _as_people_say(value: str) -> str:
    try:
        return f"{date.fromisoformat(value):%d/%m/%Y}" if "-" in value else value
    except ValueError:
        return value


def _day_asked(given: Mapping[str, str], day: date) -> date:
    for name in (f"{FIELD}{DAY}", ASKED_DAY):
        try:
            return date.fromisoformat(given.get(name, ""))
        except ValueError:
            continue
    return day


def _next(service: Service, day: date) -> Tariff | None:
    later = Tariff.objects.filter(service=service, valid_from__gt=day, withdrawal=None)
    return later.order_by("valid_from", "pk").first()


def _bounds(kind: Kind | None) -> str:
    if kind is None or kind.base not in {Base.NUMBER, Base.MONEY} or kind.low is None:
        return ""
    told = {
        "low": shown(kind, kind.low),
        "high": shown(kind, kind.low if kind.high is None else kind.high),
    }
    return _("%(low)s au moins") % told if kind.high is None else _("de %(low)s à %(high)s") % told


def _chosen(items: Sequence[Item], name: str) -> Item | None:
    by_name = {one.name: one for one in items}
    return by_name.get(name) or next(iter(items), None)


def _for_item(written: Written, item: Item) -> Written:
    # The form of a document asks all that it reads: here, what one item does.
    taken = {one.name for one in item.takes}
    inputs = {name: one for name, one in written.inputs.items() if name in taken}
    counters = {name: one for name, one in written.counters.items() if one.before().name in taken}
    return msgspec.structs.replace(written, inputs=inputs, counters=counters)


def _asked(written: Written, given: Mapping[str, str], day: date) -> list[Asked]:
    absent = {
        f"{FIELD}{name}": _absent(name, kind, value, day)
        for one in written.inputs.values()
        for name, kind, value in _told_of(one)
    }
    typed = {name: value for name, value in given.items() if value.strip()}
    each = asked_of(written, {}, {**absent, **typed}, day, LINES_MAX)
    return [one._replace(fields=(_to_choose(one.fields[0], written),)) for one in each]


def _to_choose(field: Field, written: Written) -> Field:
    # « Unknown » is offered only where it is an answer; elsewhere one chooses, or it is chosen.
    name, *where = field.name.removeprefix(FIELD).split(":")
    told = written.inputs.get(name)
    if not field.choices or told is None:
        return field
    kind = told.kind.fields[where[-1]] if where else told.kind
    if kind.unknown:
        return field
    answers = [one for one in field.choices if one[0]]
    if where or told.absent is UNKNOWN:
        answers = [("", str(_("à choisir"))), *answers]
    return field._replace(choices=tuple(answers))


def _told_of(one: Input) -> list[tuple[str, Kind, object]]:
    # A line of a list that says nothing is none: nothing is told of it beforehand.
    if one.kind.base is not Base.LIST:
        return [(one.name, one.kind, one.absent)]
    return [(f"{one.name}:0:{name}", kind, UNKNOWN) for name, kind in one.kind.fields.items()]


def _absent(name: str, kind: Kind, value: object, day: date) -> str:
    # What is left blank means what the tariff says that it means; a choice shows it.
    if name == DAY:
        return day.isoformat()
    match value:
        case bool() as is_so:
            return "yes" if is_so else "no"
        case str() as word if kind.base is Base.WORD:
            return word
        case int() | Fraction() as number if kind.base is Base.NUMBER:
            return str(number) if number.denominator == 1 else ""
    return ""


def _part(line: Line) -> Part:
    told = line.tell() if line.tell else line.label
    return Part(NATURES[line.nature], told, line.cents, line.deductible_cents)
