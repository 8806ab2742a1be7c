"""What the waste centres keep: the visits."""

from django.db import models

from cvq.rules.vocabulary import Means


class Visit(models.Model):
    """
    A passage at the barrier, named by its tap.

    `scope` is the account that visits are counted on: the quota of the household that year, or the
    wallet of the professional; no service knows who that is.  `counted` and `entry` as in a stay.
    """

    pk = models.CompositePrimaryKey("device", "seq")
    device = models.IntegerField()
    seq = models.BigIntegerField()
    holder = models.UUIDField()
    scope = models.BigIntegerField()
    at = models.DateTimeField()
    day = models.DateField()
    means = models.TextField(choices=[(m.value, m.value) for m in Means])
    counted = models.BooleanField()
    passed = models.BooleanField(default=True)
    entry = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["scope", "day"], name="visit_by_scope_and_day")]
