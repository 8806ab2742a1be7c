"""What happened to the file itself: who opened it and why, and what became of its cards."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from msgspec import Struct

from cvq.access.models import Kind
from cvq.access.services import File, who_looked
from cvq.cards.selectors import Card
from cvq.desk.cards.words import by_whom, told
from cvq.people.family import Family

LINES_MAX = 8
LOOKED = (
    *("at", "kind", "reason", "user__email"),
    *("user__person__first_name", "user__person__used_name", "user__person__birth_name"),
)


class Event(Struct, frozen=True):
    """Something that happened, when and by whom; `why` is as it was kept."""

    at: datetime
    who: str
    what: str
    why: str = ""


def journal(file: File, ours: Family, cards: Sequence[Card]) -> list[Event]:
    """Return the last events of a file, the latest first."""
    looked = who_looked(file.household).values_list(*LOOKED)[:LINES_MAX]
    events = [_looked(*trace) for trace in looked]
    for card in cards:
        person = ours.person(card.person)
        if person is not None and card.by:
            what = _("Carte de %(name)s %(state)s") % {
                "name": person.first_name,
                "state": told(card.state),
            }
            events.append(Event(card.since, by_whom(card.by), what))
    return sorted(events, key=lambda event: event.at, reverse=True)[:LINES_MAX]


def _looked(
    at: datetime, kind: str, why: str, email: str, first_name: str | None, *names: str
) -> Event:
    who = f"{first_name} {names[0] or names[1]}" if first_name is not None else email
    return Event(at, who, _("Dossier ouvert :") if kind == Kind.FAMILY else "", why)
