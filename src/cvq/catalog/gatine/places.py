"""Each kind of place of Parthenay-Gâtine: its sites, services, points, boxes and prices."""

from itertools import count

from cvq.catalog.gatine.plan import Plan, minutes
from cvq.catalog.gatine.written import Place, School, read_counter_tariff
from cvq.catalog.kinds import DeviceProfile, SchoolWeekKind, SiteKind
from cvq.catalog.models import (
    Authority,
    Catchment,
    Closing,
    Regie,
    SchoolWeek,
    Service,
    SharingAgreement,
    Site,
    SousRegie,
    Space,
)
from cvq.rules.vocabulary import Direction, Purpose

WAYS = {Direction.IN: "entrée", Direction.OUT: "sortie"}


def authorities(plan: Plan) -> None:
    """Know the bodies that are neither the community nor its communes."""
    for body in plan.written.others:
        row = Authority(siren=body.siren, name=body.name, kind=body.kind)
        plan.authorities[body.siren] = plan.add(row)


def regie(plan: Plan) -> None:
    """Found the régie and its sous-régies."""
    office = plan.written.regie
    plan.regie = plan.add(
        Regie(
            code=office.code,
            name=office.name,
            authority=plan.community,
            kind=office.kind,
            founding_act=office.founding_act,
            founded_on=office.founded_on,
            revenue_types=office.revenue_types,
            payment_means=office.payment_means,
        )
    )
    for till in office.sous_regies:
        by = plan.town(till.commune)
        plan.add(SousRegie(regie=plan.regie, authority=by, code=till.code, name=till.name))


def schools(plan: Plan) -> None:
    """Lay the schools with their gate, and the canteen and garderie of those that have them."""
    first = plan.written.schools.first
    gates, canteens, garderies = count(first.gate), count(first.canteen), count(first.garderie)
    for school in plan.written.schools.places:
        site = _school_site(plan, school)
        if school.private:
            continue
        by = plan.authorities[school.by] if school.by else plan.town(school.commune)
        gate = plan.service(
            f"GATE-{school.code}",
            f"Portail, {site.name}",
            Purpose.SCHOOL_GATE,
            site,
            by=plan.community,
        )
        plan.hours(gate, "school", *_on_wednesday(school, "wednesday_school"))
        _reader(plan, next(gates), DeviceProfile.GATE, gate)
        if school.canteen:
            runs = plan.authorities[school.canteen_by] if school.canteen_by else by
            canteen = plan.service(
                f"CANTEEN-{school.code}",
                f"Cantine, {site.name}",
                Purpose.CANTEEN,
                site,
                by=runs,
                revenue="CANTINE",
            )
            plan.hours(canteen, "canteen", *_on_wednesday(school, "wednesday_canteen"))
            plan.tariff(canteen, "MEAL", school.meal)
            _reader(plan, next(canteens), DeviceProfile.TABLET, canteen)
        if school.garderie:
            garderie = plan.service(
                f"GARDERIE-{school.code}",
                f"Garderie, {site.name}",
                Purpose.GARDERIE,
                site,
                by=by,
                revenue="GARDERIE",
            )
            plan.hours(garderie, "garderie", *_on_wednesday(school, "wednesday_garderie"))
            plan.tariff(garderie, "GARDERIE-HALF-HOUR", "garderie")
            _reader(plan, next(garderies), DeviceProfile.TABLET, garderie)


def nurseries(plan: Plan) -> None:
    """Lay the crèches."""
    section = plan.written.nurseries
    for number, place in enumerate(section.places, section.first):
        service = _place(plan, place, SiteKind.DAY_NURSERY, Purpose.CRECHE, "CRECHE")
        plan.hours(service, "nursery")
        plan.tariff(service, "NURSERY-HOUR", "nursery_hour")
        _reader(plan, number, DeviceProfile.TABLET, service)


def leisure_centres(plan: Plan) -> None:
    """Lay the leisure centres."""
    section = plan.written.leisure_centres
    for number, place in enumerate(section.places, section.first):
        service = _place(plan, place, SiteKind.LEISURE_CENTRE, Purpose.LEISURE, "ALSH")
        plan.hours(service, "leisure")
        plan.tariff(service, "LEISURE-DAY", "leisure_day")
        plan.tariff(service, "LEISURE-HALF-DAY", "leisure_half_day")
        _reader(plan, number, DeviceProfile.TABLET, service)


