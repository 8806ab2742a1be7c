"""Which media somebody holds, and what state each is in; a tap asks by itself (`taps.find`)."""

from datetime import datetime

from django.db.models import QuerySet

from cvq.cards.models import Medium, MediumState
from cvq.rules import vocabulary


def state_at(medium: Medium, at: datetime) -> vocabulary.MediumState | None:
    """Return the state of a medium at an instant, None if it was not issued yet."""
    row = MediumState.objects.filter(medium=medium, at__lte=at).order_by("-at", "-id").first()
    return None if row is None else vocabulary.MediumState(row.state)


def media_of(person_id: int) -> QuerySet[Medium]:
    """Return every medium that a person holds or held."""
    return Medium.objects.filter(holdings__person=person_id).distinct().order_by("number")
