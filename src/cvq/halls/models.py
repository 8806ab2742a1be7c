"""What the halls keep: the slots booked, and the leases taken on them."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q


class Slot(models.Model):
    """A space booked by a holder from one instant to another; never two at once."""

    space = models.ForeignKey("catalog.Space", on_delete=models.PROTECT, related_name="slots")
    holder = models.UUIDField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["holder", "starts_at"], name="slot_by_holder")]
        constraints = [
            models.CheckConstraint(
                name="slot_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at"))
            ),
            ExclusionConstraint(
                name="space_is_booked_once_at_a_time",
                expressions=[
                    ("space", RangeOperators.EQUAL),
                    (
                        Func(F("starts_at"), F("ends_at"), RangeBoundary(), function="tstzrange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]


class Lease(models.Model):
    """A door and a light lent until an instant; it ends by itself, network or not."""

    pk = models.CompositePrimaryKey("device", "seq")
    device = models.IntegerField()
    seq = models.BigIntegerField()
    point = models.IntegerField()
    holder = models.UUIDField()
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
