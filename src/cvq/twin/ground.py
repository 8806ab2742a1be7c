"""
The ground under the oracle: everything that is dated in a town, as plain Python.

Read table by table, with nothing in common with the statements of the spine, so that a mistake
there is not made here again.  Read it anew when the town changed: facts of before stay as they are.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from cvq.cards import models as cards
from cvq.catalog import models as catalog
from cvq.catalog import selectors
from cvq.catalog.calendar import Calendar
from cvq.childcare.models import Enrolment
from cvq.halls.models import Slot
from cvq.kernel.local import at_ms
from cvq.kernel.periods import is_current
from cvq.ledger.models import Account
from cvq.people import models as people
from cvq.rights import models as rights
from cvq.rules.custody import Alternation
from cvq.rules.door import Window
from cvq.rules.slot import Booked
from cvq.rules.tariff import Tariff, compile_published
from cvq.rules.vocabulary import SECTOR_OF, MediumKind, MediumState, Purpose, Sector

# A person, a household or an organisation, by its number.
Owner = tuple[Literal["PERSON", "HOUSEHOLD", "ORGANISATION"], int]
T = TypeVar("T")


class Dated(NamedTuple):
    """Something that holds from a day until another, which is out."""

    what: Any
    valid_from: date
    valid_until: date | None


def on(day: date, dated: Iterable[Dated]) -> list[Any]:
    """Return all that holds on a day, in the order given."""
    return [one.what for one in dated if is_current(one.valid_from, one.valid_until, day)]


@dataclass(frozen=True)
class Medium:
    """What is presented: its states and whose it was, by instants in milliseconds, oldest first."""

    kind: MediumKind
    states: list[tuple[int, MediumState]]
    holdings: list[tuple[int, int | None, Owner]]

    def state(self, at: int) -> MediumState:
        """Return the state of the medium at an instant."""
        known = [state for since, state in self.states if since <= at]
        return known[-1] if known else MediumState.ISSUED

    def owner(self, at: int) -> Owner | None:
        """Return who held the medium at an instant."""
        for since, until, owner in self.holdings:
            if since <= at and (until is None or at < until):
                return owner
        return None


@dataclass(frozen=True)
class Turns:
    """A custody calendar and the days agreed apart."""

    alternation: Alternation
    apart: Mapping[date, int]


@dataclass(frozen=True)
class Purse:
    """The codes of the two accounts of whoever pays."""

    wallet: str
    owes: str


@dataclass(frozen=True)
class Held:
    """A right of a holder; `account` is the carnet's, filled with `amount` entries."""

    kind: str
    service: int | None
    zone: str
    lock_minutes: int
    account: str | None
    amount: int


@dataclass(frozen=True)
class Version:
    """A version of a tariff."""

    id: int
    code: str
    tariff: Tariff


@dataclass(frozen=True)
class Place:
    """An access point, with all that its service says; tariffs newest first."""

    point: int
    service: int
    purpose: Purpose
    zone: str
    space: int | None
    department: str
    max_attendance: int | None
    devices: frozenset[int]
    authority: str
    revenue_type: str
    own_regie: bool
    agreements: list[Dated]
    tariffs: list[Dated]

    @property
    def sector(self) -> Sector:
        """Return the sector whose references are read here."""
        return SECTOR_OF[self.purpose]

    def revenue(self, day: date) -> str:
        """Return the code of the account to which paid income of a day goes."""
        kind = "REVENUE_TO_PAY_OVER" if self.own_regie else "UNALLOCATED"
        if not self.own_regie and on(day, self.agreements):
            kind = "THIRD_PARTY"
        return f"{kind}:{self.authority}:{self.revenue_type}"

    def accrued(self) -> str:
        """Return the code of the account of income that is still owed."""
        return f"ACCRUED:{self.authority}:{self.revenue_type}"

    def tariff(self, day: date, code: str | None = None) -> Version | None:
        """Return the newest tariff in force, of an item if one is named."""
        found = [one for one in on(day, self.tariffs) if code in (None, one.code)]
        return found[0] if found else None


@dataclass(frozen=True)
class Quota:
    """The visits that each household has in a year."""

    product: str
    unit: str
    amount: int


