"""Show which adults of a family may log in to the portal, and send one of them a link."""

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cvq.access.invitations import DAYS, EMAIL_LETTERS_MAX, NotInvited, invite, standings
from cvq.access.services import File
from cvq.bocage.pages import moment
from cvq.desk.access.mail import send
from cvq.desk.opened import user_of, with_file

NUMBER_DIGITS_MAX = 18


@require_http_methods(["GET", "POST"])
@with_file
def access(request: HttpRequest, file: File) -> HttpResponse:
    """
    Send a link to an adult, at the address that they give.

    :raises Hidden: nobody of that number belongs to the household.
    """
    if request.method != "POST":
        return _page(request, file)
    email = request.POST.get("email", "").replace("\x00", "")[:EMAIL_LETTERS_MAX]
    asked = request.POST.get("who", "")
    known = asked.isascii() and asked.isdigit() and len(asked) <= NUMBER_DIGITS_MAX
    try:
        if not known:
            raise NotInvited(_("Choisissez la personne."))
        _offer(request, file, int(asked), email)
    except NotInvited as unable:
        return _page(request, file, error=str(unable), typed=email, chosen=asked)
    sent = _("Lien envoyé à %(email)s : il sert une fois, pendant sept jours.") % {"email": email}
    messages.success(request, sent, extra_tags="ok")
    return redirect("desk:access", uid=file.household.uid)


@transaction.atomic  # who could not be written to was not invited
def _offer(request: HttpRequest, file: File, person: int, email: str) -> None:
    now = moment(request)
    invited, secret = invite(file, user_of(request), person, email=email, at=now.at, day=now.day)
    path = reverse("portal:invited", args=[secret])
    public = settings.PUBLIC_URL.rstrip("/")
    try:
        send(invited, public + path if public else request.build_absolute_uri(path))
    except OSError as error:  # what goes wrong with a server of mail is one
        raise NotInvited(
            _("Le courriel n'est pas parti, et personne n'est invité. Recommencez plus tard.")
        ) from error


def _page(
    request: HttpRequest, file: File, *, error: str = "", typed: str = "", chosen: str = ""
) -> HttpResponse:
    now = moment(request)
    adults = standings(file, now.at, now.day)
    free = [one for one in adults if one.account is None]
    context = {
        "household": file.household,
        "adults": adults,
        "free": free,
        "chosen": chosen or (str(free[0].person.pk) if len(free) == 1 else ""),
        "typed": typed or (free[0].person.email if len(free) == 1 and not error else ""),
        "letters": EMAIL_LETTERS_MAX,
        "days": DAYS,
        "error": error,
    }
    status = 422 if error else 200
    return render(request, "desk/access/access.html", context, status=status)
