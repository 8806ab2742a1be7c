"""
What proves that nothing was altered: batches, seals, signed heads; and where each follower stands.

A batch covers the facts of one transaction with two keyed digests, taps and books apart, so that
a purge of old taps leaves the chain whole.  A seal chains batches in the order the sealer saw them.
"""

from django.db import models
from django.db.models import Q


class Batch(models.Model):
    """The facts of one transaction; the digests need a key that is never in the database."""

    id = models.BigIntegerField(primary_key=True)
    recorded_at = models.DateTimeField()
    taps = models.IntegerField()
    entries = models.IntegerField()
    taps_digest = models.BinaryField()
    taps_marks = models.BinaryField()
    books_digest = models.BinaryField()
    books_marks = models.BinaryField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="batch_holds_something", condition=Q(taps__gt=0) | Q(entries__gt=0)
            ),
        ]


class Unsealed(models.Model):
    """A batch that waits for its seal; the row goes when the seal is there."""

    batch = models.BigIntegerField(primary_key=True)


class Seal(models.Model):
    """The place of a batch in the one chain of the territory."""

    position = models.BigIntegerField(primary_key=True)
    batch = models.OneToOneField(Batch, on_delete=models.PROTECT, related_name="seal")
    hash = models.BinaryField()
    sealed_at = models.DateTimeField()


class Head(models.Model):
    """The end of the chain on a day, signed: what an outsider keeps to prove the past."""

    day = models.DateField(primary_key=True)
    position = models.BigIntegerField()
    hash = models.BinaryField()
    signature = models.BinaryField()
    signed_at = models.DateTimeField()


class Cursor(models.Model):
    """How far a follower has read in the chain; committed with what the follower writes."""

    name = models.TextField(primary_key=True)
    position = models.BigIntegerField(default=0)
