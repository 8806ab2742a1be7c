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


class SessionCharge(models.Model):
    """
    What a child's session of a day was charged, once; what it stands on may change.

    A late tap that makes another number of half-hours gives the charge back and makes a new one:
    `entry` is the one that stands (NULL when it is free), `revision` how many there were; a session
    that lost its price stands on nothing (`basis` is empty).
    """

    holder = models.UUIDField()
    service = models.ForeignKey(
        "catalog.Service", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    session = models.TextField()
    day = models.DateField()
    basis = models.TextField()
    entry = models.BigIntegerField(null=True)
    revision = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "service", "holder", "session"], name="session_is_charged_once"
            ),
        ]


class SessionCount(models.Model):
    """
    How a session found a counter of its tariff, and by how much it moved it, free or not.

    Written only where the tariff counts.  `counter` is its name, and what it adds if that is not
    one a use.  `subject` is whom it counts for (`counted_for`): the
    holder of the child, or the wallet of the household; `apart` what it counts apart.
    """

    holder = models.UUIDField()
    service = models.ForeignKey(
        "catalog.Service", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    session = models.TextField()
    day = models.DateField()
    counter = models.TextField()
    counted_for = models.TextField()
    subject = models.TextField()
    apart = models.TextField()
    before = models.DecimalField(max_digits=36, decimal_places=18)
    moved = models.DecimalField(max_digits=36, decimal_places=18)

    class Meta:
        indexes = [
            models.Index(
                fields=["service", "counter", "subject", "day"], name="count_of_a_subject"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["day", "holder", "service", "session", "counter"],
                name="session_moves_a_counter_once",
            ),
        ]


class ChargedDay(models.Model):
    """
    How many attendances the charges of a day stand on: more of them, and it is done again.

    So it is when an earlier day moved a counter otherwise than it had (`counts_moved`), or when a
    tariff in force that day has a number above `tariffs`, the last one that it was charged by.
    `unpriced` sessions had no tariff, or nobody to pay them; the audit tells.
    """

    day = models.DateField(primary_key=True)
    attendances = models.IntegerField()
    unpriced = models.IntegerField(default=0)
    charged_at = models.DateTimeField()
    tariffs = models.BigIntegerField()
    counts_moved = models.BooleanField(default=False)
