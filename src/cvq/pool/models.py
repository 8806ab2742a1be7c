"""What the pools keep: passages through the turnstiles and how many are inside."""

from django.db import models

from cvq.billing.passages import Passage
from cvq.rules.vocabulary import Direction


class Stay(Passage):
    """A passage through a turnstile, in or out; only going in can cost something."""

    zone = models.TextField()
    direction = models.TextField(choices=[(d.value, d.value) for d in Direction])

    class Meta:
        indexes = [models.Index(fields=["holder", "day", "zone"], name="stay_by_holder_and_day")]


class ZoneCount(models.Model):
    """How many went into a zone on a day and have not come out, as far as we were told."""

    pk = models.CompositePrimaryKey("zone", "day")
    zone = models.TextField()
    day = models.DateField()
    inside = models.IntegerField(default=0)
