"""
Write the people of the twin down, each the way of the house: registered, housed, given a card.

Everything goes through the services of its package, by whole lists.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from cvq.cards import services as cards
from cvq.cards.keys import sector_refs
from cvq.cards.messages import NewMedium
from cvq.childcare.models import Enrolment
from cvq.halls.models import Slot
from cvq.kernel.ids import uuid7
from cvq.kernel.local import at_ms, instant, ms_at
from cvq.kernel.periods import school_year
from cvq.people import services as people
from cvq.people.messages import NewHousehold, NewMember, NewOrganisation, NewPerson
from cvq.people.models import (
    CustodyCalendar,
    OrganisationKind,
    Quotient,
    QuotientSource,
)
from cvq.rights import services as rights
from cvq.rights.messages import NewRight
from cvq.rights.models import Product
from cvq.rules.vocabulary import MediumState, Sector
from cvq.twin.drawing import SLOT_MINUTES
from cvq.twin.offers import enrolments, product_code, products, schedules_of, weekly
from cvq.twin.places import Places
from cvq.twin.residents import Card, Firm, Home, Population, Resident, Term, Ticket

BY_POST = 0.01
ROWS_AT_ONCE = 2000
Holders = dict[tuple[int, Sector], UUID]


def in_silence(what: str) -> None:
    """Say nothing of what is being written."""


class Writing:
    """One population on its way into the database."""

    def __init__(self, drawn: Population, places: Places, *, seed: int, at: datetime) -> None:
        """Prepare to write."""
        self.drawn = drawn
        self.places = places
        self.seed = seed
        self.at = at
        self.first_day = drawn.first_day
        self.founded_on = date(school_year(self.first_day), 9, 1)
        self.zone = ZoneInfo(settings.TIME_ZONE)
        self.holders: Holders = {}
        self.products: dict[str, Product] = {}

    @transaction.atomic
    def write_all(self, told: Callable[[str], None] = in_silence) -> None:
        """Write everything, in one transaction: a territory is never half peopled."""
        for what, write in (
            ("habitants", self._register),
            ("foyers", self._house),
            ("cartes", self._issue),
            ("abonnements et carnets", self._grant),
            ("inscriptions des enfants", self._enrol),
            ("badges des agents", self._open_doors),
            ("créneaux des courts", self._book_courts),
        ):
            told(what)
            write()

    def _rng(self, matter: str) -> Random:
        return Random(f"{self.seed}:{matter}")

    # -- who -----------------------------------------------------------------------------------
    def _register(self) -> None:
        rng = self._rng("names of people")
        drawn_at = at_ms(self.at)
        rows = people.register_people(
            [
                NewPerson(
                    uid=uuid7(drawn_at, rng.randbytes),
                    birth_name=resident.birth_name,
                    first_name=resident.first_name,
                    born_on=resident.born_on,
                    **_reached(resident),
                )
                for resident in self.drawn.residents
            ]
        )
        for resident, row in zip(self.drawn.residents, rows, strict=True):
            resident.person = row.pk

    def _house(self) -> None:
        rng = self._rng("names of homes")
        drawn_at = at_ms(self.at)
        founded = people.found_households(
            [
                NewHousehold(
                    uid=uuid7(drawn_at, rng.randbytes),
                    name=home.name,
                    commune_id=home.town.id,
                    address=home.address,
                    members=tuple(
                        NewMember(
                            person_id=member.person, role=member.role, is_main=member.home is home
                        )
                        for member in home.members
                    ),
                )
                for home in self.drawn.homes
            ],
            on=self.founded_on,
        )
        for home, row in zip(self.drawn.homes, founded, strict=True):
            home.household = row.pk
        self._tell_quotients()
        self._share_custody()
        firms = people.found_organisations(
            [
                NewOrganisation(
                    uid=uuid7(drawn_at, rng.randbytes),
                    name=firm.name,
                    siren=firm.siren,
                    kind=OrganisationKind.COMPANY,
                )
                for firm in self.drawn.firms
            ]
        )
        for firm, organisation in zip(self.drawn.firms, firms, strict=True):
            firm.organisation = organisation.pk

    def _tell_quotients(self) -> None:
        rng = self._rng("quotients")
        told = [home for home in self.drawn.homes if _has_children(home) and rng.random() < 0.93]
        people.record_quotients(
            Quotient(
                household_id=home.household,
                value=home.quotient,
                source=QuotientSource.MSA if rng.random() < 0.15 else QuotientSource.CAF,
                valid_from=self.founded_on,
            )
            for home in told
        )

    def _share_custody(self) -> None:
        # The Monday of a week in which `Resident.payer` names the first of the two homes.
        anchor = self.founded_on - timedelta(days=self.founded_on.weekday())
        if (anchor.toordinal() - 1) // 7 % 2:
            anchor -= timedelta(days=7)
        people.share_custodies(
            CustodyCalendar(
                child_id=child.person,
                household_a_id=child.home.household,
                household_b_id=child.other_home.household,
                anchor_on=anchor,
                valid_from=self.founded_on,
            )
            for child in self.drawn.residents
            if child.other_home is not None
        )

    # -- cards -----------------------------------------------------------------------------------
    def _issue(self) -> None:
        rng = self._rng("post")
        held = list(self.drawn.cards())
        states = [
            MediumState.ISSUED if rng.random() < BY_POST else MediumState.ACTIVE for _ in held
        ]
        media = cards.issue_many(
            [
                new_medium(card, holder, state)
                for (card, holder), state in zip(held, states, strict=True)
            ],
            at=self.at,
        )
        told_at = at_ms(self.at)
        learn_refs([card for card, _ in held])
        for (card, _), medium, state in zip(held, media, states, strict=True):
            card.medium = medium.pk
            card.states.append((told_at, state))

    def holder(self, resident: Resident, sector: Sector) -> UUID:
        """Return the name of a resident in a sector; all are read at once."""
        if not self.holders:
            carriers = [r.person for r in self.drawn.residents if r.cards]
            self.holders = people.holders_of(carriers, list(Sector))
        return self.holders[resident.person, sector]

    # -- rights --------------------------------------------------------------------------------
    def _grant(self) -> None:
        wanted = products(self.places)
        self.products = {row.code: row for row in rights.define_products(wanted)}
        carnets: list[tuple[Resident, NewRight]] = []
        others: list[NewRight] = []
        for resident in self.drawn.residents:
            if (swims := resident.swims) and swims.ticket is not Ticket.WALLET:
                product = self.products[product_code(swims)]
                holder = self.holder(resident, Sector.POOL)
                if swims.ticket is Ticket.CARNET:
                    new = NewRight(product=product, holder=holder, valid_from=self.founded_on)
                    carnets.append((resident, new))
                else:
                    others += _year_by_year(product, holder, resident)
            for spot in resident.reads:
                product = self.products[f"LIBRARY-{spot.code}"]
                holder = self.holder(resident, Sector.LIBRARY)
                others += _year_by_year(product, holder, resident)
        rights.grant_many(others)
        sold = rights.sell_carnets([carnet for _, carnet in carnets], at=self.at)
        for (resident, _), right in zip(carnets, sold, strict=True):
            resident.carnet = f"CARNET:{right.pk}"

    def _enrol(self) -> None:
        rows = []
        for child in self.drawn.residents:
            for spot, since, until in enrolments(child, self.founded_on):
                child.terms.append(Term(service=spot.service, since=since, until=until))
                rows.append(
                    Enrolment(
                        holder=self.holder(child, Sector.SCHOOL),
                        service_id=spot.service,
                        valid_from=since,
                        valid_until=until,
                    )
                )
        Enrolment.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE)

    def _open_doors(self) -> None:
        groups: dict[str, list[Resident]] = defaultdict(list)
        for resident in self.drawn.residents:
            if resident.works is not None:
                groups[resident.works.group].append(resident)
        for code, agents in sorted(groups.items()):
            group = rights.create_group(code=code, name=code.capitalize())
            rights.join_group_many(
                group=group,
                holders=[self.holder(agent, Sector.DOORS) for agent in agents],
                on=self.founded_on,
            )
            works = agents[0].works
            assert works is not None
            rights.set_schedules(group=group, schedules=schedules_of(code, works.doors))

    def _book_courts(self) -> None:
        rng = self._rng("slots")
        rows = []
        for player in self.drawn.residents:
            if player.plays is None or player.plays.court.space is None:
                continue
            for day in weekly(self.first_day, player.plays.weekday):
                if rng.random() < 0.1:
                    continue  # not that week
                starts = ms_at(day, player.plays.minute, self.zone)
                player.slots.append((starts, starts + SLOT_MINUTES * 60_000))
                rows.append(
                    Slot(
                        space_id=player.plays.court.space,
                        holder=self.holder(player, Sector.SPORT),
                        starts_at=instant(starts),
                        ends_at=instant(starts + SLOT_MINUTES * 60_000),
                    )
                )
        Slot.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE)


def new_medium(
    card: Card, holder: Resident | Firm, state: MediumState = MediumState.ACTIVE
) -> NewMedium:
    """Return a card as it is issued to somebody."""
    return NewMedium(
        kind=card.kind,
        number=card.number,
        credential=card.credential,
        person_id=holder.person if isinstance(holder, Resident) else None,
        organisation_id=holder.organisation if isinstance(holder, Firm) else None,
        state=state,
    )


def _year_by_year(product: Product, holder: UUID, resident: Resident) -> Iterator[NewRight]:
    """Yield the rights that the subscriptions of somebody come to."""
    for term in resident.terms:
        if term.service == product.service_id:
            yield NewRight(product=product, holder=holder, valid_from=term.since)


def learn_refs(issued: Sequence[Card]) -> None:
    """Work out what the readers of each sector send for these cards."""
    refs = sector_refs(card.credential for card in issued)
    sectors = len(Sector)
    for number, card in enumerate(issued):
        of_card = refs[number * sectors : (number + 1) * sectors]
        card.refs = {sector: ref.hex() for sector, ref in of_card}


def _reached(resident: Resident) -> dict[str, str]:
    """Return how an adult is reached: numbers kept for fiction, a domain that nobody has."""
    if resident is not resident.home.members[0]:
        return {}
    return {
        "mobile": f"06399800{resident.number % 100:02}",
        "email": f"habitant{resident.number}@courriel.example",
    }


def _has_children(home: Home) -> bool:
    return any(member.school or member.nursery for member in home.members)
