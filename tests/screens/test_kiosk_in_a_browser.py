"""The kiosk on its own screen, 1080 by 1920: fit to be read, reached, and used without a script."""

import os
from typing import Any

import pytest

from kiosks import ANNE, kiosk_in_town
from pages import Pages
from seen import is_as_wide_as_the_screen, objections

WIDTH, HEIGHT = 1080, 1920
PICTURE_ENDS, LOWER_SCREEN_BEGINS = 640, 1100  # pixels: what a standing, a seated hand reaches
BEFORE = {"attente": "", "aide": "aide/", "sans-carte": "sans-carte/", "lecture": "lecture/"}
AFTER = {
    "compte": "compte/",
    "operations": "operations/",
    "a-venir": "a-venir/",
    "recharger": "recharger/?euros=30",
    "autre": "recharger/autre/?tape=4&touche=5",
    "trop": "recharger/autre/?tape=4&touche=ok",
}


@pytest.fixture
def kiosk(site: Pages) -> str:
    """Put a kiosk in the town and return its whole address."""
    return site.address + kiosk_in_town()


@pytest.fixture
def screen(page_of: Any) -> Any:
    """Return the screen of a kiosk whose browser runs no script."""
    return page_of(width=WIDTH, height=HEIGHT, java_script_enabled=False, color_scheme="light")


def shoot(page: Any, name: str) -> None:
    """Keep a picture if a folder for pictures is named."""
    if folder := os.environ.get("CVQ_SHOTS"):
        page.screenshot(path=f"{folder}/borne-{name}.png")


def present(page: Any, kiosk: str, number: str = ANNE) -> None:
    """Present a card."""
    page.goto(f"{kiosk}lecture/")
    page.get_by_label("Numéro de la carte").fill(number)
    page.get_by_role("button", name="Poser la carte").click()
    page.wait_for_load_state("load")


def pay(page: Any, kiosk: str, ended: str) -> None:
    """Choose thirty euros and let the terminal end so."""
    page.goto(f"{kiosk}recharger/?euros=30")
    page.get_by_role("button", name="Payer").click()
    page.get_by_role("button", name=ended).click()
    page.wait_for_load_state("load")


def fits(page: Any, name: str, highest: int) -> None:
    """Hold a page to what every page of a kiosk must be."""
    assert is_as_wide_as_the_screen(page), name
    higher = page.evaluate(
        """highest => [...document.querySelectorAll(
             '.borne a, .borne button, .borne input:not([type=hidden])')]
           .filter(one => one.checkVisibility() && !one.closest('dialog'))
           .map(one => [one.innerText || one.name, one.getBoundingClientRect()])
           .filter(([, box]) => box.top < highest
                             || Math.min(box.width, box.height) < 64)
           .map(([what, box]) => `${what} ${box.top} ${box.width}x${box.height}`)""",
        highest,
    )
    assert higher == [], name
    cut = page.evaluate(
        """() => [...document.querySelectorAll('.textes, .gestes')]
           .map(one => [one.className, one.getBoundingClientRect(), one.scrollHeight])
           .filter(([, box, tall]) => tall > Math.ceil(box.height) + 1
             || box.bottom > document.querySelector('.outils').getBoundingClientRect().top)
           .map(([what, box, tall]) => `${what} ${box.height} < ${tall}`)"""
    )
    assert cut == [], name
    met = page.evaluate(
        """() => { const text = document.querySelector('.textes'),
                         touch = document.querySelector('.gestes');
           return !text || !touch
             || text.getBoundingClientRect().bottom <= touch.getBoundingClientRect().top + 1
             || text.getBoundingClientRect().bottom
                <= Math.min(...[...touch.children].map(one => one.getBoundingClientRect().top)) }"""
    )
    assert met, f"{name}: words under the controls"


