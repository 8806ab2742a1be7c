"""One live fact for each service: what is left, until when, or how it is paid."""

from collections.abc import Iterable

from django.db.models import Q
from django.utils.translation import gettext as _
from msgspec import Struct

from cvq.bocage.templatetags.bocage import day_name
from cvq.portal.family import Family
from cvq.portal.services import icon_of
from cvq.rights.models import ProductKind, Right
from cvq.rules.vocabulary import Purpose


class Fact(Struct, frozen=True):
    """A service, and its fact of the day."""

    icon: str
    name: str
    fact: str


def facts(ours: Family) -> list[Fact]:
    """Return a line for each service of daily life."""
    rights = list(
        Right.objects.filter(
            Q(holder__in=list(ours.holders)) | Q(household=ours.household),
            Q(valid_until__isnull=True) | Q(valid_until__gt=ours.day),
            valid_from__lte=ours.day,
        )
        .select_related("product__service", "account")
        .order_by("id")
    )
    return [
        Fact(icon_of(purpose), name, _fact(ours, purpose, rights) or without)
        for purpose, name, without in (
            (Purpose.POOL, _("Piscines"), _("Entrée à l'unité, payée par le compte")),
            (Purpose.WASTE, _("Déchèterie"), _("Quinze passages par foyer et par an")),
            (Purpose.LIBRARY, _("Médiathèque et ludothèque"), _("Aucun abonnement")),
            (Purpose.COURT, _("Squash et salles de sport"), _("Aucun abonnement")),
            (Purpose.CANTEEN, _("Cantine et garderie"), _("Payées par le compte, sur présence")),
            (Purpose.DOOR, _("Accès aux bâtiments"), _("Aucun accès")),
        )
    ]


def _fact(ours: Family, purpose: Purpose, rights: Iterable[Right]) -> str:
    told = []
    for right in rights:
        service = right.product.service
        if service is None or service.purpose != purpose:
            continue
        person = ours.person(ours.holders.get(right.holder)) if right.holder else None
        told.append(_told(right, person.first_name if person else ""))
    return " · ".join(told)


def _told(right: Right, name: str) -> str:
    product = right.product
    whose = f"{name} : " if name else ""
    match ProductKind(product.kind):
        case ProductKind.CARNET if right.account is not None:
            left = max(0, right.account.balance or 0)
            return whose + _("%(left)s entrées restantes") % {"left": left}
        case ProductKind.QUOTA if right.account is not None:
            used = (product.amount or 0) - (right.account.balance or 0)
            return whose + _("%(used)s passages sur %(all)s cette année") % {
                "used": used,
                "all": product.amount,
            }
        case _ if right.valid_until is not None:
            return whose + _("abonnement jusqu'au %(day)s") % {"day": day_name(right.valid_until)}
        case _:
            return whose + product.name
