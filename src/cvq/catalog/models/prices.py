"""What things cost, as councils voted it."""

from django.db import models
from django.db.models import F, Q

from cvq.catalog.kinds import DocumentState
from cvq.catalog.models.dated import ends_after_it_begins
from cvq.catalog.models.territory import Service


class Tariff(models.Model):
    """
    A price as a council voted it, never changed: the newest one in force counts.

    What is given up before its day (`withdrawal`) never counts; another edition may begin that day,
    which the database numbers.  A model is invented for the demonstration, nobody voted it.
    """

    code = models.TextField()
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="tariffs")
    document = models.JSONField()
    council_decision = models.TextField()
    is_model = models.BooleanField()
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    edition = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints = [
            ends_after_it_begins("tariff_ends_after_it_begins"),
            models.UniqueConstraint(
                name="tariff_of_an_item_begins_once_a_day",
                fields=["service", "code", "valid_from", "edition"],
            ),
        ]

    def __str__(self) -> str:
        return self.code


class TariffDocument(models.Model):
    """
    What one service or several charge, in the tariff language, from its draft to its day.

    Whoever wrote any of it does not approve it (`writers`, as they log in), unless one of them took
    the whole text under their name (`taken_from` are the others).  Once it is published it is
    never changed, and each of its items is a `Tariff` of each of its services, which is what
    prices are read from.
    """

    services = models.ManyToManyField(Service, through="TariffVersion", related_name="documents")
    text = models.TextField()
    state = models.TextField(choices=DocumentState.choices, default=DocumentState.DRAFT)
    written_by = models.TextField()
    written_at = models.DateTimeField()
    writers = models.JSONField(default=list)
    taken_from = models.JSONField(default=list)
    approved_by = models.TextField(blank=True)
    approved_at = models.DateTimeField(null=True)
    published_by = models.TextField(blank=True)
    published_on = models.DateField(null=True)
    council_decision = models.TextField(blank=True)
    retroactive_decision = models.TextField(blank=True)
    valid_from = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="document_is_approved_by_somebody_else",
                condition=Q(state=DocumentState.DRAFT, approved_by="", approved_at__isnull=True)
                | ~Q(state=DocumentState.DRAFT)
                & ~Q(approved_by="")
                & ~Q(approved_by=F("written_by"))
                & Q(approved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="document_is_published_with_its_day_and_its_decision",
                condition=~Q(state=DocumentState.PUBLISHED)
                | Q(valid_from__isnull=False, published_on__isnull=False)
                & ~Q(council_decision="")
                & ~Q(published_by=""),
            ),
            models.CheckConstraint(
                name="document_of_the_past_says_which_decision_lets_it",
                condition=Q(valid_from__isnull=True)
                | Q(valid_from__gte=F("published_on"))
                | ~Q(retroactive_decision=""),
            ),
        ]

    def __str__(self) -> str:
        return ", ".join(map(str, self.versions.select_related("service").order_by("id")))


class TariffVersion(models.Model):
    """
    A document as the version of a service, under its number there.

    One council decision may fix what several services charge: each has its own version of the same
    document.  Triggers keep them of one authority and one purpose, as they are approved, and say
    when a version is no longer in preparation.
    """

    document = models.ForeignKey(TariffDocument, on_delete=models.PROTECT, related_name="versions")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    is_prepared = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="version_of_a_service_is_numbered_once", fields=["service", "number"]
            ),
            models.UniqueConstraint(
                name="document_is_one_version_of_a_service", fields=["document", "service"]
            ),
            models.UniqueConstraint(
                name="service_prepares_one_version_at_a_time",
                fields=["service"],
                condition=Q(is_prepared=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service}, version {self.number}"


class TariffWithdrawal(models.Model):
    """
    A price given up before the day from which it counts: nothing was charged by it.

    It says who, why, and what takes its day, if anything does.  A trigger holds the day.
    """

    tariff = models.OneToOneField(Tariff, on_delete=models.PROTECT, related_name="withdrawal")
    version = models.ForeignKey(TariffVersion, on_delete=models.PROTECT, related_name="withdrawals")
    withdrawn_on = models.DateField()
    withdrawn_by = models.TextField()
    because = models.TextField()
    replaced_by = models.ForeignKey(
        TariffVersion, on_delete=models.PROTECT, related_name="+", null=True
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="withdrawal_says_who_and_why",
                condition=~Q(because="") & ~Q(withdrawn_by=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tariff}, {self.withdrawn_on}"