def pools(plan: Plan) -> None:
    """Lay the pools; the turnstiles of one share those they count."""
    numbers = count(plan.written.pools.first)
    for place in plan.written.pools.places:
        service = _place(plan, place, SiteKind.POOL, Purpose.POOL, "PISCINE", prefix="POOL-")
        plan.hours(service, place.hours)
        plan.tariff(service, "POOL-ENTRY", "pool_entry")
        ways = {way: count(1) for way in WAYS}
        for way in place.turnstiles:
            rank = next(ways[way])
            point = plan.point(
                f"{place.code}-{way}-{rank}",
                service,
                name=f"{place.name}, tourniquet d'{WAYS[way]} {rank}"
                if way == Direction.IN
                else f"{place.name}, tourniquet de {WAYS[way]} {rank}",
                zone=f"{place.code}-BASSINS",
                direction=way,
                max_attendance=place.max_attendance,
            )
            plan.device(next(numbers), DeviceProfile.TURNSTILE, _site(service), point=point)


def libraries(plan: Plan) -> None:
    """Lay the media library and the toy library."""
    section = plan.written.libraries
    for number, place in enumerate(section.places, section.first):
        service = _place(plan, place, SiteKind.LIBRARY, Purpose.LIBRARY, "MEDIATHEQUE")
        plan.hours(service, place.hours)
        if place.tariff:
            plan.tariff(service, "LIBRARY-YEAR", place.tariff)
        _reader(plan, number, DeviceProfile.READER, service)


def courts(plan: Plan) -> None:
    """Lay squash and sports halls: each court is a space behind its own door."""
    numbers = count(plan.written.courts.first)
    for place in plan.written.courts.places:
        service = _place(
            plan, place, SiteKind.SPORTS_HALL, Purpose.COURT, "SPORT", service_prefix="COURT-"
        )
        plan.hours(service, "courts")
        if place.tariff:
            plan.tariff(service, "COURT-SLOT", place.tariff)
        for code, name in place.spaces.items():
            space = plan.add(Space(site=_site(service), code=code, name=name))
            point = plan.point(
                f"COURT-{code}", service, name=f"{place.name}, {name}", zone=code, space=space
            )
            plan.device(next(numbers), DeviceProfile.DOOR, _site(service), point=point)


def waste_centres(plan: Plan) -> None:
    """Lay the waste centres; those of a neighbour take its own card and have no box of ours."""
    numbers = count(plan.written.waste_centres.first)
    for place in plan.written.waste_centres.places:
        revenue = "" if place.by else "DECHETTERIE"
        service = _place(plan, place, SiteKind.WASTE_CENTRE, Purpose.WASTE, revenue)
        plan.hours(service, place.hours)
        if not place.by:
            plan.tariff(service, "WASTE-PASSAGE", "waste_professional")
            _reader(plan, next(numbers), DeviceProfile.BARRIER, service)


def buildings(plan: Plan) -> None:
    """Lay the buildings and their doors."""
    numbers = count(plan.written.buildings.first)
    for place in plan.written.buildings.places:
        service = _place(
            plan,
            place,
            SiteKind.OFFICE,
            Purpose.DOOR,
            "",
            prefix="BUILDING-",
            service_prefix="DOOR-",
        )
        for rank in range(1, place.doors + 1):
            code = f"DOOR-{place.code}-{rank}"
            point = plan.point(code, service, name=f"{place.name}, porte {rank}", zone=code)
            plan.device(next(numbers), DeviceProfile.DOOR, _site(service), point=point)


