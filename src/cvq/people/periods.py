"""Which rows hold on a day."""

from datetime import date

from django.db.models import Q


def during(day: date) -> Q:
    """Return the condition that a row with `valid_from` and `valid_until` holds on a day."""
    return Q(valid_from__lte=day) & (Q(valid_until__isnull=True) | Q(valid_until__gt=day))
