"""A2: all amounts of a draft moved by a percentage at once."""

from typing import Any
from urllib.parse import quote

import pytest

from cvq.catalog.models import TariffDocument
from pages import Pages
from tariff_pages import DRAFT, changed, drafted, seen
from told import text

RAISE = DRAFT + "augmenter/"


def raised(site: Pages, percent: str, step: str = "1") -> Any:
    client = drafted(site)
    told = {"lu": seen(client), "pour_cent": percent, "arrondi": step}
    return client.post(RAISE, told, follow=True)


def test_three_percent_more_moves_every_amount_and_says_how_many(site: Pages) -> None:
    page = raised(site, "3 %")

    words = text(page)
    assert page.redirect_chain == [(f"{quote(DRAFT)}#changements", 302)]
    # 3,30 · 4,50 · 5,40 become 3,40 · 4,64 · 5,56: what is free stays so.
    assert "3 montants changés : leur somme passe de 13,20 € à 13,60 €." in words
    written = TariffDocument.objects.get().text
    assert [one in written for one in ("3.40", "4.64", "5.56", "3.30")] == [True, True, True, False]


def test_a_fall_is_a_rise_below_zero_and_rounds_as_it_is_asked(site: Pages) -> None:
    raised(site, "-2,5", "10")

    written = TariffDocument.objects.get().text
    assert all(one in written for one in ("3.20", "4.40", "5.30"))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("trois", "« trois » n'est pas un pourcentage : écrivez un nombre, comme 3 ou 2,5."),
        ("", "« » n'est pas un pourcentage : écrivez un nombre, comme 3 ou 2,5."),
        ("0", "Un pourcentage va de -99 à 1000, sans être nul."),
        ("-100", "Un pourcentage va de -99 à 1000, sans être nul."),
        ("0,01", "Aucun montant ne change : le pourcentage est trop petit pour cet arrondi."),
    ],
)
def test_what_is_no_percentage_is_refused_and_changes_nothing(
    site: Pages, typed: str, said: str
) -> None:
    before = drafted(site)
    written = TariffDocument.objects.get().text
    told = {"lu": seen(before), "pour_cent": typed, "arrondi": "1"}
    page = before.post(RAISE, told)

    assert page.status_code == 422
    assert said in text(page)
    assert TariffDocument.objects.get().text == written


def test_on_a_draft_that_changed_the_page_says_of_which_amounts_it_is_a_percentage(
    site: Pages,
) -> None:
    client = drafted(site)
    before = text(client.get(RAISE))
    changed(client, **{"2.2": "5,00"})

    after = text(client.get(RAISE))

    said = "le pourcentage s'ajoute à ses montants, pas à ceux d'avant"
    assert said not in before
    assert f"Ce brouillon change déjà les prix : {said}." in after


def test_a_draft_that_moved_meanwhile_is_not_raised_on_top(site: Pages) -> None:
    client = drafted(site)
    page = client.post(RAISE, {"lu": "x", "pour_cent": "3", "arrondi": "1"})

    assert page.status_code == 422
    assert "4.50" in TariffDocument.objects.get().text


def test_who_prepares_no_tariff_raises_none(site: Pages) -> None:
    drafted(site)
    stranger = site.client(site.agent("personne@exemple.fr"))

    assert stranger.get(RAISE).status_code == 404
    assert stranger.post(RAISE, {"pour_cent": "3"}).status_code == 404
