"""
Who logs in, on behalf of whom an agent works, and what was looked at.

Whoever logs in is known by an e-mail address.  A resident is a person of `people`; an agent is what
the assignments of the day say.
"""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cvq.catalog.models.dated import ends_after_it_begins


class UserManager(BaseUserManager["User"]):
    """Makes users from an address and a password."""

    def create_user(self, email: str, password: str | None = None, **facts: Any) -> "User":
        """Write down a user; without a password they can only log in by another way."""
        user = self.model(email=self.normalize_email(email), **facts)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """Somebody who logs in: a resident, an agent, or both."""

    email = models.EmailField(unique=True)
    person = models.OneToOneField(
        "people.Person", null=True, on_delete=models.PROTECT, related_name="+"
    )
    is_active = models.BooleanField(default=True)
    # What the session of the request proved; whoever is loaded elsewhere proved nothing.
    has_proved = False

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.email


class Role(models.TextChoices):
    """What an agent is there to do."""

    COUNTER = "COUNTER", _("guichet")
    SUPERVISION = "SUPERVISION", _("supervision des équipements")
    TARIFFS = "TARIFFS", _("tarifs")


class Assignment(models.Model):
    """An agent works in a role for an authority, at one of its services or at all of them."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="assignments")
    role = models.TextField(choices=Role.choices)
    authority = models.ForeignKey("catalog.Authority", on_delete=models.PROTECT, related_name="+")
    service = models.ForeignKey(
        "catalog.Service", null=True, on_delete=models.PROTECT, related_name="+"
    )
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    class Meta:
        constraints = [ends_after_it_begins("assignment_ends_after_it_begins")]


class Kind(models.TextChoices):
    """What was looked at."""

    FAMILY = "FAMILY", _("dossier de famille")
    CARD = "CARD", _("carte")
    OPERATION = "OPERATION", _("opération")
    ACCESS = "ACCESS", _("accès au portail")
    PAGE = "PAGE", _("page réservée à des agents")


class Trace(models.Model):
    """
    Somebody looked at something that is about a family, or was refused it or a page of agents.

    It is never changed.

    `household` is the family that it is about, so that the family can read who looked; it is NULL
    when what was asked for does not exist.  `asked` is how it was named.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="traces")
    at = models.DateTimeField()
    kind = models.TextField(choices=Kind.choices)
    asked = models.TextField()
    household = models.ForeignKey(
        "people.Household", null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField(blank=True)
    granted = models.BooleanField()

    class Meta:
        indexes = [models.Index(fields=["household", "-at"], name="trace_of_a_family")]
        constraints = [
            models.CheckConstraint(
                name="trace_of_what_was_granted_says_whose",
                condition=Q(granted=False) | Q(household__isnull=False),
            ),
        ]


class Invitation(models.Model):
    """
    An adult of a household may choose a password, once and by a link sent to an address.

    The link holds a secret of which only the digest is kept.  Whoever is invited is nobody's user
    until they choose: a wrong address is mended by another invitation.
    """

    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    email = models.EmailField()
    digest = models.CharField(max_length=64, unique=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    until = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="invitation_is_used_once_by_a_person",
                fields=["person"],
                condition=Q(used_at__isnull=False),
            ),
            models.CheckConstraint(
                name="invitation_is_used_before_it_ends",
                condition=Q(used_at__isnull=True) | Q(used_at__lt=models.F("until")),
            ),
        ]


class Counted(models.Model):
    """
    What every process of the web must know for a few minutes: tries, and codes already used.

    The name is a digest: it says neither who tried nor from where.
    """

    name = models.CharField(max_length=64, primary_key=True)
    value = models.JSONField()
    until = models.DateTimeField(db_index=True)
