"""The territory as somebody who lives there knows it: what stands where, and when it is open."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from cvq.catalog import selectors
from cvq.catalog.calendar import Calendar, Interval
from cvq.catalog.models import AccessPoint, Catchment, Commune, Regie, SousRegie
from cvq.kernel.unable import Unable
from cvq.rules.vocabulary import SECTOR_OF, Direction, Purpose, Sector

# Where a tap may cost something, or use something up.
SELLING = frozenset({Purpose.POOL, Purpose.WASTE})


class NowhereToGo(Unable):
    """A territory without the places that the twin lives in."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Spot:
    """A point where a medium is presented, with the box that stands there."""

    point: int
    device: int
    code: str
    name: str
    service: int
    service_code: str
    purpose: Purpose
    sector: Sector
    zone: str
    direction: Direction | None
    online: bool
    site: int
    insee: str
    space: int | None


@dataclass(kw_only=True, slots=True, eq=False)
class School:
    """A school: whose children it takes, and what it has besides its gate."""

    code: str
    site: int
    pupils: int
    communes: frozenset[str]
    gate: Spot
    canteen: Spot | None = None
    garderie: Spot | None = None


@dataclass(kw_only=True, slots=True, eq=False)
class Pool:
    """A pool: its turnstiles, in and out."""

    code: str
    service: int
    zone: str
    ins: list[Spot] = field(default_factory=list)
    outs: list[Spot] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class Town:
    """A commune where people live; `people` weighs how many of them."""

    id: int
    insee: str
    name: str
    people: int
    is_member: bool


class Places:
    """Everywhere that the people of the twin go."""

    def __init__(self) -> None:
        """Read the catalogue of the open database."""
        self.calendar: Calendar = selectors.calendar()
        spots = _spots()
        by_purpose: dict[Purpose, list[Spot]] = defaultdict(list)
        for spot in spots:
            by_purpose[spot.purpose].append(spot)
        self.spots = {spot.point: spot for spot in spots}
        self.towns = _towns()
        self.schools = _schools(by_purpose)
        self.pools = _pools(by_purpose[Purpose.POOL])
        self.nurseries = by_purpose[Purpose.CRECHE]
        self.leisure = by_purpose[Purpose.LEISURE]
        self.libraries = by_purpose[Purpose.LIBRARY]
        self.courts = by_purpose[Purpose.COURT]
        self.waste = by_purpose[Purpose.WASTE]
        self.buildings: dict[int, list[Spot]] = defaultdict(list)
        for door in by_purpose[Purpose.DOOR]:
            self.buildings[door.service].append(door)
        regie = Regie.objects.first()
        if regie is None or not self.schools:
            raise NowhereToGo("Le jumeau vit à Parthenay-Gâtine : créez-la d'abord.")
        self.regie = regie.pk
        self.tills = list(SousRegie.objects.order_by("code").values_list("id", "code"))

    def hours(self, spot: Spot, day: date) -> tuple[Interval, ...]:
        """Return when a place is open that day."""
        return self.calendar.open_intervals(spot.service, day)

    def is_open(self, spot: Spot, at: int) -> bool:
        """Tell whether a place is open at an instant."""
        return self.calendar.is_open(spot.service, at)

    def nearest(self, spots: list[Spot], insee: str) -> list[Spot]:
        """Return those in a commune if there are some, else all of them."""
        return [spot for spot in spots if spot.insee == insee] or spots

    def schools_of(self, insee: str) -> list[School]:
        """Return the schools that take the children of a commune, else the biggest ones."""
        found = [school for school in self.schools if insee in school.communes]
        return found or sorted(self.schools, key=lambda school: -school.pupils)[:8]


def _spots() -> list[Spot]:
    rows = AccessPoint.objects.select_related("service__site__commune").prefetch_related("guards")
    found = []
    for row in rows.order_by("code"):
        device = min((guard.device_id for guard in row.guards.all()), default=None)
        site = row.service.site
        if device is None or site is None:
            continue
        purpose = row.purpose
        found.append(
            Spot(
                point=row.pk,
                device=device,
                code=row.code,
                name=row.name,
                service=row.service_id,
                service_code=row.service.code,
                purpose=purpose,
                sector=SECTOR_OF[purpose],
                zone=row.zone,
                direction=Direction(row.direction) if row.direction else None,
                online=row.online,
                site=site.pk,
                insee=site.commune.insee,
                space=row.space_id,
            )
        )
    return found


def _towns() -> list[Town]:
    rows = Commune.objects.prefetch_related("memberships").order_by("insee")
    return [
        Town(
            id=row.pk,
            insee=row.insee,
            name=row.name,
            people=row.population_total,
            is_member=bool(row.memberships.all()),
        )
        for row in rows
    ]


def _schools(spots: dict[Purpose, list[Spot]]) -> list[School]:
    communes: dict[int, set[str]] = defaultdict(set)
    for site, insee in Catchment.objects.values_list("site_id", "commune__insee"):
        communes[site].add(insee)
    capacities = dict(Catchment.objects.values_list("site_id", "site__capacity"))
    found = {
        gate.site: School(
            code=gate.code.removeprefix("GATE-"),
            site=gate.site,
            pupils=capacities[gate.site] or 1,
            communes=frozenset(communes[gate.site]),
            gate=gate,
        )
        for gate in spots[Purpose.SCHOOL_GATE]
    }
    for spot in spots[Purpose.CANTEEN]:
        found[spot.site].canteen = spot
    for spot in spots[Purpose.GARDERIE]:
        found[spot.site].garderie = spot
    return list(found.values())


def _pools(spots: list[Spot]) -> list[Pool]:
    found: dict[int, Pool] = {}
    for spot in spots:
        pool = found.setdefault(
            spot.service, Pool(code=spot.service_code, service=spot.service, zone=spot.zone)
        )
        (pool.outs if spot.direction is Direction.OUT else pool.ins).append(spot)
    return list(found.values())
