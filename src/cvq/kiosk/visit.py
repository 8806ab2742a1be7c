"""
Somebody before a kiosk: what is kept while they are there, and how it is gone when they are not.

All of it is in the session, which dies sixty seconds after the last thing they did, whatever
happens to the browser.  It holds the number of their card and nothing about them: each page finds
the family again, so a card that is blocked meanwhile shows nothing more.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from msgspec import Struct

from cvq.access.services import Guest, Hidden, family_at_kiosk
from cvq.bocage.pages import Moment, moment
from cvq.catalog.models import Device
from cvq.kernel.ids import uuid7
from cvq.kiosk.addresses import kiosk_of
from cvq.kiosk.models import HiddenBalance

KEY = "kiosk"
SECONDS_KEPT = 60
SECONDS_IDLE = 45
PROMISES_MAX = 5
LANGUAGES = ("fr", "en")
SETTINGS = ("low", "dark", "language")
P = ParamSpec("P")


class Visit(Struct, frozen=True):
    """A kiosk, and whatever somebody told it since they came."""

    request: HttpRequest
    device: Device
    token: str
    kept: dict[str, Any]

    @property
    def now(self) -> Moment:
        """Return the moment of the request."""
        return moment(self.request)

    @property
    def language(self) -> str:
        """Return the language of the screen: French until somebody asks for another."""
        told = self.kept.get("language", "")
        return told if told in LANGUAGES else LANGUAGES[0]

    @property
    def is_low(self) -> bool:
        """Tell whether everything to touch must be within reach of somebody seated."""
        return bool(self.kept.get("low"))

    @property
    def is_dark(self) -> bool:
        """Tell whether light letters on dark were asked for."""
        return bool(self.kept.get("dark"))

    @property
    def is_begun(self) -> bool:
        """Tell whether there is anything to forget."""
        return bool(self.kept)

    def keep(self, **facts: Any) -> None:
        """Keep something until they leave."""
        self.kept.update(facts)
        self.request.session[KEY] = self.kept
        self.request.session.set_expiry(SECONDS_KEPT)

    def begin(self, number: str) -> None:
        """Begin with a card, in a new session; how the screen was set stays."""
        setting = {
            name: self.kept[name] for name in ("low", "dark", "language") if name in self.kept
        }
        self.request.session.flush()
        self.kept.clear()
        self.keep(**setting, device=self.device.pk, card=number)

    def end(self) -> HttpResponse:
        """Forget everything, and wait for somebody else."""
        self.request.session.flush()
        return self.go("waiting")

    def promise(self, cents: int) -> UUID:
        """Keep an amount under the name that its payment will have, however often it is sent."""
        uid = uuid7()
        promises = list(self.kept.get("promises", {}).items())[-PROMISES_MAX + 1 :]
        self.keep(promises=dict([*promises, (str(uid), cents)]))
        return uid

    def promised(self, uid: UUID) -> int:
        """
        Return the cents that were promised under a name.

        :raises Hidden: none were.
        """
        cents = self.kept.get("promises", {}).get(str(uid))
        if not isinstance(cents, int):
            raise Hidden(_("Ce paiement n'existe pas ou plus."))
        return cents

    def go(self, name: str, *rest: object) -> HttpResponse:
        """Send to a page of this kiosk."""
        return redirect(f"kiosk:{name}", self.token, *rest)

    def show(
        self, template: str, context: dict[str, Any] | None = None, status: int = 200
    ) -> HttpResponse:
        """Show a page of this kiosk."""
        shared = {"visit": self, "now": self.now, "sky": sky(self.now), "idle": SECONDS_IDLE}
        return render(self.request, template, shared | (context or {}), status=status)


def sky(now: Moment) -> str:
    """Return the light of an hour, as the styles name it."""
    hour = now.local.hour
    if 7 <= hour < 11:
        return "matin"
    if 11 <= hour < 18:
        return "jour"
    return "soir" if 18 <= hour < 21 else "nuit"


Page = Callable[Concatenate[Visit, P], HttpResponse]
View = Callable[Concatenate[HttpRequest, str, P], HttpResponse]


def at_a_kiosk(page: Page[P]) -> View[P]:
    """Make a view of a page: nobody logs in, nothing is kept by the browser, no kiosk is 404."""

    @wraps(page)
    def view(request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        kept = request.session.get(KEY, {})
        device = kiosk_of(token)
        visit = Visit(request, device, token, dict(kept) if _is_of(kept, device) else {})
        if visit.is_begun:
            visit.keep()
        with translation.override(visit.language):
            response = page(visit, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["Content-Language"] = visit.language
        return response

    return cast("View[P]", login_not_required(view))


def with_a_card(page: Callable[Concatenate[Visit, Guest, P], HttpResponse]) -> Page[P]:
    """Give a page the family of the card; who has shown none is asked for it."""

    @wraps(page)
    def for_guest(visit: Visit, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        number = visit.kept.get("card")
        if number is None:
            return visit.go("waiting")
        try:
            guest = family_at_kiosk(number, visit.now.at, visit.now.day)
        except Hidden:
            return visit.end()
        return page(visit, guest, *args, **kwargs)

    return for_guest


def hides_balance(guest: Guest) -> bool:
    """Tell whether a family asked kiosks not to show what it has."""
    return HiddenBalance.objects.filter(household=guest.household).exists()


def _is_of(kept: dict[str, Any], device: Device) -> bool:
    # A session is good at the kiosk where it began, and at no other.
    return bool(kept.get("device", device.pk) == device.pk)
