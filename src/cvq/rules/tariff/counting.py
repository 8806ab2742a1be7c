"""
Counting: what each use moves, apart for each subject, each period and each thing counted apart.

Whoever prices uses one after the other keeps one `Counting` and hands it each use in order: by its
local day, then by its turn in the day.  A refusal moves nothing.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from cvq.kernel.periods import SEPTEMBER
from cvq.rules.tariff.counters import Counter
from cvq.rules.tariff.formula import Stop
from cvq.rules.tariff.items import Item, moves, rate, taken
from cvq.rules.tariff.kinds import Exact, Misread, simple
from cvq.rules.tariff.outcome import Priced, RefusalKind, Refused

ONE_DAY, ONE_WEEK = timedelta(days=1), timedelta(days=7)
# The days of the year on which each period begins anew; terms and seasons say their own.
BEGINNINGS: Mapping[str, tuple[tuple[int, int], ...]] = {
    "month": tuple((month, 1) for month in range(1, 13)),
    "year": ((1, 1),),
    "school_year": ((SEPTEMBER, 1),),
}


class Count(NamedTuple):
    """One count: of which counter, of whom, since which day, of what."""

    counter: str
    of: str
    subject: str
    since: date
    apart: str


def period(counter: Counter, day: date) -> tuple[date, date | None]:
    """Return the period of a counter that a day is in: its first day, and the first after it."""
    match counter.per:
        case "ever":
            return date.min, None
        case "day":
            return day, _after(day, ONE_DAY)
        case "week":
            monday = day - timedelta(days=day.weekday())
            return monday, _after(monday, ONE_WEEK)
        case per:
            starts = BEGINNINGS.get(per, counter.starts)
            years = range(max(date.min.year, day.year - 1), min(date.max.year, day.year + 1) + 1)
            every = [date(year, *start) for year in years for start in starts]
            first = max((one for one in every if one <= day), default=date.min)
            return first, min((one for one in every if one > day), default=None)


def counts_of(
    item: Item, inputs: Mapping[str, object], who: Mapping[str, str], day: date | None
) -> dict[str, Count]:
    """
    Return the counts that a use reads or moves, by the name of their counter.

    `who` names the subject of each kind (child, person, household, organisation).  A count whose
    subject or thing is not known is left out: the rating then says what it misses.  Without a day
    all is in one period.
    """
    found: dict[str, Count] = {}
    if not item.counts:
        return found
    try:
        env = taken(item, inputs)
    except Misread:
        return found
    for counter in item.counts:
        if (subject := who.get(counter.of)) is None:
            continue
        try:
            apart = counter.apart(env)
        except Stop:
            continue
        since = date.min if day is None else period(counter, day)[0]
        found[counter.name] = Count(counter.name, counter.of, subject, since, apart)
    return found


class Counting:
    """What was counted until now; one use after the other moves it."""

    def __init__(self, counted: Mapping[Count, Exact] | None = None) -> None:
        """Begin with what was counted before, nothing if it is not told."""
        self.counted: dict[Count, Exact] = dict(counted or {})

    def before(self, counts: Mapping[str, Count]) -> dict[str, Exact]:
        """Return what a tariff reads of these counts, under the names that it gives them."""
        return {f"{name}.before": self.counted.get(one, 0) for name, one in counts.items()}

    def rate(
        self, item: Item, inputs: Mapping[str, object], counts: Mapping[str, Count]
    ) -> tuple[Priced | Refused, dict[Count, Exact]]:
        """Return what a use costs after those before it, and by how much it moved each count."""
        given = {**inputs, **self.before(counts)}
        result = rate(item, given)
        if isinstance(result, Refused):
            return result, {}
        moved = moves(item, given)
        for one in item.counters:
            if one.counter.name in moved and one.counter.name not in counts:
                reason = f"On ne sait pas pour qui compter « {one.counter.title} »."
                return Refused(kind=RefusalKind.MISSING_INPUT, reason=reason, line=item.line), {}
        added = {count: moved.get(name, 0) for name, count in counts.items()}
        for count, quantity in added.items():
            self.counted[count] = simple(self.counted.get(count, 0) + quantity)
        return result, added


def _after(day: date, span: timedelta) -> date | None:
    return day + span if day <= date.max - span else None
