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


class Role(models.TextChoices):
    """What somebody is in a household."""

    ADULT = "ADULT", _("adulte")
    CHILD = "CHILD", _("enfant")


class OrganisationKind(models.TextChoices):
    """What an organisation is."""

    COMPANY = "COMPANY", _("entreprise")
    ASSOCIATION = "ASSOCIATION", _("association")
    PUBLIC = "PUBLIC", _("organisme public")


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
