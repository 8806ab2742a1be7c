"""The addresses of the desk."""

from django.urls import path

from cvq.desk.access.view import access
from cvq.desk.cards import view as cards
from cvq.desk.family.view import family, open_family
from cvq.desk.search.view import search

app_name = "desk"
urlpatterns = [
    path("", search, name="search"),
    path("famille/<uuid:uid>/", family, name="family"),
    path("famille/<uuid:uid>/ouvrir/", open_family, name="open"),
    path("famille/<uuid:uid>/acces/", access, name="access"),
    path("famille/<uuid:uid>/carte/nouvelle/", cards.give, name="give"),
    path("famille/<uuid:uid>/carte/<card:number>/", cards.card, name="card"),
    path("famille/<uuid:uid>/carte/<card:number>/bloquer/", cards.block, name="block"),
    path("famille/<uuid:uid>/carte/<card:number>/debloquer/", cards.unblock, name="unblock"),
    path("famille/<uuid:uid>/carte/<card:number>/remplacer/", cards.replace, name="replace"),
]
