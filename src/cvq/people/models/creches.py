"""
What the price of a crèche is worked out of: the means of a household, and who stands in for it.

Only the pricing of a crèche reads these rows, and the command by which they are seen to: no other
service, and no page.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cvq.catalog.models.dated import ends_after_it_begins, never_twice_at_once
from cvq.people.models.persons import Household, Person
from cvq.people.models.quotients import CallOutcome, QuotientConsent

# What a fund or a paper tells at once; a refusal tells none of it.
TOLD = ("yearly_cents", "of_year", "children", "disabled_children")


class ResourcesSource(models.TextChoices):
    """Who tells the resources of a household."""

    FUND = "FUND", _("la caisse (CAF ou MSA)")
    NOTICE = "NOTICE", _("avis d'impôt")


def _told_at_once(**also: bool) -> Q:
    return Q(**{f"{name}__isnull": False for name in TOLD}, **also)


def _not_told(**also: bool) -> Q:
    return Q(**{f"{name}__isnull": True for name in TOLD}, **also)


class ResourcesCall(models.Model):
    """A question to the funds about resources and how it ended: a trace, never the answer."""

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="+")
    consent = models.ForeignKey(QuotientConsent, on_delete=models.PROTECT)
    at = models.DateTimeField()
    outcome = models.TextField(choices=CallOutcome.choices)
    code = models.TextField(blank=True)  # of the error, as the funds name it
    yearly_cents = models.BigIntegerField(null=True)
    of_year = models.IntegerField(null=True)
    children = models.IntegerField(null=True)
    disabled_children = models.IntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["household", "-at"], name="resources_call_of_a_household")]
        constraints = [
            models.CheckConstraint(
                name="resources_call_tells_all_or_nothing",
                condition=(Q(outcome="TOLD") & _told_at_once())
                | (~Q(outcome="TOLD") & _not_told()),
            ),
        ]


class CrecheResources(models.Model):
    """
    The resources of a household in a year, and the children that it has in charge; or its refusal.

    As with a quotient, time alone takes away only what was given with an end.
    """

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="+")
    yearly_cents = models.BigIntegerField(null=True)  # none where the household refuses to tell
    of_year = models.IntegerField(null=True)
    children = models.IntegerField(null=True)
    disabled_children = models.IntegerField(null=True)  # those with an AEEH
    source = models.TextField(choices=ResourcesSource.choices, null=True)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    renew_on = models.DateField(null=True)
    learned_at = models.DateTimeField()
    evidence = models.TextField(blank=True)  # the paper that they were read on
    call = models.OneToOneField(
        ResourcesCall, null=True, on_delete=models.PROTECT, related_name="+"
    )

    @property
    def is_refused(self) -> bool:
        """Tell whether the household said that it will not tell."""
        return self.source is None

    class Meta:
        constraints = [
            ends_after_it_begins("resources_end_after_they_begin"),
            never_twice_at_once("household_has_its_resources_once_at_a_time", "household"),
            models.CheckConstraint(
                name="resources_are_not_negative",
                condition=Q(yearly_cents__isnull=True)
                | Q(yearly_cents__gte=0, children__gte=0, disabled_children__gte=0),
            ),
            models.CheckConstraint(
                name="resources_are_told_at_once_with_their_source_or_refused",
                condition=_told_at_once(source__isnull=False) | _not_told(source__isnull=True),
            ),
        ]


class PublicCare(models.Model):
    """A child whom the département entrusts to a family: its crèche is paid at the floor."""

    child = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    evidence = models.TextField()
    learned_at = models.DateTimeField()

    class Meta:
        constraints = [
            ends_after_it_begins("public_care_ends_after_it_begins"),
            never_twice_at_once("child_is_entrusted_once_at_a_time", "child"),
        ]
