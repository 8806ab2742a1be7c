"""What to do first about the machines, from what holds people up most: each begins with a verb."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from msgspec import Struct

from cvq.board.machines import Machine, State
from cvq.board.told import since
from cvq.bocage.pages import Moment
from cvq.catalog.kinds import DeviceProfile

SHOWN = 4
# So many silent at once, and nobody who speaks: it is not they who are cut off.
ALL_SILENT_MIN = 3
# Where a box that is silent leaves somebody before a closed way comes first.
HOLDS_UP = (
    DeviceProfile.BARRIER,
    DeviceProfile.TURNSTILE,
    DeviceProfile.DOOR,
    DeviceProfile.GATE,
    DeviceProfile.TABLET,
    DeviceProfile.READER,
    DeviceProfile.KIOSK,
    DeviceProfile.TILL,
)


class Task(Struct, frozen=True):
    """Something to do, why, and where it is looked at."""

    what: str
    why: str
    address: str
    is_off: bool


def todo(found: Iterable[Machine], usual_refused_percent: float | None, now: Moment) -> list[Task]:
    """Return all that there is to do, what is most in the way first."""
    by_trouble = sorted(found, key=lambda one: (HOLDS_UP.index(one.profile), one.number))
    nobody_speaks = not any(one.state in {State.WELL, State.WATCH} for one in by_trouble)
    return [
        *(_quarantined(one) for one in by_trouble if one.state is State.QUARANTINED),
        *_silent(
            [one for one in by_trouble if one.state is State.SILENT],
            now,
            nobody_speaks=nobody_speaks,
        ),
        *(_refusing(one, usual_refused_percent) for one in by_trouble if one.busy.refuses),
        *(_doubted(one) for one in by_trouble if one.doubted),
        *(_parked(one) for one in by_trouble if one.parked),
    ]


def _quarantined(one: Machine) -> Task:
    why = _("en quarantaine : deux récits sous un même numéro ; son journal reste chez lui")
    return _task(one, _("Remplacer : %(machine)s") % {"machine": one.name}, why, is_off=True)


def _silent(in_order: list[Machine], now: Moment, *, nobody_speaks: bool) -> Iterator[Task]:
    """Tell the silent boxes of one place together: they have one line."""
    if nobody_speaks and len(in_order) >= ALL_SILENT_MIN:
        heard = max(one.heard for one in in_order if one.heard is not None)
        why = _("aucun appareil ne parle depuis %(when)s") % {"when": since(heard, now)}
        yield Task(_("Vérifier : la passerelle"), why, reverse("board:live") + "#appareils", True)
        return
    places = {one.site: rank for rank, one in reversed(list(enumerate(in_order)))}
    together = sorted(in_order, key=lambda one: places[one.site])
    for site, group in groupby(together, key=lambda one: one.site):
        there = list(group)
        heard = max(one.heard for one in there if one.heard is not None)
        count = len(there)
        name = there[0].name if count == 1 else site
        why = ngettext(
            "muet depuis %(when)s ; il décide seul et garde son journal",
            "%(count)s appareils muets depuis %(when)s ; chacun décide seul et garde son journal",
            count,
        ) % {"count": count, "when": since(heard, now)}
        yield _task(there[0], _("Rétablir : %(machine)s") % {"machine": name}, why, is_off=True)


def _refusing(one: Machine, usual: float | None) -> Task:
    said = {"percent": one.busy.percent, "usual": round(usual or 0)}
    if usual is None:
        why = _("%(percent)s %% de refus depuis une heure") % said
    else:
        why = _("%(percent)s %% de refus depuis une heure, habituel %(usual)s %%") % said
    return _task(one, _("Vérifier : %(machine)s") % {"machine": one.name}, why)


def _doubted(one: Machine) -> Task:
    why = ngettext(
        "%(count)s passage n'est pas cru : son horloge est fausse ou l'a été",
        "%(count)s passages ne sont pas crus : son horloge est fausse ou l'a été",
        one.doubted,
    ) % {"count": one.doubted}
    return _task(one, _("Mettre à l'heure : %(machine)s") % {"machine": one.name}, why)


def _parked(one: Machine) -> Task:
    why = ngettext(
        "%(count)s passage mis de côté attend d'être réglé ou écarté",
        "%(count)s passages mis de côté attendent d'être réglés ou écartés",
        one.parked,
    ) % {"count": one.parked}
    return _task(one, _("Trancher : %(machine)s") % {"machine": one.name}, why)


def _task(one: Machine, what: str, why: str, *, is_off: bool = False) -> Task:
    return Task(what, why, reverse("board:device", args=[one.number]), is_off)
