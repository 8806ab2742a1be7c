"""
The charges and what paid them.

A charge is one entry of the books with its explanation.  It never changes: what was charged by
mistake gets the opposite charge, and what a wallet could not pay at once is allocated later.
"""

from django.db import models
from django.db.models import F, Q

# The accounts, the service and the tariff of a charge have no foreign key in the database, like the
# accounts of a transfer: its check would lock rows that every tap names.  The audit looks instead.


class Charge(models.Model):
    """
    What one use cost: the tariff that said so, what it was given, and the sentence that tells it.

    `cents` is negative where it takes another charge back.  `owed_cents` is what the wallet could
    not pay that day.  `holder` is the person as the service knows it; `payer` is the wallet.
    """

    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, primary_key=True)
    payer = models.ForeignKey(
        "ledger.Account", on_delete=models.PROTECT, related_name="charges", db_constraint=False
    )
    holder = models.UUIDField()
    service = models.ForeignKey(
        "catalog.Service",
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    tariff = models.ForeignKey(
        "catalog.Tariff",
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    occurred_on = models.DateField()
    inputs = models.JSONField()
    lines = models.JSONField()
    sentence = models.TextField()
    cents = models.BigIntegerField()
    owed_cents = models.BigIntegerField()
    revenue = models.ForeignKey(
        "ledger.Account",
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    accrued = models.ForeignKey(
        "ledger.Account",
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    reverses = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["payer", "entry"],
                name="charge_not_all_paid_at_once",
                condition=Q(owed_cents__gt=0),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="charge_costs_something_or_takes_a_charge_back",
                condition=Q(cents__gt=0, reverses__isnull=True)
                | Q(cents__lt=0, reverses__isnull=False, owed_cents=0),
            ),
            models.CheckConstraint(
                name="charge_owes_at_most_its_price",
                condition=Q(owed_cents__gte=0) & (Q(owed_cents__lte=F("cents")) | Q(cents__lt=0)),
            ),
            models.CheckConstraint(name="charge_explains_itself", condition=~Q(sentence="")),
            models.UniqueConstraint(
                name="charge_is_taken_back_once",
                fields=["reverses"],
                condition=Q(reverses__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.sentence


class Allocation(models.Model):
    """What an entry paid of the debt that a charge had left."""

    entry = models.ForeignKey("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="allocations")
    cents = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="allocation_pays_something", condition=Q(cents__gt=0)),
            models.UniqueConstraint(name="entry_pays_a_charge_once", fields=["entry", "charge"]),
        ]
