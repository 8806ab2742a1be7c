"""How each service is told on the portal: its icon."""

from cvq.rules.vocabulary import Purpose

ICONS = {
    Purpose.SCHOOL_GATE: "backpack",
    Purpose.CANTEEN: "fork-knife",
    Purpose.GARDERIE: "sun-horizon",
    Purpose.CRECHE: "baby",
    Purpose.LEISURE: "tree",
    Purpose.POOL: "swimming-pool",
    Purpose.LIBRARY: "books",
    Purpose.COURT: "racquet",
    Purpose.DOOR: "door-open",
    Purpose.WASTE: "recycle",
}


def icon_of(purpose: str | None, *, is_evening: bool = False) -> str:
    """Return the icon of a service, or of its evening, or that of money that comes in."""
    if is_evening and purpose == Purpose.GARDERIE:
        return "moon"
    return ICONS[Purpose(purpose)] if purpose else "plus-circle"
