"""What the territory of the twin offers: products, enrolments, the hours of its doors."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from cvq.rights.messages import NewSchedule
from cvq.rights.models import Product, ProductKind
from cvq.rights.services import waste_visits
from cvq.rules.vocabulary import Unit
from cvq.twin.places import Places, Spot
from cvq.twin.residents import Resident, Swimming, Ticket

YEAR_DAYS = 365
LOCK_MINUTES = 60
ENTRIES = 10
VISITS = 15
OFFICE_HOURS, LONG_HOURS, CLEANING_HOURS = (7, 20), (6, 22), (5, 9)
WEEKDAYS, WORKING_DAYS = 0b0011111, 0b0111111


def product_code(swims: Swimming) -> str:
    """Return the code of what a swimmer goes in on."""
    return f"{swims.ticket.value}-{swims.pool.code}"


def products(places: Places) -> list[Product]:
    """Return all that may be granted, not written yet."""
    wanted = [waste_visits()]
    wanted += [
        Product(
            code=f"LIBRARY-{spot.code}",
            kind=ProductKind.MEMBERSHIP,
            name=f"{spot.name}, abonnement d'un an",
            service_id=spot.service,
            validity_days=YEAR_DAYS,
            is_model=True,
        )
        for spot in places.libraries
    ]
    for pool in places.pools:
        wanted += _tickets(pool.code, pool.service)
    return wanted


def enrolments(child: Resident, founded_on: date) -> Iterator[tuple[Spot, date, date | None]]:
    """Yield where a child is enrolled, from when and until when."""
    habits = child.school
    if habits is not None:
        spots: list[Spot | None] = [habits.school.gate]
        if habits.meals > 0.1:
            spots.append(habits.school.canteen)
        if habits.mornings or habits.evenings:
            spots.append(habits.school.garderie)
        for spot in spots:
            if spot is not None:
                yield spot, habits.since, habits.until
    for spot in (child.nursery, child.leisure):
        if spot is not None:
            yield spot, founded_on, None


def schedules_of(code: str, doors: Sequence[Spot]) -> list[NewSchedule]:
    """Return the hours at which a group opens its doors."""
    days, hours = WEEKDAYS, OFFICE_HOURS
    if code == "TECHNIQUE":
        days, hours = WORKING_DAYS, LONG_HOURS
    elif code == "ENTRETIEN":
        hours = CLEANING_HOURS
    return [
        NewSchedule(
            point_id=door.point,
            weekdays=days,
            from_minute=hours[0] * 60,
            until_minute=hours[1] * 60,
        )
        for door in doors
    ]


def weekly(first_day: date, weekday: int) -> Iterator[date]:
    """Yield one weekday of each week of the year that begins on a day."""
    day = first_day + timedelta(days=(weekday - first_day.weekday()) % 7)
    while day < first_day + timedelta(days=YEAR_DAYS + 1):
        yield day
        day += timedelta(days=7)


def _tickets(code: str, service: int) -> list[Product]:
    return [
        Product(
            code=f"{Ticket.PASS}-{code}",
            kind=ProductKind.PASS,
            name="Abonnement annuel piscine",
            service_id=service,
            validity_days=YEAR_DAYS,
            time_lock_minutes=LOCK_MINUTES,
            price_cents=24_000,
            is_model=True,
        ),
        Product(
            code=f"{Ticket.CARNET}-{code}",
            kind=ProductKind.CARNET,
            name="Carnet de dix entrées",
            service_id=service,
            unit=Unit.ENTRY,
            amount=ENTRIES,
            price_cents=4_000,
            is_model=True,
        ),
    ]