def town_halls(plan: Plan) -> None:
    """Lay the town halls with their kiosks and counters, and those of the seat."""
    kiosks, tills = count(plan.written.kiosks.first), count(plan.written.tills.first)
    members = sorted(set(plan.communes) - set(plan.written.neighbours))
    for insee in members:
        name = plan.communes[insee].name
        site = plan.site(
            f"TOWN-HALL-{insee}",
            f"Mairie, {name}",
            SiteKind.TOWN_HALL,
            insee,
            by=plan.town(insee),
            capacity=None,
        )
        plan.device(
            next(kiosks), DeviceProfile.KIOSK, site, code=f"KIOSK-{insee}", name=f"Borne, {name}"
        )
    seat = plan.sites[plan.written.tills.seat]
    plan.device(
        next(kiosks), DeviceProfile.KIOSK, seat, code="KIOSK-SEAT", name=f"Borne, {seat.name}"
    )
    towns = {row.code: row for row in plan.rows[SousRegie] if isinstance(row, SousRegie)}
    for till in plan.written.regie.sous_regies:
        plan.device(
            next(tills),
            DeviceProfile.TILL,
            plan.sites[f"TOWN-HALL-{till.commune}"],
            code=f"TILL-{till.code}",
            name=f"Guichet, {till.name}",
            sous_regie=towns[till.code],
        )
    plan.device(
        next(tills), DeviceProfile.TILL, seat, code="TILL-SEAT", name=f"Guichet, {seat.name}"
    )


def counters(plan: Plan) -> None:
    """Lay the services whose prices an agent works out: a model, and a neighbour's grid."""
    for place in plan.written.at_the_counter:
        service = plan.add(Service(code=place.code, name=place.name, authority=plan.community))
        plan.counter_tariff(service, read_counter_tariff(place.tariff))


def closings(plan: Plan) -> None:
    """Write the days on which a site does not keep its hours."""
    for closed in plan.written.closings:
        opens, closes = minutes(closed.open) if closed.open else (None, None)
        plan.add(
            Closing(
                site=plan.sites[closed.site],
                starts_on=closed.from_,
                ends_on=closed.until,
                opens_minute=opens,
                closes_minute=closes,
                reason=closed.reason,
            )
        )


def agreements(plan: Plan) -> None:
    """Write one agreement with each body for which the régie collects."""
    services = [row for row in plan.rows[Service] if isinstance(row, Service) and row.revenue_type]
    partners = {service.authority.siren for service in services} - {plan.community.siren}
    for siren in sorted(partners):
        plan.add(
            SharingAgreement(
                regie=plan.regie,
                authority=plan.authorities[siren],
                council_decision=plan.written.agreements,
                valid_from=plan.written.since,
            )
        )


# In order: a section may name what an earlier one laid.
ALL = (
    authorities,
    regie,
    schools,
    nurseries,
    leisure_centres,
    pools,
    libraries,
    courts,
    waste_centres,
    buildings,
    town_halls,
    counters,
    closings,
    agreements,
)


def _school_site(plan: Plan, school: School) -> Site:
    by = plan.authorities[school.private] if school.private else plan.town(school.commune)
    site = plan.site(
        f"SCHOOL-{school.code}",
        school.name,
        SiteKind.SCHOOL,
        school.commune,
        by=by,
        capacity=school.pupils,
    )
    for insee in (school.commune, *school.serves):
        plan.add(Catchment(site=site, commune=plan.communes[insee]))
    plan.add(SchoolWeek(site=site, kind=school.week, valid_from=plan.written.since))
    return site


def _on_wednesday(school: School, name: str) -> list[str]:
    return [name] if school.week == SchoolWeekKind.FOUR_AND_A_HALF else []


def _place(
    plan: Plan,
    place: Place,
    kind: SiteKind,
    purpose: Purpose,
    revenue: str,
    *,
    prefix: str = "",
    service_prefix: str | None = None,
) -> Service:
    by = plan.authorities[place.by] if place.by else plan.community
    code = f"{prefix}{place.code}"
    site = plan.site(code, place.name, kind, place.commune, by=by, capacity=place.capacity)
    if service_prefix is not None:
        code = f"{service_prefix}{place.code}"
    return plan.service(code, place.name, purpose, site, by=by, revenue=revenue)


def _reader(plan: Plan, number: int, profile: DeviceProfile, service: Service) -> None:
    plan.device(number, profile, _site(service), point=plan.point(service.code, service))


def _site(service: Service) -> Site:
    assert service.site is not None  # all the services of this file stand somewhere
    return service.site
