"""
Live a year of the territory, then hold the books against the oracle.

Everything is told by journals in memory and goes through the spine, to the oracle too.
"""

import gc
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct
from psycopg import Connection

from cvq.kernel.local import instant, ms_at
from cvq.kernel.periods import ONE_DAY, days
from cvq.twin import faults, ground
from cvq.twin.alone import Alone
from cvq.twin.clerk import Clerk
from cvq.twin.days import Days, Rhythm, TownHall
from cvq.twin.drawing import Drawing
from cvq.twin.faults import Faults
from cvq.twin.habits import Habits
from cvq.twin.heard import DaysCharged
from cvq.twin.lane import Lane
from cvq.twin.mishaps import Mishaps
from cvq.twin.news import OracleNews
from cvq.twin.oracle import Oracle
from cvq.twin.places import Places
from cvq.twin.population import Writing, in_silence
from cvq.twin.prices import Prices
from cvq.twin.purses import Purses
from cvq.twin.recorded import Recorded
from cvq.twin.witness import Beside, Witness, WitnessAside
from cvq.wire.events import MAX_EVENTS

FIRST_MINUTE = 10
JOBS_MINUTE = 2 * 60
GC_THRESHOLDS = (50_000, 20, 100)
Jobs = Callable[[datetime], object]


class Hall(TownHall, Protocol):
    """A town hall whose deliveries can be waited for."""

    def wait(self) -> None:
        """Wait until what was delivered is settled."""

    def deliver_all(self, *, at: int) -> None:
        """Deliver what is still on its way."""


class Life(Struct, frozen=True, kw_only=True):
    """
    What is lived: from a day until another, which is out, how much of the territory, by a seed.

    `issued_at` is when boxes and cards were handed out; of the doors that ask, so many wait for
    one another.
    """

    first_day: date
    until: date
    scale: float
    seed: int
    issued_at: datetime
    zone: ZoneInfo
    asks_at_once: int = MAX_EVENTS
    clocks_ahead_a_year: float = faults.AHEAD_A_YEAR


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
    fingerprint: str

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
    """A territory peopled and ready to live."""

    def __init__(
        self,
        connection: Connection[Any],
        life: Life,
        *,
        aside: str = "",
        through: Callable[[Recorded], Hall] = lambda recorded: recorded,
        told: Callable[[str], None] = in_silence,
    ) -> None:
        """
        People the founded territory that Django has open.

        `connection` is another one to the same database, in autocommit, for the spine.  `aside`
        says how other processes connect, which then settle the quiet journals, hear the witness
        and charge half of the families; they are made here, so no thread may run yet.  Doors speak
        to the town hall `through` whatever stands between the two.
        """
        self.life = life
        places = Places()
        seed, scale, zone = life.seed, life.scale, life.zone
        drawing = Drawing(places, seed=seed, scale=scale, first_day=life.first_day)
        self.people = drawing.draw()
        Writing(self.people, places, seed=seed, at=life.issued_at).write_all(told)
        told("oracle")
        self.oracle = Oracle(ground.read())
        self.witness, lane, self.clerk = self._beside(places, aside)
        tills = dict(places.tills)
        self.recorded = Recorded(connection, self.witness, zone=zone, tills=tills, lane=lane)
        self.hall = through(self.recorded)
        self.days = Days(
            habits=Habits(self.people, places, seed=seed, scale=scale, zone=zone),
            purses=Purses(self.people, places),
            alone=Alone(places, Prices(connection), zone=zone),
            hall=self.hall,
            zone=zone,
            rhythm=Rhythm(asks_at_once=life.asks_at_once),
        )
        self.faults = Faults(self.days, seed=seed, ahead_a_year=life.clocks_ahead_a_year)
        self.mishaps = Mishaps(self.people, self.days, drawing, OracleNews(self.witness.hear))

    @property
    def events(self) -> int:
        """Return how many events boxes have written down."""
        return sum(box.seq for box in self.days.boxes.values())

    def close(self) -> None:
        """End the processes aside, if there are some: the last that was made holds the others."""
        if self.clerk is not None:
            self.clerk.close()
        if self.recorded.lane is not None:
            self.recorded.lane.close()
        self.witness.close()

    def _beside(self, places: Places, aside: str) -> tuple[Beside, Lane | None, Clerk | None]:
        witness = Witness(self.oracle)
        if not aside:
            return witness, None, None
        gc.collect()
        gc.freeze()  # the people stay to the end: nobody looks through them again
        gc.set_threshold(*GC_THRESHOLDS)
        elsewhere = WitnessAside(witness)
        zone = self.life.zone
        lane = Lane(aside, elsewhere, places, zone=zone)
        return elsewhere, lane, Clerk(aside, zone=zone)

    def live(self, jobs: Jobs) -> Iterator[Month]:
        """Live every day, with its jobs, and tell of each month."""
        life = self.life
        self.days.top_up_first(ms_at(life.first_day, FIRST_MINUTE, life.zone))
        for day in days(life.first_day, life.until):
            self.faults.plan(day, self.days.open(day))  # while the lane settles the day before
            self.mishaps.plan(day)
            self._night(day, jobs)
            self.days.live(self.days.end_of(day))
            tomorrow = day + ONE_DAY
            if tomorrow.month != day.month or tomorrow == life.until:
                yield Month(month=day.replace(day=1), events=self.events, top_ups=self.days.top_ups)
        ends_at = ms_at(life.until, FIRST_MINUTE, life.zone)
        self.days.mend_all(ends_at)
        self.hall.deliver_all(at=ends_at)
        self._night(life.until, jobs)
        # What the last night booked is sealed, and told, with the turn that follows it.
        jobs(instant(ms_at(life.until, JOBS_MINUTE + 1, life.zone)))

    def _night(self, day: date, jobs: Jobs) -> None:
        self.hall.wait()
        jobs(instant(ms_at(day, JOBS_MINUTE, self.life.zone)))
        self.witness.hear(DaysCharged(day - timedelta(days=1)))

    def difference(self) -> Difference:
        """Hold the books against the oracle, account by account."""
        testimony = self.witness.testify()
        books, oracle = self.recorded.balances(), testimony.balances
        codes = sorted(books.keys() | oracle.keys())
        taps, parked, counted = self.recorded.recorded()
        return Difference(
            accounts=len(codes),
            books_cents=sum(map(abs, books.values())),
            oracle_cents=sum(map(abs, oracle.values())),
            differing=tuple(
                (code, books.get(code, 0), oracle.get(code, 0))
                for code in codes
                if books.get(code, 0) != oracle.get(code, 0)
            ),
            acknowledged=testimony.acknowledged,
            taps=taps,
            parked=parked,
            counted=counted,
            answers=testimony.disagreed,
            fingerprint=testimony.fingerprint,
        )
