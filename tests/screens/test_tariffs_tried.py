"""A2: a draft that asks a list is tried on three families, line by line, without a script."""

import re
from typing import Any

import pytest
from django.test import Client

from cvq.access.models import User
from pages import Pages
from seen import is_as_wide_as_the_screen, objections
from tariff_pages import DRAFT, drafted, seen
from told import text

FAMILIES = """\
tariff: piscine
inputs:
  people:
    title: personne
    list:
      age: {missing: required, title: âge}
      rate: {words: {full: plein, half: réduit}, missing: full, title: formule}
    missing: none
  evening: no
items:
  pool_entry:
    title: Entrée en famille
    grain: visit
    lines:
      - {label: Adulte, each: people, when: age >= 16, amount: "if(rate = half, 3 €, 6 €)"}
      - {label: Enfant, each: people, when: age < 16, amount: 2}
      - {label: Soirée, nature: supplement, when: evening, amount: 1}
"""


def listed(site: Pages) -> Client:
    """Return the browser of Nadia, who wrote a price for the people of a family."""
    client = drafted(site)
    told = {"lu": seen(client), "texte": FAMILIES}
    assert client.post(DRAFT + "texte/", told).status_code == 302
    return client


def form(page: Any) -> dict[str, str]:
    """Return what a browser would send of the form of the three families."""
    (sent,) = re.findall(r'class="essai">(.*?)</form>', page.content.decode(), re.S)
    fields = dict(re.findall(r'<input[^>]* name="([^"]+)" value="([^"]*)"', sent))
    for name, inner in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', sent, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', inner)
        fields[name] = chosen[1] if chosen else ""
    return fields


def test_a_line_is_added_to_a_list_and_what_was_typed_is_kept(site: Pages) -> None:
    client = listed(site)
    first = client.get(DRAFT)
    assert "personne 1, âge" in text(first)
    assert "personne 2, âge" not in text(first)

    typed = form(first) | {"f0.people:0:age": "41", "f0.people:0:rate": "half", "f0.evening": "yes"}
    added = client.get(DRAFT, typed | {"ajouter": "people"})
    sent = form(added)

    assert (sent["n.people"], sent["f0.people:0:age"], sent["f0.people:0:rate"]) == (
        "2",
        "41",
        "half",
    )
    assert (sent["f0.people:1:age"], sent["f0.evening"]) == ("", "yes")
    assert 'id="people-2"' in added.content.decode()
    priced = client.get(DRAFT, sent | {"f0.people:1:age": "9", "f2.people:0:age": "trente"})
    assert "Entrée en famille, après 6,00 €" in text(priced)
    assert "Adulte (1)" in text(priced)
    assert "« trente » n'est pas un nombre" in text(priced)


def test_a_line_that_is_left_blank_is_nobody_and_the_last_one_goes(site: Pages) -> None:
    client = listed(site)
    sent = form(client.get(DRAFT, {"n.people": "3", "f0.people:0:age": "30"}))
    blank = {name: "" for name in sent if name.startswith("f1.people")}

    page = text(client.get(DRAFT, sent | blank))
    fewer = client.get(DRAFT, sent | {"retirer": "people"})

    assert "Entrée en famille, après 6,00 €" in page
    assert "rien n'est dû" in page
    assert form(fewer)["n.people"] == "2"
    for typed, kept in (("0", "1"), ("99", "8"), ("x", "1"), ("", "1")):
        assert form(client.get(DRAFT, {"n.people": typed}))["n.people"] == kept
    most = client.get(DRAFT, {"n.people": "8"})
    assert 'name="ajouter"' not in most.content.decode()
    assert 'name="retirer"' not in client.get(DRAFT).content.decode()


@pytest.mark.parametrize("width", [1440, 320])
def test_the_form_of_a_list_shuts_nobody_out(site: Pages, page_of: Any, width: int) -> None:
    listed(site)
    page = page_of(User.objects.get(), width=width)

    page.goto(f"{site.address}{DRAFT}?n.people=3")

    assert objections(page) == []
    assert is_as_wide_as_the_screen(page)


def test_the_keyboard_alone_adds_a_line_and_enter_works_out_the_price(
    site: Pages, page_of: Any
) -> None:
    listed(site)
    page = page_of(User.objects.get(), java_script_enabled=False)
    page.goto(site.address + DRAFT)

    page.get_by_label("personne 1, âge, famille 1").fill("50")
    page.get_by_role("button", name="Ajouter une ligne").press("Enter")
    page.wait_for_selector("text=personne 2, âge")
    assert page.url.endswith("#people-2")
    page.get_by_label("personne 2, âge, famille 1").fill("3")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url.endswith("#essayer"))

    assert page.get_by_label("personne 2, âge, famille 1").input_value() == "3"
    assert page.get_by_label("personne 3, âge, famille 1").count() == 0
    assert "8,00\xa0€" in page.locator(".resultat").inner_text()
