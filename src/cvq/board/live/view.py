"""Show what holds somebody up now: the machines, the taps of today, what to do first."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from msgspec import Struct

from cvq.access.models import Role, User
from cvq.access.services import require
from cvq.board import passages
from cvq.board.day import day
from cvq.board.live.address import may_listen, stream
from cvq.board.live.charted import curve
from cvq.board.live.mapped import mapped
from cvq.board.machines import Machine, State, machines
from cvq.board.todo import SHOWN, todo
from cvq.bocage.pages import moment
from cvq.catalog.kinds import DeviceProfile

PROFILES = {
    DeviceProfile.DOOR: _("Portes"),
    DeviceProfile.KIOSK: _("Bornes"),
    DeviceProfile.TABLET: _("Tablettes"),
    DeviceProfile.GATE: _("Portails"),
    DeviceProfile.TILL: _("Caisses"),
    DeviceProfile.TURNSTILE: _("Tourniquets"),
    DeviceProfile.BARRIER: _("Barrières"),
    DeviceProfile.READER: _("Lecteurs"),
}


class Fleet(Struct, frozen=True):
    """The machines of one profile."""

    name: str
    machines: tuple[Machine, ...]

    @property
    def on(self) -> int:
        """Return how many of them speak."""
        return sum(one.state in {State.WELL, State.WATCH} for one in self.machines)

    @property
    def has_off(self) -> bool:
        """Tell whether one of them is off."""
        return any(one.is_off for one in self.machines)


@never_cache
@require_GET
@may_listen
def live(request: HttpRequest) -> HttpResponse:
    """Show the board."""
    return render(request, "board/live/live.html", _board(request))


@never_cache
@require_GET
def state(request: HttpRequest) -> HttpResponse:
    """Show what changes on the board, and nothing around it, to a board that is open."""
    return render(request, "board/live/parts.html", _board(request))


def _board(request: HttpRequest) -> dict[str, Any]:
    now = moment(request)
    assert isinstance(request.user, User)
    require(request.user, Role.SUPERVISION, now.day)
    found = machines(now.at)
    today = day(now)
    ground, marks = mapped(found, now.day)
    tasks = todo(found, today.usual_refused_percent, now)
    return {
        "tab": "live",
        "now": now,
        "machines": found,
        "off": sum(one.is_off for one in found),
        "never": sum(one.state is State.NEVER for one in found),
        "just_now": sum(one.busy.just_now for one in found),
        "day": today,
        "curve": curve(today, now),
        "ground": ground,
        "marks": marks,
        "elsewhere": _elsewhere(found, {mark.insee for mark in marks}),
        "fleets": _fleets(found),
        "all_tasks": len(tasks),
        "tasks": tasks[:SHOWN],
        "more_tasks": tasks[SHOWN:],
        "passages": passages.last(now),
        "kinds": [(kind, passages.word(kind)) for kind in passages.TELLING],
        "stream": stream(request),
    }


def _fleets(found: Sequence[Machine]) -> list[Fleet]:
    fleets = [
        Fleet(str(name), tuple(one for one in found if one.profile is profile))
        for profile, name in PROFILES.items()
    ]
    return [fleet for fleet in fleets if fleet.machines]


def _elsewhere(found: Sequence[Machine], placed: set[str]) -> list[Machine]:
    """Return the machines of places outside the communes of the territory."""
    return [one for one in found if one.insee not in placed]
