"""
The hours of a crèche: what a contract books, how it is spread over months, what is added and taken.

Hours are minutes here, and a started step is due, whether it was booked or not.  What an hour
costs is the matter of `creche_scale.py`; why an absence is taken off, that of `excuse.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, assert_never

from msgspec import Meta, Struct

from cvq.kernel.periods import days as each_day
from cvq.kernel.rounding import half_up
from cvq.kernel.unable import Unable
from cvq.rules.days import ServiceDays
from cvq.rules.excuse import DayUnit, Excused, ExcuseRule, Need

HOUR, STEP = 60, 30
WEEK_DAYS = 7

Span = tuple[int, int]  # minutes of the day, the end being out
Spans = tuple[Span, ...]
Week = tuple[Spans, Spans, Spans, Spans, Spans, Spans, Spans]

# Closing of the crèche, eviction by its doctor and hospital are taken off at once, an illness
# with its certificate from the second day on.  A town that gives more states its own.
USUAL_EXCUSES: tuple[ExcuseRule, ...] = (
    ExcuseRule(reason="closing"),
    ExcuseRule(reason="eviction"),
    ExcuseRule(reason="hospital", needs=frozenset({Need.PROOF})),
    ExcuseRule(
        reason="sickness",
        needs=frozenset({Need.PROOF}),
        unit=DayUnit.CALENDAR,
        carence_days=1,
    ),
    ExcuseRule(reason="leave", needs=frozenset({Need.WARNING})),
)


class ImpossibleHours(Unable):
    """Hours that end before they begin, or months that are none."""


class Rounding(StrEnum):
    """
    How an overrun is brought to whole steps.

    By duration, its minutes in the day are rounded up; by the clock, it runs from the step in
    which it begins to the end of the step in which it ends.
    """

    DURATION = "duration"
    CLOCK = "clock"


class OverrunRule(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """What counts as an overrun; the minutes of a tolerance are in it."""

    rounding: Rounding = Rounding.DURATION
    step: Annotated[int, Meta(ge=1, le=120)] = STEP
    tolerance_before: Annotated[int, Meta(ge=0, le=120)] = 0
    tolerance_after: Annotated[int, Meta(ge=0, le=120)] = 0


class Adaptation(StrEnum):
    """How the days are billed on which a child gets used to the place."""

    NORMAL = "normal"
    REAL_HOURS = "real_hours"
    FREE = "free"
    NO_OVERRUN = "no_overrun"


class Contract(Struct, frozen=True, gc=False, kw_only=True):
    """
    What a family books, from a day until another: a week of hours, less the days off it planned.

    The end is out.
    """

    starts_on: date
    ends_on: date
    week: Week
    days_off: frozenset[date] = frozenset()


class CrecheMonth(Struct, frozen=True, gc=False, kw_only=True):
    """The statement of a month; each line is rounded once, to the cent."""

    contract_cents: int
    overrun_cents: int
    deducted_cents: int

    @property
    def cents(self) -> int:
        """Return what the family owes."""
        return self.contract_cents + self.overrun_cents - self.deducted_cents


def booked_minutes(planned: Iterable[Span], step: int = STEP) -> int:
    """Return what a day books, each stay in whole steps; an hour told twice is booked once."""
    return sum(_up(ends - starts, step) for starts, ends in _merged(planned))


def contract_minutes(contract: Contract, days: ServiceDays, step: int = STEP) -> int:
    """Return what a contract books: the open days of its weeks, less the days off."""
    return sum(planned_minutes(contract, days, step).values())


def planned_minutes(contract: Contract, days: ServiceDays, step: int = STEP) -> dict[date, int]:
    """Return what a contract books day by day."""
    return {
        day: minutes
        for day in each_day(contract.starts_on, contract.ends_on)
        if days.is_open(day)
        and day not in contract.days_off
        and (minutes := booked_minutes(contract.week[day.weekday()], step))
    }


def smoothed(minutes: int, months: int) -> tuple[int, ...]:
    """
    Return the minutes of each month of a contract: whole hours, and what is left in the last.

    :raises ImpossibleHours: there is no month, or less than no hour.
    """
    if months < 1 or minutes < 0:
        raise ImpossibleHours("Un contrat a au moins un mois, et des heures.")
    each = minutes // HOUR // months * HOUR
    return (each,) * (months - 1) + (minutes - each * (months - 1),)


def smoothed_by_week(week_minutes: int, weeks: int, months: int, step: int = STEP) -> int:
    """
    Return the same minutes for every month, from the hours of a week: the other method in use.

    They are rounded to the nearest step, so a year may bill a few minutes more or less than it
    books: `smoothed` never does.

    :raises ImpossibleHours: there is no month, or less than no hour.
    """
    if months < 1 or week_minutes < 0 or weeks < 0:
        raise ImpossibleHours("Un contrat a au moins un mois, et des heures.")
    return half_up(Fraction(week_minutes * weeks, months * step)) * step


def overrun_minutes(
    planned: Iterable[Span], actual: Iterable[Span], rule: OverrunRule | None = None
) -> int:
    """
    Return what a child's day adds to its contract; a day that was not planned is all overrun.

    Every stay of the day counts, its beginning and its end: a child who goes at noon and comes
    back at two has stayed twice.

    :raises ImpossibleHours: a stay ends before it begins.
    """
    rule = rule or OverrunRule()
    contract, stays = _merged(planned), _merged(actual)
    extra = [one for one in _outside(stays, contract) if not _tolerated(one, contract, rule)]
    match rule.rounding:
        case Rounding.DURATION:
            return _up(sum(ends - starts for starts, ends in extra), rule.step)
        case Rounding.CLOCK:
            step = rule.step
            whole = [(starts // step * step, _up(ends, step)) for starts, ends in extra]
            return sum(ends - starts for starts, ends in _merged(whole))
        case _:
            assert_never(rule.rounding)


def deducted_minutes(planned: Mapping[date, int], excused: Mapping[date, Excused]) -> int:
    """Return the booked minutes that excuses take off."""
    return half_up(
        sum(
            (
                Fraction(planned.get(day, 0) * (100 - excuse.percent), 100)
                for day, excuse in excused.items()
            ),
            start=Fraction(0),
        )
    )


def cut_minutes(planned: Iterable[Span], closes_minute: int) -> int:
    """Return the booked minutes that are lost when the crèche closes early for all."""
    return sum(max(0, ends - max(starts, closes_minute)) for starts, ends in _merged(planned))


def adapted(adaptation: Adaptation, *, contract: int, overrun: int, actual: int) -> tuple[int, int]:
    """Return what to bill as contract and as overrun while a child gets used to the place."""
    match adaptation:
        case Adaptation.NORMAL:
            return contract, overrun
        case Adaptation.REAL_HOURS:
            return actual, 0
        case Adaptation.FREE:
            return 0, 0
        case Adaptation.NO_OVERRUN:
            return contract, 0
        case _:
            assert_never(adaptation)


def month(hourly_cents: int, *, contract: int, overrun: int = 0, deducted: int = 0) -> CrecheMonth:
    """Return the statement of a month, from its minutes and the price of an hour."""
    return CrecheMonth(
        contract_cents=_cents(contract, hourly_cents),
        overrun_cents=_cents(overrun, hourly_cents),
        deducted_cents=_cents(deducted, hourly_cents),
    )


def average_rate(billed_cents: int, billed_minutes: int) -> int:
    """
    Return the price of an hour of emergency care: the average of what was billed.

    :raises ImpossibleHours: nothing was billed yet.
    """
    if billed_minutes <= 0:
        raise ImpossibleHours("Aucune heure n'a encore été facturée : il n'y a pas de moyenne.")
    return half_up(Fraction(billed_cents * HOUR, billed_minutes))


def _cents(minutes: int, hourly_cents: int) -> int:
    return half_up(Fraction(minutes * hourly_cents, HOUR))


def _up(minutes: int, step: int) -> int:
    return -(-minutes // step) * step


def _checked(spans: Iterable[Span]) -> list[Span]:
    found = sorted(spans)
    if any(starts >= ends or starts < 0 for starts, ends in found):
        raise ImpossibleHours("Une présence finit après avoir commencé.")
    return found


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Return the same minutes in spans that neither meet nor overlap."""
    found: list[Span] = []
    for starts, ends in _checked(spans):
        if found and starts <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends))
        else:
            found.append((starts, ends))
    return found


def _outside(stays: Sequence[Span], contract: Sequence[Span]) -> list[Span]:
    """Return the parts of the stays that no planned span covers."""
    edges = [0, *(minute for span in contract for minute in span), max(_ends(stays), default=0)]
    free = [span for n, span in enumerate(pairwise(edges)) if n % 2 == 0]
    parts = ((max(stay[0], gap[0]), min(stay[1], gap[1])) for stay in stays for gap in free)
    return [part for part in parts if part[0] < part[1]]


def _ends(spans: Iterable[Span]) -> Iterable[int]:
    return (ends for _, ends in spans)


def _tolerated(extra: Span, contract: Sequence[Span], rule: OverrunRule) -> bool:
    """Say whether somebody came a little early, or left a little late."""
    starts, ends = extra
    early = ends in {span[0] for span in contract} and ends - starts <= rule.tolerance_before
    late = starts in {span[1] for span in contract} and ends - starts <= rule.tolerance_after
    return early or late
