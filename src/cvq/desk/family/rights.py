"""The passes, carnets and quotas of a family at the agent's services, and what is left of each."""

from django.utils.translation import gettext as _
from msgspec import Struct

from cvq.access.services import File
from cvq.bocage.templatetags.bocage import day_short
from cvq.desk.family.home import Home
from cvq.people.family import Family, Person
from cvq.rights.held import Held, held
from cvq.rights.models import ProductKind
from cvq.rules.vocabulary import Purpose, Unit


class Line(Struct, frozen=True):
    """A right: what it is, whose, and what is left of it or until when it lasts."""

    name: str
    person: Person | None
    left: str


def rights(file: File, ours: Family, home: Home) -> list[Line]:
    """Return the rights of the day that belong to the agent's services."""
    return [
        Line(
            one.name,
            ours.person(ours.holders.get(one.holder)) if one.holder else None,
            _left(one),
        )
        for one in held(ours.holders, file.household.pk, ours.day)
        if one.service in file.services or (_is_of_waste(one) and Purpose.WASTE in home.handled)
    ]


def _is_of_waste(one: Held) -> bool:
    # The quota of the waste centres is the one of visits that belongs to no single service.
    return one.service is None and one.unit == Unit.VISIT


def _left(one: Held) -> str:
    match one.kind:
        case ProductKind.CARNET:
            return _("%(left)s restantes") % {"left": max(0, one.left or 0)}
        case ProductKind.QUOTA:
            return _("%(used)s sur %(all)s") % {"used": one.used, "all": one.amount}
        case _ if one.until is not None:
            return _("jusqu'au %(day)s") % {"day": f"{day_short(one.until)} {one.until.year}"}
        case _:
            return _("sans fin")
