"""
Top-ups, and the numbers of their receipts.

A top-up is not revenue: the régie holds it for the family until a service is used.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    """Where somebody paid."""

    INTERNET = "INTERNET", _("internet")
    KIOSK = "KIOSK", _("borne")
    COUNTER = "COUNTER", _("guichet")
    UNSPECIFIED = "UNSPECIFIED", _("non précisé")


class PaymentMeans(models.TextChoices):
    """What somebody paid with (reference of the DGFiP: moyens d'encaissement)."""

    CASH = "CASH", _("espèces")
    CHEQUE = "CHEQUE", _("chèque")
    CARD_POS = "CARD_POS", _("carte bancaire au terminal")
    PAYFIP_CARD = "PAYFIP_CARD", _("carte bancaire en ligne (PayFiP)")
    PAYFIP_SDD = "PAYFIP_SDD", _("prélèvement unique (PayFiP)")
    TRANSFER = "TRANSFER", _("virement")


class ReceiptCounter(models.Model):
    """The last receipt of a régie in a year, taken with the payment: no number is missing."""

    regie = models.ForeignKey("catalog.Regie", on_delete=models.PROTECT, related_name="+")
    year = models.IntegerField()
    last = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["regie", "year"], name="receipts_are_counted_once_a_year"
            ),
        ]


class TopUp(models.Model):
    """Money put in the wallet of a household or of an organisation; never changed."""

    uid = models.UUIDField(unique=True)
    household = models.ForeignKey(
        "people.Household", null=True, on_delete=models.PROTECT, related_name="top_ups"
    )
    organisation = models.ForeignKey(
        "people.Organisation", null=True, on_delete=models.PROTECT, related_name="top_ups"
    )
    cents = models.BigIntegerField()
    channel = models.TextField(choices=Channel.choices)
    means = models.TextField(choices=PaymentMeans.choices)
    regie = models.ForeignKey("catalog.Regie", on_delete=models.PROTECT, related_name="top_ups")
    sous_regie = models.ForeignKey(
        "catalog.SousRegie", null=True, on_delete=models.PROTECT, related_name="top_ups"
    )
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    receipt_year = models.IntegerField()
    receipt_number = models.IntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["regie", "receipt_year", "receipt_number"],
                name="receipt_number_is_given_once",
            ),
            models.CheckConstraint(name="top_up_brings_something", condition=Q(cents__gt=0)),
            models.CheckConstraint(
                name="top_up_is_for_a_household_or_an_organisation",
                condition=Q(household__isnull=False, organisation__isnull=True)
                | Q(household__isnull=True, organisation__isnull=False),
            ),
            models.CheckConstraint(
                name="top_up_in_cash_says_which_till_it_is_in",
                condition=~Q(means="CASH") | Q(sous_regie__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.receipt_year}-{self.receipt_number:06}"
