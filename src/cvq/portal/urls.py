"""The addresses of the portal."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from cvq.portal.about.view import about
from cvq.portal.cards import view as cards
from cvq.portal.home.view import home
from cvq.portal.invited.view import invited
from cvq.portal.operation.view import operation
from cvq.portal.profile.view import profile
from cvq.portal.statement import view as statement
from cvq.portal.top_up import view as top_up
from cvq.portal.welcome.view import welcome

app_name = "portal"
urlpatterns = [
    path("", login_not_required(welcome), name="welcome"),
    path("a-propos/<slug:page>/", login_not_required(about), name="about"),
    path("invitation/<slug:secret>/", login_not_required(invited), name="invited"),
    path("accueil/", home, name="home"),
    path("releve/", statement.statement, name="statement"),
    path("releve.csv", statement.statement_csv, name="statement_csv"),
    path("releve.pdf", statement.statement_pdf, name="statement_pdf"),
    path("operation/<big:entry>/", operation, name="operation"),
    path("recharger/", top_up.choose, name="top_up"),
    path("recharger/banque/<uuid:uid>/", top_up.bank, name="bank"),
    path("recharger/recu/<uuid:uid>/", top_up.receipt, name="receipt"),
    path("cartes/", cards.cards, name="cards"),
    path("cartes/perdue/", cards.lost, name="lost"),
    path("cartes/<card:number>/bloquer/", cards.block, name="block"),
    path("cartes/<card:number>/debloquer/", cards.unblock, name="unblock"),
    path("vous/", profile, name="profile"),
]
