"""What every page is held to: nothing that axe objects to, nothing wider than the screen."""

from pathlib import Path
from typing import Any

import axe_playwright_python

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What pages do well fills megabytes: only the objections come back.
OBJECTIONS = """async rules => {
  const found = await axe.run(document, {runOnly: rules, resultTypes: ["violations"]});
  return found.violations.flatMap(({id, nodes}) =>
    nodes.map(node => `${id} ${JSON.stringify(node.target)} ${node.failureSummary}`));
}"""


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
    found: list[str] = page.evaluate(OBJECTIONS, RULES)
    return found


def is_as_wide_as_the_screen(page: Any) -> bool:
    """Tell whether nothing must be scrolled sideways."""
    arrived(page)
    return bool(
        page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
    )
