"""
A small town for the stories: one of each service, and the words to tell what happens in it.

Everything goes the product's own way: families are founded, cards issued and taps settled by the
same services as in production, on the connection that Django has open.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Sum

from cvq.billing import services as billing
from cvq.billing.models import Charge
from cvq.cards import services as cards
from cvq.cards.keys import sector_ref
from cvq.cards.models import Medium
from cvq.catalog.models import Commune
from cvq.childcare.models import Enrolment
from cvq.kernel.ids import uuid7
from cvq.kernel.local import at_ms
from cvq.kernel.money import euros
from cvq.ledger.models import Account, Transfer
from cvq.payments.messages import AskedTopUp
from cvq.payments.models import Channel, PaymentMeans
from cvq.people import services as people
from cvq.people.messages import NewHousehold, NewMember, NewOrganisation, NewPerson
from cvq.people.models import Household, Organisation, OrganisationKind, Person, Role
from cvq.plumbing.connections import underneath
from cvq.rights import services as rights
from cvq.rights.messages import NewSchedule
from cvq.rights.models import Product, ProductKind
from cvq.rules.tap import Granted, Noted, Refused
from cvq.rules.vocabulary import (
    SECTOR_OF,
    By,
    Direction,
    Happening,
    Means,
    MediumKind,
    Purpose,
    Sector,
    Verdict,
)
from cvq.taps.models import TapEvent
from cvq.taps.settle import settle
from cvq.taps.told import Answer, Told
from cvq.wire.events import Event
from town_plan import FOUNDED, Ground

ZONE = ZoneInfo("Europe/Paris")
TODAY = date(2025, 6, 3)  # a Tuesday of school time


def cents(text: str) -> int:
    """Read « 12,50 » as 1250."""
    whole, _, rest = text.partition(",")
    return int(whole) * 100 + int((rest + "00")[:2])


@dataclass
class Town(Ground):
    """The town and who lives there."""

    households: dict[str, Household] = field(default_factory=dict)
    firms: dict[str, Organisation] = field(default_factory=dict)
    credentials: dict[str, bytes] = field(default_factory=dict)
    today: date = TODAY
    answers: list[Answer] = field(default_factory=list)

    # -- people ------------------------------------------------------------------------------
    def family(
        self,
        name: str,
        *,
        card: str = "",
        topped_up: str = "",
        born_on: date = date(1985, 6, 1),
        lives_in: Commune | None = None,
    ) -> Household:
        """Found a household of one adult, with a card and money if told."""
        person = people.register_person(
            NewPerson(first_name="Anne", birth_name=name, born_on=born_on)
        )
        new = NewHousehold(
            name=name,
            commune_id=(lives_in or self.commune).pk,
            address="1 place du Drapeau",
            members=(NewMember(person_id=person.pk, role=Role.ADULT),),
        )
        self.households[name] = people.found_households([new], on=FOUNDED)[0]
        if card:
            self.card(card, person)
        if topped_up:
            self.top_up(name, topped_up)
        return self.households[name]

    def child(
        self, family: str, first_name: str, *, card: str = "", born_on: date = date(2017, 3, 2)
    ) -> Person:
        """Add a child to a family, of eight if nothing else is told."""
        person = people.register_person(
            NewPerson(first_name=first_name, birth_name=family, born_on=born_on)
        )
        people.add_member(
            household=self.households[family],
            person=person,
            role=Role.CHILD,
            is_main=True,
            on=FOUNDED,
        )
        if card:
            self.card(card, person)
        return person

    def firm(self, name: str, *, card: str, topped_up: str = "") -> Organisation:
        """Found a company with a card."""
        self.firms[name] = people.found_organisation(
            NewOrganisation(name=name, kind=OrganisationKind.COMPANY)
        )
        self.card(card, None, self.firms[name])
        if topped_up:
            self.top_up(name, topped_up)
        return self.firms[name]

    def card(self, number: str, person: Person | None, firm: Organisation | None = None) -> Medium:
        """Issue an active card; its holder gets a name in every sector."""
        self.credentials[number] = f"credential of {number}".encode()
        medium = cards.issue(
            kind=MediumKind.DESFIRE,
            number=number,
            credential=self.credentials[number],
            person=person,
            organisation=firm,
            at=datetime(2024, 1, 2, tzinfo=UTC),
        )
        if person is not None:
            people.holders_of([person.pk], list(Sector))
        elif firm is not None:
            people.organisation_holders_of([firm.pk], list(Sector))
        return medium

    def holder(self, number: str, sector: Sector) -> Any:
        """Return the name that the holder of a card has in a sector."""
        holding = Medium.objects.get(number=number).holdings.get()
        if holding.person_id:
            return people.holder_of(person=holding.person, sector=sector)
        firm = holding.organisation_id
        assert firm is not None
        return people.organisation_holders_of([firm], [sector])[firm, sector]

    def enrol(self, number: str, where: str) -> None:
        """Enrol the child of a card in a service."""
        Enrolment.objects.create(
            holder=self.holder(number, Sector.SCHOOL),
            service=self.points[where].service,
            valid_from=FOUNDED,
        )

    def product(self, code: str, kind: ProductKind, where: str = "", **terms: Any) -> Product:
        """Offer a product."""
        service = self.points[where].service if where else None
        return Product.objects.create(code=code, name=code, kind=kind, service=service, **terms)

    def give(self, number: str, product: Product, on: date = FOUNDED) -> Any:
        """Grant a product to the holder of a card."""
        sector = SECTOR_OF[Purpose(product.service.purpose)] if product.service else Sector.WASTE
        holder = self.holder(number, sector)
        if product.kind == ProductKind.CARNET:
            return rights.sell_carnet(
                holder=holder, product=product, on=on, at=datetime(2024, 1, 2, tzinfo=UTC)
            )
        return rights.grant_pass(holder=holder, product=product, on=on)

    def open_door(self, number: str, where: str, hours: tuple[int, int] = (7, 19)) -> None:
        """Let the holder of a card through a door on weekdays between two hours."""
        group = rights.create_group(code=f"{where}-{number}", name=where)
        rights.join_group(group=group, holder=self.holder(number, Sector.DOORS), on=FOUNDED)
        rights.set_schedules(
            group=group,
            schedules=[
                NewSchedule(
                    point_id=self.points[where].pk,
                    weekdays=0b0011111,
                    from_minute=hours[0] * 60,
                    until_minute=hours[1] * 60,
                )
            ],
        )

    def top_up(self, name: str, amount: str, uid: Any = None, at: str = "08:00") -> None:
        """Put money on a wallet."""
        household = self.households.get(name)
        firm = self.firms.get(name)
        billing.top_up(
            self.connection,
            [
                AskedTopUp(
                    uid=uid or uuid7(),
                    household_id=household.pk if household else None,
                    organisation_id=firm.pk if firm else None,
                    cents=cents(amount),
                    channel=Channel.INTERNET,
                    means=PaymentMeans.PAYFIP_CARD,
                    regie_id=self.regie.pk,
                    sous_regie_id=None,
                    at=self.at(at),
                )
            ],
            at=self.at(at),
        )

    # -- taps --------------------------------------------------------------------------------
    def at(self, text: str) -> datetime:
        """Return an instant: « 15:01 » today, « 15:01:30 », « 2025-12-31 23:50 »."""
        day, _, clock = text.rpartition(" ")
        hours, minutes, *seconds = (int(part) for part in clock.split(":"))
        start = date.fromisoformat(day) if day else self.today
        there = datetime(start.year, start.month, start.day, hours, minutes, tzinfo=ZONE)
        return (there + timedelta(seconds=seconds[0] if seconds else 0)).astimezone(UTC)

    def event(
        self,
        card: str,
        *,
        where: str,
        at: str,
        seq: int | None = None,
        door_said: Granted | Noted | Refused | None = None,
        direction: Direction | None = None,
    ) -> Event:
        """Return what the box at a place tells of a card."""
        point = self.points[where]
        number = point.guards.get().device_id
        sector = SECTOR_OF[Purpose(point.service.purpose)]
        said, why, means = Verdict.REFUSED, None, Means.FREE
        match door_said:
            case Granted():
                said, means = Verdict.GRANTED, door_said.means
            case Noted():
                said, why = Verdict.NOTED, door_said.reason
            case Refused():
                why = door_said.reason
        return Event(
            dev=number,
            seq=next(self.seqs[number]) if seq is None else seq,
            at=at_ms(self.at(at)),
            pt=point.pk,
            ref=sector_ref(sector, self.credentials.get(card, card.encode())).hex(),
            dir=direction or Direction(point.direction),
            by=By.DOOR if door_said is not None else By.TOWN,
            said=said,
            why=why,
            means=means,
        )

    def not_passed(self, where: str, *, of: int, at: str) -> Event:
        """Return what a turnstile tells when nobody walked through after a grant."""
        point = self.points[where]
        number = point.guards.get().device_id
        return Event(
            dev=number,
            seq=next(self.seqs[number]),
            at=at_ms(self.at(at)),
            pt=point.pk,
            what=Happening.NOT_PASSED,
            of=of,
            said=Verdict.REFUSED,
        )

    def tell(
        self, events: Iterable[Event], *, received: str = "23:59", asks: bool = False
    ) -> list[Answer]:
        """Settle events in one batch and return the answers."""
        self.answers = settle(
            told=[Told(event=event, asks=asks) for event in events],
            received_at=at_ms(self.at(received)),
            connection=self.connection,
            zone=ZONE,
        )
        return self.answers

    def tap(self, card: str, *, where: str, at: str, **how: Any) -> Answer:
        """Present a card: the door asks, unless we are told what it did alone."""
        event = self.event(card, where=where, at=at, **how)
        asks = how.get("door_said") is None
        return self.tell([event], received=at if asks else "23:59", asks=asks)[0]

    # -- what can be seen --------------------------------------------------------------------
    def _purse(self, name: str) -> Household | Organisation:
        return self.households.get(name) or self.firms[name]

    def wallet(self, name: str) -> str:
        """Return the money of a family, « 12,50 € »."""
        return euros(Account.objects.get(pk=self._purse(name).wallet_id).balance or 0)

    def owed(self, name: str) -> str:
        """Return what a family owes."""
        return euros(-(Account.objects.get(pk=self._purse(name).receivable_id).balance or 0))

    def left(self, account_id: int) -> int:
        """Return what is left on a carnet or a quota, its overrun taken off."""
        account = Account.objects.get(pk=account_id)
        overrun = Account.objects.get(pk=account.spill_id)
        return (account.balance or 0) + (overrun.balance or 0)

    def balance(self, code: str) -> str:
        """Return credits minus debits of any account, read from its transfers."""
        account = Account.objects.filter(code=code).first()
        if account is None:
            return euros(0)
        credits = Transfer.objects.filter(credit=account).aggregate(s=Sum("amount"))["s"] or 0
        debits = Transfer.objects.filter(debit=account).aggregate(s=Sum("amount"))["s"] or 0
        return euros(credits - debits)

    def charges(self, name: str) -> list[tuple[str, str]]:
        """Return the charges of a family, oldest first: sentence and amount."""
        rows = Charge.objects.filter(payer_id=self._purse(name).wallet_id).order_by("entry_id")
        return [(row.sentence, euros(row.cents)) for row in rows]

    def last_tap(self) -> TapEvent:
        """Return the tap of the last answer."""
        answer = self.answers[-1]
        return TapEvent.objects.get(device=answer.device, seq=answer.seq)


def town_here() -> Town:
    """Return a founded town on Django's connection."""
    return Town(underneath()).found()
