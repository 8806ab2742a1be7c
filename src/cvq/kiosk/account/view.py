"""Tell what is left, what was spent and what comes, and print it."""

from datetime import timedelta

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cvq.access.services import Guest
from cvq.billing.statement import statement
from cvq.kiosk.account.paper import statement_lines
from cvq.kiosk.models import HiddenBalance
from cvq.kiosk.money import account_of
from cvq.kiosk.printer import PaperOnScreen
from cvq.kiosk.visit import Visit, at_a_kiosk, with_a_card

DAYS_SHOWN = 31
LINES_MAX = 6


@require_safe
@at_a_kiosk
@with_a_card
def account(visit: Visit, guest: Guest) -> HttpResponse:
    """Tell what is left, and ask what to do."""
    context = {"guest": guest, "account": account_of(visit, guest)}
    return visit.show("kiosk/account/account.html", context)


@require_POST
@at_a_kiosk
@with_a_card
def hide_or_show(visit: Visit, guest: Guest) -> HttpResponse:
    """Hide the balance, here and wherever this family comes next; or show it again."""
    if "masquer" in visit.request.POST:
        since = {"since": visit.now.at}
        HiddenBalance.objects.get_or_create(household=guest.household, defaults=since)
    else:
        HiddenBalance.objects.filter(household=guest.household).delete()
    return visit.go("account")


@require_safe
@at_a_kiosk
@with_a_card
def operations(visit: Visit, guest: Guest) -> HttpResponse:
    """Show the last operations."""
    first = visit.now.day - timedelta(days=DAYS_SHOWN)
    found = statement(guest.household, first, visit.now.day).operations[:LINES_MAX]
    context = {"guest": guest, "account": account_of(visit, guest), "operations": found}
    return visit.show("kiosk/account/operations.html", context)


@require_safe
@at_a_kiosk
@with_a_card
def ahead(visit: Visit, guest: Guest) -> HttpResponse:
    """Show the days that come, and what each will probably cost."""
    found = account_of(visit, guest)
    days = [found.ahead.first + timedelta(days=place) for place in range(len(found.ahead.cents))]
    coming = [(day, found.ahead.on(day)) for day in days if found.ahead.on(day)][:LINES_MAX]
    context = {"guest": guest, "account": found, "days": coming}
    return visit.show("kiosk/account/ahead.html", context)


@require_http_methods(["GET", "POST"])
@at_a_kiosk
@with_a_card
def print_statement(visit: Visit, guest: Guest) -> HttpResponse:
    """Print the statement of the last month, and show the paper."""
    if visit.request.method == "POST":
        printer = PaperOnScreen()
        first = visit.now.day - timedelta(days=DAYS_SHOWN)
        printer.print(statement_lines(visit, statement(guest.household, first, visit.now.day)))
        visit.keep(paper=printer.paper)
        return visit.go("print_statement")
    context = {"guest": guest, "account": account_of(visit, guest), "paper": _paper(visit)}
    return visit.show("kiosk/account/paper.html", context)


def _paper(visit: Visit) -> str:
    paper = visit.kept.get("paper", "")
    return paper if isinstance(paper, str) else ""
