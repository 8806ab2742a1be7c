"""
Live a year of the territory, then hold the books against the oracle.

Everything is told by journals in memory and goes through the spine, to the oracle too.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from psycopg import Connection

from cvq.kernel.local import instant, ms_at
from cvq.kernel.periods import ONE_DAY, days
from cvq.twin import ground
from cvq.twin.alone import Alone
from cvq.twin.days import Days, Rhythm
from cvq.twin.drawing import Drawing
from cvq.twin.faults import Faults
from cvq.twin.habits import Habits
from cvq.twin.mishaps import Mishaps
from cvq.twin.news import OracleNews
from cvq.twin.oracle import Oracle
from cvq.twin.places import Places
from cvq.twin.population import Writing
from cvq.twin.prices import Prices
from cvq.twin.purses import Purses
from cvq.twin.recorded import Recorded

FIRST_MINUTE = 10
JOBS_MINUTE = 2 * 60
Jobs = Callable[[datetime], object]


class Month(Struct, frozen=True, kw_only=True):
    """What was lived up to the end of a month."""

    month: date
    events: int
    top_ups: int


class Difference(Struct, frozen=True, kw_only=True):
    """What the books and the oracle say, and where they differ."""

    accounts: int
    books_cents: int
    oracle_cents: int
    differing: tuple[tuple[str, int, int], ...]
    acknowledged: int
    taps: int
    parked: int
    counted: int
    answers: int

    @property
    def cents(self) -> int:
        """Return the sum over all accounts of what the books and the oracle differ by."""
        return sum(abs(books - oracle) for _, books, oracle in self.differing)

    @property
    def events(self) -> int:
        """Return by how much events acknowledged and events recorded differ."""
        return abs(self.acknowledged - self.taps - self.parked - self.counted)

    @property
    def total(self) -> int:
        """Return the difference of the whole replay; it must be 0."""
        return self.cents + self.events


class Replay:
    """A territory peopled and ready to live from `first_day` until `until`, which is out."""

    def __init__(
        self,
        connection: Connection[Any],
        *,
        first_day: date,
        until: date,
        scale: float,
        seed: int,
        issued_at: datetime,
        zone: ZoneInfo,
    ) -> None:
        """
        People the founded territory that Django has open.

        `connection` is another one to the same database, in autocommit, for the spine.
        """
        self.first_day, self.until, self.zone = first_day, until, zone
        places = Places()
        drawing = Drawing(places, seed=seed, scale=scale, first_day=first_day)
        people = drawing.draw()
        Writing(people, places, seed=seed, at=issued_at).write_all()
        self.people = people
        self.oracle = Oracle(ground.read())
        self.hall = Recorded(connection, self.oracle, zone=zone, tills=dict(places.tills))
        self.days = Days(
            habits=Habits(people, places, seed=seed, scale=scale, zone=zone),
            purses=Purses(people, places),
            alone=Alone(places, Prices(connection), zone=zone),
            hall=self.hall,
            zone=zone,
            rhythm=Rhythm(),
        )
        self.faults = Faults(self.days, seed=seed)
        self.mishaps = Mishaps(people, self.days, drawing, OracleNews(self.oracle))

    def live(self, jobs: Jobs) -> Iterator[Month]:
        """Live every day, with its jobs, and tell of each month."""
        self.days.top_up_first(ms_at(self.first_day, FIRST_MINUTE, self.zone))
        for day in days(self.first_day, self.until):
            self._night(day, jobs)
            self.faults.plan(day, self.days.open(day))
            self.mishaps.plan(day)
            self.days.live(self.days.end_of(day))
            tomorrow = day + ONE_DAY
            if tomorrow.month != day.month or tomorrow == self.until:
                yield self._month(day)
        self.days.mend_all(ms_at(self.until, FIRST_MINUTE, self.zone))
        self._night(self.until, jobs)
        # What the last night booked is sealed, and told, with the turn that follows it.
        jobs(instant(ms_at(self.until, JOBS_MINUTE + 1, self.zone)))

    def _night(self, day: date, jobs: Jobs) -> None:
        jobs(instant(ms_at(day, JOBS_MINUTE, self.zone)))
        self.oracle.charge_days(day - timedelta(days=1))

    def _month(self, day: date) -> Month:
        return Month(
            month=day.replace(day=1),
            events=len(self.hall.acknowledged),
            top_ups=self.hall.top_ups,
        )

    def difference(self) -> Difference:
        """Hold the books against the oracle, account by account."""
        books, oracle = self.hall.balances(), self.oracle.balances()
        codes = sorted(books.keys() | oracle.keys())
        taps, parked, counted = self.hall.recorded()
        return Difference(
            accounts=len(codes),
            books_cents=sum(map(abs, books.values())),
            oracle_cents=sum(map(abs, oracle.values())),
            differing=tuple(
                (code, books.get(code, 0), oracle.get(code, 0))
                for code in codes
                if books.get(code, 0) != oracle.get(code, 0)
            ),
            acknowledged=len(self.hall.acknowledged),
            taps=taps,
            parked=parked,
            counted=counted,
            answers=len(self.hall.disagreed),
        )
