"""Set the screen, ask for more time, and leave."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from cvq.kiosk.visit import Visit, at_a_kiosk


@require_POST
@at_a_kiosk
def settings(visit: Visit) -> HttpResponse:
    """Lower the screen, change its light or its language, and come back to the page."""
    match visit.request.POST.get("geste"):
        case "bas":
            visit.keep(low=not visit.is_low)
        case "contraste":
            visit.keep(dark=not visit.is_dark)
        case "langue":
            visit.keep(language="fr" if visit.language == "en" else "en")
    came_from = visit.request.POST.get("retour", "")
    if url_has_allowed_host_and_scheme(came_from, allowed_hosts=None):
        return redirect(came_from)
    return visit.go("waiting")


@require_POST
@at_a_kiosk
def stay(visit: Visit) -> HttpResponse:
    """Give another minute to somebody who is still there; 410 if all is forgotten already."""
    return HttpResponse(status=204 if visit.is_begun else 410)


@require_POST
@at_a_kiosk
def leave(visit: Visit) -> HttpResponse:
    """Forget who was there."""
    return visit.end()
