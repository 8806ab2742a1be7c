"""
The twin of a demonstration: the territory lives by a clock, and taps through the real gateway.

It is told the time and how to wait; what it sees at doors it hands to whoever looks on.
"""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from cvq.kernel.local import MINUTE_MS, local, ms_at
from cvq.kernel.periods import ONE_DAY
from cvq.rights.models import Right
from cvq.rules.vocabulary import MediumState
from cvq.twin.days import Days
from cvq.twin.faults import Faults
from cvq.twin.going import Going
from cvq.twin.habits import Habits
from cvq.twin.mishaps import Mishaps
from cvq.twin.places import Town
from cvq.twin.residents import Card, Home, Resident

MORNING = 8 * 60
LIVELY_TAPS = 10
LOOK_AHEAD_MS = 60 * MINUTE_MS
LOOK_AHEAD_DAYS = 21
# Of the day, when boxes tell their journals: they hardly wait.
UPLOADS = tuple(range(0, 24 * 60, 5))


class Nobody:
    """Nobody has to be told what the desk does: the database knows."""

    def changed(self, card: Card, state: MediumState, at: int) -> None:
        """Hear nothing."""

    def replaced(self, old: Card, new: Card, who: Resident, at: int) -> None:
        """Hear nothing."""

    def moved(self, home: Home, town: Town, on: date) -> None:
        """Hear nothing."""

    def told_quotient(self, home: Home, value: int, on: date) -> None:
        """Hear nothing."""

    def sold_carnet(self, right: Right, code: str) -> None:
        """Hear nothing."""

    def ended(self, right: Right) -> None:
        """Hear nothing."""


def lively(habits: Habits, now: int, zone: ZoneInfo) -> int:
    """
    Return when to begin so that there is something to see: now, or the next lively morning.

    At night, on a Sunday or in August a small territory sleeps.
    """
    today = local(now, zone).day
    for number in range(LOOK_AHEAD_DAYS):
        day = today + timedelta(days=number)
        plan = habits.plan(day)
        for since in (now, ms_at(day, MORNING, zone)):
            is_that_day = local(since, zone).day == day and since >= now
            if is_that_day and _taps_soon(plan, since) >= LIVELY_TAPS * min(1, habits.scale):
                return since
    return now


def _taps_soon(plan: list[Going], since: int) -> int:
    return sum(since <= going.at < since + LOOK_AHEAD_MS for going in plan)


class Living:
    """Day after day, until whoever paces it stops."""

    def __init__(self, days: Days, faults: Faults, mishaps: Mishaps) -> None:
        """Take the days to live, and what goes wrong and happens in them."""
        self.days = days
        self.faults = faults
        self.mishaps = mishaps
        self.plan: list[Going] = []

    def begin(self, day: date) -> None:
        """Have a day planned: who goes where, what goes wrong, what the desk does."""
        self.plan = self.days.open(day)
        self.faults.plan(day, self.plan)
        self.mishaps.plan(day)

    def live(self) -> None:
        """Go on with the day that is begun; ends by the exception of whoever paces."""
        day = local(self.days.now, self.days.zone).day
        while True:
            self.days.live(self.days.end_of(day))
            day += ONE_DAY
            self.begin(day)

    def hang_up(self, at: int) -> None:
        """Have every box tell what it still has to tell."""
        self.days.mend_all(at)
