"""Which media somebody holds, and what state each is in; a tap asks by itself (`taps.find`)."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import OuterRef, Q, QuerySet, Subquery
from msgspec import Struct

from cvq.cards.models import Holding, Medium, MediumState
from cvq.rules import vocabulary

State = vocabulary.MediumState
UNBLOCK_DAYS = 7


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
    latest = MediumState.objects.filter(medium=OuterRef("medium"), at__lte=at).order_by(
        "-at", "-id"
    )
    rows = (
        Holding.objects.filter(
            Q(held_until__isnull=True) | Q(held_until__gt=at),
            person_id__in=persons,
            held_from__lte=at,
        )
        .annotate(
            state=Subquery(latest.values("state")[:1]),
            since=Subquery(latest.values("at")[:1]),
            why=Subquery(latest.values("reason")[:1]),
            by=Subquery(latest.values("by")[:1]),
        )
        .select_related("medium__replaced_by")
        .order_by("medium__issued_at", "medium_id")
    )
    return [
        Card(
            number=row.medium.number,
            person=row.person_id or 0,
            state=State(row.state),
            since=row.since,
            reason=row.why,
            by=row.by,
            is_replaced=hasattr(row.medium, "replaced_by"),
        )
        for row in rows
    ]
