"""Opening hours as people say them: « 8 h 30 – 12 h, 14 h – 18 h »."""

from collections.abc import Sequence

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cvq.bocage.templatetags.bocage import NBSP
from cvq.kernel.local import DAY_MINUTES


def told(intervals: Sequence[tuple[int, int]]) -> str:
    """Return the hours of a day, given in minutes."""
    if not intervals:
        return _("fermé aujourd'hui")
    if intervals[0] == (0, DAY_MINUTES):
        return _("toujours ouvert")
    return ", ".join(f"{_hour(opens)} – {_hour(closes)}" for opens, closes in intervals)


def _hour(minutes: int) -> str:
    whole, rest = divmod(minutes, 60)
    if (get_language() or "fr").startswith("en"):
        return f"{whole}:{rest:02}"
    return f"{whole}{NBSP}h{NBSP}{rest:02}" if rest else f"{whole}{NBSP}h"
