"""A2: what services cost, and a tariff from its draft to the day from which it counts."""

from collections.abc import Callable, Collection
from datetime import date
from functools import wraps
from typing import Any, NamedTuple

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cvq.access.tariffs import (
    founding_authorities,
    prepared_alike,
    prepares_all_of,
    priced_service,
    priced_services,
    version_of,
    version_to_change,
)
from cvq.bocage.pages import moment
from cvq.bocage.templatetags.bocage import hour
from cvq.catalog import documents
from cvq.catalog.models import Service, TariffDocument, TariffVersion
from cvq.catalog.sold import code_of
from cvq.catalog.versions import checked, digest, in_force
from cvq.desk.opened import user_of
from cvq.desk.tariffs.listed import SERVICES_MAX, charged, kinds, usual_vote, with_services
from cvq.desk.tariffs.page import Page, context_of
from cvq.desk.tariffs.tables import CELL, changes_in
from cvq.desk.templatetags.desk import day_full
from cvq.kernel.unable import Unable
from cvq.rules.tariff import TariffUnreadable
from cvq.rules.tariff.compared import differences
from cvq.rules.tariff.drawn import NoAmount, edited, with_row_below, without_row

VERSIONS_MAX = 50
LIKES_MAX = 10
DIGITS_MAX = 18
View = Callable[..., HttpResponse]


class Choice(NamedTuple):
    """A service that a draft may be for as well, and what else it prepares."""

    service: Service
    is_covered: bool
    busy: TariffVersion | None


def with_version(view: Callable[[HttpRequest, TariffVersion], HttpResponse]) -> View:
    """Give a view the version that its address names, if its agent may change it."""

    @wraps(view)
    def answer(request: HttpRequest, code: str, version: int) -> HttpResponse:
        now = moment(request)
        found = version_to_change(user_of(request), code, version, at=now.at, day=now.day)
        return view(request, found)

    return answer


@require_GET
def tariffs(request: HttpRequest) -> HttpResponse:
    """
    Show what the services of the agent cost, since when, and who decided it.

    :raises Hidden: the user prepares no tariff.
    """
    day, user = moment(request).day, user_of(request)
    found = kinds(priced_services(user, day), day)
    may_found = founding_authorities(user, day).exists()
    context = {"kinds": found, "usual": usual_vote(found), "may_found": may_found}
    return rendered(request, "list", context)


@require_http_methods(["GET", "POST"])
def service(request: HttpRequest, code: str) -> HttpResponse:
    """Show the versions of what a service costs, and begin another."""
    now, found = moment(request), _service(request, code)
    if request.method == "POST":
        by = user_of(request).email
        asked = number_of(request.POST.get("comme", ""))
        is_known = asked in _likes(request, found)
        like = TariffDocument.objects.get(pk=asked) if is_known else None
        begun = documents.draft(service=found, by=by, at=now.at, day=now.day, like=like)
        return to_version(begun)
    versions = with_services(TariffVersion.objects.filter(service=found)).order_by("-number")
    context = {
        "one": charged([found], now.day)[0],
        "service": found,
        "versions": versions[:VERSIONS_MAX],
        "likes": _likes(request, found).items(),
        "today": now.day,
    }
    return rendered(request, "service", context)


