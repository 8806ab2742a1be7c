"""What childcare keeps: who is enrolled where, and who was there."""

from django.db import models

from cvq.catalog.models.dated import ends_after_it_begins
from cvq.rules.vocabulary import Direction


class Source(models.TextChoices):
    """Who says that the child was there."""

    TAP = "TAP", "badge"
    ROLL_CALL = "ROLL_CALL", "appel"
    CORRECTION = "CORRECTION", "correction"


class Enrolment(models.Model):
    """The right of a child to a service of childcare, for a time."""

    holder = models.UUIDField()
    service = models.ForeignKey("catalog.Service", on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["holder", "service"], name="enrolment_by_child")]
        constraints = [ends_after_it_begins("enrolment_ends_after_it_begins")]


class Attendance(models.Model):
    """
    A child was seen at a service; append-only, so a mistake is another attendance.

    `device` and `seq` name the tap that says so, where a tap does.
    """

    holder = models.UUIDField()
    service = models.ForeignKey(
        "catalog.Service", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    day = models.DateField()
    at = models.DateTimeField()
    direction = models.TextField(choices=[(d.value, d.value) for d in Direction])
    source = models.TextField(choices=Source.choices)
    device = models.IntegerField(null=True)
    seq = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["holder", "day", "service"], name="attendance_of_a_child"),
            models.Index(fields=["day", "service"], name="attendance_of_a_day"),
        ]
        constraints = [
            models.UniqueConstraint(name="attendance_of_a_tap_is_one", fields=["device", "seq"]),
        ]