@dataclass
class Ground:
    """A town, as of the moment it was read."""

    zone: ZoneInfo
    calendar: Calendar
    quota: Quota | None = None
    media: dict[tuple[Sector, str], Medium] = field(default_factory=dict)
    holders: dict[tuple[Owner, Sector], UUID] = field(default_factory=dict)
    owners: dict[UUID, Owner] = field(default_factory=dict)
    born_on: dict[int, date] = field(default_factory=dict)
    mains: dict[int, list[Dated]] = field(default_factory=dict)
    turns: dict[int, list[Dated]] = field(default_factory=dict)
    purses: dict[Owner, Purse] = field(default_factory=dict)
    communes: dict[int, list[Dated]] = field(default_factory=dict)
    members: dict[int, list[Dated]] = field(default_factory=dict)
    quotients: dict[int, list[Dated]] = field(default_factory=dict)
    rights: dict[UUID, list[Dated]] = field(default_factory=dict)
    enrolments: dict[tuple[UUID, int], list[Dated]] = field(default_factory=dict)
    groups: dict[UUID, list[Dated]] = field(default_factory=dict)
    windows: dict[tuple[int, int], list[Window]] = field(default_factory=dict)
    slots: dict[tuple[UUID, int], list[Booked]] = field(default_factory=dict)
    places: dict[int, Place] = field(default_factory=dict)
    enrolled: dict[int, int] = field(default_factory=dict)

    @cached_property
    def of_service(self) -> dict[int, Place]:
        """Return one access point of each service."""
        return {place.service: place for place in self.places.values()}

    @cached_property
    def _purse_of(self) -> dict[str, Purse]:
        return {purse.wallet: purse for purse in self.purses.values()}

    def purse_of(self, wallet: str) -> Purse:
        """Return the purse that a wallet is in, by its code."""
        return self._purse_of[wallet]


def read() -> Ground:
    """Read the town from the database that Django has open."""
    ground = Ground(zone=ZoneInfo(settings.TIME_ZONE), calendar=selectors.calendar())
    _read_people(ground)
    _read_media(ground)
    _read_rights(ground)
    _read_places(ground)
    return ground


