"""
The deadlines of a tariff: data of the document, read by formulas and tables as a word.

`deadlines: {booking: {of: booked_at, kind: days_before, days: 1, at: "10:00"}}` makes the name
`booking`, which is `in_time`, `late`, or `none` when nobody told anything.
"""

from datetime import date
from typing import Any, assert_never

import msgspec

from cvq.rules.days import NoDayLeft, ServiceDays, Skip
from cvq.rules.deadline import (
    Anytime,
    ByWeekday,
    DayOfMonthBefore,
    DaysBefore,
    Deadline,
    HoursBefore,
    Limit,
    Never,
    Notice,
    Plain,
    WeekdayBefore,
    WeekdayOfWeekBefore,
    clock_minute,
    limit,
)
from cvq.rules.tariff.declared import text_of
from cvq.rules.tariff.findings import Wrong
from cvq.rules.tariff.formula import Env, Formula, Stop
from cvq.rules.tariff.functions import joined
from cvq.rules.tariff.kinds import MINUTES_A_DAY, UNKNOWN, Base, Kind, shown
from cvq.rules.tariff.meaning import Scope, compiled
from cvq.rules.tariff.outcome import RefusalKind
from cvq.rules.tariff.read import Fields, Node, plain
from cvq.rules.tariff.vocabulary import SAID

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
NOT_COUNTED = {
    Skip.WEEKENDS: "week-ends",
    Skip.PUBLIC_HOLIDAYS: "jours fériés",
    Skip.SCHOOL_HOLIDAYS: "vacances scolaires",
    Skip.CLOSED_DAYS: "jours de fermeture",
}


def read_deadline(name: str, node: Node, line: int, scope: Scope) -> tuple[Formula, str]:
    """
    Return the word that a deadline says, and the sentence that families read of it.

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
        raise Wrong(
            line, f"« {name} » n'est pas un délai : {error}.", f"kind : {', '.join(KINDS)}"
        ) from error

    def run(env: Env) -> Any:
        told = told_at.raw(env)
        if told is UNKNOWN:
            return Notice.NONE.value
        minute = starting.run(env) if starting else 0
        days = env.get(CALENDAR) or ServiceDays()
        try:
            last = limit(deadline, date.fromordinal(on.run(env)), days, minute)
        except (NoDayLeft, OverflowError, ValueError) as error:
            reason = f"« {name} » : aucun jour ne compte avant celui-ci."
            raise Stop(RefusalKind.WRONG_INPUT, reason, line) from error
        return (Notice.IN_TIME if _is_within(last, told) else Notice.LATE).value

    parts = [told_at, on, *([starting] if starting else [])]
    return joined(NOTICE, run, *parts), sentence(deadline)


def _is_within(last: Limit, told: int) -> bool:
    match last:
        case Anytime():
            return True
        case Never():
            return False
        case _:
            return told <= last.day.toordinal() * MINUTES_A_DAY + last.minute


def sentence(deadline: Deadline) -> str:
    """Return until when, as families read it."""
    if isinstance(deadline, ByWeekday):
        cases = [
            f"{' et '.join(SAID[day] for day in sorted(one.weekdays))} : {_until(one.deadline)}"
            for one in deadline.cases
        ]
        return " ; ".join([*cases, f"les autres jours : {_until(deadline.otherwise)}"])
    return _until(deadline)


def _until(deadline: Plain) -> str:
    match deadline:
        case Anytime():
            return "à tout moment"
        case Never():
            return "auprès du service seulement"
        case HoursBefore():
            told = f"jusqu'à {deadline.hours} heures avant"
        case DaysBefore(days=0):
            told = f"jusqu'au jour même à {_clock(deadline.at)}"
        case DaysBefore(days=1):
            told = f"jusqu'à la veille à {_clock(deadline.at)}"
        case DaysBefore():
            told = f"jusqu'à {deadline.days} jours avant, à {_clock(deadline.at)}"
        case WeekdayBefore():
            told = f"jusqu'au {SAID[deadline.weekday]} d'avant à {_clock(deadline.at)}"
        case WeekdayOfWeekBefore(weeks=1):
            told = (
                f"jusqu'au {SAID[deadline.weekday]} de la semaine d'avant à {_clock(deadline.at)}"
            )
        case WeekdayOfWeekBefore():
            told = (
                f"jusqu'au {SAID[deadline.weekday]} à {_clock(deadline.at)}, "
                f"{deadline.weeks} semaines avant"
            )
        case DayOfMonthBefore():
            told = f"jusqu'au {deadline.day} du mois d'avant à {_clock(deadline.at)}"
        case _:
            assert_never(deadline)
    skipped = [NOT_COUNTED.get(one) or f"{SAID[one]}s" for one in sorted(deadline.skip)]
    return f"{told} ({', '.join(skipped)} non comptés)" if skipped else told


def _clock(text: str) -> str:
    return shown(Kind(base=Base.CLOCK), clock_minute(text))
