"""The addresses of the desk."""

from django.urls import path

from cvq.desk.access.view import access
from cvq.desk.cards import view as cards
from cvq.desk.family.view import family, open_family
from cvq.desk.prices import view as prices
from cvq.desk.search.view import search
from cvq.desk.tariffs import founding, month, publishing, raising
from cvq.desk.tariffs import view as tariffs

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
    path("prix/", prices.services, name="prices"),
    path("prix/<str:code>/", prices.price, name="price"),
    path("tarifs-au-guichet/nouveau/", founding.counter_service, name="found_service"),
    path("tarifs/", tariffs.tariffs, name="tariffs"),
    path("tarifs/<str:code>/", tariffs.service, name="tariffs_of"),
    path("tarifs/<str:code>/<int:version>/", tariffs.document, name="tariff"),
    path("tarifs/<str:code>/<int:version>/tables/", tariffs.change_tables, name="tariff_tables"),
    path("tarifs/<str:code>/<int:version>/texte/", tariffs.change_text, name="tariff_text"),
    path("tarifs/<str:code>/<int:version>/mois/", month.month, name="tariff_month"),
    path("tarifs/<str:code>/<int:version>/augmenter/", raising.raise_all, name="tariff_raise"),
    path("tarifs/<str:code>/<int:version>/services/", tariffs.cover, name="tariff_services"),
    path("tarifs/<str:code>/<int:version>/jeter/", tariffs.discard, name="tariff_discard"),
    path("tarifs/<str:code>/<int:version>/reprendre/", tariffs.take_over, name="tariff_take_over"),
    path("tarifs/<str:code>/<int:version>/approuver/", tariffs.approve, name="tariff_approve"),
    path("tarifs/<str:code>/<int:version>/rouvrir/", tariffs.reopen, name="tariff_reopen"),
    path("tarifs/<str:code>/<int:version>/publier/", publishing.publish, name="tariff_publish"),
    path("tarifs/<str:code>/<int:version>/renoncer/", publishing.withdraw, name="tariff_withdraw"),
]
