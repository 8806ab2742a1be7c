"""What every page is given: the time, the territory, and an answer when there is nothing to see."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cvq.access.services import Hidden, NoFamily
from cvq.bocage.pages import Moment
from cvq.config import clock

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
        request.moment = Moment.of(self._clock.now(), self._zone)  # type: ignore[attr-defined]
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer 404 for what does not exist for this user."""
        match error:
            case Hidden():
                return render(request, "404.html", status=404)
            case NoFamily():
                return render(request, "bocage/no_family.html", {"why": str(error)}, status=403)
        return None


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Logs in those whom the counter wrote down, and nobody else."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Leave the writing down of people to the counter, who sees who they are."""
        return False


def territory(request: HttpRequest) -> dict[str, Any]:
    """Give the name of the territory and the language to every page."""
    return {"territory": settings.TERRITORY}
