"""What the stories of crèches and of families share: a service more, and its tariff."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from cvq.catalog import documents, publication
from cvq.catalog.models import AccessPoint, Service
from cvq.catalog.services import vote_tariff
from cvq.catalog.sold import code_of
from cvq.catalog.versions import digest
from cvq.childcare.services import charge_days
from cvq.people import services as people
from cvq.people.models import CrecheResources, Household
from cvq.rules.vocabulary import Direction, Purpose
from drafts import NADIA, PAUL
from town import ZONE, Town

SCALE = Path(__file__).resolve().parents[1] / "docs/tariffs/creche-psu.yaml"
AT = datetime(2025, 3, 3, 9, tzinfo=UTC)
SINCE = date(2025, 1, 1)
DECISION = "Conseil municipal, délibération 2024-41 du 12 novembre 2024"


def service(town: Town, name: str, purpose: Purpose) -> Service:
    """Open a service of childcare beside the canteen, with a way in and a way out."""
    canteen = town.points["Cantine"].service
    made = Service.objects.create(
        code=name,
        name=name,
        purpose=purpose,
        authority=canteen.authority,
        regie=canteen.regie,
        site=canteen.site,
        revenue_type="ACCUEIL",
        is_always_open=True,
    )
    for ending, way in (("", Direction.IN), (" départ", Direction.OUT)):
        point = AccessPoint.objects.create(
            code=f"{name}{ending}", name=name, service=made, zone=name, direction=way
        )
        town.points[f"{name}{ending}"] = point
        town.device(100 + point.pk, canteen.site, point)
    return made


def publish(made: Service, text: str) -> None:
    """Publish a tariff: one agent writes it, another approves it, a council decided it."""
    document = documents.draft(service=made, by=NADIA, at=AT, day=SINCE).document
    documents.change(document=document, text=text, seen=digest(document), by=NADIA, at=AT)
    document.refresh_from_db()
    documents.approve(document=document, seen=digest(document), by=PAUL, at=AT)
    publication.publish(
        document=document, since=SINCE, council_decision=DECISION, by=PAUL, day=SINCE
    )


def vote(made: Service, text: str, *items: str) -> None:
    """Vote the items of a tariff."""
    for name in items:
        vote_tariff(
            service=made,
            code=code_of(name),
            document={"text": text, "item": name, "version": 1},
            council_decision=DECISION,
            since=SINCE,
        )


def notice(
    household: Household, yearly: int, children: int = 1, *, on: date = SINCE, disabled: int = 0
) -> CrecheResources:
    """Write down what a tax notice says, in euros."""
    return people.record_resources(
        household=household,
        given=people.GivenResources(
            yearly_cents=yearly * 100,
            of_year=2023,
            children=children,
            disabled_children=disabled,
        ),
        on=on,
        evidence="avis d'impôt 2024",
        at=AT,
    )


def stays(town: Town, card: str, where: str, since: str, until: str) -> None:
    """Let a child come and go, and charge the day."""
    town.tap(card, where=where, at=since)
    town.tap(card, where=f"{where} départ", at=until)
    charge(town)


def charge(town: Town) -> None:
    """Charge the days until today."""
    charge_days(town.connection, until=town.today, at=town.at("22:00"), zone=ZONE)


def asked_by(household: Household, **more: Any) -> dict[str, Any]:
    """Return the arguments of a note about a household."""
    return {"household": household, "evidence": "courrier", "at": AT} | more
