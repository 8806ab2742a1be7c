"""Show a family what it has, until when, and who is where today."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from cvq.billing.forecast import forecast
from cvq.billing.statement import position
from cvq.bocage.pages import moment
from cvq.cards.selectors import held
from cvq.portal.family import family, user_of
from cvq.portal.home.ahead import weeks
from cvq.portal.home.facts import facts
from cvq.portal.home.ruler import ruler
from cvq.portal.home.todo import todo


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Show the home of a family."""
    now = moment(request)
    ours = family(request)
    has = position(ours.household)
    ahead = forecast(ours.household, now.day)
    cards = held([one.id for one in ours.people], now.at)
    me = user_of(request).person_id
    mine = next((one for one in cards if one.person == me), None)
    context = {
        "tab": "home",
        "family": ours,
        "now": now,
        "position": has,
        "ahead": ahead,
        "until": None if ahead.is_empty else ahead.covered_until(has),
        "weeks": weeks(ahead, has, now.day),
        "ruler": ruler(ours, now),
        "todo": todo(ours, has, ahead, cards),
        "card": mine or next(iter(cards), None),
        "working": sum(1 for one in cards if one.works),
        "facts": facts(ours),
    }
    return render(request, "portal/home/home.html", context)
