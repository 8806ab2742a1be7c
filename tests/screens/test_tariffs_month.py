"""A2: a past month priced again by a draft, on its page."""

from datetime import date
from typing import Any

import pytest
from django.utils import translation

from cvq.access.models import Assignment, User
from cvq.billing.models import Charge
from cvq.catalog.models import Service
from cvq.desk.tariffs import month
from pages import Pages
from seen import is_as_wide_as_the_screen, objections
from tariff_pages import DRAFT, agent, changed, drafted, lake, seen
from told import text

MONTH = DRAFT + "mois/"
SWIMMERS = 12  # beside the Petits, who swam on three Saturdays of May


def swims(site: Pages) -> None:
    """Let a dozen families swim on a day of May."""
    town, today = site.town, site.town.today
    town.today = date(2025, 5, 20)
    for number in range(SWIMMERS):
        town.family(f"Nageur {number}", card=f"n{number}", topped_up="20,00")
        town.tap(f"n{number}", where="GâtinéO", at="15:00")
    town.today = today


def test_the_last_whole_month_says_what_it_would_have_cost_and_to_whom(site: Pages) -> None:
    swims(site)
    nadia = drafted(site)
    changed(nadia, **{"2.2": "5,00"})
    charges = Charge.objects.count()
    assert "Voir ce que le mois dernier aurait coûté" in text(nadia.get(DRAFT))

    page = text(nadia.get(MONTH))

    assert "Ce que mai 2025 aurait coûté" in page
    assert "75,00 € au lieu de 67,50 € : +7,50 €, +11,1 %." in page
    assert "paient plus la moitié d'au moins 0,50 €, un sur dix d'au moins 0,50 € 13" in page
    assert "Par commune : le plus grand écart, « Parthenay », +7,50 €" in page
    assert "15 13 67,50 € 75,00 € +7,50 € +11,1 %" in page
    assert "CC, 1 service : GâtinéO." in page
    assert "Nageur" not in page
    assert Charge.objects.count() == charges


def test_it_is_priced_in_the_services_of_the_draft_alone_and_few_are_masked(site: Pages) -> None:
    nadia = drafted(site)
    changed(nadia, **{"2.2": "5,00"})
    site.town.family("Seul", card="alone", topped_up="20,00")
    today, site.town.today = site.town.today, date(2025, 5, 21)
    site.town.tap("alone", where="GâtinéO", at="15:00")
    site.town.today = today

    page = text(nadia.get(MONTH))

    assert "Moins de 11 payeurs : les montants sont masqués." in page
    assert "masqué : moins de 11 payeurs" in page
    assert "rejouez ensemble plus de services, ou un mois où l'on est venu davantage." in page
    main = page.partition("Ce que mai 2025")[2]
    assert "€" not in main


def test_a_month_is_chosen_and_one_that_is_none_is_the_last(site: Pages) -> None:
    swims(site)
    nadia = drafted(site)

    page = nadia.get(MONTH, {"mois": "2025-05"}).content.decode()
    assert '<option value="2025-05" selected>mai 2025</option>' in page
    assert "Ce que mai 2025 aurait coûté" in text(nadia.get(MONTH, {"mois": "1999-13"}))


def test_what_cannot_be_replayed_says_why(site: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    nadia = drafted(site)
    for where, said in (
        ("Déchèterie", "Aucun mois entier n'a encore d'usage que ce tarif fixerait."),
        (lake(site).code, "Aucun prix de ce brouillon (pool_entry) ne porte le nom de ce que"),
    ):
        nadia.post(f"/guichet/tarifs/{where}/")
        assert said in text(nadia.get(f"/guichet/tarifs/{where}/1/mois/"))
    swims(site)
    monkeypatch.setattr(month, "CHARGES_MAX", SWIMMERS - 1)
    page = text(nadia.get(MONTH))
    assert "15 usages à relire : c'est trop pour une page." in page
    assert "cvq tariff what-if --draft GâtinéO --month 2025-05" in page

    nadia.post(DRAFT + "texte/", {"lu": seen(nadia), "texte": "tariff: rien\n"})

    page = text(nadia.get(MONTH))
    assert "Corrigez d'abord ce qui reste" in page


def test_who_may_read_the_draft_reads_it_and_nobody_else(site: Pages) -> None:
    swims(site)
    nadia = drafted(site)
    nadia.post(DRAFT + "services/", {"lu": seen(nadia), "service": lake(site).pk})
    user = agent(site, "lac@exemple.fr")
    Assignment.objects.filter(user=user).update(service=Service.objects.get(code="Plan d'eau"))
    client = site.client(user)

    assert client.get("/guichet/tarifs/Plan d'eau/1/mois/").status_code == 200
    assert client.get(MONTH).status_code == 404
    assert site.client(site.agent("guichet@exemple.fr")).get(MONTH).status_code == 404


def test_the_month_is_read_in_english(site: Pages) -> None:
    swims(site)
    nadia = drafted(site)
    changed(nadia, **{"2.2": "5,00"})

    with translation.override("en"):
        page = text(nadia.get(MONTH, headers={"accept-language": "en"}))

    assert "What May 2025 would have cost" in page
    assert "€75.00 instead of €67.50: +€7.50, +11.1%" in page


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 320])
def test_neither_page_shuts_anybody_out(site: Pages, page_of: Any, theme: str, width: int) -> None:
    swims(site)
    changed(drafted(site), **{"2.2": "5,00"})
    page = page_of(User.objects.get(), width=width, color_scheme=theme)

    for path in (MONTH, DRAFT + "augmenter/"):
        page.goto(site.address + path)
        assert objections(page) == [], path
        assert is_as_wide_as_the_screen(page), path
    page.fill("#pour_cent", "trois")
    page.get_by_role("button", name="Changer les montants").click()
    assert objections(page) == []
    assert is_as_wide_as_the_screen(page)
