"""The curve of the day, ready to be drawn."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from msgspec import Struct

from cvq.board.day import FIRST_HOUR, QUARTERS, Day
from cvq.board.told import STEP, across, area, line
from cvq.bocage.pages import Moment

HOURS = range(6, 21, 2)
RIGHT = 0.6  # from there on a word stands left of what it names


class Label(Struct, frozen=True):
    """A word on the curve: where, how far down in pixels, and on which side of that it stands."""

    text: str
    x: str
    y: int
    anchor: str


class Curve(Struct, frozen=True):
    """What is drawn: today as far as it is known, what is usual, and the words on them."""

    title: str
    today: str
    under: str
    usual: str
    width: int
    hours: tuple[tuple[int, str], ...]
    now: Label | None
    then: Label | None


def curve(day: Day, now: Moment) -> Curve:
    """Return the curve of a day."""
    return Curve(
        title=_title(day, now),
        today=line(day.drawn, day.peak),
        under=area(day.drawn, day.peak),
        usual=line(day.usual, day.peak) if day.weeks else "",
        width=QUARTERS * STEP,
        hours=tuple((hour, across((hour - FIRST_HOUR) * 4, QUARTERS)) for hour in HOURS),
        now=_label(_("aujourd'hui"), day.drawn, day.peak) if any(day.drawn) else None,
        then=_label(_usual(now), day.usual, day.peak) if day.weeks else None,
    )


def _title(day: Day, now: Moment) -> str:
    what = {"day": date_format(now.day, "l"), "percent": abs(day.percent_more or 0)}
    if day.percent_more is None:
        return _("Badges par quart d'heure")
    if day.percent_more == 0:
        return _("Des badges comme un %(day)s habituel") % what
    if day.percent_more > 0:
        return _("%(percent)s %% de badges de plus qu'un %(day)s habituel") % what
    return _("%(percent)s %% de badges de moins qu'un %(day)s habituel") % what


def _usual(now: Moment) -> str:
    return _("un %(day)s habituel") % {"day": date_format(now.day, "l")}


def _label(text: str, values: tuple[float, ...], peak: float) -> Label:
    place = max(range(len(values)), key=lambda one: values[one])
    share = (place + 0.5) / QUARTERS
    beside = 1.2 if share < RIGHT else -1.2
    x = across(place + 0.5 + beside, QUARTERS)
    y = 22 + round(100 * (1 - values[place] / peak))
    return Label(text, x, y, "start" if share < RIGHT else "end")
