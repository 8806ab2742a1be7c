"""A2: what services cost, and a tariff from its draft to the day from which it counts."""

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cvq.access.services import Hidden
from cvq.access.tariffs import priced_service, priced_services
from cvq.bocage.pages import moment
from cvq.catalog import documents
from cvq.catalog.models import Service, TariffDocument
from cvq.catalog.versions import digest
from cvq.desk.opened import user_of
from cvq.desk.tariffs.listed import charged, kinds
from cvq.desk.tariffs.page import Page, context_of
from cvq.desk.tariffs.tables import changes_in
from cvq.kernel.unable import Unable
from cvq.rules.tariff.drawn import edited, with_row_below, without_row

VERSIONS_MAX = 50
LIKES_MAX = 10
LETTERS_MAX = 400
DIGITS_MAX = 18
View = Callable[..., HttpResponse]


def with_document(view: Callable[[HttpRequest, TariffDocument], HttpResponse]) -> View:
    """Give a view the document that its address names, if it is of a service of the agent."""

    @wraps(view)
    def answer(request: HttpRequest, code: str, version: int) -> HttpResponse:
        service = _service(request, code)
        rows = TariffDocument.objects.filter(service=service, version=version)
        found = rows.select_related("service__authority").first()
        if found is None:
            raise Hidden(_("Cette page n'existe pas ou plus."))
        return view(request, found)

    return answer


@require_GET
def tariffs(request: HttpRequest) -> HttpResponse:
    """
    Show what the services of the agent cost, since when, and who decided it.

    :raises Hidden: the user prepares no tariff.
    """
    day = moment(request).day
    found = kinds(priced_services(user_of(request), day), day)
    return _render(request, "list", {"kinds": found})


@require_http_methods(["GET", "POST"])
def service(request: HttpRequest, code: str) -> HttpResponse:
    """Show the versions of what a service costs, and begin another."""
    now, found = moment(request), _service(request, code)
    if request.method == "POST":
        by = user_of(request).email
        like = _likes(request, found).filter(pk=_number(request.POST.get("comme", ""))).first()
        begun = documents.draft(service=found, by=by, at=now.at, day=now.day, like=like)
        return _to(begun)
    versions = TariffDocument.objects.filter(service=found).defer("text").order_by("-version")
    context = {
        "one": charged([found], now.day)[0],
        "service": found,
        "versions": versions[:VERSIONS_MAX],
        "likes": _likes(request, found).defer("text")[:LIKES_MAX],
        "today": now.day,
    }
    return _render(request, "service", context)


@require_GET
@with_document
def document(request: HttpRequest, found: TariffDocument) -> HttpResponse:
    """Show a document: its tables, what is wrong, what changes, and three families."""
    return _page(request, found)


@require_POST
@with_document
def change_tables(request: HttpRequest, found: TariffDocument) -> HttpResponse:
    """Change cells, and write a row again or take it away: the text follows."""
    posted = {name: str(text).replace("\x00", "") for name, text in request.POST.items()}
    try:
        _require_seen(request, found)
        text = edited(found.text, changes_in(found.text, posted))
        if place := posted.get("doubler"):
            text = with_row_below(text, place)
        elif place := posted.get("retirer"):
            text = without_row(text, place)
        _change(request, found, text)
    except Unable as unable:
        return _page(request, found, error=str(unable), typed=posted, status=422)
    return _to(found, "#tables")


@require_POST
@with_document
def change_text(request: HttpRequest, found: TariffDocument) -> HttpResponse:
    """Write the whole text again."""
    text = request.POST.get("texte", "").replace("\x00", "").replace("\r\n", "\n")
    try:
        _change(request, found, text)
    except Unable as unable:
        return _page(request, found, error=str(unable), text=text, status=422)
    return _to(found, "#texte")