@pytest.mark.parametrize(("theme", "low"), [("clair", False), ("sombre", True)])
def test_everything_at_a_kiosk_is_read_reached_and_shuts_nobody_out(
    kiosk: str, page_of: Any, theme: str, low: bool
) -> None:
    page = page_of(width=WIDTH, height=HEIGHT)
    errors: list[str] = []
    page.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
    kind = f"{theme}{'-bas' if low else ''}"
    highest = LOWER_SCREEN_BEGINS if low else PICTURE_ENDS

    def look(name: str) -> None:
        shoot(page, f"{name}-{kind}")
        assert objections(page) == [], name
        fits(page, name, highest)

    page.goto(kiosk)
    if theme == "sombre":
        page.get_by_role("button", name="Contraste").click()
    if low:
        page.get_by_role("button", name="Écran plus bas").click()
    for name, path in BEFORE.items():
        page.goto(kiosk + path)
        look(name)
    present(page, kiosk, "999-99999")
    look("relire")
    present(page, kiosk)
    for name, path in AFTER.items():
        page.goto(kiosk + path)
        look(name)
    page.goto(f"{kiosk}recharger/?euros=30")
    page.get_by_role("button", name="Payer").click()
    look("paiement")
    page.get_by_role("button", name="Refusé").click()
    look("refus")
    page.get_by_role("button", name="Accepté").click()
    shoot(page, f"fait-{kind}")
    page.locator(".eclair").wait_for(state="hidden")
    look("recu")
    page.get_by_role("button", name="Sur papier").click()
    look("papier")
    assert [told for told in errors if "422" not in told] == []


def test_a_lower_screen_brings_down_what_is_read_with_what_is_touched(
    kiosk: str, page_of: Any
) -> None:
    page = page_of(width=WIDTH, height=HEIGHT)
    present(page, kiosk)
    tops = """() => ['.solde', 'h1', '.gestes']
      .map(one => document.querySelector(one).getBoundingClientRect())
      .map(({top, bottom}) => [top, bottom])"""
    high = page.evaluate(tops)

    page.get_by_role("button", name="Écran plus bas").click()
    page.wait_for_load_state("load")
    shoot(page, "compte-bas")

    low = page.evaluate(tops)
    assert all(down[0] >= up[0] + 200 for up, down in zip(high, low, strict=True)), (high, low)
    (_, question_ends), (controls_begin, _) = low[1:]
    assert 0 <= controls_begin - question_ends <= 40


def test_a_grandparent_tops_up_at_a_kiosk_whose_browser_runs_no_script(
    site: Pages, kiosk: str, screen: Any
) -> None:
    screen.goto(kiosk)
    screen.get_by_role("link", name="Lecteur de démonstration").click()
    present(screen, kiosk)
    screen.get_by_role("link", name="Recharger le compte").click()
    screen.get_by_role("button", name="Autre montant").click()
    for key in ("4", "2"):
        screen.get_by_role("button", name=key, exact=True).click()
    screen.get_by_role("button", name="OK").click()
    screen.get_by_role("button", name="Payer 42").click()
    screen.get_by_role("button", name="Accepté").click()
    assert "C'est fait : 42\u00a0€ sont sur le compte." in screen.inner_text("main")
    screen.get_by_role("button", name="Rien, c'est fini").click()

    assert "Approchez votre carte" in screen.inner_text("h1")
    assert site.town.wallet("Petit") == "57,50 €"
    screen.goto(f"{kiosk}compte/")
    assert screen.url == kiosk


def test_a_kiosk_asks_whether_somebody_is_there_then_forgets_by_itself(
    kiosk: str, page_of: Any
) -> None:
    page = page_of(width=WIDTH, height=HEIGHT)
    page.clock.install()
    present(page, kiosk)

    # Time also passes by itself: a slow machine may lose fifteen seconds at each step.
    page.clock.run_for(10_000)
    assert not page.get_by_role("dialog").is_visible()
    page.clock.run_for(20_000)
    shoot(page, "encore")
    assert objections(page) == []
    page.get_by_role("button", name="Oui, je suis là").click()
    page.locator("dialog").wait_for(state="hidden")
    page.clock.run_for(10_000)
    assert not page.get_by_role("dialog").is_visible()

    with page.expect_navigation(url=kiosk):
        page.clock.run_for(36_000)
    page.goto(f"{kiosk}compte/")
    assert page.url == kiosk


def test_a_kiosk_goes_back_to_waiting_when_nobody_shows_a_card(kiosk: str, page_of: Any) -> None:
    page = page_of(width=WIDTH, height=HEIGHT)
    page.clock.install()
    page.goto(f"{kiosk}lecture/")

    with page.expect_navigation(url=kiosk):
        page.clock.run_for(61_000)


def test_a_kiosk_speaks_english_when_asked(kiosk: str, page_of: Any) -> None:
    page = page_of(width=WIDTH, height=HEIGHT)
    page.goto(kiosk)
    page.get_by_role("button", name="English").click()

    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.get_by_role("button", name="Français").is_visible()