def _grouped(rows: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = defaultdict(list)
    for key, value in rows:
        found[key].append(value)
    return dict(found)


def _owner(person: int | None, organisation: int | None) -> Owner:
    if person is not None:
        return ("PERSON", person)
    assert organisation is not None
    return ("ORGANISATION", organisation)


def _read_people(ground: Ground) -> None:
    ground.born_on = dict(people.Person.objects.values_list("id", "born_on"))
    mains = people.HouseholdMember.objects.filter(is_main=True).order_by("id")
    ground.mains = _grouped(
        (row.person_id, Dated(row.household_id, row.valid_from, row.valid_until)) for row in mains
    )
    apart: dict[int, dict[date, int]] = defaultdict(dict)
    for day in people.CustodyException.objects.order_by("id"):
        apart[day.calendar_id][day.day] = day.household_id
    ground.turns = _grouped(
        (row.child_id, Dated(_turns(row, apart[row.pk]), row.valid_from, row.valid_until))
        for row in people.CustodyCalendar.objects.order_by("id")
    )
    for household in people.Household.objects.select_related("wallet", "receivable"):
        ground.purses["HOUSEHOLD", household.pk] = _purse(household)
    for organisation in people.Organisation.objects.select_related("wallet", "receivable"):
        ground.purses["ORGANISATION", organisation.pk] = _purse(organisation)
    ground.communes = _grouped(
        (row.household_id, Dated(row.commune_id, row.valid_from, row.valid_until))
        for row in people.Residence.objects.order_by("id")
    )
    ground.members = _grouped(
        (row.commune_id, Dated(row.authority_id, row.valid_from, row.valid_until))
        for row in catalog.CommuneMembership.objects.order_by("id")
    )
    ground.quotients = _grouped(
        (row.household_id, Dated(row.value, row.valid_from, row.valid_until))
        for row in people.Quotient.objects.order_by("id")
    )
    for row in people.SectorIdentifier.objects.all():
        owner = _owner(row.person_id, row.organisation_id)
        ground.holders[owner, Sector(row.sector)] = row.holder
        ground.owners[row.holder] = owner


def _turns(row: people.CustodyCalendar, apart: dict[date, int]) -> Turns:
    return Turns(
        Alternation(
            anchor_on=row.anchor_on, household_a=row.household_a_id, household_b=row.household_b_id
        ),
        apart,
    )


def _purse(owner: people.Household | people.Organisation) -> Purse:
    return Purse(owner.wallet.code, owner.receivable.code)


def _read_media(ground: Ground) -> None:
    states = _grouped(
        (row.medium_id, (at_ms(row.at), MediumState(row.state)))
        for row in cards.MediumState.objects.order_by("at", "id")
    )
    holdings = _grouped(
        (
            row.medium_id,
            (
                at_ms(row.held_from),
                at_ms(row.held_until) if row.held_until else None,
                _owner(row.person_id, row.organisation_id),
            ),
        )
        for row in cards.Holding.objects.order_by("id")
    )
    media = {
        row.pk: Medium(MediumKind(row.kind), states.get(row.pk, []), holdings.get(row.pk, []))
        for row in cards.Medium.objects.all()
    }
    for ref in cards.SectorRef.objects.all():
        ground.media[Sector(ref.sector), bytes(ref.ref).hex()] = media[ref.medium_id]


def _read_rights(ground: Ground) -> None:
    codes = dict(Account.objects.filter(kind="CARNET").values_list("id", "code"))
    rows = rights.Right.objects.filter(holder__isnull=False).select_related("product")
    # What ends first is used first; without an end comes last.
    ordered = sorted(rows, key=lambda row: (row.valid_until or date.max, row.pk))
    ground.rights = _grouped(
        (row.holder, Dated(_held(row, codes), row.valid_from, row.valid_until)) for row in ordered
    )
    quota = rights.Product.objects.filter(kind="QUOTA", unit="VISIT", service=None)
    if (first := quota.order_by("id").first()) is not None:
        ground.quota = Quota(first.code, first.unit or "", first.amount or 0)
    ground.enrolments = _grouped(
        ((row.holder, row.service_id), Dated(True, row.valid_from, row.valid_until))
        for row in Enrolment.objects.order_by("id")
    )
    ground.groups = _grouped(
        (row.holder, Dated(row.group_id, row.valid_from, row.valid_until))
        for row in rights.GroupMember.objects.order_by("id")
    )
    ground.windows = _grouped(
        (
            (row.group_id, row.point_id),
            Window(row.weekdays, row.from_minute, row.until_minute, row.on_public_holidays),
        )
        for row in rights.Schedule.objects.order_by("id")
    )
    ground.slots = _grouped(
        ((row.holder, row.space_id), Booked(at_ms(row.starts_at), at_ms(row.ends_at)))
        for row in Slot.objects.order_by("id")
    )


def _held(row: rights.Right, codes: Mapping[int, str]) -> Held:
    product = row.product
    return Held(
        kind=product.kind,
        service=product.service_id,
        zone=product.zone,
        lock_minutes=product.time_lock_minutes,
        account=codes[row.account_id] if row.account_id else None,
        amount=product.amount or 0,
    )


def _read_places(ground: Ground) -> None:
    newest = catalog.Tariff.objects.filter(withdrawal=None).order_by("-valid_from", "-id")
    tariffs = _grouped((row.service_id, _version(row)) for row in newest)
    agreements = _grouped(
        ((row.regie_id, row.authority_id), Dated(row.pk, row.valid_from, row.valid_until))
        for row in catalog.SharingAgreement.objects.order_by("id")
    )
    devices = _grouped(catalog.DevicePoint.objects.values_list("point_id", "device_id"))
    points = catalog.AccessPoint.objects.select_related(
        "service__authority", "service__regie", "service__site__commune"
    )
    for point in points:
        service = point.service
        regie = service.regie
        ground.places[point.pk] = Place(
            point=point.pk,
            service=service.pk,
            purpose=point.purpose,
            zone=point.zone,
            space=point.space_id,
            department=service.site.commune.department if service.site else "",
            max_attendance=point.max_attendance,
            devices=frozenset(devices.get(point.pk, ())),
            authority=service.authority.siren,
            revenue_type=service.revenue_type,
            own_regie=regie is not None and regie.authority_id == service.authority_id,
            agreements=agreements.get((service.regie_id, service.authority_id), []),
            tariffs=tariffs.get(service.pk, []),
        )
    for number, enrolled_at in catalog.Device.objects.values_list("id", "enrolled_at"):
        ground.enrolled[number] = at_ms(enrolled_at)


def _version(row: catalog.Tariff) -> Dated:
    version = Version(row.pk, row.code, compile_published(row.document))
    return Dated(version, row.valid_from, row.valid_until)