@require_GET
def document(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """Show a document: its tables, what is wrong, what changes, and three families."""
    now = moment(request)
    return answer_page(request, version_of(user_of(request), code, version, at=now.at, day=now.day))


@require_POST
@with_version
def cover(request: HttpRequest, found: TariffVersion) -> HttpResponse:
    """Say for which other services it is."""
    now, by = moment(request), user_of(request).email
    ticked = [number_of(one) for one in request.POST.getlist("service")]
    others = list(_alike(request, found.service).filter(pk__in=ticked))
    if found.service.purpose is None:  # what the page does not offer is not taken either
        others = _selling_the_same(others, Page(found, day=now.day, given={}), now.day)
    services = [found.service, *others]
    try:
        seen = request.POST.get("lu", "")
        documents.cover(document=found.document, services=services, seen=seen, by=by, at=now.at)
    except Unable as unable:
        return answer_page(request, found, error=str(unable), ticked=ticked, status=422)
    messages.success(request, _("Brouillon enregistré."), extra_tags="ok")
    return to_version(found, "#services")


@require_POST
@with_version
def change_tables(request: HttpRequest, found: TariffVersion) -> HttpResponse:
    """Change cells, and write a row again or take it away: the text follows."""
    posted = {name: str(text).replace("\x00", "") for name, text in request.POST.items()}
    try:
        _require_seen(request, found)
        text = edited(found.document.text, changes_in(found.document.text, posted))
        if place := posted.get("doubler"):
            text = with_row_below(text, place)
        elif place := posted.get("retirer"):
            text = without_row(text, place)
        _change(request, found, text)
    except documents.Moved as moved:
        # Cells are named by their places: pressed again, they would land in another text.
        told = {"typed": posted, "kept": posted.get("lu", "")}
        return answer_page(request, found, error=_by_whom(moved, found), status=422, **told)
    except NoAmount as wrong:
        told = {"typed": posted, "field": f"{CELL}{wrong.place}"}
        return answer_page(request, found, error=str(wrong), status=422, **told)
    except Unable as unable:
        return answer_page(request, found, error=str(unable), typed=posted, status=422)
    return to_version(found, "#tables")


@require_POST
@with_version
def change_text(request: HttpRequest, found: TariffVersion) -> HttpResponse:
    """Write the whole text again."""
    text = request.POST.get("texte", "").replace("\x00", "").replace("\r\n", "\n")
    try:
        _change(request, found, text)
    except documents.Moved as moved:
        # Pressed again, the same button would write over what nobody read.
        theirs = _apart(found.document.text, text)
        error = _by_whom(moved, found)
        return answer_page(request, found, error=error, text=text, theirs=theirs, status=422)
    except Unable as unable:
        return answer_page(request, found, error=str(unable), text=text, status=422)
    return to_version(found, "#texte")


@require_POST
@with_version
def discard(request: HttpRequest, found: TariffVersion) -> HttpResponse:
    """Throw a draft away."""
    try:
        documents.discard(document=found.document, seen=request.POST.get("lu", ""))
    except Unable as unable:
        return answer_page(request, found, error=str(unable), status=422)
    messages.success(request, _("Brouillon jeté."), extra_tags="ok")
    return redirect("desk:tariffs_of", found.service.code)


@require_POST
@with_version
def take_over(request: HttpRequest, found: TariffVersion) -> HttpResponse:
    """Answer alone for a text that several people wrote."""
    now, by = moment(request), user_of(request).email
    try:
        seen = request.POST.get("lu", "")
        documents.take_over(document=found.document, seen=seen, by=by, at=now.at)
    except Unable as unable:
        return answer_page(request, found, error=str(unable), status=422)
    messages.success(
        request, _("Vous répondez de tout le texte : les autres l'approuvent."), extra_tags="ok"
    )
    return to_version(found)


@require_POST
@with_version
def approve(request: HttpRequest, found: TariffVersion) -> HttpResponse:
    """Approve what somebody else wrote."""
    now, by = moment(request), user_of(request).email
    try:
        documents.approve(
            document=found.document, seen=request.POST.get("lu", ""), by=by, at=now.at
        )
    except Unable as unable:
        return answer_page(request, found, error=str(unable), status=422)
    messages.success(request, _("Approuvé. Il reste à le publier."), extra_tags="ok")
    return to_version(found)


@require_POST
@with_version
def reopen(request: HttpRequest, found: TariffVersion) -> HttpResponse:
    """Take an approval back."""
    try:
        documents.reopen(document=found.document)
    except Unable as unable:
        return answer_page(request, found, error=str(unable), status=422)
    messages.success(request, _("Rouvert : il peut être changé."), extra_tags="ok")
    return to_version(found)


def _change(request: HttpRequest, found: TariffVersion, text: str) -> None:
    documents.change(
        document=found.document,
        text=text,
        seen=request.POST.get("lu", ""),
        by=user_of(request).email,
        at=moment(request).at,
    )
    if checked(found.service, text)[1]:
        told = _("Brouillon enregistré : il reste à corriger.")
        messages.warning(request, told, extra_tags="warn")
    else:
        messages.success(request, _("Brouillon enregistré."), extra_tags="ok")


def _by_whom(moved: documents.Moved, found: TariffVersion) -> str:
    document = found.document
    told = _("%(who)s l'a enregistré le %(day)s à %(time)s.") % {
        "who": document.written_by,
        "day": day_full(document.written_at),
        "time": hour(document.written_at),
    }
    return f"{moved} {told}"


def _apart(theirs: str, mine: str) -> list[str]:
    """Return what a text would change of the one that somebody else saved meanwhile."""
    try:
        return differences(theirs, mine)
    except TariffUnreadable as error:
        return [str(error)]


def _require_seen(request: HttpRequest, found: TariffVersion) -> None:
    # A cell is named by its place: on another text the same name is another cell.
    if request.POST.get("lu") != digest(found.document):
        raise documents.Moved(
            _("Ce tarif a changé depuis que vous l'avez lu. Relisez-le, puis recommencez.")
        )


def answer_page(
    request: HttpRequest, found: TariffVersion, status: int = 200, **more: Any
) -> HttpResponse:
    """Show the page of a version, with what was sent and could not be done."""
    typed = more.pop("typed", None)
    day = moment(request).day
    shown = Page(found, day=day, given=request.GET.dict(), typed=typed)
    may_change = not shown.others or prepares_all_of(user_of(request), found.document, day)
    if may_change and shown.is_draft:
        more["choices"] = _choices(request, shown, more.get("ticked"))
    context = context_of(shown, user_email=user_of(request).email, may_change=may_change, **more)
    return rendered(request, "document", context, status)


def rendered(
    request: HttpRequest, name: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Show a page of tariffs."""
    told = context | {"of_tariffs": True}
    return render(request, f"desk/tariffs/{name}.html", told, status=status)


def _service(request: HttpRequest, code: str) -> Service:
    now = moment(request)
    return priced_service(user_of(request), code, at=now.at, day=now.day)


def _choices(request: HttpRequest, page: Page, ticked: Collection[int] | None) -> list[Choice]:
    """Return the services that a draft may be for as well."""
    covered = {one.pk for one in page.services} if ticked is None else set(ticked)
    rows = list(_alike(request, page.version.service)[:SERVICES_MAX])
    if page.version.service.purpose is None:
        rows = _selling_the_same(rows, page, moment(request).day)
    prepared = TariffVersion.objects.filter(is_prepared=True, service__in=rows)
    others = prepared.exclude(document=page.document) if rows else ()
    busy = {one.service_id: one for one in others}
    return [Choice(one, one.pk in covered, busy.get(one.pk)) for one in rows]


def _selling_the_same(rows: list[Service], page: Page, day: date) -> list[Service]:
    # At a counter a hall is not the waste of tradesmen: what they sell says so, if they sell yet.
    sold: dict[int, set[str]] = {}
    for row in in_force(rows, day).defer("document"):
        sold.setdefault(row.service_id, set()).add(row.code)
    mine = {code_of(name) for name in page.tariff.items} if page.tariff else set()
    covered = {one.pk for one in page.services}
    return [one for one in rows if one.pk in covered or sold.get(one.pk, mine) == mine]


def _alike(request: HttpRequest, found: Service) -> QuerySet[Service]:
    return prepared_alike(user_of(request), found, moment(request).day)


def _same_purpose(found: Service) -> Q:
    return Q(purpose=found.purpose) if found.purpose else Q(purpose=None)


def _likes(request: HttpRequest, found: Service) -> dict[int, str]:
    """Return the last documents of the services of that purpose which the agent prepares."""
    theirs = priced_services(user_of(request), moment(request).day).filter(_same_purpose(found))
    rows = TariffVersion.objects.filter(service__in=theirs.exclude(pk=found.pk))
    rows = rows.select_related("service", "document").defer("document__text")
    told: dict[int, str] = {}
    for one in rows.order_by("-document__written_at", "-pk")[:SERVICES_MAX]:
        if len(told) < LIKES_MAX:
            told.setdefault(
                one.document_id,
                _("%(name)s, version %(number)s (%(state)s)")
                % {
                    "name": one.service,
                    "number": one.number,
                    "state": one.document.get_state_display(),
                },
            )
    return told


def number_of(text: str) -> int:
    """Return the id that somebody sent, zero for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX else 0


def to_version(found: TariffVersion, anchor: str = "") -> HttpResponse:
    """Send to the page of a version, at one of its parts."""
    answer = redirect("desk:tariff", found.service.code, found.number)
    answer["Location"] += anchor
    return answer
