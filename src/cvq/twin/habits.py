"""
Who goes where on a day, and when: drawn anew for each day from its own generator.

A plan is what people mean to do.  Whether the door opens is not known here.
"""

from collections.abc import Iterator
from datetime import date
from random import Random
from zoneinfo import ZoneInfo

from cvq.kernel.holidays import is_public_holiday
from cvq.kernel.local import MINUTE_MS, ms_at
from cvq.twin.children import ChildrenDays
from cvq.twin.going import Day, Going, Holder
from cvq.twin.places import Places, Spot
from cvq.twin.residents import Card, Firm, Home, Population, Resident, Ticket
from cvq.twin.weather import Sky, Weather

DEPARTMENT = "79"
SATURDAY, SUNDAY = 5, 6
POOL_DAYS = (0.8, 0.8, 1.3, 0.8, 0.9, 1.6, 1.4)
SUMMER_MONTHS = (7, 8)
OUTDOORS = frozenset({"POOL-SAINT-AUBIN"})
# How much more, or less, one goes swimming than on another day.
IN_SUMMER, IN_TERM = 1.15, 0.97
HOT_DEGREES, COOL_DEGREES = 25, 19
OUTDOORS_WHEN_HOT, OUTDOORS_WHEN_COOL, OUTDOORS_WHEN_WET = 1.6, 0.55, 0.5
INDOORS_WHEN_HOT, INDOORS_WHEN_WET = 0.9, 1.12
AWAY, PASSES_AGAIN = 0.14, (0, 0, 1, 1, 1)
VISITS_TO_A_LIBRARY = 14  # a year
LIBRARY_DAYS = 230
COMES_ANYWAY = 0.06  # with a subscription that has ended
WASTE_DAYS = (0.8, 0.5, 0.9, 0.5, 0.8, 3.0, 0.0)
WASTE_WEIGHT = 52 * sum(WASTE_DAYS)
STRANGERS_A_DAY = 12
FLOODS_A_YEAR = 2
FLOOD_TAPS = 42


