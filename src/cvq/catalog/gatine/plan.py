"""The rows to write, kept together until everything has been thought of."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from django.db.models import Model

from cvq.catalog.gatine.grids import document
from cvq.catalog.gatine.written import HoursLine, Written, read_grids
from cvq.catalog.keys import drawn
from cvq.catalog.kinds import DeviceProfile, SiteKind
from cvq.catalog.models import (
    AccessPoint,
    Authority,
    Catchment,
    Closing,
    Commune,
    Device,
    DevicePoint,
    OpeningHours,
    Regie,
    SchoolWeek,
    Service,
    SharingAgreement,
    Site,
    SousRegie,
    Space,
    Tariff,
)
from cvq.catalog.sold import code_of
from cvq.rules.tariff import compile_tariff
from cvq.rules.tariff.document import compile_text
from cvq.rules.tariff.read import read
from cvq.rules.vocabulary import Direction, Purpose

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# What sells or shares something asks the town hall before it decides alone.
ASKS = frozenset({Purpose.POOL, Purpose.COURT, Purpose.WASTE})
# Each kind after those that it refers to.
ORDER: tuple[type[Model], ...] = (
    Authority,
    Regie,
    SousRegie,
    SharingAgreement,
    Site,
    Catchment,
    Space,
    Service,
    SchoolWeek,
    OpeningHours,
    Closing,
    Tariff,
    AccessPoint,
    Device,
    DevicePoint,
)

Row = TypeVar("Row", bound=Model)


class Plan:
    """Everything that will be written, and what is needed to think of the rest."""

    def __init__(self, written: Written, *, at: datetime, devices: Path) -> None:
        """Begin with the authorities and communes that the territory has."""
        self.written = written
        self.at = at
        self.folder = devices
        self.authorities = {row.siren: row for row in Authority.objects.all()}
        self.communes = {row.insee: row for row in Commune.objects.all()}
        self.community = self.authorities[written.siren]
        self.model, self.grids = read_grids()
        self.documents = {name: document(grid) for name, grid in self.grids.items()}
        for one in self.documents.values():
            compile_tariff(one)  # what is voted is never changed: read it before it is written
        self.regie = Regie()
        self.sites: dict[str, Site] = {}
        self.rows: dict[type[Model], list[Model]] = defaultdict(list)

    def add(self, row: Row) -> Row:
        """Keep a row to be written."""
        self.rows[type(row)].append(row)
        return row

    def write(self) -> None:
        """Write all rows, one statement a table."""
        for kind in ORDER:
            kind._default_manager.bulk_create(self.rows[kind])

    def town(self, insee: str) -> Authority:
        """Return a commune as an authority."""
        return self.authorities[self.communes[insee].siren]

    def site(
        self,
        code: str,
        name: str,
        kind: SiteKind,
        insee: str,
        *,
        by: Authority,
        capacity: int | None,
    ) -> Site:
        """Add a place."""
        site = Site(
            code=code,
            name=name,
            kind=kind,
            authority=by,
            commune=self.communes[insee],
            capacity=capacity,
        )
        self.sites[code] = site
        return self.add(site)

    def service(
        self,
        code: str,
        name: str,
        purpose: Purpose,
        site: Site,
        *,
        by: Authority,
        revenue: str = "",
    ) -> Service:
        """Add a service; what has a revenue is collected by the régie."""
        return self.add(
            Service(
                code=code,
                name=name,
                purpose=purpose,
                authority=by,
                site=site,
                regie=self.regie if revenue else None,
                revenue_type=revenue,
                is_always_open=purpose == Purpose.DOOR,
            )
        )

    def hours(self, service: Service, *names: str) -> None:
        """Give a service its hours, by their names in the file."""
        for line in (line for name in names for line in self.written.hours[name]):
            season_from, _, season_until = (line.season or "").partition("/")
            for weekday, (opens, closes) in _openings(line):
                self.add(
                    OpeningHours(
                        service=service,
                        weekday=weekday,
                        opens_minute=opens,
                        closes_minute=closes,
                        week_parity=line.weeks,
                        season_from=season_from or None,
                        season_until=season_until or None,
                        in_school_holidays=line.school and line.school == "holidays",
                        on_public_holidays=line.public_holidays,
                        valid_from=self.written.since,
                    )
                )

    def tariff(self, service: Service, code: str, name: str) -> None:
        """Give a service one of the grids."""
        decision = self.grids[name].decision
        self.add(
            Tariff(
                code=code,
                service=service,
                document=self.documents[name],
                council_decision=decision or self.model,
                is_model=decision is None,
                valid_from=self.written.since,
            )
        )

    def counter_tariff(self, service: Service, text: str) -> None:
        """Give a service a tariff that was voted elsewhere, or by nobody: here it is a model."""
        tariff = compile_text(text)
        decided = tariff.decision.told()
        if "source" in read(text).fields:
            decided = f"Tarif d'ailleurs, pour l'exemple : {decided}"
        for name in tariff.items:
            self.add(
                Tariff(
                    code=code_of(name),
                    service=service,
                    document={"text": text, "item": name},
                    council_decision=decided,
                    is_model=True,
                    valid_from=self.written.since,
                )
            )

    def point(
        self,
        code: str,
        service: Service,
        *,
        name: str = "",
        zone: str = "",
        direction: Direction | None = None,
        max_attendance: int | None = None,
        space: Space | None = None,
    ) -> AccessPoint:
        """Add a place where people present their medium."""
        return self.add(
            AccessPoint(
                code=code,
                name=name or service.name,
                service=service,
                space=space,
                zone=zone or service.code,
                direction=direction,
                max_attendance=max_attendance,
                online=service.purpose in ASKS,
            )
        )

    def device(
        self,
        number: int,
        profile: DeviceProfile,
        site: Site,
        *,
        point: AccessPoint | None = None,
        code: str = "",
        name: str = "",
        sous_regie: SousRegie | None = None,
    ) -> None:
        """Add a box under its number; without a code of its own it has that of its point."""
        hmac_key, public_key = drawn(self.folder, number)
        device = self.add(
            Device(
                id=number,
                code=code or (point.code if point else ""),
                name=name or (point.name if point else ""),
                site=site,
                sous_regie=sous_regie,
                profile=profile,
                hmac_key=hmac_key,
                public_key=public_key,
                enrolled_at=self.at,
            )
        )
        if point is not None:
            self.add(DevicePoint(device=device, point=point))


def minutes(text: str) -> tuple[int, int]:
    """Return the two ends of `07:15-18:45` in minutes of the day."""
    opens, closes = (clock.split(":") for clock in text.split("-"))
    return int(opens[0]) * 60 + int(opens[1]), int(closes[0]) * 60 + int(closes[1])


def _openings(line: HoursLine) -> Iterable[tuple[int, tuple[int, int]]]:
    for day in line.days.split():
        for interval in line.open.split():
            yield WEEKDAYS.index(day), minutes(interval)
