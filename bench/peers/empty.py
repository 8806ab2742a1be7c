"""The addresses of the site, and one page more, logged in like the others, that shows nothing."""

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path


def empty(request: HttpRequest) -> HttpResponse:
    """Show an empty template."""
    template = engines["django"].from_string("")
    return HttpResponse(template.render({}, request))


urlpatterns = [path("vide/", empty), path("", include("cvq.config.urls"))]
