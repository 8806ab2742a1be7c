"""Tariffs on their way: Nadia writes them, Paul approves them."""

from datetime import UTC, date, datetime
from typing import Any

from cvq.catalog import documents, publication
from cvq.catalog.models import Service, Tariff, TariffDocument
from cvq.catalog.versions import digest
from town import TODAY, Town

NADIA, PAUL = "nadia@exemple.fr", "paul@exemple.fr"
AT = datetime(2025, 6, 3, 7, 0, tzinfo=UTC)
DECISION = "Conseil municipal, délibération 2025-41 du 12 mai 2025"
FROM = date(2025, 6, 10)


def drafted(town: Town, where: str = "GâtinéO") -> TariffDocument:
    service = town.points[where].service
    return documents.draft(service=service, by=NADIA, at=AT, day=TODAY).document


def pool(town: Town) -> Service:
    return town.points["GâtinéO"].service


def changed(document: TariffDocument, old: str, new: str, by: str = NADIA) -> None:
    document.refresh_from_db()
    assert old in document.text
    text = document.text.replace(old, new)
    documents.change(document=document, text=text, seen=digest(document), by=by, at=AT)
    document.refresh_from_db()


def approved(town: Town, where: str = "GâtinéO") -> TariffDocument:
    document = drafted(town, where)
    changed(document, "4.50", "5.00")
    documents.approve(document=document, seen=digest(document), by=PAUL, at=AT)
    return document


def published(document: TariffDocument, since: date = FROM, **how: Any) -> list[Tariff]:
    told: dict[str, Any] = {"council_decision": DECISION, "by": PAUL, "day": TODAY} | how
    return publication.publish(document=document, since=since, **told)
