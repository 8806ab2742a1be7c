"""The only way to the tariffs of a service, for the agents whose role it is to prepare them."""

from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from cvq.access.models import Assignment, Kind, Role, User
from cvq.access.services import Hidden, require, trace_refusal
from cvq.catalog.models import Service
from cvq.catalog.sold import SOLD
from cvq.people.periods import during


def priced_services(user: User, day: date) -> QuerySet[Service]:
    """
    Return the services whose tariffs the user prepares, those that sell something.

    :raises NotAtWork: they prepare none; the page does not exist for them.
    """
    require(user, Role.TARIFFS, day)
    at_work = Assignment.objects.filter(during(day), user=user, role=Role.TARIFFS).filter(
        Q(service=OuterRef("pk")) | Q(service=None, authority=OuterRef("authority"))
    )
    return Service.objects.filter(Exists(at_work), purpose__in=SOLD)


def priced_service(user: User, code: str, *, at: datetime, day: date) -> Service:
    """
    Return a service whose tariffs the user prepares.

    :raises Hidden: there is none of that code, or somebody else prepares its tariffs.
    """
    found = priced_services(user, day).filter(code=code).select_related("authority").first()
    if found is None:
        trace_refusal(user, Kind.PAGE, f"tarifs {code}"[:200], None, at)
        raise Hidden(_("Cette page n'existe pas ou plus."))
    return found
