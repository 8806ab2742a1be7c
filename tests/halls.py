"""What nothing charges: a hall, whose real tariff an agent works out at a counter."""

from datetime import date
from pathlib import Path

from cvq.catalog import documents
from cvq.catalog.models import Service, TariffDocument
from cvq.catalog.services import found_counter_service
from cvq.catalog.versions import digest
from drafts import AT, NADIA, PAUL, published
from town import TODAY, Town

CASES = Path(__file__).resolve().parents[1] / "docs" / "tariffs" / "cases"
HALL = (CASES / "saint-salvadour-19.yaml").read_text()


def hall(town: Town, name: str = "Salle polyvalente") -> Service:
    """Found a service of the community that no reader guards."""
    return found_counter_service(name=name, authority=town.points["GâtinéO"].service.authority)


def written(service: Service, text: str = HALL) -> TariffDocument:
    """Return a draft of that text."""
    document = documents.draft(service=service, by=NADIA, at=AT, day=TODAY).document
    documents.change(document=document, text=text, seen=digest(document), by=NADIA, at=AT)
    document.refresh_from_db()
    return document


def voted(service: Service, text: str = HALL, since: date = TODAY) -> TariffDocument:
    """Return the tariff of that text, approved and published from a day on."""
    document = written(service, text)
    documents.approve(document=document, seen=digest(document), by=PAUL, at=AT)
    published(document, since)
    return document
