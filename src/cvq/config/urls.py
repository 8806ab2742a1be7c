"""Every address of the web."""

from allauth.account import views as account
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from cvq.bocage import addresses

addresses.register()  # before the addresses of the faces are read

urlpatterns = [
    path("connexion/", account.login, name="account_login"),
    path("compte/", include("allauth.urls")),
    path("langue/", login_not_required(set_language), name="set_language"),
    path("supervision/", include("cvq.board.urls")),
    path("", include("cvq.kiosk.urls")),
    path("guichet/", include("cvq.desk.urls")),
    path("", include("cvq.portal.urls")),
]
