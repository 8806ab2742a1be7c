"""What people were told, when they want to be, and who is waiting for better days."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from cvq.catalog.models.dated import ends_after_it_begins


class NoticeKind(models.TextChoices):
    """What a notice is about."""

    LOW_BALANCE = "LOW_BALANCE", _("solde bas")
    TOP_UP = "TOP_UP", _("rechargement")
    ACCESS = "ACCESS", _("accès au portail")


class NoticeChannel(models.TextChoices):
    """How a notice reaches somebody."""

    SMS = "SMS", _("SMS")
    MAIL = "MAIL", _("courriel")


class LowBalanceThreshold(models.Model):
    """
    Under what a household wants to be told; without household, what holds for all the others.

    It is told again only after `cents + hysteresis_cents` were reached.  Zero is never.
    """

    household = models.ForeignKey(
        "people.Household", null=True, on_delete=models.PROTECT, related_name="+"
    )
    cents = models.BigIntegerField()
    hysteresis_cents = models.BigIntegerField()
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    class Meta:
        constraints = [
            ends_after_it_begins("threshold_ends_after_it_begins"),
            models.CheckConstraint(
                name="threshold_is_not_negative", condition=Q(cents__gte=0, hysteresis_cents__gte=0)
            ),
            ExclusionConstraint(
                name="household_has_one_threshold_at_a_time",
                expressions=[
                    (
                        Func(
                            template="coalesce(household_id, 0)",
                            output_field=models.BigIntegerField(),
                        ),
                        RangeOperators.EQUAL,
                    ),
                    (
                        Func(F("valid_from"), F("valid_until"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]


class LowBalance(models.Model):
    """A household that fell under its threshold and is not back over it yet."""

    household = models.OneToOneField(
        "people.Household", on_delete=models.PROTECT, related_name="+", primary_key=True
    )
    entry = models.ForeignKey("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()


class Notice(models.Model):
    """What somebody is told, of an entry or of an access; `sent_at` is NULL until it left."""

    household = models.ForeignKey(
        "people.Household", on_delete=models.PROTECT, related_name="notices"
    )
    kind = models.TextField(choices=NoticeKind.choices)
    channel = models.TextField(choices=NoticeChannel.choices)
    recipient = models.TextField()
    subject = models.TextField(blank=True)
    body = models.TextField()
    entry = models.ForeignKey(
        "ledger.Entry", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="notice_to_send", condition=Q(sent_at__isnull=True))
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["household", "kind", "entry", "channel", "recipient"],
                name="notice_is_told_once_for_an_entry",
            ),
            models.CheckConstraint(
                name="notice_of_money_names_an_entry",
                condition=Q(entry__isnull=False) | Q(kind=NoticeKind.ACCESS),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel} {self.household_id}"
