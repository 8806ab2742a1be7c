"""
Draw the people of the twin: how many, who lives with whom, what each is used to.

The same seed and scale draw the same people, whatever the machine; each matter has a generator of
its own, so that one more habit changes nobody's name.
"""

import hashlib
import math
from datetime import date, timedelta
from random import Random

from cvq.kernel.periods import school_year
from cvq.kernel.unable import Unable
from cvq.people.models import Role
from cvq.rules.tariff.facts import PRIMARY, school_level
from cvq.rules.vocabulary import MediumKind
from cvq.twin import figures, names
from cvq.twin.places import Places, Spot, Town
from cvq.twin.residents import (
    Card,
    Firm,
    Home,
    Playing,
    Population,
    Resident,
    Schooling,
    Swimming,
    Term,
    Ticket,
    Working,
)

CARNETS = 900
WEEKLY = {Ticket.PASS: 0.89, Ticket.CARNET: 0.3, Ticket.WALLET: 0.12}
SMALL_POOL_SHARE = 0.15
HALL_PLAYERS = 60
NURSED = 52
YEAR_DAYS, LATEST_DAYS, RENEWS = 365, 330, 0.85  # of a subscription
WITH_CHILDREN = 0.21
COUPLE, LONE, ALTERNATING, BLENDED = 62, 22, 8, 8
LATE = 0.06
ADULT_YEARS = (22, 88)
PARENT_YEARS = (26, 47)
CHILD_YEARS = (0, 11)
SLOT_MINUTES = 45
COURTS_OPEN, COURTS_CLOSE = 8 * 60, 22 * 60
# From how many to how many visits to the waste centre a year, and how many households in a hundred.
VISITS = ((0, 0), (1, 3), (4, 8), (9, 14), (17, 22))
VISITS_WEIGHTS = (28, 42, 20, 8, 2)
EVERYWHERE = ("TECHNIQUE", "ENTRETIEN")


class ScaleTooSmall(Unable):
    """Fewer people than one of each kind."""


