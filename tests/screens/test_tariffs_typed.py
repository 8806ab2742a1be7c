"""A2: what an agent types in a draft is kept, and refused at its field where it is no price."""

from typing import Any

import pytest
from django.test import Client

from cvq.access.models import Role, User
from cvq.catalog.models import Authority, Service, TariffDocument
from pages import Pages
from seen import is_as_wide_as_the_screen, objections
from tariff_pages import at_the_town_hall, seen
from told import text

CANTEEN = "/guichet/tarifs/Cantine/"
DRAFT = CANTEEN + "1/"
CELL = "case:items.meal.lines.1"
MEALS = """\
tariff: cantine
inputs: {quotient: unknown, school_holiday: no}
tables:
  repas:
    title: Prix du repas
    when: [quotient, school_holiday]
    then: €
    rows:
      - ["[0, 401[", "*", 1.00, "quotient de 0 à 400"]
      - ["[401, 601[", "*", 2.00, "quotient de 401 à 600"]
      - ["not < 601", "*", 3.00, "les autres"]
items:
  meal:
    title: Repas
    grain: meal
    lines:
      - {label: Repas, amount: repas}
      - {label: Serviette, nature: supplement, amount: 0.10}
"""
RIGHT = MEALS.replace("not < 601", ">= 601 or unknown")


def written(site: Pages, words: str = MEALS) -> Client:
    """Return the browser of Nadia, who wrote these words for the canteen."""
    client = at_the_town_hall(site)
    client.post(CANTEEN)
    client.post(DRAFT + "texte/", {"lu": seen(client, DRAFT), "texte": words})
    return client


@pytest.mark.parametrize("typed", ["20%", "", "repas * 2"])
def test_what_is_no_amount_is_refused_at_its_field_and_no_section_disappears(
    site: Pages, typed: str
) -> None:
    client = written(site)
    before = TariffDocument.objects.get().text

    page = client.post(DRAFT + "tables/", {"lu": seen(client, DRAFT), CELL: typed})

    html = page.content.decode()
    assert page.status_code == 422
    assert f'href="#{CELL}"' in html
    assert f'id="{CELL}" aria-describedby="case_erreur" name="{CELL}" value="{typed}"' in html
    said = f"« {typed} » : un montant s'écrit 3.10 ou 3,10.".replace("  ", " ")
    assert text(page).count(said) == 2
    assert "Montants écrits dans les prix" in text(page)
    assert TariffDocument.objects.get().text == before
    client.post(DRAFT + "tables/", {"lu": seen(client, DRAFT), CELL: "0,20 €"})
    assert "amount: 0.20" in TariffDocument.objects.get().text


@pytest.mark.parametrize("width", [1280, 320])
def test_an_amount_that_is_refused_is_seen_and_reached(
    site: Pages, page_of: Any, width: int
) -> None:
    written(site)
    page = page_of(User.objects.get(email="nadia@exemple.fr"), width=width)
    page.goto(site.address + DRAFT)
    page.locator(f'[name="{CELL}"]').fill("20%")

    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_role("link").click()

    assert page.locator(f'[name="{CELL}"]').input_value() == "20%"
    assert page.evaluate("document.activeElement.name") == CELL
    assert objections(page) == []
    assert is_as_wide_as_the_screen(page)


def test_with_an_error_nothing_is_told_of_what_changes_rather_than_where_it_is_written(
    site: Pages,
) -> None:
    client = written(site)
    wrong = text(client.get(DRAFT))
    TariffDocument.objects.update(text=RIGHT)
    right = text(client.get(DRAFT))

    said = "Le texte a une erreur : corrigez-la pour voir ce qui change."
    assert f"Ce qui change {said} Trois familles" in wrong
    assert said not in right
    assert "est ajoutée" in right
    for page in (wrong, right):
        assert "items >" not in page
        assert "tables >" not in page


@pytest.mark.parametrize("width", [1440, 1280, 1024, 640, 320])
def test_the_three_families_are_seen_whole(site: Pages, page_of: Any, width: int) -> None:
    written(site, RIGHT)
    page = page_of(User.objects.get(email="nadia@exemple.fr"), width=width)

    page.goto(site.address + DRAFT)

    region = page.get_by_role("region", name="Trois familles", exact=True)
    assert region.evaluate("one => one.scrollWidth <= one.clientWidth")
    inside = region.bounding_box()
    for field in region.locator("select, input").all():
        box = field.bounding_box()
        assert box["x"] + box["width"] <= inside["x"] + inside["width"]
        assert box["width"] >= 60


@pytest.mark.parametrize("typed", ["1 200", "1\u202f200", "1200"])
def test_a_quotient_is_read_as_people_write_it_before_and_after(site: Pages, typed: str) -> None:
    client = written(site, RIGHT)

    page = text(client.get(DRAFT, {"f0.quotient": typed, "f1.quotient": "900"}))

    assert "Repas, avant 3,50 € 3,50 €" in page
    assert "(quotient familial 1 200)" in page.replace("\u202f", " ").replace("1200", "1 200")


def test_what_is_no_number_is_told_alike_before_and_after(site: Pages) -> None:
    client = written(site, RIGHT)

    page = text(client.get(DRAFT, {"f0.quotient": "douze"}))

    assert page.count("« douze » n'est pas un nombre") == 2
    assert "doit être un nombre entier" not in page


def legend_of(client: Client) -> str:
    html = client.get(DRAFT).content.decode()
    return html.partition("Changez une case")[2].partition("</p>")[0]


def test_the_legend_says_the_signs_that_the_tables_hold_and_no_others(site: Pages) -> None:
    client = written(site)

    first = legend_of(client)
    TariffDocument.objects.update(
        text=RIGHT.replace('"[401, 601[", "*"', '"[401, 601[", "09-01..12-31"')
    )
    second = legend_of(client)

    assert "« not a » : tous les autres cas, sauf inconnu." in first
    assert "« a or b »" not in first
    assert "« 09-01..12-31 »" not in first
    assert "« a or b » : a, ou b. « unknown » : inconnu." in second
    assert "« 09-01..12-31 » : chaque année, du 1er septembre au 31 décembre." in second
    assert "« not a »" not in second


def test_a_service_is_promised_only_the_prices_that_it_has(site: Pages) -> None:
    town_hall = Authority.objects.get(name="Parthenay")
    Service.objects.create(
        code="NEUF", name="Cantine neuve", purpose="CANTEEN", authority=town_hall
    )
    client = site.client(site.agent("nadia@exemple.fr", Role.TARIFFS, town_hall))
    client.post(CANTEEN)

    page = text(client.get("/guichet/tarifs/NEUF/"))

    assert "Aucun tarif n'est en vigueur" in page
    assert "la première commence par un modèle à remplir" in page
    assert "Commencer par un modèle à remplir Cantine, version 1" in page
    garderie = text(client.get("/guichet/tarifs/Garderie/"))
    assert "la première reprendra les prix en vigueur" in garderie
