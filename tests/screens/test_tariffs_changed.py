"""A2: the page of a draft answers first: what changes, for whom, and what is to be done."""

from fractions import Fraction
from typing import Any

import pytest

from cvq.access.models import User
from cvq.desk.tariffs.moved import SHOWN, moved
from pages import Pages
from seen import is_as_wide_as_the_screen, objections
from tariff_pages import DRAFT, agent, changed, drafted
from told import text


def test_an_amount_that_changes_is_told_before_after_and_in_percent() -> None:
    told = moved(["Repas, tranche 1 : 1\u00a0000,00\u00a0€ devient 1\u00a0030,00\u00a0€"])

    assert told.others == ()
    assert [(one.where, one.percent, one.told) for one in told.amounts] == [
        ("Repas, tranche 1", Fraction(3), "+3,0\u00a0%")
    ]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [("4,50", "5,00", "+11,1"), ("5,00", "4,50", "−10,0"), ("0,40", "400,00", "+99900,0")],
)
def test_a_percentage_is_rounded_to_the_tenth(before: str, after: str, said: str) -> None:
    told = moved([f"Entrée : {before}\u00a0€ devient {after}\u00a0€"])

    assert told.amounts[0].told == f"{said}\u00a0%"


def test_what_is_free_is_said_in_words_and_what_is_no_amount_stays_a_sentence() -> None:
    entry = ("0,00\u00a0€ devient 1,00\u00a0€", "1,00\u00a0€ devient 0,00\u00a0€")
    told = moved([*(f"Entrée : {one}" for one in entry), "Âge : de 5 à 15 devient de 5 à 17"])

    assert [one.told for one in told.amounts] == ["était gratuit", "devient gratuit"]
    assert moved(["Aide : -1,00\u00a0€ devient -2,00\u00a0€"]).amounts[0].told == ""
    assert told.others == ("Âge : de 5 à 15 devient de 5 à 17",)


def test_the_first_changes_are_seen_and_none_is_lost() -> None:
    told = moved([f"Ligne {place} : 1,00\u00a0€ devient 2,00\u00a0€" for place in range(SHOWN + 3)])

    assert [len(part) for part in told.parts] == [SHOWN, 3]


def test_the_draft_says_what_changes_and_who_approves_before_its_tables(site: Pages) -> None:
    client = drafted(site)
    page = text(changed(client, **{"2.2": "5,00"}))
    paul = site.client(agent(site, "paul@exemple.fr"))

    for words in (page, text(paul.get(DRAFT))):
        assert "4,50 € devient 5,00 € +11,1 %" in words
        places = [words.index(one) for one in ("Ce qui change", "Trois familles", "Approuver")]
        assert places == sorted(places)
        assert places[-1] < words.index("Les prix Changez une case")


def test_a_draft_with_a_hole_says_so_in_its_title(site: Pages) -> None:
    client = drafted(site)

    page = changed(client, **{"3.1": "yes"}).content.decode()

    assert "<title>Erreur : GâtinéO, version 1" in page
    assert "Brouillon enregistré : il reste à corriger." in page
    assert 'class="bandeau ok' not in page  # nothing green above what is wrong


@pytest.mark.parametrize("width", [390, 320])
def test_on_a_narrow_screen_no_price_is_cut(site: Pages, page_of: Any, width: int) -> None:
    changed(drafted(site), **{"2.2": "5,00"})
    page = page_of(User.objects.get(), width=width)

    page.goto(site.address + DRAFT)

    assert is_as_wide_as_the_screen(page)
    assert objections(page) == []
    for field in page.locator(".montant-case").all():
        box = field.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
