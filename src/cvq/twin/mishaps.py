"""What happens to cards and households in a year: lost, blocked, replaced, moved, renewed."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from random import Random
from typing import Protocol, TypeVar

from cvq.cards import services as cards
from cvq.cards.models import Medium
from cvq.catalog.models import Commune
from cvq.kernel.local import MINUTE_MS, instant, ms_at
from cvq.people import services as people
from cvq.people.models import Household, QuotientSource
from cvq.people.services import holders_of
from cvq.rights import services as rights
from cvq.rights.models import Product, Right
from cvq.rules.vocabulary import MediumState, Sector
from cvq.twin.days import Days
from cvq.twin.drawing import Drawing
from cvq.twin.going import Going
from cvq.twin.names import address
from cvq.twin.offers import product_code
from cvq.twin.places import Town
from cvq.twin.population import learn_refs
from cvq.twin.residents import Card, Home, Population, Resident

DESK_DAYS = 365 * 5 / 7  # a year
# Of a hundred cards in use, each year.
LOST, STOLEN, BROKEN, BLOCKED = 5.0, 0.4, 1.2, 0.8
MOVES = 2.0  # of a hundred households
FOUND_AGAIN = 0.3
LEAVES_THE_TERRITORY = 0.15
DESK_OPENS = 9 * 60
NEW_QUOTIENTS = (1, 31)
NEW_CARNETS_WEEKDAY = 2
T = TypeVar("T")


class News(Protocol):
    """Whoever must know what became of the town, told in the words of the twin."""

    def changed(self, card: Card, state: MediumState, at: int) -> None:
        """Learn that a medium is in another state."""

    def replaced(self, old: Card, new: Card, who: Resident, at: int) -> None:
        """Learn that somebody holds another medium."""

    def moved(self, home: Home, town: Town, on: date) -> None:
        """Learn that a household lives elsewhere."""

    def told_quotient(self, home: Home, value: int, on: date) -> None:
        """Learn of a new quotient."""

    def sold_carnet(self, right: Right, code: str) -> None:
        """Learn of a new carnet."""

    def ended(self, right: Right) -> None:
        """Learn that a right ends."""


class Mishaps:
    """The desk, every morning."""

    def __init__(self, people: Population, days: Days, drawing: Drawing, news: News) -> None:
        """Take those to whom things happen."""
        self.people = people
        self.days = days
        self.drawing = drawing
        self.news = news
        self.carriers = [resident for resident in people.residents if resident.cards]
        self.on_carnets = [resident for resident in self.carriers if resident.carnet]
        self._due: dict[date, list[Callable[[date], None]]] = defaultdict(list)
        for card, who in people.cards():
            if card.states[-1][1] is MediumState.ISSUED and isinstance(who, Resident):
                later = people.first_day + timedelta(days=3 + who.number % 15)
                self._due[later].append(partial(self._activate, card))

    def plan(self, day: date) -> None:
        """Have the desk open on a day."""
        if day.weekday() < 5:
            at = ms_at(day, DESK_OPENS, self.days.zone)
            self.days.at(at, partial(self._desk, day))

    def _desk(self, day: date) -> None:
        self.days.answer()
        rng = Random(f"{self.drawing.seed}:mishaps:{day}")
        for due in sorted(since for since in self._due if since <= day):
            for act in self._due.pop(due):
                act(day)
        for resident in _some(rng, self.carriers, LOST + STOLEN + BROKEN + BLOCKED):
            drawn = rng.random() * (LOST + STOLEN + BROKEN + BLOCKED)
            self._befall(rng, resident, drawn, day)
        for home in _some(rng, self.people.homes, MOVES):
            self._move(rng, home, day)
        if day.weekday() == NEW_CARNETS_WEEKDAY:
            self._sell_carnets(rng, day)
        if (day.month, day.day) == NEW_QUOTIENTS:
            self._tell_quotients(rng, day)

    # -- cards -----------------------------------------------------------------------------------
    def _befall(self, rng: Random, resident: Resident, drawn: float, day: date) -> None:
        card = resident.cards[-1]
        if card.state(self.days.now) is not MediumState.ACTIVE:
            return
        if drawn < LOST:
            self._declare(card, MediumState.LOST)
            self._later(day, rng.randint(2, 9), partial(self._replace, resident))
            if rng.random() < FOUND_AGAIN:
                self._later(day, rng.randint(1, 12), partial(self._show_again, resident, card))
        elif drawn < LOST + STOLEN:
            self._declare(card, MediumState.STOLEN)
            self._show_again(resident, card, day)
            self._later(day, rng.randint(1, 4), partial(self._replace, resident))
        elif drawn < LOST + STOLEN + BROKEN:
            self._replace(resident, day)
            if rng.random() < FOUND_AGAIN:
                self._show_again(resident, card, day)
        else:
            self._declare(card, MediumState.BLOCKED)
            self._later(day, rng.randint(5, 20), partial(self._unblock, card))

    def _later(self, day: date, days: int, act: Callable[[date], None]) -> None:
        self._due[day + timedelta(days=days)].append(act)

    def _declare(self, card: Card, state: MediumState) -> None:
        medium = Medium.objects.get(pk=card.medium)
        at = self._now()
        match state:
            case MediumState.LOST:
                cards.declare_lost(medium=medium, at=at)
            case MediumState.STOLEN:
                cards.declare_stolen(medium=medium, at=at)
            case MediumState.BLOCKED:
                cards.block(medium=medium, at=at)
            case _:
                cards.unblock(medium=medium, at=at)
        self._learn(card, state)

    def _learn(self, card: Card, state: MediumState) -> None:
        card.states.append((self.days.now, state))
        self.news.changed(card, state, self.days.now)

    def _activate(self, card: Card, day: date) -> None:
        cards.activate(medium=Medium.objects.get(pk=card.medium), at=self._now())
        self._learn(card, MediumState.ACTIVE)

    def _unblock(self, card: Card, day: date) -> None:
        self._declare(card, MediumState.ACTIVE)

    def _replace(self, resident: Resident, day: date) -> None:
        old, new = resident.cards[-1], self.drawing.card()
        medium = cards.replace(
            old=Medium.objects.get(pk=old.medium),
            kind=new.kind,
            number=new.number,
            credential=new.credential,
            at=self._now(),
        )
        learn_refs([new])
        new.medium = medium.pk
        if old.state(self.days.now) is MediumState.ACTIVE:
            self._learn(old, MediumState.DEAD)
        new.states.append((self.days.now, MediumState.ACTIVE))
        resident.cards.append(new)
        self.news.replaced(old, new, resident, self.days.now)

    def _show_again(self, resident: Resident, card: Card, day: date) -> None:
        """Somebody shows the card that is gone, where its holder would."""
        spots = [resident.swims.pool.ins[0]] if resident.swims else []
        spots += resident.reads
        if resident.school is not None:
            spots.append(resident.school.school.gate)
        spots += self.days.places.libraries[:1]
        at = self.days.now + 5 * 60 * MINUTE_MS
        going = Going(at=at, who=resident, spot=spots[0], card=card)
        self.days.at(at, partial(self.days.go, going))

    # -- households ----------------------------------------------------------------------------
    def _move(self, rng: Random, home: Home, day: date) -> None:
        members = [town for town in self.days.places.towns if town.is_member]
        outside = [town for town in self.days.places.towns if not town.is_member]
        town = rng.choice(outside if outside and rng.random() < LEAVES_THE_TERRITORY else members)
        people.move_house(
            household=Household.objects.get(pk=home.household),
            commune=Commune.objects.get(pk=town.id),
            address=address(rng),
            on=day,
        )
        home.town = town
        self.news.moved(home, town, day)

    def _tell_quotients(self, rng: Random, day: date) -> None:
        for home in self.people.homes:
            if not any(member.school for member in home.members) or rng.random() < 0.4:
                continue
            home.quotient = max(0, min(4000, round(home.quotient * rng.uniform(0.85, 1.15))))
            people.record_quotient(
                household=Household.objects.get(pk=home.household),
                value=home.quotient,
                source=QuotientSource.CAF,
                on=day,
            )
            self.news.told_quotient(home, home.quotient, day)

    # -- rights ----------------------------------------------------------------------------------
    def _sell_carnets(self, rng: Random, day: date) -> None:
        left = self.days.hall.left_of([swimmer.carnet for swimmer in self.on_carnets])
        for swimmer in self.on_carnets:
            swims = swimmer.swims
            if swims is None or left[swimmer.carnet] > 0:
                continue
            if rng.random() < 0.5:
                continue
            old = Right.objects.get(account__code=swimmer.carnet)
            self.news.ended(rights.end_right(right=old, on=day))
            holder = holders_of([swimmer.person], [Sector.POOL])[swimmer.person, Sector.POOL]
            right = rights.sell_carnet(
                holder=holder,
                product=Product.objects.get(code=product_code(swims)),
                on=day,
                at=self._now(),
            )
            swimmer.carnet = f"CARNET:{right.pk}"
            self.news.sold_carnet(right, swimmer.carnet)

    def _now(self) -> datetime:
        return instant(self.days.now)


def _some(rng: Random, them: Sequence[T], a_year: float) -> list[T]:
    """Return those to whom something happens today, when it happens to so many in a hundred."""
    mean = len(them) * a_year / 100 / DESK_DAYS
    how_many = int(mean) + (rng.random() < mean % 1)
    return rng.sample(them, min(how_many, len(them)))
