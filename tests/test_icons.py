"""Every icon that a page names stands in the sprite: an empty place tells nobody anything."""

import re
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src" / "cvq"
NAMED = re.compile(r'{% icon "([^"]+)"')


def test_every_icon_that_a_page_names_is_drawn():
    sprite = (SOURCE / "bocage/static/bocage/icons.svg").read_text()
    drawn = {name.removeprefix("i-") for name in re.findall(r'id="([^"]+)"', sprite)}

    named = {
        (name, page.name)
        for page in SOURCE.rglob("*.html")
        for name in NAMED.findall(page.read_text())
    }

    assert len(named) > 50
    assert sorted((name, page) for name, page in named if name not in drawn) == []
