"""
Persons, the households and organisations that pay for them, and what changes with time.

Names live here and nowhere else.  Services know a person by the `holder` of their own sector.
"""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Collate
from django.utils.translation import gettext_lazy as _

from cvq.catalog.models.dated import ends_after_it_begins, never_twice_at_once
from cvq.rules.vocabulary import Sector

# What is forgotten of a consent that is withdrawn.
CIVIL_STATUS = ("first_names", "sex", "birth_country", "birth_commune")


class Role(models.TextChoices):
    """What somebody is in a household."""

    ADULT = "ADULT", _("adulte")
    CHILD = "CHILD", _("enfant")


class OrganisationKind(models.TextChoices):
    """What an organisation is."""

    COMPANY = "COMPANY", _("entreprise")
    ASSOCIATION = "ASSOCIATION", _("association")
    PUBLIC = "PUBLIC", _("organisme public")


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


class Person(models.Model):
    """A human being; `sans_accent` is what is searched and sorted on, the same on every server."""

    uid = models.UUIDField(unique=True)
    birth_name = models.TextField()
    used_name = models.TextField(blank=True)
    first_name = models.TextField()
    born_on = models.DateField()
    email = models.EmailField(blank=True)
    mobile = models.TextField(blank=True)
    sans_accent = models.TextField(db_collation="C")

    class Meta:
        indexes = [
            models.Index(fields=["sans_accent", "id"], name="person_by_name"),
            # What the box of a desk looks in: any word of a name, and a number read aloud.
            GinIndex(
                Func(Value("simple"), F("sans_accent"), function="to_tsvector"),
                fastupdate=False,  # who was just written down is looked for at once
                name="person_by_word",
            ),
            models.Index(
                Collate(
                    Func(
                        *(F("mobile"), Value("[^0-9]"), Value(""), Value("g")),
                        function="regexp_replace",
                        output_field=models.TextField(),
                    ),
                    "C",
                ),
                condition=~Q(mobile=""),
                name="person_by_mobile",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_name} {self.used_name or self.birth_name}"


class Household(models.Model):
    """People answered for together at one dwelling; it owns a wallet and what it owes."""

    uid = models.UUIDField(unique=True)
    name = models.TextField()
    wallet = models.OneToOneField("ledger.Account", on_delete=models.PROTECT, related_name="+")
    receivable = models.OneToOneField("ledger.Account", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="household_wallet_is_not_its_receivable",
                condition=~Q(wallet=F("receivable")),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class HouseholdMember(models.Model):
    """Who belongs to a household, and when; a child may belong to two, one of them main."""

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="members")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    role = models.TextField(choices=Role.choices)
    is_main = models.BooleanField()
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    class Meta:
        indexes = [
            # What a tap reads: the index of the exclusion below takes ten times as long to look in.
            models.Index(
                fields=["person", "valid_from"],
                include=["household", "valid_until"],
                condition=Q(is_main=True),
                name="member_main_by_day",
            ),
        ]
        constraints = [
            ends_after_it_begins("member_leaves_after_joining"),
            never_twice_at_once(
                "member_belongs_once_at_a_time_to_a_household", "person", "household"
            ),
            ExclusionConstraint(
                name="person_has_one_main_household_at_a_time",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    (
                        Func(F("valid_from"), F("valid_until"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(is_main=True),
            ),
        ]


class Residence(models.Model):
    """Where a household lives; tariffs and the waste centre read it on the day of the fact."""

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="residences")
    commune = models.ForeignKey("catalog.Commune", on_delete=models.PROTECT, related_name="+")
    address = models.TextField()
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["household", "valid_from"],
                include=["commune", "valid_until"],
                name="residence_by_day",
            ),
        ]
        constraints = [
            ends_after_it_begins("residence_ends_after_it_begins"),
            never_twice_at_once("household_lives_in_one_place_at_a_time", "household"),
        ]


class Organisation(models.Model):
    """A company, an association or a public body: it pays for itself, from its own wallet."""

    uid = models.UUIDField(unique=True)
    name = models.TextField()
    siren = models.TextField(null=True, unique=True)  # small associations have none
    kind = models.TextField(choices=OrganisationKind.choices)
    wallet = models.OneToOneField("ledger.Account", on_delete=models.PROTECT, related_name="+")
    receivable = models.OneToOneField("ledger.Account", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="organisation_siren_has_nine_digits",
                condition=Q(siren__isnull=True) | Q(siren__regex=r"^[0-9]{9}$"),
            ),
            models.CheckConstraint(
                name="organisation_wallet_is_not_its_receivable",
                condition=~Q(wallet=F("receivable")),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CustodyCalendar(models.Model):
    """Two households that have a child in turn, week by week, `household_a` from `anchor_on`."""

    child = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="custody_calendars")
    household_a = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="+")
    household_b = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="+")
    anchor_on = models.DateField()
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    class Meta:
        constraints = [
            ends_after_it_begins("custody_ends_after_it_begins"),
            never_twice_at_once("child_has_one_custody_calendar_at_a_time", "child"),
            models.CheckConstraint(
                name="custody_is_shared_between_two_households",
                condition=~Q(household_a=F("household_b")),
            ),
            models.CheckConstraint(
                name="custody_is_anchored_on_a_monday", condition=Q(anchor_on__week_day=2)
            ),
        ]


class CustodyException(models.Model):
    """A day on which the parents agreed to do otherwise than their calendar says."""

    calendar = models.ForeignKey(
        CustodyCalendar, on_delete=models.PROTECT, related_name="exceptions"
    )
    day = models.DateField()
    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["calendar", "day"], name="custody_has_one_exception_a_day"
            ),
        ]


class QuotientConsent(models.Model):
    """
    A household lets us ask its fund, in the name of one of its adults.

    What the funds need to find somebody is here and nowhere else, and goes when it is withdrawn.
    Nothing is changed: another civil status is another consent.
    """

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    evidence = models.TextField()
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


class SectorIdentifier(models.Model):
    """
    The name of a holder in one sector: 128 bits drawn at random, so that none leads to another.

    Réf. arrêté of 4 July 2013; NF P99-508 (AMC): one distinct, unpredictable identifier per sector.
    """

    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(
        Organisation, null=True, on_delete=models.PROTECT, related_name="+"
    )
    sector = models.TextField(choices=[(sector.value, sector.value) for sector in Sector])
    holder = models.UUIDField(unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "sector"], name="person_has_one_name_in_a_sector"
            ),
            models.UniqueConstraint(
                fields=["organisation", "sector"], name="organisation_has_one_name_in_a_sector"
            ),
            models.CheckConstraint(
                name="sector_identifier_names_a_person_or_an_organisation",
                condition=Q(person__isnull=False, organisation__isnull=True)
                | Q(person__isnull=True, organisation__isnull=False),
            ),
        ]
