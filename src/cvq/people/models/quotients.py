"""What a household tells, or lets its fund tell, of its quotient; and the trace of each call."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cvq.catalog.models.dated import ends_after_it_begins, never_twice_at_once
from cvq.people.models.persons import Household, Person

# What is forgotten of a consent that is withdrawn.
CIVIL_STATUS = ("first_names", "sex", "birth_country", "birth_commune")


class QuotientSource(models.TextChoices):
    """Who works out a family quotient: a fund, or we ourselves from a tax notice."""

    CAF = "CAF", _("Caisse d'allocations familiales")
    MSA = "MSA", _("Mutualité sociale agricole")
    OWN = "OWN", _("calcul de la collectivité")


class Sex(models.TextChoices):
    """What the civil status says; the funds ask for it to find somebody."""

    FEMALE = "F", _("féminin")
    MALE = "M", _("masculin")


class CallOutcome(models.TextChoices):
    """How a call to the funds ended; only the first one ever changes a quotient."""

    TOLD = "TOLD", _("la caisse a répondu")
    NOT_FOUND = "NOT_FOUND", _("aucun dossier à la caisse")
    NOT_RECOGNISED = "NOT_RECOGNISED", _("état civil non reconnu")
    NOT_ALLOWED = "NOT_ALLOWED", _("jeton refusé")
    TOO_MANY = "TOO_MANY", _("trop d'appels")
    BUSY = "BUSY", _("appel déjà en cours")
    DOWN = "DOWN", _("la caisse ne répond pas")
    UNREADABLE = "UNREADABLE", _("réponse illisible")


class QuotientConsent(models.Model):
    """
    A household lets us ask its fund, in the name of one of its adults.

    What the funds need to find somebody is here and nowhere else, and goes when it is withdrawn.
    Nothing is changed: another civil status is another consent.
    """

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    evidence = models.TextField()
    # Whether the fund may be asked for the resources too, which the price of a crèche goes by.
    of_resources = models.BooleanField(default=False)
    first_names = models.TextField(blank=True)
    sex = models.TextField(choices=Sex.choices, blank=True)
    birth_country = models.TextField(blank=True)
    birth_commune = models.TextField(blank=True)  # none for who was born abroad
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["household"],
                condition=Q(withdrawn_at__isnull=True),
                name="household_consents_once_at_a_time",
            ),
            models.CheckConstraint(
                name="consent_withdrawn_keeps_no_civil_status",
                condition=Q(withdrawn_at__isnull=False, **dict.fromkeys(CIVIL_STATUS, ""))
                | (Q(withdrawn_at__isnull=True) & ~Q(first_names="") & ~Q(sex="")),
            ),
        ]


class QuotientCall(models.Model):
    """A call to the funds and how it ended: a trace, never the answer itself."""

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="+")
    # None where the citizen asked in person, through FranceConnect.
    consent = models.ForeignKey(QuotientConsent, null=True, on_delete=models.PROTECT)
    at = models.DateTimeField()
    outcome = models.TextField(choices=CallOutcome.choices)
    code = models.TextField(blank=True)  # of the error, as the funds name it
    value = models.IntegerField(null=True)
    of_month = models.DateField(null=True)  # the first day of the month that the value is for

    class Meta:
        indexes = [models.Index(fields=["household", "-at"], name="quotient_call_of_a_household")]
        constraints = [
            models.CheckConstraint(
                name="quotient_call_tells_a_value_or_none",
                condition=Q(outcome="TOLD", value__gte=0, of_month__isnull=False)
                | (~Q(outcome="TOLD") & Q(value__isnull=True, of_month__isnull=True)),
            ),
        ]


class Quotient(models.Model):
    """
    The family quotient of a household, in whole euros as its source gives it; or its refusal.

    Past `renew_on` it goes on until another begins: time alone takes away only what was given with
    an end.
    """

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="quotients")
    value = models.IntegerField(null=True)  # none where the household refuses to tell
    source = models.TextField(choices=QuotientSource.choices, null=True)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    renew_on = models.DateField(null=True)
    learned_at = models.DateTimeField(null=True)
    evidence = models.TextField(blank=True)  # the paper that it was read on
    call = models.OneToOneField(QuotientCall, null=True, on_delete=models.PROTECT, related_name="+")

    @property
    def is_refused(self) -> bool:
        """Tell whether the household said that it will not tell."""
        return self.source is None

    class Meta:
        constraints = [
            ends_after_it_begins("quotient_ends_after_it_begins"),
            never_twice_at_once("household_has_one_quotient_at_a_time", "household"),
            models.CheckConstraint(name="quotient_is_not_negative", condition=Q(value__gte=0)),
            models.CheckConstraint(
                name="quotient_has_a_source_unless_refused",
                condition=Q(value__isnull=True, source__isnull=True)
                | Q(value__isnull=False, source__isnull=False),
            ),
        ]
