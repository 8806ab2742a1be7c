"""
What a day costs from three facts: was it booked, and when; was the child there; is it excused.

Each case of that matrix has its own due, which may change from the nth time on.  Paid at booking
or after the fact, a family owes the same: `payments` only ever writes the difference.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, assert_never

import msgspec
from msgspec import Meta, Struct

from cvq.kernel.periods import SEPTEMBER, school_year
from cvq.kernel.rounding import half_up
from cvq.kernel.unable import Unable
from cvq.rules.deadline import Notice
from cvq.rules.excuse import Excused


class Presence(StrEnum):
    """Whether the child was there; nobody is charged on what nobody checked."""

    PRESENT = "present"
    ABSENT = "absent"
    UNCHECKED = "unchecked"


class Evidence(StrEnum):
    """Who decides that a child was there."""

    BADGE = "badge"
    ROLL_CALL = "roll_call"
    EITHER = "either"
    BOTH = "both"


class Case(StrEnum):
    """A case of the matrix."""

    BOOKED_PRESENT = "booked_present"
    LATE_PRESENT = "late_present"
    UNBOOKED_PRESENT = "unbooked_present"
    CANCELLED = "cancelled"
    LATE_CANCELLED = "late_cancelled"
    EXCUSED = "excused"
    UNEXCUSED = "unexcused"
    SERVICE_CLOSED = "service_closed"
    NOT_CHECKED = "not_checked"
    NOTHING = "nothing"


class Period(StrEnum):
    """Over which time the same case is counted."""

    MONTH = "month"
    YEAR = "year"
    SCHOOL_YEAR = "school_year"
    EVER = "ever"


class Usage(Struct, frozen=True, gc=False, kw_only=True):
    """
    The facts of a child, a session and a day.

    `excuse` is what `excused_days` says of that day; `occurrence` is how many times the case has
    come in its period, this one included.  Of an excused day, `unexcused_occurrence` is how many
    times the case would have come in which the day falls without its excuse, None being as many.
    """

    booked: Notice
    presence: Presence
    cancelled: Notice = Notice.NONE
    excuse: Excused | None = None
    service_closed: bool = False
    occurrence: int = 1
    unexcused_occurrence: int | None = None


class CaseDue(Struct, frozen=True, gc=False, forbid_unknown_fields=True, tag_field="kind"):
    """What a case makes due, as a tariff document states it."""


class Percent(CaseDue, frozen=True, gc=False, tag="percent"):
    """A part of the ordinary price; more than 100 is a surcharge."""

    percent: Annotated[int, Meta(ge=0, le=1000)]


class Fixed(CaseDue, frozen=True, gc=False, tag="fixed"):
    """An amount in place of the ordinary price."""

    cents: Annotated[int, Meta(ge=0)]


class Plus(CaseDue, frozen=True, gc=False, tag="plus"):
    """An amount on top of the ordinary price."""

    cents: Annotated[int, Meta(ge=0)]


class OtherPrice(CaseDue, frozen=True, gc=False, tag="price"):
    """A price that has a name of its own, such as the occasional meal."""

    price: str


AnyDue = Percent | Fixed | Plus | OtherPrice


class Step(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """What is due from the nth time on: a grace is a step at nothing before the others."""

    due: AnyDue
    nth: Annotated[int, Meta(ge=1)] = 1


Steps = tuple[Step, ...]
FULL: Steps = (Step(due=Percent(100)),)
FREE: Steps = (Step(due=Percent(0)),)


class Matrix(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """
    What each case makes due, by its rank in the period.

    Without `late_cancelled`, a cancellation after the limit is an unexcused absence.
    """

    booked_present: Steps = FULL
    late_present: Steps = FULL
    unbooked_present: Steps = FULL
    unexcused: Steps = FULL
    late_cancelled: Steps | None = None
    period: Period = Period.SCHOOL_YEAR

    def __post_init__(self) -> None:
        """Refuse steps that leave a first time without a due, or that are out of order."""
        for steps in (
            self.booked_present,
            self.late_present,
            self.unbooked_present,
            self.unexcused,
            FULL if self.late_cancelled is None else self.late_cancelled,
        ):
            ranks = [step.nth for step in steps]
            if ranks[:1] != [1] or ranks != sorted(set(ranks)):
                raise ValueError("les rangs d'un cas commencent à 1 et augmentent")


class PriceUnknown(Unable):
    """The matrix names a price that nobody gave."""


class Billed(Struct, frozen=True, gc=False, kw_only=True):
    """What a day comes to; `cents` is None where attendance must be checked first."""

    case: Case
    cents: int | None


def presence(evidence: Evidence, *, badge: bool | None, roll_call: bool | None) -> Presence:
    """
    Return whether a child was there from what each source says, None being that it did not look.

    A card that was forgotten proves no absence: where either source will do, only a roll-call
    makes a child absent.  Where both must agree and do not, somebody has to look.
    """
    match evidence:
        case Evidence.BADGE:
            seen = badge
        case Evidence.ROLL_CALL:
            seen = roll_call
        case Evidence.EITHER:
            seen = True if badge else roll_call
        case Evidence.BOTH:
            seen = badge if badge == roll_call else None
        case _:
            assert_never(evidence)
    if seen is None:
        return Presence.UNCHECKED
    return Presence.PRESENT if seen else Presence.ABSENT


def case_of(usage: Usage) -> Case:
    """Return the case of the matrix in which a day falls."""
    booked = usage.booked is not Notice.NONE and usage.cancelled is not Notice.IN_TIME
    if usage.presence is Presence.PRESENT:
        if not booked:
            return Case.UNBOOKED_PRESENT
        late = usage.booked is Notice.LATE
        return Case.LATE_PRESENT if late else Case.BOOKED_PRESENT
    if usage.booked is Notice.NONE:
        return Case.NOTHING
    if not booked:
        return Case.CANCELLED
    if usage.service_closed:
        return Case.SERVICE_CLOSED
    if usage.presence is Presence.UNCHECKED:
        return Case.NOT_CHECKED
    if usage.excuse is not None:
        return Case.EXCUSED
    return Case.LATE_CANCELLED if usage.cancelled is Notice.LATE else Case.UNEXCUSED


def bill(
    matrix: Matrix, usage: Usage, price_cents: int, prices: Mapping[str, int] | None = None
) -> Billed:
    """
    Return what a day comes to, of an ordinary price and of those that have a name.

    An excuse never raises it: a day that stays due though it is excused (carence) costs no more
    than the same day without an excuse.

    :raises PriceUnknown: the matrix names a price that is not among them.
    """
    case = case_of(usage)
    match case:
        case Case.NOT_CHECKED:
            return Billed(case=case, cents=None)
        case Case.NOTHING | Case.CANCELLED | Case.SERVICE_CLOSED:
            return Billed(case=case, cents=0)
        case Case.EXCUSED:
            dues = _excused_dues(matrix, usage)
        case _:
            dues = (_step(_steps(matrix, case), usage.occurrence),)
    return Billed(case=case, cents=min(_cents(due, price_cents, prices or {}) for due in dues))


def payments(
    matrix: Matrix,
    history: Sequence[Usage],
    price_cents: int,
    prices: Mapping[str, int] | None = None,
) -> tuple[int, ...]:
    """
    Return what a prepaid day writes each time that more is known of it.

    What is booked is paid as if the child came; each later state writes the difference, and no
    difference writes 0.  The sum is what `bill` says of the last state, once it can be billed.
    """
    written: list[int] = []
    for usage in history:
        known = usage
        if case_of(usage) is Case.NOT_CHECKED:
            known = msgspec.structs.replace(usage, presence=Presence.PRESENT)
        cents = bill(matrix, known, price_cents, prices).cents or 0
        written.append(cents - sum(written))
    return tuple(written)


def occurrences(cases: Mapping[date, Case], period: Period) -> dict[date, int]:
    """
    Return how many times the case of each day has come in its period, that day included.

    Days count in their own order, whatever the order in which they were told.
    """
    counted: dict[tuple[date, Case], int] = {}
    ranks = {}
    for day in sorted(cases):
        scope = (period_start(period, day), cases[day])
        ranks[day] = counted[scope] = counted.get(scope, 0) + 1
    return ranks


def period_start(period: Period, day: date) -> date:
    """Return the first day of the period in which a day counts."""
    match period:
        case Period.MONTH:
            return day.replace(day=1)
        case Period.YEAR:
            return date(day.year, 1, 1)
        case Period.SCHOOL_YEAR:
            return date(school_year(day), SEPTEMBER, 1)
        case Period.EVER:
            return date.min
        case _:
            assert_never(period)


def facts_of(usage: Usage) -> dict[str, bool | int | str]:
    """Return what a tariff may ask of a day, by the names that it uses."""
    case = case_of(usage)
    excused = case in {Case.EXCUSED, Case.SERVICE_CLOSED}
    unexcused = case in {Case.UNEXCUSED, Case.LATE_CANCELLED}
    return {
        "booked": usage.booked is not Notice.NONE and usage.cancelled is not Notice.IN_TIME,
        "notice": usage.booked.value,
        "present": usage.presence is Presence.PRESENT,
        "excused": excused,
        "absence": "excused" if excused else "unexcused" if unexcused else "none",
        "absence_day_rank": usage.excuse.absence_day_rank if usage.excuse else 0,
        "case": case.value,
        "occurrence": usage.occurrence,
    }


def _excused_dues(matrix: Matrix, usage: Usage) -> tuple[AnyDue, ...]:
    assert usage.excuse is not None
    case = case_of(msgspec.structs.replace(usage, excuse=None))
    occurrence = usage.unexcused_occurrence or usage.occurrence
    return Percent(usage.excuse.percent), _step(_steps(matrix, case), occurrence)


def _steps(matrix: Matrix, case: Case) -> Steps:
    match case:
        case Case.BOOKED_PRESENT:
            return matrix.booked_present
        case Case.LATE_PRESENT:
            return matrix.late_present
        case Case.UNBOOKED_PRESENT:
            return matrix.unbooked_present
        case Case.LATE_CANCELLED if matrix.late_cancelled is not None:
            return matrix.late_cancelled
        case _:
            return matrix.unexcused


def _step(steps: Steps, occurrence: int) -> AnyDue:
    return [step.due for step in steps if step.nth <= occurrence][-1]


def _cents(due: AnyDue, price_cents: int, prices: Mapping[str, int]) -> int:
    match due:
        case Percent():
            return half_up(Fraction(price_cents * due.percent, 100))
        case Fixed():
            return due.cents
        case Plus():
            return price_cents + due.cents
        case OtherPrice():
            if due.price not in prices:
                raise PriceUnknown(f"Le prix « {due.price} » n'est pas donné.")
            return prices[due.price]
        case _:
            assert_never(due)