class Habits:
    """What everybody is used to doing."""

    def __init__(
        self, people: Population, places: Places, *, seed: int, scale: float, zone: ZoneInfo
    ) -> None:
        """Sort people by what they do."""
        self.places = places
        self.seed = seed
        self.scale = scale
        self.zone = zone
        self.children = ChildrenDays(people, places)
        self.swimmers = [r for r in people.residents if r.swims is not None]
        self.patrons = [r for r in people.residents if r.reads]
        self.players = [r for r in people.residents if r.plays is not None]
        self.staff = [r for r in people.residents if r.works is not None]
        self.visiting: list[Home | Firm] = [p for p in people.homes if p.visits]
        self.visiting += [firm for firm in people.firms if firm.visits]
        self.weak = dict(people.weak_cards)
        self.weather = Weather(seed)

    def plan(self, day: date) -> list[Going]:
        """Return everything that people mean to do on a day, in order."""
        rng = Random(f"{self.seed}:habits:{day}")
        today = Day(day, rng, self.zone)
        going: list[Going] = []
        for plan in (
            self.children.plan,
            self._swim,
            self._read,
            self._play,
            self._work,
            self._throw_away,
            self._strangers,
        ):
            going += plan(today)
        going += list(_again(rng, going))
        return sorted(going, key=lambda one: one.at)

    def _swim(self, today: Day) -> Iterator[Going]:
        rng, weekday = today.rng, today.day.weekday()
        hours = {
            pool.service: self.places.calendar.open_intervals(pool.service, today.day)
            for pool in self.places.pools
        }
        often = POOL_DAYS[weekday] * (IN_SUMMER if today.day.month in SUMMER_MONTHS else IN_TERM)
        sky = self.weather.of(today.day)
        tempted = {
            pool.code: often * (_outdoors(sky) if pool.code in OUTDOORS else _indoors(sky))
            for pool in self.places.pools
        }
        for swimmer in self.swimmers:
            swims = swimmer.swims
            assert swims is not None
            if rng.random() >= swims.weekly / 7 * tempted[swims.pool.code]:
                continue
            if swims.ticket is Ticket.PASS and self._stays_away(today, swimmer, swims.pool.service):
                continue
            minute = today.within(hours[swims.pool.service], leave=40)
            if minute is None:
                continue
            if rng.random() < 0.004:
                minute = hours[swims.pool.service][0][0] - rng.uniform(2, 12)  # too early
            yield Going(
                at=today.at(minute),
                who=swimmer,
                spot=rng.choice(swims.pool.ins),
                out=rng.choice(swims.pool.outs),
                stay=rng.randint(35, 110) * MINUTE_MS,
                walks_through=rng.random() >= 0.005,
                comes_back=swims.ticket is Ticket.PASS and rng.random() < 0.015,
                lends=rng.random() < 0.006,
            )

    def _read(self, today: Day) -> Iterator[Going]:
        rng = today.rng
        hours = {spot.point: self.places.hours(spot, today.day) for spot in self.places.libraries}
        for patron in self.patrons:
            if rng.random() >= VISITS_TO_A_LIBRARY / LIBRARY_DAYS:
                continue
            spot = rng.choice(patron.reads)
            minute = today.within(hours[spot.point])
            if minute is not None and not self._stays_away(today, patron, spot.service):
                yield Going(at=today.at(minute), who=patron, spot=spot)

    def _stays_away(self, today: Day, somebody: Resident, service: int) -> bool:
        """Tell whether a subscription has ended, and its holder knows."""
        has_ended = not somebody.may_use(service, today.day)
        return has_ended and today.rng.random() >= COMES_ANYWAY

    def _play(self, today: Day) -> Iterator[Going]:
        rng = today.rng
        weekday = today.day.weekday()
        for player in self.players:
            plays = player.plays
            assert plays is not None
            drawn = rng.random()
            if plays.weekday == weekday and drawn < 0.93:
                minute = plays.minute + rng.uniform(-9, 6)
                yield Going(at=today.at(minute), who=player, spot=plays.court)
            elif drawn < 0.006:
                minute = rng.uniform(9 * 60, 21 * 60)  # has mistaken the day
                yield Going(at=today.at(minute), who=player, spot=plays.court)

    def _work(self, today: Day) -> Iterator[Going]:
        rng, weekday = today.rng, today.day.weekday()
        is_off = weekday >= SATURDAY or is_public_holiday(today.day, DEPARTMENT)
        for agent in self.staff:
            works = agent.works
            assert works is not None
            if is_off or rng.random() < AWAY:
                if rng.random() < 0.004:  # something forgotten on the desk
                    at = today.at(rng.uniform(10 * 60, 18 * 60))
                    yield Going(at=at, who=agent, spot=rng.choice(works.doors))
                continue
            minutes = [works.arrives + rng.gauss(0, 12)]
            minutes += [
                rng.uniform(works.arrives + 30, works.leaves)
                for _ in range(rng.choice(PASSES_AGAIN))
            ]
            for minute in minutes:
                doors = works.doors
                if rng.random() < 0.005:
                    doors = tuple(rng.choice(list(self.places.buildings.values())))
                card = self.weak.get(agent) if rng.random() < 0.1 else None
                yield Going(at=today.at(minute), who=agent, spot=rng.choice(doors), card=card)

    def _throw_away(self, today: Day) -> Iterator[Going]:
        rng, weekday = today.rng, today.day.weekday()
        is_open = {spot.point: self.places.hours(spot, today.day) for spot in self.places.waste}
        if not any(is_open.values()):
            return
        for payer in self.visiting:
            if rng.random() >= payer.visits * WASTE_DAYS[weekday] / WASTE_WEIGHT:
                continue
            near = self.places.nearest(self.places.waste, _insee(payer))
            spot = rng.choice([one for one in near if is_open[one.point]] or self.places.waste)
            minute = today.within(is_open[spot.point])
            if minute is None:
                continue
            who, card = _driver(rng, payer)
            yield Going(at=today.at(minute), who=who, spot=spot, card=card)
            if rng.random() < 0.2:  # comes back to the barrier with the trailer
                later = today.at(minute + rng.uniform(3, 15))
                yield Going(at=later, who=who, spot=spot, card=card)

    def _strangers(self, today: Day) -> Iterator[Going]:
        """Yield those whose card is of another town, and the phone that never gives one number."""
        rng = today.rng
        spots = [pool.ins[0] for pool in self.places.pools] + self.places.libraries
        spots += [school.gate for school in self.places.schools[:3]]
        for _ in range(_about(rng, STRANGERS_A_DAY * min(self.scale, 2))):
            minute = today.within(self.places.hours(spot := rng.choice(spots), today.day))
            if minute is not None:
                yield _stranger(today.at(minute), spot, rng)
        if rng.random() < FLOODS_A_YEAR / LIBRARY_DAYS:
            spot = self.places.libraries[0]
            minute = today.within(self.places.hours(spot, today.day))
            if minute is not None:
                start = ms_at(today.day, int(minute), self.zone)
                for number in range(FLOOD_TAPS):
                    yield _stranger(start + number * 1200, spot, rng)


def _outdoors(sky: Sky) -> float:
    """Return how much a day tempts to swim outdoors."""
    if sky.is_wet:
        return OUTDOORS_WHEN_WET
    if sky.degrees < COOL_DEGREES:
        return OUTDOORS_WHEN_COOL
    return OUTDOORS_WHEN_HOT if sky.degrees >= HOT_DEGREES else 1.0


def _indoors(sky: Sky) -> float:
    """Return how much a day tempts to swim indoors."""
    if sky.is_wet:
        return INDOORS_WHEN_WET
    return INDOORS_WHEN_HOT if sky.degrees >= HOT_DEGREES else 1.0


def _again(rng: Random, going: list[Going]) -> Iterator[Going]:
    """Yield the second taps of those who did not see the light."""
    for one in going:
        if one.who is not None and one.out is None and rng.random() < 0.008:
            yield Going(
                at=one.at + rng.randint(2_000, 20_000),
                who=one.who,
                spot=one.spot,
                direction=one.direction,
                card=one.card,
            )


def _stranger(at: int, spot: Spot, rng: Random) -> Going:
    return Going(at=at, who=None, spot=spot, stranger=rng.randbytes(16).hex())


def _driver(rng: Random, payer: Home | Firm) -> tuple[Holder, Card | None]:
    if isinstance(payer, Firm):
        return payer, rng.choice(payer.cards)
    return payer.visitor, None


def _insee(payer: Home | Firm) -> str:
    return payer.town.insee if isinstance(payer, Home) else ""


def _about(rng: Random, mean: float) -> int:
    whole = int(mean)
    return whole + (rng.random() < mean - whole)
