"""What the waste centres keep: the visits."""

from django.db import models

from cvq.billing.passages import Passage


class Visit(Passage):
    """
    A passage at the barrier.

    `account` is where visits are counted: the quota of the household that year, or the wallet of
    the professional; no service knows who that is.
    """

    class Meta:
        indexes = [models.Index(fields=["account", "day"], name="visit_by_account_and_day")]
