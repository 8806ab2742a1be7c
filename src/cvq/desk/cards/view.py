"""Give a card, block one, and put another in its place; each says what happened."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cvq.access.services import File, Hidden, card_in
from cvq.bocage.pages import moment
from cvq.bocage.templatetags.bocage import hour
from cvq.cards import services
from cvq.cards.models import Medium
from cvq.cards.selectors import Card, held
from cvq.cards.services import (
    CredentialKnown,
    MediumGone,
    NoHolder,
    NumberTaken,
    RandomUid,
    StateOutOfOrder,
)
from cvq.desk.cards.laid import Given, Laid, of_demonstration
from cvq.desk.cards.words import by_whom, stops, told
from cvq.desk.opened import user_of, with_file
from cvq.people.family import Family, family_on
from cvq.people.models import Person
from cvq.rules.vocabulary import MediumKind

BLANK = "vierge"
FOR_EVER: dict[str, Callable[..., None]] = {
    "LOST": services.declare_lost,
    "STOLEN": services.declare_stolen,
    "DEAD": services.declare_dead,
}


@require_GET
@with_file
def card(request: HttpRequest, file: File, number: str) -> HttpResponse:
    """Show a card, its state, and what may be done with it."""
    medium = _medium(request, file, number)
    return _page(request, file, medium, Laid(initial=_laid(request)))


@require_POST
@with_file
def block(request: HttpRequest, file: File, number: str) -> HttpResponse:
    """Stop a card at once: until further notice, or for ever."""
    now, medium = moment(request), _medium(request, file, number)
    stop = FOR_EVER.get(request.POST.get("motif", ""), services.block)
    try:
        stop(medium=medium, at=now.at, by=user_of(request).email)
    except (MediumGone, StateOutOfOrder) as unable:
        messages.error(request, str(unable), extra_tags="no")
    else:
        if stop is services.block:
            news = _("Bloquée à %(hour)s. L'argent est en sécurité.")
        else:
            news = _("Arrêtée pour toujours à %(hour)s. L'argent est en sécurité.")
        messages.success(request, news % {"hour": hour(now.at)}, extra_tags="ok")
    return _to(file, medium)


@require_POST
@with_file
def unblock(request: HttpRequest, file: File, number: str) -> HttpResponse:
    """
    Let a card that was found be used again.

    :raises Hidden: it was blocked more than seven days ago, replaced, or stopped for ever.
    """
    now, medium = moment(request), _medium(request, file, number)
    if not _held(request, file, medium)[0].may_come_back(now.at):
        raise Hidden(_("Cette carte ne peut plus être débloquée."))
    services.unblock(medium=medium, at=now.at, by=user_of(request).email)
    messages.success(request, _("Retrouvée : elle sert de nouveau."), extra_tags="ok")
    return _to(file, medium)


@require_POST
@with_file
def replace(request: HttpRequest, file: File, number: str) -> HttpResponse:
    """Hand over another card; the old one never serves again."""
    form = Laid(request.POST)
    if form.is_valid() and _replaced(number, form.cleaned_data["number"]):
        return redirect("desk:card", file.household.uid, form.cleaned_data["number"])  # sent twice
    medium = _medium(request, file, number)
    if not form.is_valid():
        return _page(request, file, medium, form, status=422)
    try:
        new = services.replace(
            old=medium,
            kind=MediumKind.DESFIRE,
            number=form.cleaned_data["number"],
            credential=form.credential,
            reason=form.reason,
            at=moment(request).at,
            by=user_of(request).email,
        )
    except (NumberTaken, CredentialKnown, RandomUid, NoHolder, StateOutOfOrder) as unable:
        form.add_error("number", str(unable))
        return _page(request, file, medium, form, status=422)
    news = _("Nouvelle carte remise. L'ancienne, %(number)s, ne servira plus jamais.")
    messages.success(request, news % {"number": medium.number}, extra_tags="ok")
    return _to(file, new)


@require_http_methods(["GET", "POST"])
@with_file
def give(request: HttpRequest, file: File) -> HttpResponse:
    """Give a card to somebody of the family: who, what was seen, the card."""
    now = moment(request)
    ours = family_on(file.household, now.day)
    cards = held([one.id for one in ours.people], now.at)
    form = Given(request.POST) if request.method == "POST" else Given(initial=_laid(request))
    form.choose_among(ours)
    if request.method == "POST" and form.is_valid():
        number = form.cleaned_data["number"]
        if any(one.number == number and one.person == form.cleaned_data["who"] for one in cards):
            return redirect("desk:card", file.household.uid, number)  # sent twice
        try:
            new = services.issue(
                kind=MediumKind.DESFIRE,
                number=number,
                credential=form.credential,
                person=Person.objects.get(pk=form.cleaned_data["who"]),
                reason=form.reason,
                at=now.at,
                by=user_of(request).email,
            )
        except (NumberTaken, CredentialKnown, RandomUid) as unable:
            form.add_error("number", str(unable))
        else:
            messages.success(request, _("Carte remise, elle sert déjà."), extra_tags="ok")
            return _to(file, new)
    works = {one.person: one.number for one in cards if one.works}
    context = {
        "family": ours,
        "form": form,
        "people": [(one, works.get(one.id)) for one in ours.people],
        "chosen": form["who"].value() or next((o.id for o in ours.people if o.id not in works), 0),
        "blank": BLANK,
    }
    status = 422 if form.errors else 200
    return render(request, "desk/cards/give.html", context, status=status)


def _page(
    request: HttpRequest, file: File, medium: Medium, form: Laid, status: int = 200
) -> HttpResponse:
    now = moment(request)
    card, ours = _held(request, file, medium)
    context = {
        "family": ours,
        "card": card,
        "person": ours.person(card.person),
        "told": told(card.state),
        "who": by_whom(card.by),
        "may_come_back": card.may_come_back(now.at),
        "stops": stops(),
        "form": form,
        "blank": BLANK,
    }
    return render(request, "desk/cards/card.html", context, status=status)


def _medium(request: HttpRequest, file: File, number: str) -> Medium:
    now = moment(request)
    return card_in(file, user_of(request), number, at=now.at, day=now.day)


def _held(request: HttpRequest, file: File, medium: Medium) -> tuple[Card, Family]:
    now = moment(request)
    ours = family_on(file.household, now.day)
    found = held([one.id for one in ours.people], now.at)
    return next(one for one in found if one.number == medium.number), ours


def _replaced(old: str, new: str) -> bool:
    return Medium.objects.filter(number=new, replaces__number=old).exists()


def _laid(request: HttpRequest) -> dict[str, str]:
    return of_demonstration() if request.GET.get("poser") == BLANK else {}


def _to(file: File, medium: Medium) -> HttpResponse:
    return redirect("desk:card", file.household.uid, medium.number)
