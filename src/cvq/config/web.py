"""What every page is given: the time, the territory, and an answer when there is nothing to see."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from cvq.access import second_factor
from cvq.access.models import Kind, Role, User
from cvq.access.services import (
    Hidden,
    NoFamily,
    NoSecondFactor,
    NotAtWork,
    NotProved,
    roles_of,
    trace_refusal,
)
from cvq.bocage.pages import Moment, give_moment, moment
from cvq.config import clock

PAGES = {
    Role.COUNTER: "desk:search",
    Role.SUPERVISION: "board:live",
    Role.TARIFFS: "desk:tariffs",
}
GetResponse = Callable[[HttpRequest], HttpResponse]


class TerritoryMiddleware:
    """Gives each request its moment, and answers for what a user may not see."""

    def __init__(self, get_response: GetResponse) -> None:
        """Read the clock and the zone once."""
        self._get_response = get_response
        self._clock = clock.from_environment()
        self._zone = ZoneInfo(settings.TIME_ZONE)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request at an instant that stays the same until it is answered."""
        give_moment(request, Moment.of(self._clock.now(), self._zone))
        return self._get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> None:
        """Let `access` know what the session of who asks has proved."""
        if isinstance(request.user, User):
            second_factor.mark(request, request.user)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer 404 for what does not exist for this user."""
        match error:
            case NoSecondFactor():
                messages.info(request, str(error))
                return redirect("mfa_activate_totp")
            case NotProved():
                messages.info(request, str(error))
                back = request.get_full_path() if request.method == "GET" else page_of(request)
                return redirect(reverse("mfa_reauthenticate", query={"next": back}))
            case NotAtWork() if isinstance(request.user, User):
                trace_refusal(request.user, Kind.PAGE, request.path, None, moment(request).at)
                return render(request, "404.html", status=404)
            case Hidden():
                return render(request, "404.html", status=404)
            case NoFamily() if (address := page_of(request)) is not None:
                return redirect(address)
            case NoFamily():
                return render(request, "bocage/no_family.html", {"why": str(error)}, status=403)
        return None


def page_of(request: HttpRequest) -> str | None:
    """Return where an agent works; nothing for who has no role today."""
    if isinstance(request.user, AnonymousUser):
        return None
    roles = roles_of(request.user, moment(request).day)
    return next((reverse(page) for role, page in PAGES.items() if role in roles), None)


def territory(request: HttpRequest) -> dict[str, Any]:
    """Give the name of the territory and the language to every page."""
    return {"territory": settings.TERRITORY}
