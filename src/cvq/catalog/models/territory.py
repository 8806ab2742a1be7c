"""Who manages what and where: authorities, communes, régies as legal bodies, sites, services."""

from django.db import models
from django.db.models import Q

from cvq.catalog.kinds import AuthorityKind, RegieKind, SiteKind
from cvq.catalog.models.dated import ends_after_it_begins, never_twice_at_once
from cvq.rules.vocabulary import Purpose


class Authority(models.Model):
    """Whoever manages a service: the community, a commune, an association."""

    siren = models.TextField(unique=True)
    name = models.TextField()
    kind = models.TextField(choices=AuthorityKind.choices)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="authority_siren_has_nine_digits", condition=Q(siren__regex=r"^\d{9}$")
            )
        ]

    def __str__(self) -> str:
        return self.name


class Commune(models.Model):
    """A commune of France; those around the territory are known when somebody lives there."""

    insee = models.TextField(unique=True)
    name = models.TextField()
    siren = models.TextField()
    department = models.TextField()
    population_municipal = models.IntegerField()
    population_total = models.IntegerField()
    postcode = models.TextField()

    def __str__(self) -> str:
        return self.name


class CommuneMembership(models.Model):
    """When a commune belongs to a community: to one at a time."""

    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="memberships")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="memberships")
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    class Meta:
        constraints = [
            ends_after_it_begins("membership_ends_after_it_begins"),
            never_twice_at_once("commune_belongs_to_one_community_at_a_time", "commune"),
        ]


class Regie(models.Model):
    """A lawful collection office; what its founding act does not list, it may not take."""

    code = models.TextField(unique=True)
    name = models.TextField()
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="regies")
    kind = models.TextField(choices=RegieKind.choices)
    founding_act = models.TextField()
    founded_on = models.DateField()
    revenue_types = models.JSONField()
    payment_means = models.JSONField()

    def __str__(self) -> str:
        return self.name


class SousRegie(models.Model):
    """A till in another place under the same régisseur."""

    regie = models.ForeignKey(Regie, on_delete=models.PROTECT, related_name="sous_regies")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    code = models.TextField(unique=True)
    name = models.TextField()

    def __str__(self) -> str:
        return self.name


class SharingAgreement(models.Model):
    """The convention under which a régie collects for another authority."""

    regie = models.ForeignKey(Regie, on_delete=models.PROTECT, related_name="agreements")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="agreements")
    council_decision = models.TextField()
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    class Meta:
        constraints = [
            ends_after_it_begins("agreement_ends_after_it_begins"),
            never_twice_at_once("agreement_is_the_only_one_with_its_partner", "regie", "authority"),
        ]


class Site(models.Model):
    """A place where services are given; `capacity` counts pupils, places or people."""

    code = models.TextField(unique=True)
    name = models.TextField()
    kind = models.TextField(choices=SiteKind.choices)
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="sites")
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="sites")
    capacity = models.IntegerField(null=True)

    def __str__(self) -> str:
        return self.name


class Catchment(models.Model):
    """A commune whose children go to a school; a school may serve several."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="catchments")
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="catchments")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="catchment_is_written_once", fields=["site", "commune"])
        ]


class Space(models.Model):
    """A part of a site that is booked or counted on its own: a court, a hall, a basin."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="spaces")
    code = models.TextField(unique=True)
    name = models.TextField()
    capacity = models.IntegerField(null=True)

    def __str__(self) -> str:
        return self.name


class Service(models.Model):
    """
    What an authority gives to people at a site.

    `regie` is the one that collects for it; without one nothing there is payable by wallet.
    A service that is not always open is open only in its hours.  `purpose` is NULL where nobody
    presents anything: an agent works its prices out at a counter, and it has no access point.
    """

    code = models.TextField(unique=True)
    name = models.TextField()
    purpose = models.TextField(
        null=True, choices=[(purpose.value, purpose.value) for purpose in Purpose]
    )
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="services")
    regie = models.ForeignKey(Regie, null=True, on_delete=models.PROTECT, related_name="services")
    site = models.ForeignKey(Site, null=True, on_delete=models.PROTECT, related_name="services")
    revenue_type = models.TextField(blank=True, default="")
    is_always_open = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name
