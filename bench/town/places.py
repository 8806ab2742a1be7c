"""The pool of the benches: its price, its hours, its turnstiles and the boxes that guard them."""

from datetime import UTC, date, datetime
from typing import Any

from cvq.catalog.models import (
    AccessPoint,
    Authority,
    Commune,
    CommuneMembership,
    Device,
    DevicePoint,
    OpeningHours,
    Regie,
    Service,
    Site,
    Tariff,
)
from cvq.payments.models import PaymentMeans

FOUNDED = date(2024, 12, 1)
MOST_INSIDE = 1_000_000  # posted, looked at by each entry, and never reached
ENTRY: dict[str, Any] = {
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


def laid() -> tuple[Commune, Regie, Site, Service]:
    """Lay out a commune, its régie, and a pool that is always open."""
    community = Authority.objects.create(siren="200041333", name="CC", kind="COMMUNITY")
    commune = Commune.objects.create(
        insee="79202",
        name="Parthenay",
        siren="217902022",
        department="79",
        population_municipal=10_000,
        population_total=10_500,
        postcode="79200",
    )
    CommuneMembership.objects.create(commune=commune, authority=community, valid_from=FOUNDED)
    regie = Regie.objects.create(
        code="CVQ",
        name="Régie",
        authority=community,
        kind="RECETTES_AVANCES",
        founding_act="décision du 30 juin 2005",
        founded_on=date(2005, 6, 30),
        revenue_types=["PISCINE"],
        payment_means=[means.value for means in PaymentMeans],
    )
    site = Site.objects.create(
        code="POOL", name="GâtinéO", kind="OTHER", authority=community, commune=commune
    )
    return commune, regie, site, _pool(community, regie, site)


def _pool(community: Authority, regie: Regie, site: Site) -> Service:
    service = Service.objects.create(
        code="POOL",
        name="GâtinéO",
        purpose="POOL",
        authority=community,
        regie=regie,
        site=site,
        revenue_type="PISCINE",
    )
    Tariff.objects.create(
        code="ENTRY",
        service=service,
        document=ENTRY,
        council_decision="2024-12",
        is_model=True,
        valid_from=FOUNDED,
    )
    OpeningHours.objects.bulk_create(
        OpeningHours(
            service=service,
            weekday=weekday,
            opens_minute=0,
            closes_minute=1440,
            on_public_holidays=True,
            valid_from=FOUNDED,
        )
        for weekday in range(7)
    )
    return service


def turnstiles(
    service: Service, site: Site, points: int, boxes: int, keys: tuple[bytes, bytes]
) -> tuple[int, ...]:
    """Put a box at each turnstile, numbered from 1, then boxes that guard all of them."""
    gates = [
        AccessPoint.objects.create(
            code=f"GATE-{number}",
            name=f"Tourniquet {number}",
            service=service,
            zone=f"ZONE-{number}",
            direction="IN",
            max_attendance=MOST_INSIDE,
            online=True,
        )
        for number in range(1, points + 1)
    ]
    devices = Device.objects.bulk_create(
        Device(
            id=number,
            code=f"BOX-{number}",
            name=f"Boîtier {number}",
            site=site,
            profile="TURNSTILE",
            hmac_key=keys[0],
            public_key=keys[1],
            enrolled_at=datetime(2024, 12, 1, tzinfo=UTC),
        )
        for number in range(1, points + boxes + 1)
    )
    DevicePoint.objects.bulk_create(
        DevicePoint(device=device, point=gate)
        for number, device in enumerate(devices)
        for place, gate in enumerate(gates)
        if number >= points or number == place
    )
    return tuple(gate.pk for gate in gates)
