"""Where people present a medium, and the boxes that stand there."""

from django.db import models
from django.db.models import Q

from cvq.catalog.kinds import DeviceProfile, DeviceState
from cvq.catalog.models.territory import Service, Site, SousRegie, Space
from cvq.rules.vocabulary import Direction, Purpose

KEY_BYTES = 32


def no_head() -> bytes:
    """Return the hash that stands before the first event of a device."""
    return bytes(KEY_BYTES)


class AccessPoint(models.Model):
    """
    Where people present their medium; what it is for is the purpose of its service.

    Points of one `zone` share the people they count and the maximum posted for them.  `direction`
    is NULL where the box says which way.  An `online` point asks the town hall first.
    """

    code = models.TextField(unique=True)
    name = models.TextField()
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="points")
    space = models.ForeignKey(Space, null=True, on_delete=models.PROTECT, related_name="points")
    zone = models.TextField()
    direction = models.TextField(
        null=True, choices=[(direction.value, direction.value) for direction in Direction]
    )
    max_attendance = models.IntegerField(null=True)
    online = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["zone"], name="point_by_zone")]
        constraints = [
            models.CheckConstraint(
                name="point_lets_somebody_in",
                condition=Q(max_attendance__isnull=True) | Q(max_attendance__gt=0),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def purpose(self) -> Purpose:
        """Return what it is for: no point stands at a service without a purpose (by trigger)."""
        assert self.service.purpose is not None
        return Purpose(self.service.purpose)


class Device(models.Model):
    """
    A box that signs what it tells; `id` is the number it signs with.

    Only what checks its signatures is here: its private key lies on the box.  The head is the
    last event we acknowledged; it outlives the events.
    """

    id = models.IntegerField(primary_key=True)
    code = models.TextField(unique=True)
    name = models.TextField()
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="devices")
    sous_regie = models.ForeignKey(
        SousRegie, null=True, on_delete=models.PROTECT, related_name="devices"
    )
    profile = models.TextField(choices=DeviceProfile.choices)
    hmac_key = models.BinaryField()
    public_key = models.BinaryField()
    enrolled_at = models.DateTimeField()
    state = models.TextField(choices=DeviceState.choices, default=DeviceState.ENROLLED)
    head_seq = models.BigIntegerField(default=0)
    head_hash = models.BinaryField(default=no_head)
    points = models.ManyToManyField(AccessPoint, through="DevicePoint", related_name="devices")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="device_number_is_positive", condition=Q(id__gt=0, head_seq__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return self.code


class DevicePoint(models.Model):
    """A point that a box guards."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="guarded")
    point = models.ForeignKey(AccessPoint, on_delete=models.PROTECT, related_name="guards")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="device_guards_a_point_once", fields=["device", "point"])
        ]


class Revision(models.Model):
    """
    One row that takes a new number, by trigger, whenever the catalogue changes.

    Who keeps hours, prices or points in memory compares it instead of reading them again.  The
    number comes from a sequence: a change that is rolled back never lends its number to another.
    """

    id = models.SmallIntegerField(primary_key=True)
    number = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(name="revision_is_one_row", condition=Q(id=1))]
