"""Show the cards of a family; block one at once, and let it be used again if it was found."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cvq.access.services import Hidden, medium_of
from cvq.bocage.pages import moment
from cvq.bocage.templatetags.bocage import hour
from cvq.cards import services
from cvq.cards.models import Medium
from cvq.cards.selectors import Card, held
from cvq.portal.cards import uses
from cvq.portal.family import Family, Person, family, user_of

BY_HOLDER = "porteur"


@require_GET
def cards(request: HttpRequest) -> HttpResponse:
    """Show each card, who holds it, where it was last used, and what can be done."""
    ours = family(request)
    readable = uses.readable(ours, user_of(request).person_id)
    held_now = _shown(request, ours)
    mine = [card.number for card, _person, _back in held_now if card.person in readable]
    last = uses.last_uses(mine, moment(request).at)
    shown = [
        (card, person, back, last.get(card.number), card.person in readable)
        for card, person, back in held_now
    ]
    context = {"tab": "cards", "family": ours, "cards": shown, "days": uses.DAYS_BACK}
    return render(request, "portal/cards/cards.html", context)


@require_GET
def lost(request: HttpRequest) -> HttpResponse:
    """Ask which card is lost: one question, one button each."""
    ours = family(request)
    working = [one for one in _shown(request, ours) if one[0].works]
    return render(request, "portal/cards/lost.html", {"tab": "cards", "cards": working})


@require_POST
def block(request: HttpRequest, number: str) -> HttpResponse:
    """Block a card at once, without asking why."""
    now = moment(request)
    medium = medium_of(user_of(request), number, now.at, now.day)
    if _card(request, medium).works:
        services.block(medium=medium, at=now.at, by=BY_HOLDER)
    news = _("Carte bloquée à %(hour)s. L'argent est en sécurité.") % {"hour": hour(now.at)}
    messages.success(request, news, extra_tags="ok")
    learn = _("Les lecteurs l'apprennent dans la minute ; un lecteur sans réseau, à son retour.")
    messages.info(request, learn)
    return redirect("portal:cards")


@require_POST
def unblock(request: HttpRequest, number: str) -> HttpResponse:
    """
    Let a card that its holder blocked be used again.

    :raises Hidden: it was blocked more than seven days ago, replaced, or declared lost.
    """
    now = moment(request)
    medium = medium_of(user_of(request), number, now.at, now.day)
    if not _card(request, medium).may_come_back(now.at):
        raise Hidden(_("Cette carte ne peut plus être débloquée ici."))
    services.unblock(medium=medium, at=now.at, by=BY_HOLDER)
    messages.success(request, _("Carte débloquée : elle sert de nouveau."), extra_tags="ok")
    return redirect("portal:cards")


def _card(request: HttpRequest, medium: Medium) -> Card:
    ours = family(request)
    found = held([one.id for one in ours.people], moment(request).at)
    return next(one for one in found if one.number == medium.number)


def _shown(request: HttpRequest, ours: Family) -> list[tuple[Card, Person | None, bool]]:
    at = moment(request).at
    found = held([one.id for one in ours.people], at)
    return [(one, ours.person(one.person), one.may_come_back(at)) for one in found]
