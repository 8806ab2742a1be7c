"""Pay an amount on the terminal, and fill the wallet: once, however often it is sent."""

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cvq.access.services import Guest, Hidden
from cvq.billing import services as billing
from cvq.catalog.models import Regie
from cvq.kiosk.terminal import Outcome, TerminalOnScreen
from cvq.kiosk.visit import Visit, at_a_kiosk, with_a_card
from cvq.payments.messages import AskedTopUp
from cvq.payments.models import Channel, PaymentMeans, TopUp
from cvq.plumbing.connections import underneath


@require_http_methods(["GET", "POST"])
@at_a_kiosk
@with_a_card
def payment(visit: Visit, guest: Guest, uid: UUID) -> HttpResponse:
    """
    Send to the terminal, then to the receipt; a payment that did not pass may be tried again.

    :raises Hidden: nobody chose an amount under that name.
    """
    cents = visit.promised(uid)
    # Who sends again what was paid must not be asked for a bank card again.
    if TopUp.objects.filter(uid=uid, household=guest.household).exists():
        return visit.go("receipt", uid)
    outcome = None
    if visit.request.method == "POST":
        terminal = TerminalOnScreen(visit.request.POST.get("terminal", ""))
        outcome = terminal.pay(uid=uid, cents=cents)
        if outcome is Outcome.ACCEPTED:
            _fill(visit, guest, uid, cents)
            return visit.go("receipt", uid)
    context = {"guest": guest, "cents": cents, "outcome": outcome and outcome.value}
    return visit.show("kiosk/payment/payment.html", context)


def _fill(visit: Visit, guest: Guest, uid: UUID, cents: int) -> None:
    asked = AskedTopUp(
        uid=uid,
        cents=cents,
        channel=Channel.KIOSK,
        means=PaymentMeans.CARD_POS,
        regie_id=_regie(visit).pk,
        sous_regie_id=visit.device.sous_regie_id,
        at=visit.now.at,
        household_id=guest.household.pk,
    )
    billing.top_up(underneath(), [asked], at=visit.now.at)


def _regie(visit: Visit) -> Regie:
    """
    Return the régie that this kiosk collects for.

    :raises Hidden: none takes bank cards.
    """
    if visit.device.sous_regie is not None:
        return visit.device.sous_regie.regie
    taking = Regie.objects.filter(payment_means__contains=PaymentMeans.CARD_POS)
    regie = taking.order_by("id").first()
    if regie is None:
        raise Hidden(_("Aucune régie n'encaisse par carte bancaire."))
    return regie
