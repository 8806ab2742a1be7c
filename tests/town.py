"""
A small town for the stories: one of each service, and the words to tell what happens in it.

Everything goes the product's own way: families are founded, cards issued and taps settled by the
same services as in production, on the connection that Django has open.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Sum
from psycopg import Connection

from cvq.billing import services as billing
from cvq.billing.models import Charge
from cvq.cards import services as cards
from cvq.cards.keys import sector_ref
from cvq.cards.models import Medium
from cvq.catalog.models import (
    AccessPoint,
    Authority,
    Commune,
    CommuneMembership,
    Device,
    DevicePoint,
    Regie,
    Service,
    SharingAgreement,
    Site,
    Space,
    Tariff,
)
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

ZONE = ZoneInfo("Europe/Paris")
FOUNDED = date(2024, 1, 1)
TODAY = date(2025, 6, 3)  # a Tuesday of school time

ENTRY = {
    "grid": 1,
    "item": "Entrée piscine",
    "inputs": ["age", "resident"],
    "rows": [
        {"when": {"age": [0, 5]}, "cents": 0, "label": "moins de 5 ans"},
        {"when": {"age": [5, 16], "resident": True}, "cents": 330, "label": "moins de 16 ans"},
        {"when": {"resident": True}, "cents": 450, "label": "plein tarif"},
        {"when": {}, "cents": 540, "label": "hors territoire"},
    ],
}
VISIT = {
    "grid": 1,
    "item": "Passage professionnel",
    "inputs": [],
    "rows": [{"when": {}, "cents": 1500, "label": "forfait"}],
}
MEAL = {
    "grid": 1,
    "item": "Repas",
    "inputs": ["quotient"],
    "rows": [
        {"when": {"quotient": [0, 600]}, "cents": 200, "label": "quotient jusqu'à 599"},
        {"when": {}, "cents": 350, "label": "plein tarif"},
    ],
}
HALF_HOURS = {
    "grid": 1,
    "item": "Garderie",
    "inputs": ["quotient", "half_hours"],
    "per": "half_hours",
    "unit": "demi-heure",
    "rows": [{"when": {}, "cents": 90, "label": "plein tarif"}],
}
# name: (purpose, direction, revenue type, tariff, who manages it)
PLACES: dict[str, tuple[Purpose, Direction, str, dict[str, Any] | None, str]] = {
    "GâtinéO": (Purpose.POOL, Direction.IN, "PISCINE", ENTRY, "CC"),
    "GâtinéO sortie": (Purpose.POOL, Direction.OUT, "PISCINE", ENTRY, "CC"),
    "Déchèterie": (Purpose.WASTE, Direction.IN, "DECHETTERIE", VISIT, "CC"),
    "Cantine": (Purpose.CANTEEN, Direction.IN, "CANTINE", MEAL, "COMMUNE"),
    "Garderie": (Purpose.GARDERIE, Direction.IN, "GARDERIE", HALF_HOURS, "COMMUNE"),
    "Garderie départ": (Purpose.GARDERIE, Direction.OUT, "GARDERIE", HALF_HOURS, "COMMUNE"),
    "École": (Purpose.SCHOOL_GATE, Direction.IN, "", None, "COMMUNE"),
    "Médiathèque": (Purpose.LIBRARY, Direction.IN, "MEDIATHEQUE", None, "CC"),
    "Squash": (Purpose.COURT, Direction.IN, "SPORT", None, "CC"),
    "Mairie": (Purpose.DOOR, Direction.IN, "", None, "CC"),
}


def cents(text: str) -> int:
    """Read « 12,50 » as 1250."""
    whole, _, rest = text.partition(",")
    return int(whole) * 100 + int((rest + "00")[:2])


@dataclass
class Town:
    """The town, on one connection."""

    connection: Connection[Any]
    points: dict[str, AccessPoint] = field(default_factory=dict)
    households: dict[str, Household] = field(default_factory=dict)
    firms: dict[str, Organisation] = field(default_factory=dict)
    credentials: dict[str, bytes] = field(default_factory=dict)
    seqs: dict[int, Any] = field(default_factory=dict)
    today: date = TODAY
    answers: list[Answer] = field(default_factory=list)

    # -- the ground --------------------------------------------------------------------------
    def found(self) -> "Town":
        """Lay out the places of the town."""
        community = Authority.objects.create(siren="200041333", name="CC", kind="COMMUNITY")
        commune = Authority.objects.create(siren="217902022", name="Parthenay", kind="COMMUNE")
        self.commune = self._commune("79202", "Parthenay", community)
        self.elsewhere = self._commune("79191", "Niort", None)
        self.regie = Regie.objects.create(
            code="CVQ",
            name="Régie",
            authority=community,
            kind="RECETTES_AVANCES",
            founding_act="décision du 30 juin 2005",
            founded_on=date(2005, 6, 30),
            revenue_types=[],
            payment_means=[means.value for means in PaymentMeans],
        )
        self.agreement = SharingAgreement.objects.create(
            regie=self.regie, authority=commune, council_decision="2020-1", valid_from=FOUNDED
        )
        site = Site.objects.create(
            code="SITE", name="Site", kind="OTHER", authority=community, commune=self.commune
        )
        self.court = Space.objects.create(site=site, code="COURT-1", name="Court 1")
        services: dict[str, Service] = {}
        for number, (name, place) in enumerate(PLACES.items(), start=1):
            purpose, direction, revenue_type, tariff, manager = place
            code = name.split()[0]
            if code not in services:
                services[code] = Service.objects.create(
                    code=code,
                    name=code,
                    purpose=purpose,
                    authority=community if manager == "CC" else commune,
                    regie=self.regie,
                    site=site,
                    revenue_type=revenue_type,
                    is_always_open=True,
                )
                if tariff:
                    self.tariff(services[code], tariff)
            self.points[name] = AccessPoint.objects.create(
                code=name,
                name=name,
                service=services[code],
                zone=code,
                direction=direction,
                space=self.court if purpose is Purpose.COURT else None,
            )
            self.device(number, site, self.points[name])
        return self

    def _commune(self, insee: str, name: str, community: Authority | None) -> Commune:
        commune = Commune.objects.create(
            insee=insee,
            name=name,
            siren=f"2179{insee}",
            department="79",
            population_municipal=10_000,
            population_total=10_500,
            postcode="79200",
        )
        if community is not None:
            CommuneMembership.objects.create(
                commune=commune, authority=community, valid_from=date(2014, 1, 1)
            )
        return commune

    def device(self, number: int, site: Site, point: AccessPoint) -> Device:
        """Put a box at a point."""
        device = Device.objects.create(
            id=number,
            code=f"BOX-{number}",
            name=f"Boîtier {number}",
            site=site,
            profile="TURNSTILE",
            hmac_key=bytes(32),
            public_key=bytes(32),
            enrolled_at=datetime(2024, 1, 1, tzinfo=UTC),
        )
        DevicePoint.objects.create(device=device, point=point)
        self.seqs[number] = count(1)
        return device

    def tariff(self, service: Service, document: dict[str, Any], since: date = FOUNDED) -> Tariff:
        """Vote a price."""
        return Tariff.objects.create(
            code=document["item"],
            service=service,
            document=document,
            council_decision="2023-12",
            is_model=True,
            valid_from=since,
        )

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

    def child(self, family: str, first_name: str, *, card: str = "") -> Person:
        """Add a child of eight to a family."""
        person = people.register_person(
            NewPerson(first_name=first_name, birth_name=family, born_on=date(2017, 3, 2))
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
        return people.organisation_holders_of([holding.organisation_id], [sector])[
            holding.organisation_id, sector
        ]

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
