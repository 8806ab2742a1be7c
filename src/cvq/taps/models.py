"""
What devices told, for ever, and what could not be believed.

Nothing has a foreign key to a tap: old taps are purged after their retention.  What speaks of one
carries its `device` and `seq`.
"""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from cvq.rules.vocabulary import By, Direction, Happening, Means, Reason, Sector, Verdict


class ParkedFor(models.TextChoices):
    """Why something authentic could not be believed or settled."""

    FUTURE = "FUTURE", "daté de plus de deux minutes dans le futur"
    TOO_OLD = "TOO_OLD", "plus ancien que trente jours, ou que l'enrôlement du boîtier"
    BACKWARDS = "BACKWARDS", "plus de cinq minutes avant l'événement précédent"
    CLOCK_SUSPECT = "CLOCK_SUSPECT", "horloge du boîtier douteuse"
    UNKNOWN_POINT = "UNKNOWN_POINT", "point d'accès inconnu de ce boîtier"
    BROKEN = "BROKEN", "que nous n'avons pas su traiter"


def told() -> list[tuple[int, str]]:
    """Return the three answers as choices."""
    return [(verdict.value, verdict.name) for verdict in Verdict]


class TapEvent(models.Model):
    """
    One thing that a device told: what happened, what was decided, and our objection if any.

    `digest` is of what happened alone.  `said` is what the door did, which stands; `objection` is
    what we would have objected.  `of` is the tap that NOT_PASSED undoes.
    """

    pk = models.CompositePrimaryKey("device", "seq")
    device = models.IntegerField()
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    what = models.TextField(choices=[(h.value, h.value) for h in Happening])
    point = models.IntegerField()
    direction = models.TextField(choices=[(d.value, d.value) for d in Direction])
    ref = models.BinaryField()
    holder = models.UUIDField(null=True)
    said = models.SmallIntegerField(choices=told)
    why = models.TextField(null=True, choices=[(r.value, r.value) for r in Reason])
    by = models.TextField(choices=[(b.value, b.value) for b in By])
    means = models.TextField(choices=[(m.value, m.value) for m in Means])
    objection = models.TextField(null=True, choices=[(r.value, r.value) for r in Reason])
    of = models.BigIntegerField(null=True)
    until_at = models.DateTimeField(null=True)
    policy = models.BigIntegerField()
    digest = models.BinaryField()
    batch = models.BigIntegerField()

    class Meta:
        indexes = [
            BrinIndex(fields=["batch"], name="tap_by_batch"),
            BrinIndex(fields=["at"], name="tap_by_instant"),
        ]
        constraints = [
            models.CheckConstraint(
                name="tap_belongs_to_a_batch", condition=Q(batch__gte=0, batch__lt=1 << 50)
            ),
        ]


class Amendment(models.Model):
    """
    What a door did in the end, where it is not what the town hall had answered it in time.

    The town hall's answer came too late and the door decided alone: the door's word stands.
    """

    pk = models.CompositePrimaryKey("device", "seq")
    device = models.IntegerField()
    seq = models.BigIntegerField()
    said = models.SmallIntegerField(choices=told)
    why = models.TextField(null=True, choices=[(r.value, r.value) for r in Reason])
    means = models.TextField(choices=[(m.value, m.value) for m in Means])
    batch = models.BigIntegerField()


class Parked(models.Model):
    """An authentic event that waits for somebody at the desk to settle or dismiss it."""

    pk = models.CompositePrimaryKey("device", "seq")
    device = models.IntegerField()
    seq = models.BigIntegerField()
    reason = models.TextField(choices=ParkedFor.choices)
    event = models.JSONField()
    digest = models.BinaryField()
    received_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ending = models.TextField(null=True)


class Fork(models.Model):
    """Two different happenings under one name: the box was copied or its journal rewritten."""

    device = models.IntegerField()
    seq = models.BigIntegerField()
    digest = models.BinaryField()
    found_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="fork_is_told_once", fields=["device", "seq", "digest"])
        ]


class Flood(models.Model):
    """How many unknown media a device saw in a minute; thirty of them are kept one by one."""

    pk = models.CompositePrimaryKey("device", "minute")
    device = models.IntegerField()
    minute = models.BigIntegerField()
    times = models.IntegerField()


class Policy(models.Model):
    """
    The last policy made for a device in a sector: its rows, and the signed delta that led to it.

    `basis` is what it was made from: while that does not move, there is little to look at again.
    `heard` is the last event of the device that its allowances count.
    """

    pk = models.CompositePrimaryKey("device", "sector")
    device = models.IntegerField()
    sector = models.TextField(choices=[(sector.value, sector.value) for sector in Sector])
    seq = models.BigIntegerField()
    base = models.BigIntegerField()
    basis = models.TextField()
    heard = models.BigIntegerField()
    made_at = models.DateTimeField()
    checked_at = models.DateTimeField()
    state = models.TextField()
    rows = models.BinaryField()
    delta = models.BinaryField(null=True)


class Contact(models.Model):
    """When we last heard of a device, to some twenty seconds: it told its journal or fetched."""

    device = models.IntegerField(primary_key=True)
    at = models.DateTimeField()
