"""The day of a child: gate, garderie, canteen, crèche, leisure centre."""

from collections import defaultdict
from collections.abc import Iterator

from cvq.catalog.kinds import SchoolDay
from cvq.rules.vocabulary import Direction
from cvq.twin.going import Day, Going
from cvq.twin.places import Places, Spot
from cvq.twin.residents import Home, Population, Resident, Schooling

NOON = 12 * 60
ABSENT, FORGOTTEN, LATE = 0.05, 0.03, 0.03
LUNCH = 11 * 60 + 50
HOLIDAY_SHARE = 0.45


class ChildrenDays:
    """What the children of a population do on a day."""

    def __init__(self, people: Population, places: Places) -> None:
        """Put pupils with their brothers and sisters: they come together."""
        self.places = places
        self.homes: dict[Home, list[Resident]] = defaultdict(list)
        for child in people.residents:
            if child.school is not None:
                self.homes[child.home].append(child)
        self.nursed = [child for child in people.residents if child.nursery is not None]
        self.at_leisure = [child for child in people.residents if child.leisure is not None]

    def plan(self, today: Day) -> Iterator[Going]:
        """Yield the day of every child."""
        yield from self._school(today)
        for child in self.nursed:
            spot = child.nursery
            assert spot is not None
            if today.rng.random() < 0.85 and self.places.hours(spot, today.day):
                yield from self._stay(today, child, spot, (460, 550), (960, 1105))
        for child in self.at_leisure:
            yield from self._leisure(today, child)

    def _school(self, today: Day) -> Iterator[Going]:
        rng = today.rng
        classes = {
            school.site: self.places.calendar.school_day(school.site, today.day)
            for school in self.places.schools
        }
        for children in self.homes.values():
            # One hour for the whole family.
            leaves_at = rng.gauss(8 * 60 + 28, 6)
            fetched_at = rng.uniform(16 * 60 + 35, 18 * 60 + 35)
            for rank, child in enumerate(children):
                habits = child.school
                assert habits is not None
                much = classes[habits.school.site]
                if not much or not habits.since <= today.day < habits.until:
                    continue
                if rng.random() < ABSENT:
                    continue
                seconds = rank * 0.1
                yield from self._class(today, child, habits, much, leaves_at + seconds)
                if much is SchoolDay.FULL:
                    yield from self._evening(today, child, habits, fetched_at + seconds)

    def _class(
        self, today: Day, child: Resident, habits: Schooling, much: SchoolDay, leaves_at: float
    ) -> Iterator[Going]:
        rng, school = today.rng, habits.school
        in_garderie = school.garderie is not None and rng.random() < habits.mornings
        if in_garderie and school.garderie is not None:
            minute = leaves_at - rng.uniform(20, 55)
            yield from _taps(today, child, school.garderie, minute)
        elif habits.gate:
            minute = leaves_at + (rng.uniform(20, 60) if rng.random() < LATE else 0)
            yield from _taps(today, child, school.gate, minute)
        if school.canteen is not None and rng.random() < habits.meals:
            early = 0 if much is SchoolDay.FULL else -10
            yield from _taps(today, child, school.canteen, LUNCH + early + rng.uniform(0, 45))

    def _evening(
        self, today: Day, child: Resident, habits: Schooling, fetched_at: float
    ) -> Iterator[Going]:
        spot = habits.school.garderie
        if spot is None or today.rng.random() >= habits.evenings:
            return
        # The bus was late, and the garderie had closed.
        minute = fetched_at + (40 if today.rng.random() < 0.006 else 0)
        yield from _taps(today, child, spot, minute, Direction.OUT)

    def _leisure(self, today: Day, child: Resident) -> Iterator[Going]:
        spot = child.leisure
        assert spot is not None
        if not self.places.hours(spot, today.day):
            return
        rng = today.rng
        is_holiday = self.places.calendar.is_school_holiday(spot.site, today.day)
        if rng.random() >= (HOLIDAY_SHARE if is_holiday else 0.8):
            return
        ends = (990, 1105) if rng.random() < 0.8 else (NOON - 15, NOON + 20)
        yield from self._stay(today, child, spot, (465, 570), ends)

    def _stay(
        self,
        today: Day,
        child: Resident,
        spot: Spot,
        comes: tuple[int, int],
        goes: tuple[int, int],
    ) -> Iterator[Going]:
        yield from _taps(today, child, spot, today.rng.uniform(*comes))
        yield from _taps(today, child, spot, today.rng.uniform(*goes), Direction.OUT)


def _taps(
    today: Day,
    child: Resident,
    spot: Spot,
    minute: float,
    direction: Direction = Direction.IN,
) -> Iterator[Going]:
    """Yield a tap, unless the card was left at home: then a roll-call tells that the child came."""
    if today.rng.random() >= FORGOTTEN:
        yield Going(at=today.at(minute), who=child, spot=spot, direction=direction)
