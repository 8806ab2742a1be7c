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


def icon_of(purpose: str | None) -> str:
    """Return the icon of a service, or that of money that comes in."""
    return ICONS[Purpose(purpose)] if purpose else "plus-circle"
