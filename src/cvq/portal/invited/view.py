"""Let who was invited at the counter choose a password; nobody is logged in by a link alone."""

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cvq.access.invitations import DeadLink, accept, invitation
from cvq.access.models import User
from cvq.bocage.pages import moment


@never_cache
@require_http_methods(["GET", "POST"])
def invited(request: HttpRequest, secret: str) -> HttpResponse:
    """Show the form, or make the account and lead to the log-in."""
    now = moment(request)
    try:
        known = invitation(secret, now.at)
        form = SetPasswordForm(User(email=known.email), request.POST or None)
        if form.is_valid():
            accept(secret, password=form.cleaned_data["new_password1"], at=now.at)
            logout(request)  # another member of the household may have been here
            messages.success(request, _("Votre mot de passe est choisi. Connectez-vous."))
            return redirect("account_login")
    except DeadLink as dead:
        return render(request, "portal/invited/dead.html", {"why": str(dead)}, status=410)
    status = 422 if form.is_bound else 200
    context = {"form": form, "email": known.email}
    return render(request, "portal/invited/invited.html", context, status=status)