class Drawing:
    """One drawing of a population, with a generator for each matter."""

    def __init__(self, places: Places, *, seed: int, scale: float, first_day: date) -> None:
        """
        Prepare to draw.

        :raises ScaleTooSmall: the scale is not positive.
        """
        if scale <= 0:
            raise ScaleTooSmall("L'échelle est un nombre positif : 1 est tout le territoire.")
        self.places = places
        self.seed = seed
        self.scale = scale
        self.first_day = first_day
        self.people = Population(first_day=first_day)
        self._cards = 0

    def rng(self, matter: str) -> Random:
        """Return the generator of a matter."""
        return Random(f"{self.seed}:{matter}")

    def count(self, at_scale_one: int) -> int:
        """Return how many there are at this scale: at least one."""
        return max(1, round(at_scale_one * self.scale))

    def draw(self) -> Population:
        """Return everybody."""
        self._homes()
        self._pupils()
        self._nursed()
        self._swimmers()
        self._patrons()
        self._players()
        self._staff()
        self._firms()
        self._visitors()
        self._drawers()
        self._subscribe()
        return self.people

    def card(self, kind: MediumKind = MediumKind.DESFIRE) -> Card:
        """Return the next medium."""
        self._cards += 1
        number = f"{self._cards // 100_000:03}-{self._cards % 100_000:05}"
        drawn = hashlib.sha256(f"{self.seed}:{number}".encode()).digest()
        # The number of a chip of this maker begins with 04.
        return Card(number=number, credential=b"\x04" + drawn[:6], kind=kind)

    def _give_card(self, resident: Resident) -> None:
        if not resident.cards:
            resident.cards.append(self.card())

    # -- households --------------------------------------------------------------------------
    def _homes(self) -> None:
        rng = self.rng("homes")
        wanted = self.count(figures.HOMES)
        # A share of all rather than a draw for each: a small scale is like a big one.
        families = set(rng.sample(range(wanted), round(wanted * WITH_CHILDREN)))
        while (number := len(self.people.homes)) < wanted:
            home = self._home(rng)
            if number not in families:
                couple = rng.random() < 0.55
                self._adults(rng, home, 2 if couple else 1, ADULT_YEARS)
                continue
            kind = rng.choices(
                ("couple", "lone", "alternating", "blended"),
                (COUPLE, LONE, ALTERNATING, BLENDED),
            )[0]
            parents = 2 if kind in {"couple", "blended"} else 1
            self._adults(rng, home, parents, PARENT_YEARS)
            other = None
            if kind == "alternating" and number + 1 < wanted:
                other = self._home(rng, near=home.town)
                self._adults(rng, other, 1, PARENT_YEARS)
            self._children(rng, home, other)

    def _home(self, rng: Random, near: Town | None = None) -> Home:
        towns = self.places.towns
        weights = [town.people if town.is_member else town.people // 4 for town in towns]
        town = near or rng.choices(towns, weights)[0]
        home = Home(
            number=len(self.people.homes),
            name="",
            town=town,
            address=names.address(rng),
            quotient=min(4000, round(rng.lognormvariate(math.log(900), 0.45))),
            is_late=rng.random() < LATE,
        )
        self.people.homes.append(home)
        return home

    def _adults(self, rng: Random, home: Home, how_many: int, years: tuple[int, int]) -> None:
        age = rng.randint(*years)
        name = names.surname(rng)
        female = rng.random() < 0.5
        for rank in range(how_many):
            born_on = self._born(rng, max(18, age + (rng.randint(-4, 4) if rank else 0)))
            self._resident(rng, home, name, born_on, Role.ADULT, female=female)
            female = not female
            if rng.random() < 0.4:
                name = names.surname(rng)
        home.name = home.members[0].birth_name

    def _children(self, rng: Random, home: Home, other: Home | None) -> None:
        age = rng.randint(*CHILD_YEARS)
        for _ in range(rng.choices((1, 2, 3, 4), (42, 40, 15, 3))[0]):
            born_on = self._born(rng, age)
            female = rng.random() < 0.49
            child = self._resident(rng, home, home.name, born_on, Role.CHILD, female=female)
            if other is not None:
                child.other_home = other
                other.members.append(child)
            age = (age + rng.randint(2, 4)) % (CHILD_YEARS[1] + 1)

    def _born(self, rng: Random, age: int) -> date:
        return self.first_day - timedelta(days=age * 365 + age // 4 + rng.randint(1, 364))

    def _resident(
        self, rng: Random, home: Home, name: str, born_on: date, role: Role, *, female: bool
    ) -> Resident:
        resident = Resident(
            number=len(self.people.residents),
            first_name=names.first_name(rng, born_on, female=female),
            birth_name=name,
            born_on=born_on,
            role=role,
            home=home,
        )
        home.members.append(resident)
        self.people.residents.append(resident)
        return resident

    # -- habits ------------------------------------------------------------------------------
    def _pupils(self) -> None:
        rng = self.rng("pupils")
        start = school_year(self.first_day)
        for child in self._children_of(0, 12):
            # Three years old in the year one enters, eleven in the year one leaves.
            since = date(max(child.born_on.year + 3, start), 9, 1)
            until = date(child.born_on.year + 11, 9, 1)
            drawn = [rng.random() for _ in range(6)]
            if until <= self.first_day or since.year > start + 1:
                continue
            schools = self.places.schools_of(child.home.town.insee)
            school = rng.choices(schools, [school.pupils for school in schools])[0]
            child.school = Schooling(
                school=school,
                since=since,
                until=until,
                gate=drawn[0] < 0.6 and school_level(child.born_on, since) == PRIMARY,
                meals=0.95 if drawn[1] < 0.85 else 0.4 if drawn[1] < 0.95 else 0.01,
                mornings=0.85 if drawn[2] < 0.2 else 0.0,
                evenings=0.85 if drawn[3] < 0.25 else 0.2 if drawn[3] < 0.4 else 0.0,
            )
            if drawn[4] < 0.14:
                child.leisure = rng.choice(
                    self.places.nearest(self.places.leisure, child.home.town.insee)
                )
            self._give_card(child)

    def _nursed(self) -> None:
        rng = self.rng("nursed")
        little = [child for child in self._children_of(0, 2) if child.school is None]
        for child in rng.sample(little, min(len(little), self.count(NURSED))):
            child.nursery = rng.choice(
                self.places.nearest(self.places.nurseries, child.home.town.insee)
            )
            self._give_card(child)

    def _children_of(self, youngest: int, oldest: int) -> list[Resident]:
        return [
            resident
            for resident in self.people.residents
            if resident.role is Role.CHILD and youngest <= resident.age(self.first_day) <= oldest
        ]

    def _swimmers(self) -> None:
        rng = self.rng("swimmers")
        able = [r for r in self.people.residents if r.age(self.first_day) in range(4, 80)]
        rng.shuffle(able)
        for ticket, wanted in (
            (Ticket.PASS, self.count(figures.POOL_SUBSCRIBERS)),
            (Ticket.CARNET, self.count(CARNETS)),
        ):
            some = [able.pop() for _ in range(min(wanted, len(able)))]
            self._swim(rng, some, ticket)
        # Whoever has an account beside the families swims on it now and then.
        for home in self.people.homes:
            home.uses_wallet = any(map(_is_looked_after, home.members))
        left = self.count(figures.FAMILY_ACCOUNTS) - sum(h.uses_wallet for h in self.people.homes)
        some = []
        while able and len(some) < left:
            swimmer = able.pop()
            if not swimmer.home.uses_wallet:
                swimmer.home.uses_wallet = True
                some.append(swimmer)
        self._swim(rng, some, Ticket.WALLET)

    def _swim(self, rng: Random, swimmers: list[Resident], ticket: Ticket) -> None:
        big, *small = self.places.pools
        for swimmer, habit in zip(swimmers, _spread(rng, len(swimmers)), strict=True):
            pool = rng.choice(small) if small and rng.random() < SMALL_POOL_SHARE else big
            weekly = WEEKLY[ticket] * (0.4 + 1.2 * habit)
            swimmer.swims = Swimming(pool=pool, ticket=ticket, weekly=weekly)
            self._give_card(swimmer)

    def _patrons(self) -> None:
        rng = self.rng("patrons")
        able = [r for r in self.people.residents if r.age(self.first_day) >= 3]
        for patron in rng.sample(able, min(len(able), self.count(figures.LIBRARY_SUBSCRIBERS))):
            toys = patron.age(self.first_day) < 10 and rng.random() < 0.5
            patron.reads = tuple(self.places.libraries if toys else self._media_library())
            self._give_card(patron)

    def _media_library(self) -> list[Spot]:
        return [spot for spot in self.places.libraries if not spot.code.startswith("TOY")]

    def _players(self) -> None:
        rng = self.rng("players")
        squash = [court for court in self.places.courts if "SQUASH" in court.code]
        halls = [court for court in self.places.courts if court not in squash]
        able = self._adults_of()
        rng.shuffle(able)
        for courts, wanted in (
            (squash, self.count(figures.SQUASH_SUBSCRIBERS)),
            (halls, self.count(HALL_PLAYERS)),
        ):
            free = [
                Playing(court=court, weekday=weekday, minute=minute)
                for court in courts
                for weekday in range(7)
                for minute in range(COURTS_OPEN, COURTS_CLOSE - SLOT_MINUTES + 1, SLOT_MINUTES)
            ]
            rng.shuffle(free)
            for _ in range(min(wanted, len(free), len(able))):
                player = able.pop()
                player.plays = free.pop()
                self._give_card(player)

    def _adults_of(self, oldest: int = 62) -> list[Resident]:
        ages = range(22, oldest)
        return [r for r in self.people.residents if r.age(self.first_day) in ages]

    def _staff(self) -> None:
        rng = self.rng("staff")
        buildings = list(self.places.buildings.values())
        sizes = [len(doors) for doors in buildings]
        everywhere = tuple(door for doors in buildings for door in doors)
        able = self._adults_of()
        for agent in rng.sample(able, min(len(able), self.count(figures.STAFF_CARDS))):
            doors = tuple(rng.choices(buildings, sizes)[0])
            group, arrives, leaves = doors[0].service_code, 8 * 60 + 20, 17 * 60 + 20
            if rng.random() < 0.15:
                group, doors = EVERYWHERE[0], everywhere
            elif rng.random() < 0.12:
                group, doors, arrives, leaves = EVERYWHERE[1], everywhere, 5 * 60 + 45, 8 * 60
            agent.works = Working(group=group, doors=doors, arrives=arrives, leaves=leaves)
            self._give_card(agent)
            if rng.random() < 0.05:
                # The old badge in the drawer, which anybody could copy.
                self.people.weak_cards.append((agent, self.card(MediumKind.LEGACY_UID)))

    def _firms(self) -> None:
        rng = self.rng("firms")
        for number in range(self.count(figures.PROFESSIONALS)):
            firm = Firm(
                number=number,
                name=names.firm(rng),
                siren=f"9991{number:05}",  # no real body has such a number
                uses_wallet=True,
                is_late=rng.random() < LATE,
                visits=rng.choice((6, 12, 20, 30, 45)),
            )
            firm.cards = [self.card()]
            if rng.random() < 0.4:
                firm.cards.append(self.card(MediumKind.PLATE))
            self.people.firms.append(firm)

    def _visitors(self) -> None:
        """Let households go to the waste centre, as long as there are cards for them."""
        rng = self.rng("visitors")
        wanted = self.count(figures.CARDS)
        homes = list(self.people.homes)
        rng.shuffle(homes)
        for home in homes:
            low, high = rng.choices(VISITS, VISITS_WEIGHTS)[0]
            visits = rng.randint(low, high)
            if visits and (home.visitor.cards or self._cards < wanted):
                home.visits = visits
                self._give_card(home.visitor)

    def _drawers(self) -> None:
        """Give out the cards that stay in a drawer, until there are as many as there should be."""
        rng = self.rng("drawers")
        without = [resident for resident in self._adults_of(90) if not resident.cards]
        rng.shuffle(without)
        for resident in without[: max(0, self.count(figures.CARDS) - self._cards)]:
            self._give_card(resident)

    def _subscribe(self) -> None:
        """Give swimmers and patrons a year that began some day, and often the one after."""
        rng = self.rng("subscriptions")
        for resident in self.people.residents:
            services = [spot.service for spot in resident.reads]
            if resident.swims is not None and resident.swims.ticket is Ticket.PASS:
                services.append(resident.swims.pool.service)
            for service in services:
                begins = self.first_day - timedelta(days=rng.randint(0, LATEST_DAYS))
                for _ in range(2 if rng.random() < RENEWS else 1):
                    ends = begins + timedelta(days=YEAR_DAYS)
                    resident.terms.append(Term(service=service, since=begins, until=ends))
                    begins = ends


def _is_looked_after(resident: Resident) -> bool:
    return resident.school is not None or resident.nursery is not None


def _spread(rng: Random, how_many: int) -> list[float]:
    """Return shares between 0 and 1, as many as asked and as even as can be, in any order."""
    shares = [(number + 0.5) / how_many for number in range(how_many)]
    rng.shuffle(shares)
    return shares
