"""A parent on the portal: what they have, what they paid and why, and a card that is lost."""

import os
from typing import Any

import pytest

from pages import Pages
from seen import is_as_wide_as_the_screen, objections

PAGES = {
    "accueil": "/accueil/",
    "releve": "/releve/",
    "recharger": "/recharger/",
    "cartes": "/cartes/",
    "perdue": "/cartes/perdue/",
    "vous": "/vous/",
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_nothing_on_the_portal_shuts_anybody_out(
    site: Pages, page_of: Any, theme: str, width: int
) -> None:
    page = page_of(site.parent(), width=width, color_scheme=theme)
    errors: list[str] = []
    page.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
    for name, path in PAGES.items():
        page.goto(site.address + path)
        if folder := os.environ.get("CVQ_SHOTS"):
            page.screenshot(path=f"{folder}/{name}-{width}-{theme}.png", full_page=True)

        assert objections(page) == [], path
        assert is_as_wide_as_the_screen(page), path
    assert errors == []
