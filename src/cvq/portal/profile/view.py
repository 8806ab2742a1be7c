"""Show who is logged in, and who opened the file of the family, when and why."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from cvq.access.services import who_looked
from cvq.portal.family import family

LOOKS_MAX = 100


@require_GET
def profile(request: HttpRequest) -> HttpResponse:
    """Show the profile."""
    ours = family(request)
    context = {
        "tab": "profile",
        "family": ours,
        "looks": who_looked(ours.household)[:LOOKS_MAX],
    }
    return render(request, "portal/profile/profile.html", context)
