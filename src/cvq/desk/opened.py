"""A page of a file: shown to the agent who opened it, and to another asks why first."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from cvq.access.models import User
from cvq.access.services import OPEN_MINUTES, NotOpened, opened_file
from cvq.bocage.pages import moment
from cvq.people.models import Household

REASONS = {
    "guichet": ("users-three", _("La personne est au guichet")),
    "telephone": ("phone", _("La personne appelle")),
    "courrier": ("chat-text", _("Réponse à un courrier ou à un courriel")),
    "carte": ("identification-card", _("Carte perdue, trouvée ou à donner")),
}
REASON_LETTERS_MAX = 200


def user_of(request: HttpRequest) -> User:
    """Return who is logged in; every page of the desk asks for a log-in."""
    assert not isinstance(request.user, AnonymousUser)
    return request.user


def with_file(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give a view the file that its address names, or ask why it should be opened."""

    @wraps(view)
    def answer(request: HttpRequest, uid: UUID, **named: str) -> HttpResponse:
        now = moment(request)
        try:
            file = opened_file(user_of(request), uid, at=now.at, day=now.day)
        except NotOpened as closed:
            return ask_why(request, closed.household)
        return view(request, file, **named)

    return answer


def ask_why(
    request: HttpRequest, household: Household, *, error: str = "", typed: str = ""
) -> HttpResponse:
    """Ask why a file should be opened; what was being sent was not done."""
    context = {
        "household": household,
        "reasons": REASONS,
        "minutes": OPEN_MINUTES,
        "letters": REASON_LETTERS_MAX,
        "error": error,
        "typed": typed,
        "undone": request.method == "POST" and not error,
    }
    status = 422 if error else 403 if context["undone"] else 200
    return render(request, "desk/family/why.html", context, status=status)
