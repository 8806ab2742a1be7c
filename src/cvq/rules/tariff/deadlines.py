"""
The deadlines of a tariff: data of the document, read by formulas and tables as a word.

`deadlines: {booking: {of: booked_at, kind: days_before, days: 1, at: "10:00"}}` makes the name
`booking`, which is `in_time`, `late`, or `none` when nobody told anything.
"""

import re
from datetime import date
from typing import Any, NamedTuple

import msgspec

from cvq.rules.days import NoDayLeft, ServiceDays, Skip
from cvq.rules.deadline import Anytime, Deadline, Limit, Never, Notice, limit
from cvq.rules.tariff.declared import text_of
from cvq.rules.tariff.findings import Wrong
from cvq.rules.tariff.formula import Env, Formula, Stop
from cvq.rules.tariff.functions import joined
from cvq.rules.tariff.grammar import Name, Tree
from cvq.rules.tariff.kinds import MINUTES_A_DAY, UNKNOWN, Base, Kind
from cvq.rules.tariff.meaning import Scope, compiled
from cvq.rules.tariff.outcome import RefusalKind
from cvq.rules.tariff.read import Fields, Node, plain
from cvq.rules.tariff.vocabulary import WEEKDAYS

CALENDAR = "calendar"
NOTICE = Kind(base=Base.WORD, words=tuple(Notice))
KINDS = (
    "anytime",
    "never",
    "days_before",
    "hours_before",
    "weekday_before",
    "weekday_of_week_before",
    "day_of_month_before",
    "by_weekday",
)
# What deadlines judge, as people call it; any other moment has its own title.
JUDGED = {
    "booked_at": "réservation",
    "cancelled_at": "annulation",
    "absence_told_at": "absence",
}
CHOICES = {
    "kind": f"kind : {', '.join(KINDS)}",
    "weekday": f"weekday : {', '.join(WEEKDAYS)}",
    "weekdays": f"weekdays : une liste parmi {', '.join(WEEKDAYS)}",
    "skip": f"skip : une liste parmi {', '.join(Skip)}",
    "at": 'at : une heure entre guillemets, comme "18:30"',
    "days": "days : un nombre entier de 0 à 365",
    "hours": "hours : un nombre entier de 0 à 8760",
    "weeks": "weeks : un nombre entier de 1 à 12",
    "months": "months : un nombre entier de 1 à 12",
    "day": "day : un jour du mois, de 1 à 31",
    "cases": "cases : [{weekdays: [monday], deadline: {kind: …}}]",
    "otherwise": "otherwise : {kind: …}, pour les autres jours",
    "deadline": "deadline : {kind: …}, pour ces jours",
}


class Stated(NamedTuple):
    """A deadline as its tariff states it: of which moment, for which day, from what time."""

    deadline: Deadline
    of: Tree | None
    day: Tree | None
    starts_at: Tree | None
    title: str


def read_deadline(name: str, node: Node, line: int, scope: Scope) -> tuple[Formula, Stated]:
    """
    Return the word that a deadline says, and what its sentence is made of.

    :raises Wrong: it does not say of what, or it is no deadline.
    """
    if not isinstance(node, Fields) or "of" not in node.fields:
        raise Wrong(line, f"« {name} » dit quel moment il juge : « of: booked_at ».")
    told_at = compiled(text_of(node, "of") or "", scope, line)
    on = compiled(text_of(node, "for") or "day", scope, line)
    if told_at.kind.base is not Base.MOMENT or on.kind.base is not Base.DATE:
        raise Wrong(line, f"« {name} » compare un moment (of) et un jour (for, ou « day »).")
    starts = text_of(node, "starts_at")
    starting = compiled(starts, scope, line) if starts else None
    if starting is not None and starting.kind.base is not Base.CLOCK:
        raise Wrong(line, f"« {name} » : « starts_at » est une heure.")
    stated = {
        key: plain(one)
        for key, one in node.fields.items()
        if key not in {"of", "for", "starts_at", "title"}
    }
    try:
        deadline: Deadline = msgspec.convert(stated, Deadline, strict=False)
    except msgspec.ValidationError as error:
        sentence, choice = _misread(str(error))
        raise Wrong(line, f"« {name} » n'est pas un délai : {sentence}.", choice) from error

    title = text_of(node, "title") or ""

    def run(env: Env) -> Any:
        told = told_at.raw(env)
        if told is UNKNOWN:
            return Notice.NONE.value
        minute = starting.run(env) if starting else 0
        days = env.get(CALENDAR) or ServiceDays()
        try:
            last = limit(deadline, date.fromordinal(on.run(env)), days, minute)
        except (NoDayLeft, OverflowError, ValueError) as error:
            called = title or _called(name, told_at.tree)
            reason = f"« {called} » : aucun jour ne compte avant celui-ci."
            raise Stop(RefusalKind.WRONG_INPUT, reason, line) from error
        return (Notice.IN_TIME if _is_within(last, told) else Notice.LATE).value

    parts = [told_at, on, *([starting] if starting else [])]
    trees = (told_at.tree, on.tree, starting.tree if starting else None)
    return joined(NOTICE, run, *parts), Stated(deadline, *trees, title)


def _called(name: str, of: Tree | None) -> str:
    said = name.replace("_", " ")
    return JUDGED.get(of.name, said) if isinstance(of, Name) else said


def _is_within(last: Limit, told: int) -> bool:
    match last:
        case Anytime():
            return True
        case Never():
            return False
        case _:
            return told <= last.day.toordinal() * MINUTES_A_DAY + last.minute


def _misread(error: str) -> tuple[str, str]:
    # What msgspec says, in the words of those who write deadlines.
    said, _, at = error.partition(" - at `")
    keys = re.findall(r"\.(\w+)", at)
    where = keys[-1] if keys else "kind"
    found = re.search(r"`(\w+)`$", said)
    value = re.fullmatch(r"Invalid .*'(.*)'", said)
    choice = CHOICES.get(where, "")
    if found and said.startswith("Object missing"):
        return f"il manque « {found[1]} »", CHOICES.get(found[1], "ajoutez-le")
    if found and said.startswith("Object contains unknown"):
        return f"« {found[1]} » ne dit rien de cette sorte de délai", "retirez-le"
    if value:
        return f"« {value[1]} » n'est pas un « {where} »", choice or CHOICES["kind"]
    if said.startswith("Expected `object`"):
        return f"« {where} » est lui-même un délai, « {{kind: …}} »", CHOICES["kind"]
    return f"« {where} » est mal écrit", choice or CHOICES["kind"]
