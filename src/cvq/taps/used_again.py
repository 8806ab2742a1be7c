"""A month priced again by a draft, with all that the services keep of it."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from psycopg import Connection

from cvq.billing import uses, what_if
from cvq.billing.uses import Keeper, Month, Told, services_of
from cvq.billing.what_if import Compared
from cvq.billing.what_if_items import NothingUsed, month_said, replaced_in
from cvq.catalog.models import Service
from cvq.childcare.charged import SessionsAgain
from cvq.rules.tariff.items import Item
from cvq.taps.uncharged import PassagesAgain


class Replayed(NamedTuple):
    """What a draft changes of a month, what it replaces, what no tariff prices, and where."""

    found: Compared
    replaced: Mapping[str, str]
    outside: Mapping[str, int]
    places: Mapping[str, Sequence[str]]


def replay(
    connection: Connection[Any],
    month: Month,
    items: Mapping[str, Item],
    *,
    told: Sequence[str] = (),
    zone: ZoneInfo,
    progress: Told,
) -> Replayed:
    """
    Price a month again by the items of a draft; `told` says which replaces what, ITEM=CODE.

    :raises NothingUsed: what it would replace was not used that month.
    :raises NotReplaced: it replaces no tariff, or asks what a month does not say.
    """
    reads = {name for item in items.values() for name in item.reads}
    services = keepers(connection, month, zone, reads)
    used = priced(connection, month, services)
    by_code = replaced_in(connection, month, used, items, told)
    found = what_if.compare(connection, month, by_code, services, progress)
    outside: Counter[str] = Counter()
    for service in services:
        outside.update(service.outside(month))
    names = {code: item.name for code, item in by_code.items()}
    return Replayed(found, names, outside, _places(found.services))


def keepers(
    connection: Connection[Any], month: Month, zone: ZoneInfo, reads: Set[str] | None = None
) -> list[Keeper]:
    """Return the services that keep what no charge says of a month, and what a draft reads."""
    wanted = services_of(connection, month)
    return [SessionsAgain(connection, zone, reads, wanted), PassagesAgain(connection, month)]


def priced(connection: Connection[Any], month: Month, services: Sequence[Keeper]) -> list[str]:
    """
    Return the codes of the tariffs by which something of a month was priced.

    :raises NothingUsed: nothing was.
    """
    found = uses.codes(connection, month, services)
    if not found:
        where = f", {', '.join(month.services)}" if month.services else ""
        by = {"month": f"{month_said(month.first)}{where}"}
        raise NothingUsed(_("Aucun usage que le tarif fixe en %(month)s.") % by)
    return found


def _places(services: Set[int]) -> dict[str, list[str]]:
    """Return the names of services by who decides what they cost."""
    rows = Service.objects.filter(pk__in=services).order_by("authority__name", "name", "pk")
    found: dict[str, list[str]] = {}
    for authority, name in rows.values_list("authority__name", "name"):
        found.setdefault(authority, []).append(name)
    return found
