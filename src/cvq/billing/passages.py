"""
Passages that cost something: which of them count, what each runs on, what a late one changes.

A scope is a holder in a zone, or a household at the waste centres, on one day.  What counts in it
depends on the facts alone, not on the order in which they reach us: a late passage recounts its
scope, and the difference is booked.
"""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db import models
from msgspec import Struct

from cvq.rules import repetition
from cvq.rules.vocabulary import Means


class Passage(models.Model):
    """
    A passage that a tap opened, as a service keeps it.

    `means` and `account` say what it runs on if it counts; `counted` whether it does and `entry`
    what was booked for it.  `passed` turns false when nobody walked through.
    """

    pk = models.CompositePrimaryKey("device", "seq")
    device = models.IntegerField()
    seq = models.BigIntegerField()
    holder = models.UUIDField()
    at = models.DateTimeField()
    day = models.DateField()
    means = models.TextField(choices=[(means.value, means.value) for means in Means])
    account = models.BigIntegerField(null=True)
    counted = models.BooleanField()
    passed = models.BooleanField(default=True)
    entry = models.BigIntegerField(null=True)

    class Meta:
        abstract = True


class Seen(Struct, gc=False, kw_only=True):
    """
    A passage of a scope, already `stored` or new.

    `was` and `had_passed` are what is stored of whether it counted and somebody walked through.
    """

    device: int
    seq: int
    at: int
    means: Means
    account: int | None
    holder: UUID
    point: int = 0
    passed: bool = True
    counted: bool = False
    was: bool = False
    entry: int | None = None
    leaves: bool = False
    stored: bool = False
    had_passed: bool = True

    @property
    def changed(self) -> bool:
        """Tell whether what is stored of this passage is no longer so."""
        return self.stored and (self.counted != self.was or self.passed != self.had_passed)

    @property
    def fact(self) -> repetition.Fact:
        """Return what places this passage among the others."""
        return (self.at, self.device, self.seq)


def recount(scope: Iterable[Seen], grace_ms: int) -> None:
    """Mark which passages of a scope count, from the facts alone."""
    entering = [seen for seen in scope if not seen.leaves]
    facts = repetition.counted([seen.fact for seen in entering if seen.passed], grace_ms)
    for seen in entering:
        seen.counted = seen.passed and seen.fact in facts


class Scope(Struct, gc=False, frozen=True):
    """Where repetition is counted: whose passages, where, on which local day."""

    who: str
    where: str
    day: date
