"""Show one operation: what happened, why this price, who collects, and what corrected it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from cvq.access.services import Hidden, operation_of
from cvq.billing.models import Charge
from cvq.billing.statement import operation as of_family
from cvq.bocage.pages import moment
from cvq.portal.family import family, user_of
from cvq.portal.operation.seen import seen
from cvq.portal.statement.view import line


@require_GET
def operation(request: HttpRequest, entry: int) -> HttpResponse:
    """Show an operation of the family of who is logged in."""
    now = moment(request)
    household, _ = operation_of(user_of(request), entry, now.at, now.day)
    found = of_family(household, entry)
    if found is None:
        raise Hidden("Cette opération ne change rien au compte.")
    charge = (
        Charge.objects.filter(pk=entry)
        .select_related("service__authority", "service__regie", "tariff", "reverses")
        .first()
    )
    context = {
        "tab": "statement",
        "line": line(family(request), found),
        "charge": charge,
        "seen": seen(charge, found) if charge else "",
        "taken_back": Charge.objects.filter(reverses_id=entry).first() if charge else None,
    }
    return render(request, "portal/operation/operation.html", context)
