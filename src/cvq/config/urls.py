"""Every address of the web."""

from allauth.account import views as account
from allauth.mfa.totp.views import activate_totp
from allauth.mfa.webauthn.views import add_webauthn
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path, re_path
from django.views.i18n import set_language

from cvq.bocage import addresses
from cvq.config.protecting import protecting

addresses.register()  # before the addresses of the faces are read

# What the library offers and the counter does: who somebody is, and at what address.
AT_THE_COUNTER = "email|signup|confirm-email|password/set|login"


@login_not_required
def at_the_counter(request: HttpRequest, page: str) -> HttpResponse:
    """Answer that there is no such page."""
    return render(request, "404.html", status=404)


urlpatterns = [
    re_path(rf"^compte/(?P<page>{AT_THE_COUNTER})/(?:[^/]*/)*$", at_the_counter),
    path("compte/2fa/totp/activate/", protecting(activate_totp)),  # before those of the library
    path("compte/2fa/webauthn/add/", protecting(add_webauthn)),
    path("compte/", include("allauth.urls")),
    path("connexion/", account.login, name="account_login"),  # the last of a name is the one given
    path("langue/", login_not_required(set_language), name="set_language"),
    path("supervision/", include("cvq.board.urls")),
    path("", include("cvq.kiosk.urls")),
    path("guichet/", include("cvq.desk.urls")),
    path("", include("cvq.portal.urls")),
]