@require_POST
@with_document
def approve(request: HttpRequest, found: TariffDocument) -> HttpResponse:
    """Approve what somebody else wrote."""
    now, by = moment(request), user_of(request).email
    try:
        documents.approve(document=found, seen=request.POST.get("lu", ""), by=by, at=now.at)
    except Unable as unable:
        return _page(request, found, error=str(unable), status=422)
    messages.success(request, _("Approuvé. Il reste à le publier."), extra_tags="ok")
    return _to(found)


@require_POST
@with_document
def reopen(request: HttpRequest, found: TariffDocument) -> HttpResponse:
    """Take an approval back."""
    try:
        documents.reopen(document=found)
    except Unable as unable:
        return _page(request, found, error=str(unable), status=422)
    messages.success(request, _("Rouvert : il peut être changé."), extra_tags="ok")
    return _to(found)


@require_POST
@with_document
def publish(request: HttpRequest, found: TariffDocument) -> HttpResponse:
    """Let it count from a day on."""
    now, by = moment(request), user_of(request).email
    asked = {
        name: request.POST.get(name, "").replace("\x00", "").strip()[:LETTERS_MAX]
        for name in ("depuis", "decision", "retroactive")
    }
    try:
        since = date.fromisoformat(asked["depuis"])
    except ValueError:
        error = _("Dites à partir de quel jour ce tarif vaut.")
        return _page(request, found, error=error, field="depuis", asked=asked, status=422)
    try:
        documents.publish(
            document=found,
            since=since,
            council_decision=asked["decision"],
            retroactive_decision=asked["retroactive"],
            by=by,
            day=now.day,
        )
    except Unable as unable:
        field = _field_of(unable)
        return _page(request, found, error=str(unable), field=field, asked=asked, status=422)
    messages.success(request, _("Publié : ce tarif ne change plus."), extra_tags="ok")
    return _to(found)


def _field_of(unable: Unable) -> str:
    match unable:
        case documents.NoDecision():
            return "decision"
        case documents.Retroactive():
            return "retroactive"
        case documents.OtherDay() | documents.BegunAlready():
            return "depuis"
    return ""


def _change(request: HttpRequest, found: TariffDocument, text: str) -> None:
    documents.change(
        document=found,
        text=text,
        seen=request.POST.get("lu", ""),
        by=user_of(request).email,
        at=moment(request).at,
    )
    messages.success(request, _("Brouillon enregistré."), extra_tags="ok")


def _require_seen(request: HttpRequest, found: TariffDocument) -> None:
    # A cell is named by its place: on another text the same name is another cell.
    if request.POST.get("lu") != digest(found.text):
        raise documents.Moved(
            _("Ce tarif a changé depuis que vous l'avez lu. Relisez-le, puis recommencez.")
        )


def _page(
    request: HttpRequest, found: TariffDocument, status: int = 200, **more: Any
) -> HttpResponse:
    typed = more.pop("typed", None)
    shown = Page(found, day=moment(request).day, given=request.GET.dict(), typed=typed)
    context = context_of(shown, user_email=user_of(request).email, **more)
    return _render(request, "document", context, status)


def _render(
    request: HttpRequest, name: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    told = context | {"of_tariffs": True}
    return render(request, f"desk/tariffs/{name}.html", told, status=status)


def _service(request: HttpRequest, code: str) -> Service:
    now = moment(request)
    return priced_service(user_of(request), code, at=now.at, day=now.day)


def _likes(request: HttpRequest, found: Service) -> QuerySet[TariffDocument]:
    """Return the documents of the services of that purpose which the agent prepares, new first."""
    theirs = priced_services(user_of(request), moment(request).day).filter(purpose=found.purpose)
    rows = TariffDocument.objects.filter(service__in=theirs).exclude(service=found)
    return rows.select_related("service").order_by("-written_at", "-pk")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX else 0


def _to(found: TariffDocument, anchor: str = "") -> HttpResponse:
    answer = redirect("desk:tariff", found.service.code, found.version)
    answer["Location"] += anchor
    return answer
