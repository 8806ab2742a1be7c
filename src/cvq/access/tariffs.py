"""
The only way to what services cost: for who prepares tariffs, and for who works prices out.

What councils voted is read by whoever prepares the tariffs of one of its services; it is changed,
approved or published by whoever prepares those of all of them.
"""

from datetime import date, datetime
from typing import NoReturn

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from cvq.access.models import Assignment, Kind, Role, User
from cvq.access.services import Hidden, require, roles_of, trace_refusal
from cvq.catalog.models import Authority, Service, TariffDocument, TariffVersion
from cvq.catalog.sold import SOLD
from cvq.people.periods import during

ASKED_LETTERS_MAX = 200


def priced_services(user: User, day: date) -> QuerySet[Service]:
    """
    Return the services whose tariffs the user prepares, those that sell something.

    :raises NotAtWork: they prepare none; the page does not exist for them.
    """
    require(user, Role.TARIFFS, day)
    return _prepared_by(user, day)


def priced_service(user: User, code: str, *, at: datetime, day: date) -> Service:
    """
    Return a service whose tariffs the user prepares.

    :raises Hidden: there is none of that code, or somebody else prepares its tariffs.
    """
    found = priced_services(user, day).filter(code=code).select_related("authority").first()
    if found is None:
        _hide(user, f"tarifs {code}", at)
    return found


def version_of(user: User, code: str, number: int, *, at: datetime, day: date) -> TariffVersion:
    """
    Return a version of a service whose tariffs the user prepares, to read.

    :raises Hidden: there is none, or somebody else prepares the tariffs of that service.
    """
    service = priced_service(user, code, at=at, day=day)
    found = service.versions.filter(number=number).select_related("document").first()
    if found is None:
        raise Hidden(_("Cette page n'existe pas ou plus."))
    found.service = service
    return found


def version_to_change(
    user: User, code: str, number: int, *, at: datetime, day: date
) -> TariffVersion:
    """
    Return a version whose document the user may change, approve or publish.

    :raises Hidden: there is none, or somebody else prepares the tariffs of one of its services.
    """
    found = version_of(user, code, number, at=at, day=day)
    if not prepares_all_of(user, found.document, day):
        _hide(user, f"tarifs {code} {number}", at)
    return found


def prepares_all_of(user: User, document: TariffDocument, day: date) -> bool:
    """Tell whether the user prepares the tariffs of every service that a document is for."""
    return not document.versions.exclude(service__in=_prepared_by(user, day)).exists()


def prepared_alike(user: User, service: Service, day: date) -> QuerySet[Service]:
    """Return the other services of its authority and purpose whose tariffs the user prepares."""
    same = Q(purpose=service.purpose) if service.purpose else Q(purpose=None)
    alike = _prepared_by(user, day).filter(same, authority=service.authority_id)
    return alike.exclude(pk=service.pk).order_by("name", "pk")


def founding_authorities(user: User, day: date) -> QuerySet[Authority]:
    """
    Return the authorities all of whose tariffs the user prepares: they may found a service there.

    :raises NotAtWork: they prepare no tariff.
    """
    require(user, Role.TARIFFS, day)
    whole = Assignment.objects.filter(
        during(day), user=user, role=Role.TARIFFS, service=None, authority=OuterRef("pk")
    )
    return Authority.objects.filter(Exists(whole))


def counter_services(user: User, day: date) -> QuerySet[Service]:
    """
    Return the services whose prices are worked out at a counter, where the user works.

    :raises NotAtWork: they work at no counter and prepare no tariff.
    """
    at_counter = Role.COUNTER in roles_of(user, day)
    require(user, Role.COUNTER if at_counter else Role.TARIFFS, day)
    rows = Service.objects.filter(_works_at(user, day, Role.COUNTER, Role.TARIFFS), purpose=None)
    return rows.select_related("authority")


def counter_service(user: User, code: str, *, at: datetime, day: date) -> Service:
    """
    Return a service whose prices the user works out at a counter.

    :raises Hidden: there is none of that code, or it is not where they work.
    """
    found = counter_services(user, day).filter(code=code).first()
    if found is None:
        _hide(user, f"prix {code}", at)
    return found


def _prepared_by(user: User, day: date) -> QuerySet[Service]:
    sells = Q(purpose__in=SOLD) | Q(purpose=None)
    return Service.objects.filter(_works_at(user, day, Role.TARIFFS), sells)


def _works_at(user: User, day: date, *roles: Role) -> Exists:
    at_work = Assignment.objects.filter(during(day), user=user, role__in=roles)
    whole = Q(service=None, authority=OuterRef("authority"))
    return Exists(at_work.filter(Q(service=OuterRef("pk")) | whole))


def _hide(user: User, asked: str, at: datetime) -> NoReturn:
    trace_refusal(user, Kind.PAGE, asked[:ASKED_LETTERS_MAX], None, at)
    raise Hidden(_("Cette page n'existe pas ou plus."))
