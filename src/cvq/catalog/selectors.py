"""
What the rest of the house asks of the territory.

Hours and prices are kept in memory and read again when the catalogue's revision moves, so that an
answer costs one small query and is never stale.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from cvq.catalog.calendar import Calendar, Closed, Hours, Interval, Open, Place, Week
from cvq.catalog.kinds import SchoolDay
from cvq.catalog.models import (
    Closing,
    OpeningHours,
    Revision,
    SchoolHoliday,
    SchoolWeek,
    Service,
    Site,
    Tariff,
)
from cvq.catalog.zones import calendar_zone
from cvq.kernel.periods import is_current
from cvq.kernel.unable import Unable
from cvq.rules import tariff as rules

Moment = tuple[str, int]  # the database and the revision of its catalogue


class NoTariffInForce(Unable):
    """Nobody voted a price for that day."""


class InForce(NamedTuple):
    """A tariff ready to rate, with the row it comes from."""

    id: int
    service_id: int
    code: str
    valid_from: date
    valid_until: date | None
    tariff: rules.Tariff


class Remembered(NamedTuple):
    """What one process keeps of the catalogue, and of which revision."""

    moment: Moment
    calendar: Calendar
    prices: dict[int, list[InForce]]


_remembered: list[Remembered] = []  # one at most: a process opens one territory


def revision() -> int:
    """Return the number that moves whenever the catalogue changes."""
    return Revision.objects.values_list("number", flat=True).get()


def calendar() -> Calendar:
    """Return the calendar of the territory as it is now."""
    return _current().calendar


def is_open(service_id: int, at_ms: int) -> bool:
    """Say whether a service is open at an instant."""
    return calendar().is_open(service_id, at_ms)


def open_intervals(service_id: int, day: date) -> tuple[Interval, ...]:
    """Return the minutes of the local day between which a service is open, ends being out."""
    return calendar().open_intervals(service_id, day)


def school_day(site_id: int, day: date) -> SchoolDay:
    """Return how much class a school has that day; NONE is false."""
    return calendar().school_day(site_id, day)


def tariff_in_force(service_id: int, day: date, code: str | None = None) -> InForce:
    """
    Return the tariff of a service that day: the newest of those in force.

    :raises NoTariffInForce: there is none; or there are several items and no code to choose.
    """
    found: dict[str, InForce] = {}
    for row in _current().prices.get(service_id, ()):  # oldest first, so that the newest stays
        if is_current(row.valid_from, row.valid_until, day) and code in {None, row.code}:
            found[row.code] = row
    if len(found) != 1:
        what = f"Tarif {code or ''} du service {service_id} au {day:%d/%m/%Y}"
        known = f"à choisir parmi {', '.join(sorted(found))}" if found else "aucun en vigueur"
        raise NoTariffInForce(f"{what} : {known}.")
    return next(iter(found.values()))


def _current() -> Remembered:
    moment = (str(connection.settings_dict["NAME"]), revision())
    if not _remembered or _remembered[0].moment != moment:
        _remembered[:] = [Remembered(moment, _read_calendar(), _read_prices())]
    return _remembered[0]


def _read_prices() -> dict[int, list[InForce]]:
    found: dict[int, list[InForce]] = defaultdict(list)
    # Many services share one grid; what nobody can read is no price, and the audit lists it.
    compiled: dict[str, rules.Tariff | None] = {}
    for row in Tariff.objects.filter(withdrawal=None).order_by("valid_from", "id"):
        key = str(row.document)
        if key not in compiled:
            compiled[key] = _readable(row.document)
        tariff = compiled[key]
        if tariff is not None:
            found[row.service_id].append(
                InForce(row.id, row.service_id, row.code, row.valid_from, row.valid_until, tariff)
            )
    return dict(found)


def _readable(document: dict[str, Any]) -> rules.Tariff | None:
    try:
        return rules.compile_published(document)
    except rules.TariffUnreadable:
        return None


def _read_calendar() -> Calendar:
    hours: dict[int, list[Hours]] = defaultdict(list)
    for service_id, *line in OpeningHours.objects.values_list("service_id", *Hours._fields):
        hours[service_id].append(Hours(*line))
    weeks: dict[int, list[Week]] = defaultdict(list)
    for site_id, *week in SchoolWeek.objects.values_list("site_id", *Week._fields):
        weeks[site_id].append(Week(*week))
    of_service: dict[int, list[Closed]] = defaultdict(list)
    of_site: dict[int, list[Closed]] = defaultdict(list)
    closings = Closing.objects.order_by("id").values_list("service_id", "site_id", *Closed._fields)
    for service_id, site_id, *closed in closings:
        (of_site[site_id] if service_id is None else of_service[service_id]).append(Closed(*closed))
    places = {
        site_id: Place(
            department, calendar_zone(department), tuple(of_site[site_id]), tuple(weeks[site_id])
        )
        for site_id, department in Site.objects.values_list("id", "commune__department")
    }
    services = {
        id: Open(is_always_open, tuple(hours[id]), tuple(of_service[id]), site_id)
        for id, is_always_open, site_id in Service.objects.values_list(
            "id", "is_always_open", "site_id"
        )
    }
    return Calendar(
        zone=ZoneInfo(settings.TIME_ZONE),
        places=places,
        services=services,
        school_holidays=_by_zone(SchoolHoliday.objects.values_list("zone", "starts_on", "ends_on")),
    )


def _by_zone(
    rows: Iterable[tuple[str, date, date]],
) -> dict[str, list[tuple[date, date]]]:
    found: dict[str, list[tuple[date, date]]] = defaultdict(list)
    for zone, starts_on, ends_on in rows:
        found[zone].append((starts_on, ends_on))
    return dict(found)
