"""Where a board that is open hears of taps, by the name of this machine that its browser uses."""

from collections.abc import Callable
from urllib.parse import urlsplit

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from cvq.board.stream import STREAM_PATH

# The names of this machine: a session that one of them gave is not sent to the other.
HERE = {"localhost", "127.0.0.1"}


def stream(request: HttpRequest) -> str:
    """Return where the stream is for whoever asks; nothing if no process tells it."""
    return _origin(request) + STREAM_PATH if settings.LIVE_URL else ""


def may_listen(
    page: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Let the browser of a page connect to the stream, where it is for them."""

    def view(request: HttpRequest) -> HttpResponseBase:
        if not settings.LIVE_URL:
            return page(request)
        return csp_update({"connect-src": [_origin(request)]})(page)(request)

    return view


def _origin(request: HttpRequest) -> str:
    told = urlsplit(settings.LIVE_URL)
    asked = urlsplit(f"//{request.get_host()}").hostname
    if {asked, told.hostname} <= HERE:
        return f"{told.scheme}://{asked}:{told.port}"
    return str(settings.LIVE_URL)
