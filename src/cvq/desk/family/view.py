"""Show the file of a family, and open it with a reason."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cvq.access.services import File, NoReason, NotOpened, open_file, opened_file
from cvq.bocage.pages import moment
from cvq.cards.selectors import held
from cvq.desk.family.account import account, days_asked
from cvq.desk.family.home import home_of
from cvq.desk.family.journal import journal
from cvq.desk.family.rights import rights
from cvq.desk.family.todo import todo
from cvq.desk.family.week import monday_asked, week
from cvq.desk.opened import REASON_LETTERS_MAX, REASONS, ask_why, user_of, with_file
from cvq.people.family import family_on


@require_GET
@with_file
def family(request: HttpRequest, file: File) -> HttpResponse:
    """Show everything that the agent's services know of a family, on one page."""
    now = moment(request)
    ours = family_on(file.household, now.day)
    cards = held([one.id for one in ours.people], now.at)
    home = home_of(file, ours)
    money = account(file, ours, home, days_asked(request.GET.get("jours")))
    seen = week(file, ours, monday_asked(request.GET.get("semaine"), now.day))
    context = {
        "family": ours,
        "people": [
            (one, one.age(now.day), seen.sites.get(one.id, ()))
            for one in sorted(ours.people, key=lambda one: (one.is_child, one.id))
        ],
        "now": now,
        "home": home,
        "why_no_quotient": home.why_missing(now.day) if home.quotient is None else "",
        "account": money,
        "cards": [(one, ours.person(one.person)) for one in cards],
        "week": seen,
        "rights": rights(file, ours, home),
        "todo": todo(file, ours, money, cards, seen, home),
        "journal": journal(file, ours, cards),
    }
    return render(request, "desk/family/family.html", context)


@require_POST
def open_family(request: HttpRequest, uid: UUID) -> HttpResponse:
    """
    Open a file, for a usual reason or for one that is typed.

    :raises Hidden: the user may open no such file.
    """
    now, user = moment(request), user_of(request)
    usual = REASONS.get(request.POST.get("raison", ""))
    typed = request.POST.get("autre", "").replace("\x00", "").strip()
    with translation.override("fr"):  # the family reads it, in the language of the territory
        reason = str(usual[1]) if usual else typed
    try:
        if len(reason) > REASON_LETTERS_MAX:
            raise NoReason(_("Dites-le en deux cents lettres au plus."))
        open_file(user, uid, reason=reason, at=now.at, day=now.day)
    except NoReason as unable:
        return _ask_again(request, uid, str(unable), typed)
    return redirect("desk:family", uid=uid)


def _ask_again(request: HttpRequest, uid: UUID, error: str, typed: str) -> HttpResponse:
    now = moment(request)
    try:
        file = opened_file(user_of(request), uid, at=now.at, day=now.day)
    except NotOpened as closed:
        return ask_why(request, closed.household, error=error, typed=typed)
    return redirect("desk:family", uid=file.household.uid)
