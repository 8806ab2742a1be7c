"""A tariff gets its day: what publishing it does is read before it is done, or it is given up."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cvq.bocage.pages import moment
from cvq.catalog import publication
from cvq.catalog.models import TariffVersion
from cvq.catalog.versions import digest
from cvq.desk.opened import user_of
from cvq.desk.tariffs.page import Page
from cvq.desk.tariffs.view import answer_page, number_of, rendered, to_version, with_version
from cvq.kernel.unable import Unable
from cvq.rules.vocabulary import CHILDCARE

LETTERS_MAX = 400


@require_POST
@with_version
def publish(request: HttpRequest, found: TariffVersion) -> HttpResponse:
    """Show what publishing it does, then let it count from a day on."""
    now, by = moment(request), user_of(request).email
    asked = {
        name: request.POST.get(name, "").replace("\x00", "").strip()[:LETTERS_MAX]
        for name in ("depuis", "decision", "retroactive")
    }
    try:
        since = date.fromisoformat(asked["depuis"])
    except ValueError:
        error = _("Dites à partir de quel jour ce tarif vaut.")
        return answer_page(request, found, error=error, field="depuis", asked=asked, status=422)
    told: dict[str, Any] = {
        "document": found.document,
        "since": since,
        "council_decision": asked["decision"],
        "retroactive_decision": asked["retroactive"],
        "day": now.day,
    }
    try:
        if request.POST.get("confirme") != digest(found.document):
            replaced = publication.foresee(**told)
            return _foreseen(request, found, replaced, since, asked)
        agreed = {number_of(one) for one in request.POST.getlist("remplace")}
        publication.publish(**told, replacing=agreed, by=by)
    except Unable as unable:
        field = _field_of(unable)
        return answer_page(request, found, error=str(unable), field=field, asked=asked, status=422)
    messages.success(request, _("Publié : ce tarif ne change plus."), extra_tags="ok")
    return to_version(found)


@require_POST
@with_version
def withdraw(request: HttpRequest, found: TariffVersion) -> HttpResponse:
    """Give it up before its day."""
    now, by = moment(request), user_of(request).email
    because = request.POST.get("raison", "").replace("\x00", "").strip()[:LETTERS_MAX]
    try:
        publication.withdraw(document=found.document, because=because, by=by, day=now.day)
    except Unable as unable:
        field = "raison" if isinstance(unable, publication.NoReason) else ""
        asked = {"raison": because}
        return answer_page(request, found, error=str(unable), field=field, asked=asked, status=422)
    messages.success(
        request, _("Ce tarif ne commencera pas : les prix d'avant restent."), extra_tags="ok"
    )
    return to_version(found)


def _foreseen(
    request: HttpRequest,
    found: TariffVersion,
    replaced: list[TariffVersion],
    since: date,
    asked: dict[str, str],
) -> HttpResponse:
    day = moment(request).day
    context = {
        "page": Page(found, day=day, given={}),
        "version": found,
        "service": found.service,
        "since": since,
        "asked": asked,
        "replaced": replaced,
        "is_past": since < day,
        "is_childcare": found.service.purpose in CHILDCARE,
    }
    return rendered(request, "publish", context)


def _field_of(unable: Unable) -> str:
    match unable:
        case publication.NoDecision():
            return "decision"
        case publication.Retroactive():
            return "retroactive"
        case publication.OtherDay() | publication.BegunAlready():
            return "depuis"
    return ""
