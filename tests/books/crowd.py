"""
A town for the books: little money, many cards, and every way to tell the same thing twice.

`Flow` tells everything to the town and to the oracle alike, and says where they differ.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from cvq.billing import services as billing
from cvq.cards import services as cards
from cvq.cards.keys import sector_ref
from cvq.cards.models import Medium
from cvq.catalog.models import OpeningHours
from cvq.childcare.services import charge_days
from cvq.config import audit
from cvq.halls.models import Slot
from cvq.kernel.ids import uuid7
from cvq.kernel.local import at_ms, instant
from cvq.payments.messages import AskedTopUp
from cvq.payments.models import Channel, PaymentMeans
from cvq.people import services as people
from cvq.people.messages import NewPerson
from cvq.people.models import Role
from cvq.rights.models import ProductKind
from cvq.rules.vocabulary import (
    SECTOR_OF,
    Direction,
    Happening,
    Means,
    Purpose,
    Reason,
    Sector,
    Verdict,
)
from cvq.taps.settle import settle
from cvq.taps.told import Answer, Told
from cvq.twin import oracle_ledger
from cvq.twin.ground import Ground
from cvq.twin.oracle import Oracle, Stands
from cvq.wire.events import Event
from town import ZONE, Town, town_here
from town_plan import FOUNDED

CARDS = (
    "anne",  # two carnets, the first almost empty
    "bob",  # a pass
    "carl",  # lives elsewhere
    "dora",  # little money
    "emma",  # a child, enrolled everywhere
    "finn",  # a child of two households in turn
    "lost",
    "blocked",  # from 10:00 on
    "firm",
    "nobody",
)
FAMILIES = {"A": 500, "B": 0, "C": 540, "D": 450}  # cents
BASE = at_ms(datetime(2025, 6, 3, 9, 0, tzinfo=ZONE))  # a Tuesday of school time
RECEIVED = at_ms(datetime(2025, 6, 6, 3, 0, tzinfo=ZONE))


def crowded() -> Town:
    """Return a founded town with its families, cards, rights and bookings."""
    town = town_here()
    _places(town)
    for name in ("A", "B", "D"):
        town.family(name)
    town.family("C", card="carl", lives_in=town.elsewhere)
    for name, card in (("A", "anne"), ("B", "bob"), ("D", "dora"), ("A", "lost"), ("B", "blocked")):
        _adult(town, name, card)
    town.child("A", "Emma", card="emma")
    finn = town.child("B", "Finn", card="finn")
    people.share_custody(
        child=finn,
        household_a=town.households["B"],
        household_b=town.households["D"],
        anchor_on=date(2025, 5, 26),
        on=date(2025, 5, 26),
    )
    town.firm("F", card="firm")
    _states(town)
    _rights(town)
    return town


def _places(town: Town) -> None:
    pool = town.points["GâtinéO"].service
    pool.is_always_open = False
    pool.save()
    OpeningHours.objects.bulk_create(
        OpeningHours(
            service=pool,
            weekday=weekday,
            opens_minute=8 * 60,
            closes_minute=13 * 60,
            valid_from=FOUNDED,
            on_public_holidays=True,
        )
        for weekday in range(7)
    )
    second = pool.points.create(
        code="GâtinéO 2", name="GâtinéO 2", zone="GâtinéO", direction="IN", max_attendance=4
    )
    town.points["GâtinéO 2"] = second
    town.device(50, pool.site, second)
    barrier = town.points["Déchèterie"].service.points.create(
        code="Déchèterie 2", name="Déchèterie 2", zone="Déchèterie", direction="IN"
    )
    town.points["Déchèterie 2"] = barrier
    town.device(51, pool.site, barrier)


def _adult(town: Town, family: str, card: str) -> None:
    member = people.register_person(
        NewPerson(first_name=card.title(), birth_name="Foule", born_on=date(1980, 2, 29))
    )
    people.add_member(
        household=town.households[family],
        person=member,
        role=Role.ADULT,
        is_main=True,
        on=FOUNDED,
    )
    town.card(card, member)


def _states(town: Town) -> None:
    cards.declare_lost(
        medium=Medium.objects.get(number="lost"), at=datetime(2025, 5, 1, tzinfo=UTC)
    )
    cards.block(medium=Medium.objects.get(number="blocked"), at=instant(BASE + 60 * 60_000))


def _rights(town: Town) -> None:
    town.product("DECHETTERIE", ProductKind.QUOTA, unit="VISIT", amount=2)
    short = town.product("CARNET-2", ProductKind.CARNET, "GâtinéO", unit="ENTRY", amount=1)
    long = town.product("CARNET-3", ProductKind.CARNET, "GâtinéO", unit="ENTRY", amount=3)
    town.give("anne", short)
    town.give("anne", long)
    town.give("bob", town.product("AN", ProductKind.PASS, "GâtinéO", time_lock_minutes=10))
    town.give("anne", town.product("LECTEUR", ProductKind.MEMBERSHIP, "Médiathèque"))
    for where in ("Cantine", "Garderie", "École"):
        town.enrol("emma", where)
    town.enrol("finn", "Cantine")
    town.open_door("bob", "Mairie")
    Slot.objects.create(
        space=town.court,
        holder=town.holder("anne", Sector.SPORT),
        starts_at=instant(BASE),
        ends_at=instant(BASE + 60 * 60_000),
    )


class Crowd:
    """A crowded town, and the ground that the oracle stands on."""

    def __init__(self, town: Town, ground: Ground) -> None:
        self.town = town
        self.ground = ground


@dataclass
class Flow:
    """What is told to the town and to the oracle alike."""

    town: Town
    oracle: Oracle
    waiting: list[Told] = field(default_factory=list)
    past: list[Told] = field(default_factory=list)
    seqs: dict[int, int] = field(default_factory=dict)
    not_made: set[tuple[int, int]] = field(default_factory=set)
    differing: list[Any] = field(default_factory=list)
    clock: int = RECEIVED

    @classmethod
    def on(cls, crowd: Crowd) -> "Flow":
        """Begin with little money in each wallet."""
        flow = cls(crowd.town, Oracle(crowd.ground))
        flow.top_up(FAMILIES)
        return flow

    # -- what happens ------------------------------------------------------------------------
    def tap(self, card: str, where: str, at: int, how: str) -> Told:
        """Let a card be presented: `how` is what the door said, or « ask »."""
        told = Told(event=self.event(card, where, at, how), asks=how == "ask")
        self.waiting.append(told)
        return told

    def event(self, card: str, where: str, at: int, how: str) -> Event:
        """Return what the box at a place tells of a card."""
        point = self.town.points[where]
        box = point.guards.all()[0].device_id
        credential = self.town.credentials.get(card, card.encode())
        verdict, _, means = how.partition(" ")
        return Event(
            dev=box,
            seq=self._next(box),
            at=at,
            pt=point.pk,
            ref=sector_ref(SECTOR_OF[Purpose(point.service.purpose)], credential).hex(),
            dir=Direction(point.direction),
            said=Verdict.REFUSED if how == "ask" else Verdict[verdict],
            why=None if verdict in ("ask", "GRANTED") else Reason.STALE_SNAPSHOT,
            means=Means(means) if means else Means.FREE,
        )

    def missed(self, of: Event) -> None:
        """Let nobody have walked through; a journal says so after what the door did."""
        self.not_made.add((of.dev, of.seq))
        event = Event(
            dev=of.dev,
            seq=self._next(of.dev),
            at=of.at + 8_000,
            pt=of.pt,
            what=Happening.NOT_PASSED,
            of=of.seq,
        )
        self.waiting.append(Told(event=event))

    def again(self, told: Told) -> None:
        """Tell the same thing again."""
        self.waiting.append(told)

    def otherwise(self, told: Told) -> None:
        """Let the box say that it did the opposite, whatever the town hall had answered."""
        if (told.event.dev, told.event.seq) in self.not_made:
            return
        went_in = told.event.said is not Verdict.REFUSED
        event = msgspec.structs.replace(
            told.event, said=Verdict.REFUSED if went_in else Verdict.GRANTED, why=None
        )
        self.waiting.append(Told(event=event))

    def forked(self, told: Told) -> None:
        """Let another box speak under the same name."""
        event = msgspec.structs.replace(told.event, at=told.event.at + 1)
        self.waiting.append(Told(event=event, asks=told.asks))
        self.cut()

    def cut(self) -> None:
        """Settle what waits, as one batch."""
        told, self.waiting = self.waiting, []
        if not told:
            return
        answers = settle(
            told=told, received_at=self.clock, connection=self.town.connection, zone=ZONE
        )
        stands = self.oracle.tell_all(told, received_at=self.clock)
        self.past += [one for one in told if one.event.what is Happening.TAP]
        for one, answer, stand in zip(told, answers, stands, strict=True):
            if as_stands(answer) != as_told(stand, known=answer.known):
                self.differing.append((one, answer, stand))

    def doubted(self, told: Told) -> None:
        """Let the box doubt its own clock."""
        event = msgspec.structs.replace(told.event, seq=self._next(told.event.dev), cq=1)
        self.waiting.append(Told(event=event, asks=told.asks))

    def stray(self, told: Told) -> None:
        """Let a box speak of a point that it does not guard."""
        event = msgspec.structs.replace(told.event, seq=self._next(9), dev=9)
        self.waiting.append(Told(event=event, asks=told.asks))

    def top_up(self, cents: dict[str, int]) -> None:
        """Settle what waits, then put money in wallets."""
        self.cut()
        asked = [self.asked(name, amount) for name, amount in cents.items() if amount]
        billing.top_up(self.town.connection, asked, at=instant(self.clock))
        for one in asked:
            household, firm = one.household_id, one.organisation_id or 0
            purses = self.oracle.ground.purses
            purse = purses["HOUSEHOLD", household] if household else purses["ORGANISATION", firm]
            self.oracle.top_up(purse.wallet, one.cents, str(one.uid), "CARD_IN_TRANSIT")

    def charge(self, until: date) -> None:
        """Settle what waits, then charge the days of childcare."""
        self.cut()
        charge_days(self.town.connection, until=until, at=instant(self.clock), zone=ZONE)
        self.oracle.charge_days(until)

    def asked(self, name: str, amount: int) -> AskedTopUp:
        """Return what somebody asks who fills a wallet."""
        household = self.town.households.get(name)
        return AskedTopUp(
            uid=uuid7(),
            household_id=household.pk if household else None,
            organisation_id=None if household else self.town.firms[name].pk,
            cents=amount,
            channel=Channel.INTERNET,
            means=PaymentMeans.PAYFIP_CARD,
            regie_id=self.town.regie.pk,
            at=instant(self.clock),
        )

    def _next(self, box: int) -> int:
        self.seqs[box] = self.seqs.get(box, 0) + 1
        return self.seqs[box]

    # -- what can be seen --------------------------------------------------------------------
    def differences(self) -> dict[str, Any]:
        """Return everything on which the town and the oracle do not agree."""
        self.cut()
        books, oracle = self.town.connection, self.oracle
        compared = {
            "balances": (oracle_ledger.balances(books), oracle.balances()),
            "charges": (oracle_ledger.charges(books), oracle.charges()),
            "positions": (oracle_ledger.positions(books), oracle.positions()),
            "counters": (oracle_ledger.counters(books), oracle.counters()),
        }
        found: dict[str, Any] = {
            name: oracle_ledger.differences(*pair) for name, pair in compared.items()
        }
        found["answers"] = self.differing
        found["audit"] = list(audit.culprits(books))
        found["inside"] = {
            key: (count, oracle.inside(*key))
            for key, count in oracle_ledger.inside(books).items()
            if count != oracle.inside(*key)
        }
        return {name: what for name, what in found.items() if what}


def as_stands(answer: Answer) -> Stands:
    """Return an answer in the words of the oracle."""
    kept = "FORK" if answer.forked else "PARKED" if answer.parked else "TAP"
    objection = None if answer.known else answer.objection
    return Stands(answer.said, answer.why, answer.means, answer.until, kept, objection)


def as_told(stands: Stands, *, known: bool) -> Stands:
    """Return what stands as it is answered: what is only counted is answered like the others."""
    kept = "TAP" if stands.kept == "COUNTED" else stands.kept
    # We object to what a door did the first time that it is told.
    return stands._replace(kept=kept, objection=None if known else stands.objection)


def at(second: int, day: int = 0) -> int:
    """Return an instant so many seconds after nine, on the first day or a later one."""
    return BASE + day * 24 * 3_600_000 + second * 1000
