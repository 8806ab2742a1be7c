"""What every page is held to: nothing that axe objects to, nothing wider than the screen."""

import json
from pathlib import Path
from typing import Any

import axe_playwright_python

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def arrived(page: Any) -> None:
    """
    Wait until the page that was asked for is there whole.

    A click ends when the next document begins: it may have no element yet, nor its styles.
    """
    page.wait_for_load_state("load")


def objections(page: Any) -> list[str]:
    """Return what axe objects to, one line each: the rule and where."""
    arrived(page)
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    return [
        f"{violation['id']} {json.dumps(node['target'])} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def is_as_wide_as_the_screen(page: Any) -> bool:
    """Tell whether nothing must be scrolled sideways."""
    arrived(page)
    return bool(
        page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
    )
