"""A grandparent at a kiosk, in English, seated, without touching the screen: keys only."""

from typing import Any

import pytest
from django.contrib.sessions.models import Session

from cvq.payments.models import Channel, TopUp
from kiosks import ANNE, kiosk_in_town
from pages import Pages
from seen import is_as_wide_as_the_screen, objections

SCREEN = {"width": 1080, "height": 1920}
LOWER_SCREEN_BEGINS = 1100
PRESSES_MAX = 40
# The machine of a test has no voice: what would be said is kept instead.
EAR = """
window.heard = [];
speechSynthesis.speak = said => window.heard.push([said.lang, said.text]);
"""
FOCUSED = """
() => {
  const one = document.activeElement, shown = getComputedStyle(one);
  const name = one === document.body ? '' : one.innerText || one.labels?.[0]?.innerText || '';
  return [name, one.getBoundingClientRect().top,
          shown.outlineStyle !== 'none' || shown.boxShadow !== 'none'];
}
"""


@pytest.fixture
def screen(site: Pages, page_of: Any) -> Any:
    """Return the screen of a kiosk that waits."""
    page = page_of(**SCREEN)
    page.add_init_script(EAR)
    page.goto(site.address + kiosk_in_town())
    return page


def reach(page: Any, name: str) -> float:
    """Go to a control by its name with the Tab key; return how high it stands."""
    for _ in range(PRESSES_MAX):
        page.keyboard.press("Tab")
        told, top, is_marked = page.evaluate(FOCUSED)
        if name in told.replace("\u00a0", " "):
            assert is_marked, f"{name}: nothing shows where we are"
            return float(top)
    raise AssertionError(f"{name}: no key leads there")


def press(page: Any, name: str) -> None:
    """Go to a control with keys, and use it."""
    reach(page, name)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_grandparent_tops_up_in_english_with_keys_only_and_leaves_nothing(
    site: Pages, screen: Any
) -> None:
    waits = screen.url
    press(screen, "English")
    press(screen, "Lower screen")
    press(screen, "Contrast")

    assert "Hold out your card" in screen.inner_text("h1")
    assert screen.evaluate("document.documentElement.lang") == "en"
    assert screen.evaluate("document.documentElement.dataset.theme") == "sombre"
    reach(screen, "Listen")
    screen.keyboard.press("Enter")
    heard = screen.evaluate("window.heard")
    assert {language for language, _said in heard} == {"en"}
    assert "Hold out your card" in " ".join(said for _language, said in heard)

    press(screen, "Demonstration reader")
    reach(screen, "Card number")
    screen.keyboard.type(ANNE)
    with screen.expect_navigation():
        screen.keyboard.press("Enter")
    assert "Hello Anne, you have" in screen.inner_text("header")
    assert "Petit" not in screen.inner_text("body")
    assert reach(screen, "Top up the account") >= LOWER_SCREEN_BEGINS
    with screen.expect_navigation():
        screen.keyboard.press("Enter")
    assert objections(screen) == []
    assert is_as_wide_as_the_screen(screen)
    press(screen, "€50")
    press(screen, "Pay €50")
    press(screen, "Accepted")
    screen.locator(".eclair").wait_for(state="hidden")
    assert "Done: €50 are on the account." in screen.inner_text("h1")
    press(screen, "On paper")
    press(screen, "Finish")

    assert screen.url == waits
    assert "Approchez votre carte" in screen.inner_text("h1")
    assert screen.evaluate("document.documentElement.dataset.theme") == "clair"
    assert not Session.objects.exists()
    screen.goto(f"{waits}compte/")
    assert screen.url == waits
    assert site.town.wallet("Petit") == "65,50 €"
    assert TopUp.objects.get(channel=Channel.KIOSK).cents == 5_000


def test_what_a_grandparent_hides_is_neither_shown_nor_said(site: Pages, screen: Any) -> None:
    press(screen, "Lecteur de démonstration")
    reach(screen, "Numéro de la carte")
    screen.keyboard.type(ANNE)
    with screen.expect_navigation():
        screen.keyboard.press("Enter")
    assert "15,50" in screen.inner_text("body")

    press(screen, "Masquer le solde")
    reach(screen, "Écouter")
    screen.keyboard.press("Enter")

    assert "15,50" not in screen.inner_text("body")
    assert "15,50" not in str(screen.evaluate("window.heard"))
    assert site.town.wallet("Petit") == "15,50 €"
