"""Which media somebody holds, and what state each is in; a tap asks by itself (`taps.find`)."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import QuerySet
from msgspec import Struct

from cvq.cards.models import Medium, MediumState
from cvq.rules import vocabulary

State = vocabulary.MediumState
UNBLOCK_DAYS = 7
HELD = """
SELECT m.number, h.person_id, s.state, s.at, s.reason, s.by,
    EXISTS (SELECT FROM cards_medium AS other WHERE other.replaces_id = m.id)
FROM cards_holding AS h
JOIN cards_medium AS m ON m.id = h.medium_id
CROSS JOIN LATERAL (
    SELECT state, at, reason, by FROM cards_mediumstate
    WHERE medium_id = m.id AND at <= %(at)s ORDER BY at DESC, id DESC LIMIT 1
) AS s
WHERE h.person_id = ANY(%(persons)s::bigint[]) AND h.held_from <= %(at)s
    AND (h.held_until IS NULL OR h.held_until > %(at)s)
ORDER BY m.issued_at, m.id
"""


class Card(Struct, frozen=True, kw_only=True):
    """A card, who holds it, its state, since when, why and by whom."""

    number: str
    person: int
    state: State
    since: datetime
    reason: str
    by: str
    is_replaced: bool

    @property
    def works(self) -> bool:
        """Tell whether a door would take it."""
        return self.state is State.ACTIVE

    def may_come_back(self, at: datetime) -> bool:
        """Tell whether who blocked it may still undo that (seven days, and no other card made)."""
        return (
            self.state is State.BLOCKED
            and not self.is_replaced
            and at <= self.since + timedelta(days=UNBLOCK_DAYS)
        )

    @property
    def last_digits(self) -> str:
        """Return what is enough to tell one card from another."""
        return self.number[-4:]


def state_at(medium: Medium, at: datetime) -> vocabulary.MediumState | None:
    """Return the state of a medium at an instant, None if it was not issued yet."""
    row = MediumState.objects.filter(medium=medium, at__lte=at).order_by("-at", "-id").first()
    return None if row is None else vocabulary.MediumState(row.state)


def media_of(person_id: int) -> QuerySet[Medium]:
    """Return every medium that a person holds or held."""
    return Medium.objects.filter(holdings__person=person_id).distinct().order_by("number")


def held(persons: Collection[int], at: datetime) -> list[Card]:
    """Return the cards that these persons hold at an instant, in the order they were issued."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, {"persons": list(persons), "at": at})
        return [
            Card(
                number=number,
                person=person,
                state=State(state),
                since=since,
                reason=reason,
                by=by,
                is_replaced=is_replaced,
            )
            for number, person, state, since, reason, by, is_replaced in cursor.fetchall()
        ]
