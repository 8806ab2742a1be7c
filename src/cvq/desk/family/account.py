"""
The money of a family as a counter reads it: what it has, until when, and its last operations.

Operations of services that are not the agent's count in one total.  Where there are any, no
balance stands on a line: the difference of two would tell what is not shown.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from django.utils.text import capfirst
from django.utils.timezone import localdate
from msgspec import Struct

from cvq.access.services import File
from cvq.billing.forecast import forecast
from cvq.billing.statement import Operation, position, statement
from cvq.desk.family.home import Home
from cvq.people.family import Family, Person

PERIODS = (7, 31, 92)
USUAL = PERIODS[0]
TOP_UP_DAYS = PERIODS[1]
SUNDAY = 6


class Line(Struct, frozen=True):
    """
    An operation in words, and what the family had after it where nothing is hidden.

    `why` says what its sentence does not, which is sealed: why there was no quotient to price by.
    """

    operation: Operation
    title: str
    detail: str
    person: Person | None
    balance: int | None
    why: str = ""


class Account(Struct, frozen=True, kw_only=True):
    """``opening`` + the lines + ``elsewhere`` == ``position``, in cents."""

    position: int
    until: date | None
    lasts: bool
    this_week: int
    last_top_up: Operation | None
    days: int
    since: date
    opening: int
    lines: tuple[Line, ...]
    elsewhere: int
    hides: bool

    @property
    def periods(self) -> tuple[int, ...]:
        """Return the periods that may be asked for, in days."""
        return PERIODS


def days_asked(text: str | None) -> int:
    """Return the period that an address asks for; the usual one if it makes no sense."""
    return next((days for days in PERIODS if str(days) == text), USUAL)


def account(file: File, ours: Family, home: Home, days: int) -> Account:
    """Return what an agent may read of the account of a family, for a period of days."""
    has = position(file.household)
    ahead = forecast(file.household, ours.day)
    told = statement(
        file.household, ours.day - timedelta(days=max(days, TOP_UP_DAYS) - 1), ours.day
    )
    since = ours.day - timedelta(days=days - 1)
    recent = [one for one in told.operations if one.booked_on >= since]
    shown = [one for one in recent if one.service is None or one.service in file.services]
    hides = len(shown) < len(recent)
    left = (SUNDAY - ours.day.weekday()) % 7 + 1
    return Account(
        position=has,
        until=None if ahead.is_empty else ahead.covered_until(has),
        lasts=not ahead.is_empty and ahead.covered_until(has) is None,
        this_week=sum(ahead.cents[:left]),
        last_top_up=next((one for one in told.operations if one.channel is not None), None),
        days=days,
        since=since,
        opening=has - sum(one.cents for one in recent),
        lines=tuple(_lines(ours, home, shown, None if hides else has)),
        elsewhere=sum(one.cents for one in recent) - sum(one.cents for one in shown),
        hides=hides,
    )


def _lines(ours: Family, home: Home, shown: Sequence[Operation], balance: int | None) -> list[Line]:
    lines = []
    for one in shown:
        # A charge given back says it once, on the line of the charge.
        lacks = one.lacks_quotient and not one.takes_back
        why = home.why_missing(localdate(one.at), one.recorded_at) if lacks else ""
        lines.append(
            Line(one, one.title, one.detail, ours.person(one.person), balance, capfirst(why))
        )
        if balance is not None:
            balance -= one.cents
    return lines
