"""What things cost, as councils voted it."""

from django.db import models

from cvq.catalog.models.dated import ends_after_it_begins
from cvq.catalog.models.territory import Service


class Tariff(models.Model):
    """
    A price as a council voted it, never changed: the newest one in force counts.

    A model is invented for the demonstration, nobody voted it.
    """

    code = models.TextField()
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="tariffs")
    document = models.JSONField()
    council_decision = models.TextField()
    is_model = models.BooleanField()
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    class Meta:
        constraints = [
            ends_after_it_begins("tariff_ends_after_it_begins"),
            models.UniqueConstraint(
                name="tariff_of_an_item_begins_once_a_day",
                fields=["service", "code", "valid_from"],
            ),
        ]

    def __str__(self) -> str:
        return self.code
