"""A month priced again by a draft, on its page: what it would have cost, and to whom."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from cvq.access.tariffs import version_of
from cvq.billing import what_if_words as words
from cvq.billing.uses import Month, charged_months, known_codes, month_of
from cvq.billing.what_if import Group
from cvq.billing.what_if_items import NotReplaced, month_said, of_services
from cvq.billing.what_if_told import SMALLEST_TOLD, Side, masked, sides
from cvq.bocage.pages import moment
from cvq.bocage.templatetags.bocage import MINUS, written
from cvq.catalog.grid_in_words import item_name
from cvq.catalog.models import TariffVersion
from cvq.catalog.versions import services_of
from cvq.desk.opened import user_of
from cvq.kernel.unable import Unable
from cvq.plumbing.connections import underneath
from cvq.rules.tariff.document import check
from cvq.rules.tariff.items import Item
from cvq.taps.used_again import Replayed, replay

# A page answers in seconds: what takes longer is asked of the command.
CHARGES_MAX = 40_000
MONTHS_MAX = 24
COUNTED_MONTHS = 12


class Row(NamedTuple):
    """A line of figures; those of few payers are not told."""

    label: str
    is_told: bool
    uses: str
    payers: str
    billed: str
    drafted: str
    change: str
    part: str


class Section(NamedTuple):
    """A table: its finding, what its lines are, and its lines."""

    finding: str
    head: str
    rows: tuple[Row, ...]


class Paying(NamedTuple):
    """Those who pay more, as much or less: how many, by how much, and by steps."""

    whose: str
    how_many: str
    by_how_much: str
    steps: tuple[tuple[str, str], ...]


class TooMany(Unable):
    """The uses of that month are more than a page can price."""


@require_GET
def month(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """Show what a month of its services would have cost; nothing is written."""
    now = moment(request)
    found = version_of(user_of(request), code, version, at=now.at, day=now.day)
    context: dict[str, Any] = {"service": found.service, "version": found, "of_tariffs": True}
    try:
        context |= _context(found, request.GET.get("mois", ""), now.day)
    except Unable as unable:
        context["why_not"] = str(unable)
    return render(request, "desk/tariffs/month.html", context)


def _context(found: TariffVersion, asked: str, day: date) -> dict[str, Any]:
    """Return what the template is given: the months to choose from, and one of them."""
    tariff, findings = check(found.document.text)
    if tariff is None or findings:
        return {
            "why_not": _("Corrigez d'abord ce qui reste : un tarif qui a un trou ne se rejoue pas.")
        }
    services = [one.code for one in services_of(found.document)]
    connection = underneath()
    items = _replaced(tariff.items, known_codes(connection, services), month_of(day, services))
    charges = charged_months(connection, list(items), services, until=day.replace(day=1))
    months = list(charges)[-MONTHS_MAX:]
    if not months:
        return {"why_not": _("Aucun mois entier n'a encore d'usage que ce tarif fixerait.")}
    chosen = {f"{one:%Y-%m}": one for one in months}.get(asked, months[-1])
    context: dict[str, Any] = {
        "months": [(f"{one:%Y-%m}", month_said(one), one == chosen) for one in reversed(months)],
        "said": month_said(chosen),
    }
    try:
        _require_few(charges, chosen, items, found)
        replayed = replay(
            connection,
            month_of(chosen, services),
            tariff.items,
            zone=ZoneInfo(settings.TERRITORY.time_zone),
            progress=lambda _day: None,
        )
    except Unable as unable:
        return context | {"why_not": str(unable)}
    return context | _told(replayed)


def _replaced(items: Mapping[str, Item], known: Sequence[str], of: Month) -> dict[str, Item]:
    """
    Return the item for each tariff that it replaces.

    :raises NotReplaced: none bears the name of a tariff, or a month does not say what it asks.
    """
    try:
        return of_services(items, known, of)
    except NotReplaced:
        if any(item_name(code) in items or code in items for code in known):
            raise  # it names a tariff, and asks what a month does not say
        by = {"items": ", ".join(items), "codes": ", ".join(known) or "—"}
        raise NotReplaced(
            _(
                "Aucun prix de ce brouillon (%(items)s) ne porte le nom de ce que ces services "
                "facturent (%(codes)s) : rien ne se rejoue."
            )
            % by
        ) from None


def _require_few(
    charges: Mapping[date, int], chosen: date, items: Mapping[str, Item], found: TariffVersion
) -> None:
    """
    Refuse what would keep whoever asks waiting.

    :raises TooMany: the month, and those from which it counts, have too many charges.
    """
    is_counted = any(item.counts for item in items.values())
    before = [one for one in charges if one <= chosen][-COUNTED_MONTHS if is_counted else -1 :]
    many = sum(charges[one] for one in before)
    if many <= CHARGES_MAX:
        return
    by = {"n": words.grouped(many), "code": found.service.code, "month": f"{chosen:%Y-%m}"}
    raise TooMany(
        _(
            "%(n)s usages à relire : c'est trop pour une page. Sur la machine du territoire : "
            "cvq tariff what-if --draft %(code)s --month %(month)s"
        )
        % by
    )


def _told(shown: Replayed) -> dict[str, Any]:
    """Return the figures, with those of few payers left out."""
    found = shown.found
    every = [
        (_("Par prix"), _("prix"), masked(found.items)),
        (_("Par tranche"), _("tranche"), masked(words.bands(found))),
        (_("Par commune"), _("commune"), masked(words.communes(found))),
    ]
    groups = [group for _title, _head, some in every for _label, group in some]
    shown_as = every if len(found.items) > 1 else every[1:]
    return {
        "summed": words.summed(found, written),
        "sections": [_section(title, head, some) for title, head, some in shown_as],
        "paying": [_paying(side) for side in sides(found.changes, found.billed)],
        "beside": words.beside(found, shown.outside, written) + words.masked_why(found, groups),
        "where": words.where(shown.places),
        "few": SMALLEST_TOLD,
    }


def _paying(side: Side) -> Paying:
    steps = side.steps()
    told = [(words.step_said(one, written), words.grouped(one.payers)) for one in steps]
    return Paying(
        words.whose(side),
        words.how_many(side),
        words.by_how_much(side, written),
        tuple(told) if len(told) > 1 else (),
    )


def _section(title: str, head: str, some: Sequence[tuple[str, Group]]) -> Section:
    told = [(label, group) for label, group in some if len(group.payers) >= SMALLEST_TOLD]
    most = max(told, key=lambda one: abs(_change(one[1])), default=None)
    finding = title
    if most is not None:
        by = {"title": title, "label": most[0], "by": written(_change(most[1]), signed=True)}
        if _change(most[1]):
            finding = _("%(title)s : le plus grand écart, « %(label)s », %(by)s") % by
        else:
            finding = _("%(title)s : rien ne change") % by
    return Section(finding, head, tuple(_row(label, group) for label, group in some))


def _change(group: Group) -> int:
    return group.drafted - group.billed


def _row(label: str, group: Group) -> Row:
    if len(group.payers) < SMALLEST_TOLD:
        return Row(label, False, "", "", "", "", "", "")
    return Row(
        label=label,
        is_told=True,
        uses=words.grouped(group.uses),
        payers=words.grouped(len(group.payers)),
        billed=written(group.billed),
        drafted=written(group.drafted),
        change=written(_change(group), signed=True),
        part=words.part(_change(group), group.billed).replace("-", MINUS),
    )
