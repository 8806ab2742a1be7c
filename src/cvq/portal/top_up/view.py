"""Choose an amount, pay it on the page of a bank, and read the receipt: never debited twice."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cvq.access.services import receipt_of
from cvq.billing import services as billing
from cvq.billing.forecast import forecast
from cvq.billing.statement import position
from cvq.billing.suggested import CENTS_MAX, CENTS_MIN, advised, suggestion, suggestions
from cvq.bocage.pages import moment
from cvq.bocage.templatetags.bocage import written
from cvq.kernel.ids import uuid7
from cvq.kernel.money import AmountUnreadable, cents_of
from cvq.payments.messages import AskedTopUp
from cvq.payments.models import Channel, PaymentMeans
from cvq.plumbing.connections import underneath
from cvq.portal.family import family, user_of
from cvq.portal.regie import regie
from cvq.portal.top_up.advice import advice

PROMISED = "recharges"
PROMISES_MAX = 5


@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """Ask how much, and go to the bank with it."""
    ours = family(request)
    has = position(ours.household)
    ahead = forecast(ours.household, ours.day)
    error = ""
    if request.method == "POST":
        try:
            cents = _asked(request)
        except AmountUnreadable as unable:
            error = str(unable)
        else:
            return redirect("portal:bank", uid=_promise(request, cents))
    ticked = suggestion(advised(ahead, has), ahead, has)
    context = {
        "tab": "top_up",
        "family": ours,
        "position": has,
        "choices": suggestions(ahead, has),
        "advised": ticked.cents,
        "advice": advice(ahead, ticked, ours.day),
        "error": error,
        "typed": request.POST.get("autre", ""),
        "chosen": request.POST.get("montant", ""),
        "least": CENTS_MIN,
        "most": CENTS_MAX,
    }
    return render(request, "portal/top_up/choose.html", context, status=422 if error else 200)


@require_http_methods(["GET", "POST"])
def bank(request: HttpRequest, uid: UUID) -> HttpResponse:
    """
    Stand for the page of the bank: it takes no card, and says so.

    What this session did not choose may be paid already: then there is a receipt.

    :raises Hidden: nobody of this family chose an amount under that name.
    """
    ours = family(request)
    cents = request.session.get(PROMISED, {}).get(str(uid))
    if cents is None:
        receipt_of(user_of(request), ours.household, uid, at=moment(request).at)
        return redirect("portal:receipt", uid=uid)
    if request.method == "POST":
        if "refuser" in request.POST:
            context = {"tab": "top_up", "cents": cents, "uid": uid}
            return render(request, "portal/top_up/refused.html", context)
        now = moment(request)
        asked = AskedTopUp(
            uid=uid,
            cents=cents,
            channel=Channel.INTERNET,
            means=PaymentMeans.PAYFIP_CARD,
            regie_id=regie().pk,
            at=now.at,
            household_id=ours.household.pk,
        )
        billing.top_up(underneath(), [asked], at=now.at)
        return redirect("portal:receipt", uid=uid)
    return render(request, "portal/top_up/bank.html", {"cents": cents, "regie": regie()})


@require_GET
def receipt(request: HttpRequest, uid: UUID) -> HttpResponse:
    """
    Show the receipt of a top-up, and what the family now has.

    :raises Hidden: it is no top-up of this family.
    """
    ours = family(request)
    found = receipt_of(user_of(request), ours.household, uid, at=moment(request).at)
    has = position(ours.household)
    ahead = forecast(ours.household, ours.day)
    context = {
        "tab": "top_up",
        "top_up": found,
        "position": has,
        "until": None if ahead.is_empty else ahead.covered_until(has),
    }
    return render(request, "portal/top_up/receipt.html", context)


def _asked(request: HttpRequest) -> int:
    """
    Return the cents that were asked for.

    :raises AmountUnreadable: they are no amount, or not one that we take.
    """
    told = request.POST.get("autre", "").strip() or request.POST.get("montant", "")
    if not told:
        raise AmountUnreadable(_("Choisissez un montant, ou écrivez-le."))
    cents = cents_of(told)
    if not CENTS_MIN <= cents <= CENTS_MAX:
        raise AmountUnreadable(
            _("Choisissez entre %(least)s et %(most)s. Rien n'a été débité.")
            % {"least": written(CENTS_MIN, short=True), "most": written(CENTS_MAX, short=True)}
        )
    return cents


def _promise(request: HttpRequest, cents: int) -> UUID:
    """Keep what was chosen under the name that the payment will have, however often it is sent."""
    uid = uuid7()
    promises = list(request.session.get(PROMISED, {}).items())[-PROMISES_MAX + 1 :]
    request.session[PROMISED] = dict([*promises, (str(uid), cents)])
    return uid
