"""The other services of the town, where its people have every right they need."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from bench.ground import DAYS, FIRST_DAY, SLOT, SLOTS_A_DAY, OtherPlace
from bench.town.places import FOUNDED
from cvq.catalog.models import (
    AccessPoint,
    Device,
    DevicePoint,
    Regie,
    Service,
    Site,
    Space,
)
from cvq.childcare.models import Enrolment
from cvq.halls.models import Slot
from cvq.people.models import HouseholdMember
from cvq.people.services import holders_of
from cvq.rights import services as rights
from cvq.rights.messages import NewRight, NewSchedule, QuotaTerms
from cvq.rights.models import Product, ProductKind
from cvq.rules.vocabulary import SECTOR_OF, Purpose, Sector, Unit

ROWS_AT_ONCE = 2_000
EVERY_DAY = 0b1111111
VISITS = 15
OPENED = datetime(2025, 1, 2, tzinfo=UTC)
PURPOSES = (
    Purpose.CANTEEN,
    Purpose.SCHOOL_GATE,
    Purpose.GARDERIE,
    Purpose.LIBRARY,
    Purpose.DOOR,
    Purpose.WASTE,
    Purpose.COURT,
)


def laid(
    site: Site, regie: Regie, first_box: int, keys: tuple[bytes, bytes], people: Sequence[int]
) -> tuple[OtherPlace, ...]:
    """Lay out one place of each of the other services, with a box, open to these people."""
    court = Space.objects.create(site=site, code="COURT", name="Court")
    points = {}
    for number, purpose in enumerate(PURPOSES, start=first_box):
        service = Service.objects.create(
            code=purpose.value,
            name=purpose.value,
            purpose=purpose,
            authority=site.authority,
            regie=regie,
            site=site,
            is_always_open=True,
        )
        points[purpose] = AccessPoint.objects.create(
            code=purpose.value,
            name=purpose.value,
            service=service,
            zone=purpose.value,
            direction="IN",
            space=court if purpose is Purpose.COURT else None,
        )
        device = _box(number, site, keys)
        DevicePoint.objects.create(device=device, point=points[purpose])
    _open_to(people, points, court)
    return tuple(
        OtherPlace(purpose, SECTOR_OF[purpose], points[purpose].pk, number)
        for number, purpose in enumerate(PURPOSES, start=first_box)
    )


def _box(number: int, site: Site, keys: tuple[bytes, bytes]) -> Device:
    return Device.objects.create(
        id=number,
        code=f"BOX-{number}",
        name=f"Boîtier {number}",
        site=site,
        profile="READER",
        hmac_key=keys[0],
        public_key=keys[1],
        enrolled_at=datetime(2024, 12, 1, tzinfo=UTC),
    )


def _open_to(people: Sequence[int], points: dict[Purpose, AccessPoint], court: Space) -> None:
    names = holders_of(people, list(Sector))

    def holders(sector: Sector) -> list[UUID]:
        return [names[person, sector] for person in people]

    Enrolment.objects.bulk_create(
        (
            Enrolment(holder=holder, service=points[purpose].service, valid_from=FOUNDED)
            for purpose in (Purpose.CANTEEN, Purpose.SCHOOL_GATE, Purpose.GARDERIE)
            for holder in holders(Sector.SCHOOL)
        ),
        batch_size=ROWS_AT_ONCE,
    )
    card = Product(
        code="CARD",
        kind=ProductKind.MEMBERSHIP,
        name="Abonnement",
        service=points[Purpose.LIBRARY].service,
    )
    quota = Product(
        code="VISITS", kind=ProductKind.QUOTA, name="Passages", unit=Unit.VISIT, amount=VISITS
    )
    card, quota = rights.define_products([card, quota])
    rights.grant_many(
        [NewRight(product=card, valid_from=FOUNDED, holder=h) for h in holders(Sector.LIBRARY)]
    )
    members = HouseholdMember.objects.filter(person_id__in=people)
    rights.open_quotas_ahead(
        terms=QuotaTerms(quota.code, Unit.VISIT, VISITS),
        household_ids=sorted(set(members.values_list("household_id", flat=True))),
        day=FIRST_DAY,
        at=OPENED,
    )
    staff = rights.create_group(code="STAFF", name="Agents")
    rights.join_group_many(group=staff, holders=holders(Sector.DOORS), on=FOUNDED)
    hours = NewSchedule(
        point_id=points[Purpose.DOOR].pk, weekdays=EVERY_DAY, from_minute=0, until_minute=1440
    )
    rights.set_schedules(group=staff, schedules=[hours])
    _book(court, holders(Sector.SPORT))


def _book(court: Space, holders: Sequence[UUID]) -> None:
    """Book the court from midnight on, day after day: slot after slot, one after the other."""
    Slot.objects.bulk_create(
        (
            Slot(
                space=court,
                holder=holders[(day * SLOTS_A_DAY + number) % len(holders)],
                starts_at=slot_starts(FIRST_DAY + timedelta(days=day), number),
                ends_at=slot_starts(FIRST_DAY + timedelta(days=day), number) + SLOT,
            )
            for day in range(DAYS)
            for number in range(SLOTS_A_DAY)
        ),
        batch_size=ROWS_AT_ONCE,
    )


def slot_starts(day: date, number: int) -> datetime:
    """Return when a slot of that day begins."""
    return datetime.combine(day, time(0), UTC) + number * SLOT
