"""The passes, carnets and quotas of a family at the agent's services, and what is left of each."""

from django.db.models import Exists, Q
from django.utils.translation import gettext as _
from msgspec import Struct

from cvq.access.services import File
from cvq.bocage.templatetags.bocage import day_short
from cvq.catalog.models import Service
from cvq.people.family import Family, Person
from cvq.people.periods import during
from cvq.rights.models import ProductKind, Right
from cvq.rules.vocabulary import Purpose, Unit


class Held(Struct, frozen=True):
    """A right: what it is, whose, and what is left of it or until when it lasts."""

    name: str
    person: Person | None
    left: str


def rights(file: File, ours: Family) -> list[Held]:
    """Return the rights of the day that belong to the agent's services."""
    # The quota of the waste centres is the one of visits that belongs to no single service.
    waste = Service.objects.filter(pk__in=file.services, purpose=Purpose.WASTE)
    of_waste = Q(product__service=None, product__unit=Unit.VISIT) & Exists(waste)
    rows = (
        Right.objects.filter(
            during(ours.day),
            Q(holder__in=list(ours.holders)) | Q(household=file.household),
            Q(product__service__in=file.services) | of_waste,
        )
        .select_related("product", "account")
        .order_by("product__name", "id")
    )
    return [
        Held(
            row.product.name,
            ours.person(ours.holders.get(row.holder)) if row.holder else None,
            _left(row),
        )
        for row in rows
    ]


def _left(row: Right) -> str:
    balance = row.account.balance or 0 if row.account is not None else 0
    match ProductKind(row.product.kind):
        case ProductKind.CARNET:
            return _("%(left)s restantes") % {"left": max(0, balance)}
        case ProductKind.QUOTA:
            used = (row.product.amount or 0) - balance
            return _("%(used)s sur %(all)s") % {"used": used, "all": row.product.amount}
        case _ if row.valid_until is not None:
            return _("jusqu'au %(day)s") % {
                "day": f"{day_short(row.valid_until)} {row.valid_until.year}"
            }
        case _:
            return _("sans fin")
