"""What the pools keep: passages through the turnstiles and how many are inside."""

from django.db import models

from cvq.rules.vocabulary import Direction, Means


class Stay(models.Model):
    """
    A passage through a turnstile, named by the tap that opened it.

    `means` is what an entry runs on if it counts; `counted` tells whether it does, and `entry` is
    what was booked for it.  `passed` turns false when nobody walked through.
    """

    pk = models.CompositePrimaryKey("device", "seq")
    device = models.IntegerField()
    seq = models.BigIntegerField()
    holder = models.UUIDField()
    zone = models.TextField()
    direction = models.TextField(choices=[(d.value, d.value) for d in Direction])
    at = models.DateTimeField()
    day = models.DateField()
    means = models.TextField(choices=[(m.value, m.value) for m in Means])
    counted = models.BooleanField()
    passed = models.BooleanField(default=True)
    entry = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["holder", "zone", "day"], name="stay_by_holder_and_day")]


class ZoneCount(models.Model):
    """How many went into a zone on a day and have not come out, as far as we were told."""

    pk = models.CompositePrimaryKey("zone", "day")
    zone = models.TextField()
    day = models.DateField()
    inside = models.IntegerField(default=0)
