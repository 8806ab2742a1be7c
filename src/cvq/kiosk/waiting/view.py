"""Wait for a card, and help whoever has none."""

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cvq.access.services import Hidden
from cvq.kiosk.visit import Visit, at_a_kiosk

PAGES = {"aide", "sans-carte", "appeler"}


@require_safe
@at_a_kiosk
def waiting(visit: Visit) -> HttpResponse:
    """Ask for a card."""
    return visit.show("kiosk/waiting/waiting.html", {"simulated": settings.SIMULATED_READERS})


@require_safe
@at_a_kiosk
def help_page(visit: Visit, page: str) -> HttpResponse:
    """
    Say what a kiosk does, or what to do without a card.

    :raises Hidden: there is no such page.
    """
    if page not in PAGES:
        raise Hidden(_("Cette page n'existe pas ou plus."))
    return visit.show("kiosk/waiting/help.html", {"page": page})
