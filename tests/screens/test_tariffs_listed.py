"""A2: the list answers « Combien ? », and a service shows its prices before its versions."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cvq.access.models import User
from cvq.catalog.models import Authority, Service, Tariff
from pages import Pages
from seen import is_as_wide_as_the_screen, objections
from tariff_pages import POOL, agent, drafted
from told import text

LIST = "/guichet/tarifs/"
GRID = {
    "grid": 1,
    "item": "Entrée",
    "inputs": ["age"],
    "rows": [
        {"when": {"age": [None, 16]}, "cents": 100, "label": "moins de 16 ans"},
        {"when": {}, "cents": 250, "label": "plein tarif"},
    ],
}


def priced(code: str, authority: Authority, document: dict[str, Any] = GRID) -> Service:
    """Open a pool that charges something since 2024."""
    pool = Service.objects.get(code="GâtinéO")
    found = Service.objects.create(code=code, name=code, purpose=pool.purpose, authority=authority)
    like = Tariff.objects.filter(service=pool).order_by("id")[0]
    Tariff.objects.create(
        code=like.code,
        service=found,
        document=document,
        council_decision="2024-07",
        is_model=False,
        valid_from=like.valid_from,
    )
    return found


def test_the_list_says_the_least_and_the_most_of_each_price_and_what_it_depends_on(
    site: Pages,
) -> None:
    client = site.client(agent(site))
    priced("Plan d'eau", Service.objects.get(code="GâtinéO").authority)

    page = text(client.get(LIST))

    assert "Combien cela coûte, et depuis quand ?" in page
    assert "Plan d'eau Entrée : de 1,00 € à 2,50 € selon l'âge" in page.replace("\xa0", " ")
    assert "depuis le 1er janvier 2024 · 2024-07" in page.replace("\xa0", " ")


def test_a_decision_that_most_prices_share_is_said_once(site: Pages) -> None:
    client = site.client(agent(site))

    page = text(client.get(LIST)).replace("\xa0", " ")

    assert page.count("2023-12") == 1
    assert "ces prix valent depuis le 1er janvier 2024 : 2023-12." in page


def test_a_service_shows_its_prices_before_its_versions(site: Pages) -> None:
    found = priced("Plan d'eau", Service.objects.get(code="GâtinéO").authority)
    client = site.client(agent(site))

    page = text(client.get(f"/guichet/tarifs/{found.code}/")).replace("\xa0", " ")

    assert "moins de 16 ans 1,00 € plein tarif 2,50 €" in page
    assert page.index("2,50 €") < page.index("Versions")


def test_the_list_asks_no_more_questions_for_more_services(site: Pages) -> None:
    client = site.client(agent(site))
    authority = Service.objects.get(code="GâtinéO").authority
    counted = []
    for number in (1, 8):
        for _ in range(number):
            priced(f"P{Service.objects.count()}", authority)
        with CaptureQueriesContext(connection) as asked:
            client.get(LIST)
        counted.append(len(asked))

    assert counted[0] == counted[1] <= 12


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_narrow_screen_the_services_are_closed_by_kind(
    site: Pages, page_of: Any, theme: str
) -> None:
    drafted(site)
    page = page_of(User.objects.get(), width=320, color_scheme=theme)

    page.goto(site.address + LIST)

    assert page.get_by_role("link", name="GâtinéO").is_hidden()
    page.get_by_text("Piscines").click()
    assert page.get_by_role("link", name="GâtinéO").is_visible()
    assert objections(page) == []
    assert is_as_wide_as_the_screen(page)
    page.goto(site.address + POOL)
    assert is_as_wide_as_the_screen(page)
