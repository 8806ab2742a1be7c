"""Find whom somebody asks about, from whatever they give."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from cvq.access.models import Role
from cvq.access.services import opened_since, require
from cvq.bocage.pages import moment
from cvq.desk.opened import user_of
from cvq.desk.search.found import find

LETTERS_MAX = 80


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """
    Show what answers to the box; before anything is asked, the files of the agent's day.

    :raises Hidden: the user is no agent of a counter.
    """
    user, now = user_of(request), moment(request)
    require(user, Role.COUNTER, now.day)
    asked = request.GET.get("q", "").replace("\x00", "").strip()[:LETTERS_MAX]
    context = {
        "asked": asked,
        "found": find(asked, now) if asked else None,
        "opened": [] if asked else opened_since(user, now.local.replace(hour=0, minute=0)),
    }
    return render(request, "desk/search/search.html", context)
