"""Show a page that the law asks for."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

PAGES = ("accessibilite", "donnees", "logiciel")


@require_GET
def about(request: HttpRequest, page: str) -> HttpResponse:
    """Show one of the pages."""
    if page not in PAGES:
        raise Http404
    return render(request, f"portal/about/{page}.html")
