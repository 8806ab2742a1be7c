"""Somebody on the way to a door, some time of a day."""

from dataclasses import dataclass
from datetime import date
from random import Random
from zoneinfo import ZoneInfo

from cvq.catalog.calendar import Interval
from cvq.kernel.local import MINUTE_MS, ms_at
from cvq.rules.vocabulary import Direction
from cvq.twin.places import Spot
from cvq.twin.residents import Card, Firm, Resident

Holder = Resident | Firm


@dataclass(kw_only=True, slots=True, eq=False)
class Going:
    """
    What somebody means to do at an instant (milliseconds).

    Without `card` it is the one in the pocket; a `stranger` shows what no sector knows.  Who is
    let in comes `out` after a `stay`, does not always walk through, may come back too soon, and
    may lend the card over the fence.
    """

    at: int
    who: Holder | None
    spot: Spot
    direction: Direction = Direction.IN
    card: Card | None = None
    stranger: str = ""
    out: Spot | None = None
    stay: int = 0
    walks_through: bool = True
    comes_back: bool = False
    lends: bool = False
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Day:
    """A day and the generator of all that is drawn of it."""

    day: date
    rng: Random
    zone: ZoneInfo

    def at(self, minute: float) -> int:
        """Return the instant of a minute of this day, some second of it."""
        return ms_at(self.day, int(minute), self.zone) + self.rng.randrange(MINUTE_MS)

    def within(self, hours: tuple[Interval, ...], leave: int = 0) -> float | None:
        """Return some minute of the opening hours, at least `leave` before they end."""
        fitting = [(opens, ends - leave) for opens, ends in hours if ends - leave > opens]
        if not fitting:
            return None
        opens, ends = self.rng.choices(fitting, [ends - opens for opens, ends in fitting])[0]
        return self.rng.uniform(opens, ends)
