"""The services whose tariffs an agent prepares, each with what it charges and what is coming."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cvq.catalog.kinds import AuthorityKind
from cvq.catalog.models import Service, Tariff, TariffVersion
from cvq.catalog.sold import SOLD
from cvq.catalog.versions import in_force
from cvq.desk.tariffs.costs import Cost, Part, costs_of
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
AT_THE_COUNTER = ("cash-register", _("Prix calculés au guichet"))


class Charged(NamedTuple):
    """A service with its tariffs, one a vote: in force, in preparation, and for a day to come."""

    service: Service
    tariffs: tuple[Tariff, ...]
    costs: tuple[Cost, ...]
    prepared: TariffVersion | None
    coming: TariffVersion | None


class Kind(NamedTuple):
    """The services of one purpose, or those whose prices are worked out at a counter."""

    code: str
    icon: str
    title: str | Promise
    services: tuple[Charged, ...]

    @property
    def range(self) -> Part | None:
        """Return the smallest and the largest of its prices, if every one of them is told."""
        parts = [part for one in self.services for cost in one.costs for part in cost.main]
        if not parts or not all(part.steps for part in parts):
            return None
        steps = tuple(step for part in parts for step in part.steps)
        return Part("", steps, (), "", is_base=True, is_taken_off=False)


def kinds(services: QuerySet[Service], day: date) -> list[Kind]:
    """Return services by purpose, the community's first; three questions, however many they are."""
    rows = list(services.select_related("authority").order_by("name", "id")[:SERVICES_MAX])
    rows.sort(key=lambda one: one.authority.kind != AuthorityKind.COMMUNITY)
    each = charged(rows, day)
    found = []
    for purpose in SOLD:
        icon, title = KINDS[purpose]
        theirs = tuple(one for one in each if one.service.purpose == purpose)
        if theirs:
            found.append(Kind(purpose.value.lower(), icon, title, theirs))
    at_the_counter = [one for one in each if one.service.purpose is None]
    if at_the_counter:
        at_the_counter.sort(key=_of_the_community_first)
        found.append(Kind("guichet", *AT_THE_COUNTER, tuple(at_the_counter)))
    return found


def usual_vote(kinds: Iterable[Kind]) -> Tariff | None:
    """Return the vote that most of the services share, which is then said once for them all."""
    votes = [one.tariffs[0] for kind in kinds for one in kind.services if len(one.tariffs) == 1]
    counted = Counter(map(_vote, votes)).most_common(1)
    if not counted or 2 * counted[0][1] <= len(votes) or len(votes) < 2:
        return None
    return next(one for one in votes if _vote(one) == counted[0][0])


def _of_the_community_first(one: Charged) -> tuple[bool, str]:
    authority = one.service.authority
    return authority.kind != AuthorityKind.COMMUNITY, authority.name


def charged(services: Iterable[Service], day: date) -> list[Charged]:
    """Return what each service charges that day, and what is on its way."""
    rows = list(services)
    tariffs: dict[int, list[Tariff]] = defaultdict(list)
    priced: dict[int, list[Tariff]] = defaultdict(list)
    for tariff in in_force(rows, day):
        priced[tariff.service_id].append(tariff)
        theirs = tariffs[tariff.service_id]
        if all(_vote(one) != _vote(tariff) for one in theirs):  # one vote, several items
            theirs.append(tariff)
    coming: dict[int, TariffVersion] = {}
    prepared: dict[int, TariffVersion] = {}
    on_its_way = Q(is_prepared=True) | Q(document__valid_from__gt=day)
    mine = TariffVersion.objects.filter(on_its_way, service__in=rows, withdrawals=None)
    versions = with_services(mine)
    for one in versions.order_by("service_id", "-document__valid_from", "-number"):
        (prepared if one.is_prepared else coming)[one.service_id] = one
    return [
        Charged(
            one,
            tuple(tariffs[one.pk]),
            tuple(costs_of(priced[one.pk], day)),
            prepared.get(one.pk),
            coming.get(one.pk),
        )
        for one in rows
    ]


def _vote(tariff: Tariff) -> tuple[date, str, bool]:
    return tariff.valid_from, tariff.council_decision, tariff.is_model


def with_services(versions: QuerySet[TariffVersion]) -> QuerySet[TariffVersion]:
    """Give versions their documents without their texts, and how many services those are for."""
    rows = versions.select_related("document").defer("document__text")
    return rows.annotate(services=Count("document__versions"))
