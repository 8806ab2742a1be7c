"""A2: what everybody answers alike today is said above a draft, and keeps nobody from it."""

from cvq.access.models import Role
from cvq.catalog.models import Authority, TariffDocument
from pages import Pages
from told import text

ASKS = """
tariff: garderie
inputs: {half_hours: required, booked: yes}
items:
  garderie-half-hour:
    title: Garderie
    grain: session
    lines:
      - {label: Garderie, amount: 1.00, times: half_hours}
      - {label: Sans réservation, nature: supplement, when: not booked, amount: 5.00}
"""


def test_a_draft_that_asks_whether_it_was_booked_is_told_that_nobody_books_yet(site: Pages) -> None:
    town_hall = Authority.objects.get(name="Parthenay")
    client = site.client(site.agent("nadia@exemple.fr", Role.TARIFFS, town_hall))
    client.post("/guichet/tarifs/Garderie/")
    before = text(client.get("/guichet/tarifs/Garderie/1/"))
    TariffDocument.objects.update(text=ASKS)

    page = text(client.get("/guichet/tarifs/Garderie/1/"))

    said = "Personne ne réserve encore : chacun compte comme ayant réservé."
    assert said not in before
    assert f"Ligne 3 « réservé » : {said} Une ligne pour les autres ne servira pas." in page
    assert "À corriger" not in page
