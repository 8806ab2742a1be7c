"""Say that it is done, and give the receipt: on paper, to a phone, or not at all."""

from typing import NamedTuple
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cvq.access.services import Guest, Hidden
from cvq.bocage.templatetags.bocage import written
from cvq.kiosk.account.paper import heading
from cvq.kiosk.money import Account, account_of
from cvq.kiosk.printer import PaperOnScreen, line
from cvq.kiosk.visit import Visit, at_a_kiosk, with_a_card
from cvq.notices import texts
from cvq.notices.services import tell_of_top_up
from cvq.payments.models import TopUp
from cvq.people.selectors import members

SECONDS_SHOWN = 10  # once there is nothing left to choose


class Given(NamedTuple):
    """How the receipt was given: on paper, or to the phone whose number ends so."""

    paper: str = ""
    phone: str = ""


@require_http_methods(["GET", "POST"])
@at_a_kiosk
@with_a_card
def receipt(visit: Visit, guest: Guest, uid: UUID) -> HttpResponse:
    """
    Say what is on the account now, and give the receipt as it is asked for.

    :raises Hidden: it is no top-up of this family.
    """
    rows = TopUp.objects.filter(uid=uid, household=guest.household).select_related("regie")
    top_up = rows.first()
    if top_up is None:
        raise Hidden(_("Ce reçu n'existe pas."))
    account = account_of(visit, guest)
    mobile = _mobile(visit, guest)
    context = {"guest": guest, "account": account, "top_up": top_up, "mobile_ends": mobile[-2:]}
    if visit.request.method != "POST":
        return visit.show("kiosk/receipt/receipt.html", context)
    match visit.request.POST.get("comment"):
        case "papier":
            context["given"] = Given(paper=_printed(visit, top_up, account))
        case "sms" if mobile:
            _tell(visit, guest, top_up, account, mobile)
            context["given"] = Given(phone=mobile[-2:])
            context["idle"] = SECONDS_SHOWN
        case _:
            return visit.end()
    return visit.show("kiosk/receipt/given.html", context)


def _printed(visit: Visit, top_up: TopUp, account: Account) -> str:
    printer = PaperOnScreen()
    number = _("Reçu n° %(number)s") % {"number": top_up}
    lines = [
        *heading(visit),
        line(number),
        line(_("Rechargement"), written(top_up.cents)),
        line(str(top_up.get_means_display())),
        line(_("Encaissé par")),
        line(f"  {top_up.regie.name}"),
    ]
    if not account.is_hidden:
        lines.append(line(_("Solde maintenant"), written(account.cents)))
    printer.print([*lines, "", line(_("Démonstration : rien n'est payé."))])
    return printer.paper


def _tell(visit: Visit, guest: Guest, top_up: TopUp, account: Account, mobile: str) -> None:
    body = texts.top_up(cents=top_up.cents, left_cents=account.cents, until=account.until)
    tell_of_top_up(
        household=guest.household,
        entry_id=top_up.entry_id,
        mobile=mobile,
        body=body,
        at=visit.now.at,
    )


def _mobile(visit: Visit, guest: Guest) -> str:
    """Return the phone of an adult of the family, whoever holds the card first; or nothing."""
    adults = [
        row.person
        for row in members(guest.household.pk, visit.now.day)
        if row.role == "ADULT" and row.person.mobile
    ]
    adults.sort(key=lambda one: one.pk != guest.person.pk)
    return adults[0].mobile if adults else ""
