"""The ground of the small town: its authorities, places, boxes and prices."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from typing import Any, Self

from psycopg import Connection

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
from cvq.payments.models import PaymentMeans
from cvq.rules.vocabulary import Direction, Purpose

FOUNDED = date(2024, 1, 1)

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


@dataclass
class Ground:
    """The places of the town, on one connection."""

    connection: Connection[Any]
    points: dict[str, AccessPoint] = field(default_factory=dict)
    seqs: dict[int, Any] = field(default_factory=dict)

    def found(self) -> Self:
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
