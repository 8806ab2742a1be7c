"""Constraints of rows that hold from one date until the eve of another."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q


def never_twice_at_once(name: str, *columns: str) -> ExclusionConstraint:
    """Refuse two rows of the same columns whose periods share a day."""
    period = Func(F("valid_from"), F("valid_until"), function="daterange")
    return ExclusionConstraint(
        name=name,
        expressions=[
            *((column, RangeOperators.EQUAL) for column in columns),
            (period, RangeOperators.OVERLAPS),
        ],
    )


def ends_after_it_begins(name: str) -> models.CheckConstraint:
    """Refuse an empty period."""
    return models.CheckConstraint(
        name=name, condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from"))
    )
