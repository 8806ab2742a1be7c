"""What a hall, a hire or a membership costs: an agent asks, reads the price, and nothing moves."""

from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from cvq.access.tariffs import counter_service, counter_services
from cvq.bocage.pages import moment
from cvq.desk.opened import user_of
from cvq.desk.prices.worked import Form
from cvq.rules.tariff.outcome import FREE

SERVICES_MAX = 400


@require_GET
def services(request: HttpRequest) -> HttpResponse:
    """
    Show the services whose prices the agent works out, under the authority of each.

    :raises NotAtWork: the user works at no counter and prepares no tariff.
    """
    rows = counter_services(user_of(request), moment(request).day)
    found = rows.order_by("authority__name", "authority_id", "name", "pk")[:SERVICES_MAX]
    places = [
        (authority, list(theirs))
        for authority, theirs in groupby(found, key=lambda one: one.authority)
    ]
    return render(request, "desk/prices/list.html", {"of_prices": True, "places": places})


@require_GET
def price(request: HttpRequest, code: str) -> HttpResponse:
    """Show the form of a price, and what it comes to."""
    now = moment(request)
    service = counter_service(user_of(request), code, at=now.at, day=now.day)
    given = {name: value.replace("\x00", "") for name, value in request.GET.dict().items()}
    form = Form(service, day=now.day, given=given)
    context = {
        "of_prices": True,
        "service": service,
        "form": form,
        "day": now.day,
        "is_another_day": form.day != now.day,
        "free": FREE,
    }
    return render(request, "desk/prices/price.html", context)
