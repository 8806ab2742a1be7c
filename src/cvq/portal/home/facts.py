"""One live fact for each service: what is left, until when, or how it is paid."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from msgspec import Struct

from cvq.bocage.templatetags.bocage import day_name
from cvq.portal.family import Family
from cvq.portal.services import icon_of
from cvq.rights.held import Held, held
from cvq.rights.models import ProductKind
from cvq.rules.vocabulary import Purpose


class Fact(Struct, frozen=True):
    """A service, and its fact of the day."""

    icon: str
    name: str
    fact: str


def facts(ours: Family) -> list[Fact]:
    """Return a line for each service of daily life."""
    rights = sorted(held(ours.holders, ours.household.pk, ours.day), key=lambda right: right.id)
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


def _fact(ours: Family, purpose: Purpose, rights: Iterable[Held]) -> str:
    told = []
    for right in rights:
        if right.purpose == purpose:
            person = ours.person(ours.holders.get(right.holder)) if right.holder else None
            told.append(_told(right, person.first_name if person else ""))
    return " · ".join(told)


def _told(right: Held, name: str) -> str:
    whose = f"{name} : " if name else ""
    match right.kind:
        case ProductKind.CARNET if right.left is not None:
            return whose + _("%(left)s entrées restantes") % {"left": max(0, right.left)}
        case ProductKind.QUOTA if right.left is not None:
            return whose + _("%(used)s passages sur %(all)s cette année") % {
                "used": right.used,
                "all": right.amount,
            }
        case _ if right.until is not None:
            return whose + _("abonnement jusqu'au %(day)s") % {"day": day_name(right.until)}
        case _:
            return whose + right.name
