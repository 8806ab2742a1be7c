"""Choose how much to add, from six buttons or with a keypad; each touch is a page of its own."""

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cvq.access.services import Guest
from cvq.billing.suggested import SUGGESTED, advised, suggestion, suggestions
from cvq.bocage.templatetags.bocage import written
from cvq.kiosk.money import account_of
from cvq.kiosk.top_up.amounts import DIGITS_MAX, EUROS_MAX, EUROS_MIN, taken
from cvq.kiosk.visit import Visit, at_a_kiosk, with_a_card

KEYS = ("1", "2", "3", "4", "5", "6", "7", "8", "9")


@require_http_methods(["GET", "POST"])
@at_a_kiosk
@with_a_card
def choose(visit: Visit, guest: Guest) -> HttpResponse:
    """Ask how much, and go and pay it."""
    if visit.request.method == "POST":
        euros = taken(visit.request.POST.get("euros", ""))
        if euros is None:
            return visit.go("top_up")
        return visit.go("payment", visit.promise(100 * euros))
    account = account_of(visit, guest)
    asked = taken(visit.request.GET.get("euros", ""))
    cents = 100 * asked if asked else advised(account.ahead, account.cents)
    chosen = suggestion(cents, account.ahead, account.cents)
    context = {
        "guest": guest,
        "account": account,
        "choices": suggestions(account.ahead, account.cents),
        "chosen": chosen,
        "is_other": chosen.cents not in SUGGESTED,
        "afterwards": account.cents + chosen.cents,
    }
    return visit.show("kiosk/top_up/choose.html", context)


@require_safe
@at_a_kiosk
@with_a_card
def keypad(visit: Visit, guest: Guest) -> HttpResponse:
    """Let an amount be typed, a digit at a time."""
    typed = _digits(visit.request.GET.get("tape", ""))
    key = visit.request.GET.get("touche", "")
    if key == "ok" and taken(typed) is not None:
        there = reverse("kiosk:top_up", args=[visit.token])
        return HttpResponseRedirect(f"{there}?euros={typed}")
    if key == "efface":
        typed = typed[:-1]
    elif key != "ok":
        typed = _digits(typed + key)
    error = ""
    if key == "ok":
        bounds = {"least": written(100 * EUROS_MIN, short=True)}
        bounds["most"] = written(100 * EUROS_MAX, short=True)
        error = _("Choisissez entre %(least)s et %(most)s. Rien n'a été débité.") % bounds
    context = {
        "guest": guest,
        "account": account_of(visit, guest),
        "typed": typed,
        "keys": KEYS,
        "error": error,
        "least": 100 * EUROS_MIN,
        "most": 100 * EUROS_MAX,
    }
    return visit.show("kiosk/top_up/keypad.html", context, 422 if error else 200)


def _digits(text: str) -> str:
    kept = "".join(one for one in text if one in "0123456789").lstrip("0")
    return kept[:DIGITS_MAX]
