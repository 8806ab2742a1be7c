"""How the board tells hours and curves."""

from collections.abc import Sequence
from datetime import datetime

from cvq.bocage.pages import Moment
from cvq.bocage.templatetags.bocage import day_name, hour

HEIGHT = 120
STEP = 10


def since(at: datetime, now: Moment) -> str:
    """Return an instant of today by its hour, one of another day by its day too."""
    there = at.astimezone(now.local.tzinfo)
    return hour(at) if there.date() == now.day else f"{day_name(at)}, {hour(at)}"


def line(values: Sequence[float], peak: float) -> str:
    """Return the path of a curve, a step for each value, zero at the bottom."""
    spots = [
        f"{place * STEP + STEP // 2} {HEIGHT * (1 - value / peak):.1f}"
        for place, value in enumerate(values)
    ]
    return f"M{'L'.join(spots)}" if spots else ""


def area(values: Sequence[float], peak: float) -> str:
    """Return the path of what is under a curve."""
    if not values:
        return ""
    ends = [STEP // 2, (len(values) - 1) * STEP + STEP // 2]
    return f"{line(values, peak)}L{ends[1]} {HEIGHT}L{ends[0]} {HEIGHT}Z"


def across(place: float, count: int) -> str:
    """Return how far along a curve of so many values something is, as a share of its width."""
    return f"{100 * place / count:.1f}%"
