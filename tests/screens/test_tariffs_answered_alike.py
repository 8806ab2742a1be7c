"""A2: what had better be read again is said above a draft, and keeps nobody from it."""

from cvq.catalog.models import TariffDocument
from pages import Pages
from tariff_pages import NOON, at_the_town_hall
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
LABELLED = """
tariff: cantine
inputs: {quotient: unknown, booked: yes}
tables:
  repas:
    when: [quotient]
    then: €
    rows:
      - ["[401, 650]", 2.00, "quotient de 401 à 600"]
      - ["<= 400 or >= 651 or unknown", 3.00]
items:
  meal:
    title: Repas
    grain: meal
    lines:
      - {label: Repas, amount: repas}
      - {label: Sans réservation, nature: supplement, when: not booked, amount: 5.00}
"""
ALIKE = "Personne ne réserve encore : chacun compte comme ayant réservé."


def test_a_draft_that_asks_whether_it_was_booked_is_told_that_nobody_books_yet(site: Pages) -> None:
    client = at_the_town_hall(site)
    client.post("/guichet/tarifs/Garderie/")
    before = text(client.get("/guichet/tarifs/Garderie/1/"))
    TariffDocument.objects.update(text=ASKS)

    page = text(client.get("/guichet/tarifs/Garderie/1/"))

    assert ALIKE not in before
    assert f"Ligne 3 « réservé » : {ALIKE} Une ligne pour les autres ne servira pas." in page
    assert "À corriger" not in page


def test_a_label_that_contradicts_its_band_is_told_on_a_draft_and_not_once_approved(
    site: Pages,
) -> None:
    client = at_the_town_hall(site)
    client.post("/guichet/tarifs/Cantine/")
    TariffDocument.objects.update(text=LABELLED)

    page = text(client.get("/guichet/tarifs/Cantine/1/"))
    TariffDocument.objects.update(state="APPROVED", approved_by="paul@exemple.fr", approved_at=NOON)
    later = text(client.get("/guichet/tarifs/Cantine/1/"))

    said = "« quotient de 401 à 600 » ne dit pas la même chose que sa ligne : quotient familial"
    assert f"Ligne 9 L'étiquette {said} de 401 à 650." in page
    assert f"{ALIKE} Une ligne pour les autres ne servira pas." in page
    assert "À corriger" not in page
    assert said not in later
    assert ALIKE not in later
