"""What a family should see to: three lines at the most, each with what follows if it does not."""

from collections.abc import Sequence
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from msgspec import Struct

from cvq.billing.forecast import Forecast
from cvq.bocage.templatetags.bocage import day_name, written
from cvq.cards.selectors import Card
from cvq.portal.family import Family

LINES_MAX = 3
SOON_DAYS = 7


class Task(Struct, frozen=True):
    """Something to do: the verb first, then the consequence, and by when."""

    verb: str
    why: str
    by: date | None
    address: str


def todo(ours: Family, has: int, ahead: Forecast, cards: Sequence[Card]) -> list[Task]:
    """Return what is to be done, the most pressing first."""
    tasks = []
    until = None if ahead.is_empty else ahead.covered_until(has)
    if has < 0:
        why = _("Le compte doit %(amount)s. Les repas et les cartes continuent.")
        tasks.append(Task(_("Recharger le compte"), why % {"amount": written(-has)}, None, _top()))
    elif until is not None and (until - ours.day).days < SOON_DAYS:
        why = _("Après le %(day)s, les dépenses deviennent une dette. Les repas continuent.")
        tasks.append(Task(_("Recharger le compte"), why % {"day": day_name(until)}, until, _top()))
    for card in cards:
        person = ours.person(card.person)
        if card.state == "BLOCKED" and person is not None:
            verb = _("Décider de la carte de %(name)s") % {"name": person.first_name}
            why = _("Elle est bloquée : débloquez-la, ou demandez-en une autre au guichet.")
            tasks.append(Task(verb, why, None, reverse("portal:cards")))
    return tasks[:LINES_MAX]


def _top() -> str:
    return reverse("portal:top_up")
