"""
What may be granted, and what is granted to whom.

What remains of a carnet or a quota is the balance of its account: there is no counter to reset.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cvq.catalog.models.dated import ends_after_it_begins, never_twice_at_once
from cvq.kernel.local import DAY_MINUTES
from cvq.rules.vocabulary import Unit

EVERY_DAY = 0b1111111  # Monday = 1


class ProductKind(models.TextChoices):
    """How a right is used up, if it is."""

    PASS = "PASS", _("abonnement")
    CARNET = "CARNET", _("carnet")
    QUOTA = "QUOTA", _("quota annuel")
    MEMBERSHIP = "MEMBERSHIP", _("adhésion")
    FREE = "FREE", _("accès libre")


COUNTED = (ProductKind.CARNET, ProductKind.QUOTA)


class Product(models.Model):
    """Something that gives a right, in one service or in one zone of access points."""

    code = models.TextField(unique=True)
    kind = models.TextField(choices=ProductKind.choices)
    name = models.TextField()
    service = models.ForeignKey(
        "catalog.Service", null=True, on_delete=models.PROTECT, related_name="products"
    )
    zone = models.TextField(blank=True)
    unit = models.TextField(null=True, choices=[(unit.value, unit.value) for unit in Unit])
    amount = models.IntegerField(null=True)
    validity_days = models.IntegerField(null=True)
    time_lock_minutes = models.IntegerField(default=0)
    price_cents = models.BigIntegerField(null=True)
    is_model = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="product_that_runs_out_says_how_much_of_what",
                condition=Q(kind__in=COUNTED, unit__isnull=False, amount__gt=0)
                | (~Q(kind__in=COUNTED) & Q(unit__isnull=True, amount__isnull=True)),
            ),
            models.CheckConstraint(
                name="product_lasts_at_least_a_day",
                condition=Q(validity_days__isnull=True) | Q(validity_days__gt=0),
            ),
            models.CheckConstraint(
                name="product_locks_for_no_negative_time", condition=Q(time_lock_minutes__gte=0)
            ),
            models.CheckConstraint(
                name="product_price_is_not_negative",
                condition=Q(price_cents__isnull=True) | Q(price_cents__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Right(models.Model):
    """A product granted to a holder, a household or an organisation, one of the three."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="rights")
    holder = models.UUIDField(null=True)
    household = models.ForeignKey(
        "people.Household", null=True, on_delete=models.PROTECT, related_name="rights"
    )
    organisation = models.ForeignKey(
        "people.Organisation", null=True, on_delete=models.PROTECT, related_name="rights"
    )
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    account = models.OneToOneField(
        "ledger.Account", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        indexes = [models.Index(fields=["holder"], name="right_by_holder")]
        constraints = [
            ends_after_it_begins("right_ends_after_it_begins"),
            models.CheckConstraint(
                name="right_belongs_to_one_alone",
                condition=Q(holder__isnull=False, household=None, organisation=None)
                | Q(holder=None, household__isnull=False, organisation=None)
                | Q(holder=None, household=None, organisation__isnull=False),
            ),
        ]


class Derogation(models.Model):
    """More of what runs out, for a reason and until a day; what is unused then is taken back."""

    uid = models.UUIDField(unique=True)
    account = models.ForeignKey("ledger.Account", on_delete=models.PROTECT, related_name="+")
    amount = models.IntegerField()
    reason = models.TextField()
    by = models.TextField()
    given_at = models.DateTimeField()
    until_on = models.DateField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="derogation_gives_something_for_a_reason",
                condition=Q(amount__gt=0) & ~Q(reason=""),
            ),
        ]


class AccessGroup(models.Model):
    """People who open the same doors at the same hours."""

    code = models.TextField(unique=True)
    name = models.TextField()

    def __str__(self) -> str:
        return self.name


class GroupMember(models.Model):
    """A holder who belongs to a group, and when."""

    group = models.ForeignKey(AccessGroup, on_delete=models.PROTECT, related_name="members")
    holder = models.UUIDField()
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["holder"], name="group_member_by_holder")]
        constraints = [
            ends_after_it_begins("group_member_leaves_after_joining"),
            never_twice_at_once("holder_is_once_at_a_time_in_a_group", "group", "holder"),
        ]


class Schedule(models.Model):
    """The hours at which a group opens a door; `weekdays` adds Monday = 1, Tuesday = 2, …"""

    group = models.ForeignKey(AccessGroup, on_delete=models.PROTECT, related_name="schedules")
    point = models.ForeignKey(
        "catalog.AccessPoint", on_delete=models.PROTECT, related_name="schedules"
    )
    weekdays = models.SmallIntegerField()
    from_minute = models.SmallIntegerField()
    until_minute = models.SmallIntegerField()
    on_public_holidays = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["group", "point", "weekdays", "from_minute"],
                name="schedule_is_written_once",
            ),
            models.CheckConstraint(
                name="schedule_holds_on_some_weekday",
                condition=Q(weekdays__gte=1, weekdays__lte=EVERY_DAY),
            ),
            models.CheckConstraint(
                name="schedule_is_inside_a_day",
                condition=Q(
                    from_minute__gte=0,
                    until_minute__gt=F("from_minute"),
                    until_minute__lte=DAY_MINUTES,
                ),
            ),
        ]
