"""What a kiosk must remember once everybody has left it."""

from django.db import models
from django.db.models import Q


class Tries(models.Model):
    """
    How many cards in a row opened nothing at a kiosk, and when the last one was presented.

    `cards` tells when each card was presented of late; what names one there is no number of it.
    """

    device = models.OneToOneField(
        "catalog.Device", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    misses = models.IntegerField(default=0)
    last_at = models.DateTimeField(null=True)
    cards = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="tries_count_from_zero_and_say_when",
                condition=Q(misses=0) | Q(misses__gt=0, last_at__isnull=False),
            ),
        ]


class HiddenBalance(models.Model):
    """A household that asked kiosks not to show what it has, until it asks to see it again."""

    household = models.OneToOneField(
        "people.Household", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    since = models.DateTimeField()
