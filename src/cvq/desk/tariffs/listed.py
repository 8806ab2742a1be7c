"""The services whose tariffs an agent prepares, each with what it charges and what is coming."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cvq.catalog.kinds import DocumentState
from cvq.catalog.models import Service, Tariff, TariffDocument
from cvq.catalog.sold import SOLD
from cvq.catalog.versions import in_force
from cvq.rules.vocabulary import Purpose

SERVICES_MAX = 400
KINDS: dict[Purpose, tuple[str, str | Promise]] = {
    Purpose.CANTEEN: ("fork-knife", _("Cantines")),
    Purpose.GARDERIE: ("moon", _("Garderies")),
    Purpose.CRECHE: ("baby", _("Crèches")),
    Purpose.LEISURE: ("tree", _("Accueils de loisirs")),
    Purpose.POOL: ("swimming-pool", _("Piscines")),
    Purpose.LIBRARY: ("books", _("Médiathèques et ludothèques")),
    Purpose.COURT: ("racquet", _("Courts")),
    Purpose.WASTE: ("recycle", _("Déchèteries")),
}


class Charged(NamedTuple):
    """A service with its tariffs: in force, in preparation, and published for a day to come."""

    service: Service
    tariffs: tuple[Tariff, ...]
    prepared: TariffDocument | None
    coming: TariffDocument | None


class Kind(NamedTuple):
    """The services of one purpose."""

    code: str
    icon: str
    title: str | Promise
    services: tuple[Charged, ...]


def kinds(services: QuerySet[Service], day: date) -> list[Kind]:
    """Return services by purpose; three questions, however many there are."""
    rows = list(services.select_related("authority").order_by("name", "id")[:SERVICES_MAX])
    each = charged(rows, day)
    found = []
    for purpose in SOLD:
        icon, title = KINDS[purpose]
        theirs = tuple(one for one in each if one.service.purpose == purpose)
        if theirs:
            found.append(Kind(purpose.value.lower(), icon, title, theirs))
    return found


def charged(services: Iterable[Service], day: date) -> list[Charged]:
    """Return what each service charges that day, and what is on its way."""
    rows = list(services)
    tariffs: dict[int, list[Tariff]] = defaultdict(list)
    for tariff in in_force(rows, day).defer("document"):
        tariffs[tariff.service_id].append(tariff)
    coming: dict[int, TariffDocument] = {}
    prepared: dict[int, TariffDocument] = {}
    unpublished = ~Q(state=DocumentState.PUBLISHED)
    documents = TariffDocument.objects.filter(unpublished | Q(valid_from__gt=day), service__in=rows)
    for one in documents.defer("text").order_by("service_id", "-valid_from", "-version"):
        (coming if one.state == DocumentState.PUBLISHED else prepared)[one.service_id] = one
    return [
        Charged(one, tuple(tariffs[one.pk]), prepared.get(one.pk), coming.get(one.pk))
        for one in rows
    ]
