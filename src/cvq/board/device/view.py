"""Show one machine: its state, what it needs, and what it told."""

from collections.abc import Sequence
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from msgspec import Struct

from cvq.access.models import Role, User
from cvq.access.services import Hidden, require
from cvq.board.device.journal import DAY, QUARTERS, journal, put_aside, quarters
from cvq.board.machines import Machine, State, machine
from cvq.board.told import STEP, across, area, line, since
from cvq.bocage.pages import Moment, moment
from cvq.bocage.templatetags.bocage import hour
from cvq.catalog.kinds import DeviceProfile
from cvq.catalog.models import AccessPoint, Device

PRINTING = {DeviceProfile.KIOSK, DeviceProfile.TILL}
HOURS_BETWEEN = 4
HEAD_SHOWN = 12  # hexadecimal characters: enough to compare with what the box shows


class Curve(Struct, frozen=True):
    """The taps of the last 24 hours, ready to be drawn."""

    path: str
    under: str
    width: int
    total: int
    busiest: int
    hours: tuple[tuple[str, str], ...]


@never_cache
@require_GET
def device(request: HttpRequest, number: int) -> HttpResponse:
    """Show a device."""
    now = moment(request)
    assert isinstance(request.user, User)
    require(request.user, Role.SUPERVISION, now.day)
    found = machine(number, now.at)
    if found is None:
        raise Hidden(_("Cette page n'existe pas ou plus."))
    known = Device.objects.only("head_seq", "head_hash", "enrolled_at").get(pk=number)
    context = {
        "tab": "device",
        "now": now,
        "machine": found,
        "needs": _needs(found, now),
        "device": known,
        "unsaid": _unsaid(found),
        "head": bytes(known.head_hash).hex()[:HEAD_SHOWN],
        "points": AccessPoint.objects.filter(guards__device=number)
        .select_related("service")
        .order_by("name", "id"),
        "curve": _curve(quarters(number, now.at), now),
        "journal": journal(number),
        "aside": put_aside(number),
    }
    return render(request, "board/device/device.html", context)


def _unsaid(one: Machine) -> list[str]:
    """Return what a box would know of itself, and has no way to tell us yet."""
    told = [_("Version"), _("File d'attente"), _("Batterie")]
    return [*told, _("Papier")] if one.profile in PRINTING else told


def _needs(one: Machine, now: Moment) -> str:
    """Return in a sentence what a machine needs."""
    match one.state:
        case State.QUARANTINED:
            return _(
                "Le remplacer : il a donné deux récits sous un même numéro. Son journal reste "
                "chez lui, rien n'est perdu."
            )
        case State.SILENT:
            assert one.heard is not None
            return _(
                "Sa ligne ou son courant : il est muet depuis %(when)s. Il décide seul et garde "
                "son journal."
            ) % {"when": since(one.heard, now)}
        case State.NEVER:
            return _("Être branché : personne ne l'a encore entendu depuis son enrôlement.")
        case State.WATCH if one.doubted:
            return _("Être mis à l'heure : une partie de ce qu'il raconte n'est pas crue.")
        case State.WATCH:
            return _("Un regard : des passages mis de côté attendent d'être réglés ou écartés.")
        case State.WELL:
            return _("Rien : il parle et il est cru.")


def _curve(counts: Sequence[int], now: Moment) -> Curve:
    busiest = max(counts)
    first = (now.local - DAY).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    marks = []
    for after in range(0, 24, HOURS_BETWEEN):
        at = first + timedelta(hours=after)
        place = (at - (now.local - DAY)) / timedelta(minutes=15)
        marks.append((hour(at), across(place, QUARTERS)))
    return Curve(
        path=line(counts, busiest or 1),
        under=area(counts, busiest or 1),
        width=QUARTERS * STEP,
        total=sum(counts),
        busiest=busiest,
        hours=tuple(marks),
    )
