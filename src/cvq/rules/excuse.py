"""
What an absence still costs once it is told: certificates, waiting days (carence), closings.

Days of one absence make a spell, which is counted as one across months and over closed days; a
day on which the child came ends it.  Only days that were booked are credited.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, NamedTuple, assert_never

from msgspec import Meta, Struct

from cvq.kernel.local import MINUTE_MS, ms_at
from cvq.kernel.unable import Unable
from cvq.rules.days import ServiceDays

ONE_DAY = timedelta(days=1)
SPELL_DAYS_MAX = 2 * 366
# No proof comes, at its latest, where the calendar ends.
EARLIEST, LATEST = date.min + ONE_DAY, date.max - timedelta(days=367)

DayCount = Annotated[int, Meta(ge=0, le=366)]
PercentDue = Annotated[int, Meta(ge=0, le=100)]


class DayUnit(StrEnum):
    """
    Which days of a spell count.

    Working days are Monday to Friday without public holidays; opening days those of the service;
    booked days those that the child should have come.
    """

    CALENDAR = "calendar"
    WORKING = "working"
    OPENING = "opening"
    BOOKED = "booked"


class Need(StrEnum):
    """What a reason asks for."""

    PROOF = "proof"
    WARNING = "warning"


class ExcuseRule(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """
    What a reason for an absence leaves due.

    The first `carence_days` are due at `carence_percent`, the others at `percent`, and no more
    than `max_days` of them are credited.  A spell of less than `from_days` is due at
    `short_percent` whole.  A proof comes at most `proof_hours` after the first day begins.  Where
    what is needed is missing, `carence_days_otherwise` are waited, None being that nothing is
    excused.  A proof is that of a whole spell, a warning that of the days it tells: who prolongs
    an absence without one keeps the credit of the others.  `retroactive` says whether days before
    they were told are credited too.
    """

    reason: str
    needs: frozenset[Need] = frozenset()
    proof_hours: Annotated[int, Meta(ge=0, le=24 * 366)] | None = None
    unit: DayUnit = DayUnit.OPENING
    carence_days: DayCount = 0
    carence_days_otherwise: DayCount | None = None
    carence_percent: PercentDue = 100
    from_days: DayCount = 0
    short_percent: PercentDue = 100
    percent: PercentDue = 0
    max_days: DayCount | None = None
    care_plan_waives_carence: bool = False
    retroactive: bool = True


class AbsenceTold(Struct, frozen=True, gc=False, kw_only=True):
    """
    An absence as somebody told it, from a day to another, both in.

    A proof is dated by the instant at which it came; the staff accept one that is late by saying
    why (`proof_accepted`).
    """

    reason: str
    first_on: date
    last_on: date
    warned: bool = True
    told_on: date | None = None
    proof_at: int | None = None
    proof_accepted: str = ""
    care_plan: bool = False


class Excused(Struct, frozen=True, gc=False, kw_only=True):
    """What an absent day still costs, and its rank in its spell."""

    reason: str
    absence_day_rank: int
    percent: int


class SpellTooLong(Unable):
    """An absence is longer or further off than anybody can mean, or ends before it begins."""


class Spell(NamedTuple):
    """The days of one absence, from the first to the last, and who told them."""

    days: tuple[date, ...]
    told: tuple[AbsenceTold, ...]


def excused_days(
    rules: Sequence[ExcuseRule],
    told: Iterable[AbsenceTold],
    *,
    booked: Collection[date],
    came: Collection[date],
    days: ServiceDays,
) -> dict[date, Excused]:
    """
    Return what each booked day of absence still costs, where a rule excuses it at all.

    A day told for two reasons follows the one that leaves the least due.  The order in which
    absences were told changes nothing, nor does telling a spell at once or bit by bit.  `booked`
    goes from the first absence to the last, also over days that somebody else bills.

    :raises SpellTooLong: an absence makes no sense.
    """
    found: dict[date, Excused] = {}
    told = list(told)
    for rule in sorted(rules, key=lambda rule: rule.reason):
        for spell in spells(rule, told, booked=booked, came=came, days=days):
            for day, excused in _excused(rule, spell, booked, days):
                if day not in found or excused.percent < found[day].percent:
                    found[day] = excused
    return found


def spells(
    rule: ExcuseRule,
    told: Iterable[AbsenceTold],
    *,
    booked: Collection[date],
    came: Collection[date],
    days: ServiceDays,
) -> list[Spell]:
    """
    Return the spells of a reason: days that follow, closed days between them not counting.

    Where booked days are counted, a day on which nobody waited for the child does not count either.
    """
    by_day: dict[date, list[AbsenceTold]] = {}
    for one in told:
        if one.reason == rule.reason:
            for day in _days_of(one):
                if day not in came:
                    by_day.setdefault(day, []).append(one)
    parts: list[list[date]] = []
    for day in sorted(by_day):
        if parts and _follows(rule, parts[-1][-1], day, booked=booked, came=came, days=days):
            parts[-1].append(day)
        else:
            parts.append([day])
    return [
        Spell(tuple(part), tuple(dict.fromkeys(one for day in part for one in by_day[day])))
        for part in parts
    ]


def day_rank(
    unit: DayUnit, first: date, day: date, booked: Collection[date], days: ServiceDays
) -> int:
    """Return how many days count from the first day of a spell to a day of it, both in."""
    every = (first + timedelta(days=n) for n in range((day - first).days + 1))
    match unit:
        case DayUnit.CALENDAR:
            return (day - first).days + 1
        case DayUnit.WORKING:
            return sum(days.is_working(one) for one in every)
        case DayUnit.OPENING:
            return sum(days.is_open(one) for one in every)
        case DayUnit.BOOKED:
            return sum(one in booked for one in every)
        case _:
            assert_never(unit)


def _excused(
    rule: ExcuseRule, spell: Spell, booked: Collection[date], days: ServiceDays
) -> Iterator[tuple[date, Excused]]:
    first = spell.days[0]
    length = day_rank(rule.unit, first, spell.days[-1], booked, days)
    for day in spell.days:
        told = [one for one in spell.told if one.first_on <= day <= one.last_on]
        carence = _carence(rule, spell, told, days)
        if carence is None or day not in booked or not _is_soon_enough(rule, told, day):
            continue
        rank = day_rank(rule.unit, first, day, booked, days)
        yield (
            day,
            Excused(
                reason=rule.reason,
                absence_day_rank=rank,
                percent=_percent(rule, rank, length, carence),
            ),
        )


def _percent(rule: ExcuseRule, rank: int, length: int, carence: int) -> int:
    if length < rule.from_days:
        return rule.short_percent
    if rank <= carence:
        return rule.carence_percent
    if rule.max_days is not None and rank - carence > rule.max_days:
        return 100
    return rule.percent


def _is_soon_enough(rule: ExcuseRule, told: Sequence[AbsenceTold], day: date) -> bool:
    return rule.retroactive or any(one.told_on is None or one.told_on <= day for one in told)


def _carence(
    rule: ExcuseRule, spell: Spell, told: Sequence[AbsenceTold], days: ServiceDays
) -> int | None:
    """Return the days borne by the family of a day told so, or None if it is not excused."""
    has_all = all(_has(need, rule, spell, told, days) for need in rule.needs)
    carence = rule.carence_days if has_all else rule.carence_days_otherwise
    if carence and rule.care_plan_waives_carence and any(one.care_plan for one in spell.told):
        return 0
    return carence


def _has(
    need: Need, rule: ExcuseRule, spell: Spell, told: Sequence[AbsenceTold], days: ServiceDays
) -> bool:
    match need:
        case Need.WARNING:
            return any(one.warned for one in told)
        case Need.PROOF:
            if any(one.proof_accepted.strip() for one in spell.told):
                return True
            sent = [one.proof_at for one in spell.told if one.proof_at is not None]
            if not sent or rule.proof_hours is None:
                return bool(sent)
            last = ms_at(spell.days[0], rule.proof_hours * 60, days.zone)
            return min(sent) < last + MINUTE_MS
        case _:
            assert_never(need)


def _days_of(told: AbsenceTold) -> Iterator[date]:
    length = (told.last_on - told.first_on).days + 1
    is_far = told.first_on < EARLIEST or told.last_on > LATEST
    if is_far or not 0 < length <= SPELL_DAYS_MAX:
        raise SpellTooLong(
            f"L'absence du {told.first_on:%d/%m/%Y} au {told.last_on:%d/%m/%Y} n'est pas possible."
        )
    return (told.first_on + timedelta(days=n) for n in range(length))


def _follows(
    rule: ExcuseRule,
    day: date,
    later: date,
    *,
    booked: Collection[date],
    came: Collection[date],
    days: ServiceDays,
) -> bool:
    between = (day + timedelta(days=n) for n in range(1, (later - day).days))
    if rule.unit is DayUnit.BOOKED:
        between = (one for one in between if one in booked or one in came)
    return not any(one in came or days.is_open(one) for one in between)
