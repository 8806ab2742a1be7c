"""How a resident comes to have an account: the counter, who sees who they are, invites them."""

import hashlib
import secrets
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from cvq.access.models import Invitation, Kind, Trace, User
from cvq.access.services import File, Hidden
from cvq.kernel.unable import Unable
from cvq.notices.services import tell_of_access
from cvq.people.models import HouseholdMember, Person
from cvq.people.periods import during

DAYS = 7
SECRET_BYTES = 32
EMAIL_LETTERS_MAX = 254


class NotInvited(Unable):
    """Nobody can be invited so: what is said is what to do."""


class DeadLink(Unable):
    """A link that was used, replaced by another, or kept too long."""


class Standing(NamedTuple):
    """Where an adult of a household stands: their account, or the invitation that waits."""

    person: Person
    account: str | None
    invited: Invitation | None


def standings(file: File, at: datetime, day: date) -> list[Standing]:
    """Return the adults of an opened file, and who of them may log in."""
    members = (
        HouseholdMember.objects.filter(
            during(day), household=file.household, role="ADULT", is_main=True
        )
        .select_related("person")
        .order_by("id")
    )
    people = [one.person for one in members]
    accounts = dict(User.objects.filter(person__in=people).values_list("person_id", "email"))
    waiting = Invitation.objects.filter(person__in=people, used_at=None, until__gt=at)
    invited = {one.person_id: one for one in waiting.order_by("id")}
    return [Standing(one, accounts.get(one.pk), invited.get(one.pk)) for one in people]


@transaction.atomic
def invite(
    file: File, agent: User, person_id: int, *, email: str, at: datetime, day: date
) -> tuple[Invitation, str]:
    """
    Invite an adult of an opened file, and return the secret of the link to send them.

    A link that they were sent before works no more.  The family reads who invited whom, and the
    telephone that we know of the person is told: the address is whatever the agent typed.

    :raises Hidden: nobody of that number belongs to the household that day.
    :raises NotInvited: they are a child, have an account, or the address is not theirs to have.
    """
    person = _adult(file, person_id, day)
    address = _free_address(email, person, at)
    if User.objects.filter(person=person).exists():
        raise NotInvited(_("Cette personne a déjà un accès."))
    Invitation.objects.filter(person=person, used_at=None, until__gt=at).update(until=at)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    invited = Invitation.objects.create(
        person=person,
        email=address,
        digest=_digest(secret),
        by=agent,
        sent_at=at,
        until=at + timedelta(days=DAYS),
    )
    with translation.override("fr"):  # the family reads it, in the language of the territory
        what = _("Accès au portail proposé à %(name)s") % {"name": person.first_name}
        if person.mobile:  # a family without an account reads no trace
            tell_of_access(household=file.household, mobile=person.mobile, email=address, at=at)
    Trace.objects.create(
        user=agent,
        at=at,
        kind=Kind.ACCESS,
        asked=address,
        household=file.household,
        reason=what,
        granted=True,
    )
    return invited, secret


def invitation(secret: str, at: datetime) -> Invitation:
    """
    Return the invitation that a link holds.

    :raises DeadLink: it holds none that may still be used, or somebody else has its address.
    """
    found = Invitation.objects.filter(digest=_digest(secret), used_at=None, until__gt=at).first()
    if found is None:
        raise DeadLink(_("Il a déjà servi, ou il est trop vieux. Le guichet peut en donner un."))
    if _is_taken(found.email):
        raise _address_taken()
    return found


@transaction.atomic
def accept(secret: str, *, password: str, at: datetime) -> User:
    """
    Let who was invited log in with the password that they chose.

    :raises DeadLink: the link may no longer be used, or somebody else has its address.
    """
    Invitation.objects.select_for_update().filter(digest=_digest(secret)).first()
    invited = invitation(secret, at)
    if User.objects.filter(person_id=invited.person_id).exists():
        raise DeadLink(_("Vous avez déjà un accès."))
    invited.used_at = at
    invited.save(update_fields=["used_at"])
    try:
        with transaction.atomic():
            return User.objects.create_user(invited.email, password, person_id=invited.person_id)
    except IntegrityError as error:  # somebody else took it since we looked
        raise _address_taken() from error


def _adult(file: File, person_id: int, day: date) -> Person:
    member = (
        HouseholdMember.objects.filter(during(day), household=file.household, person_id=person_id)
        .select_related("person")
        .first()
    )
    if member is None:
        raise Hidden(_("Cette page n'existe pas ou plus."))
    if member.role != "ADULT" or not member.is_main:
        raise NotInvited(_("Le portail est pour les adultes de ce foyer."))
    return member.person


def _address_taken() -> DeadLink:
    return DeadLink(
        _("Cette adresse sert à quelqu'un d'autre. Le guichet peut vous inviter à une autre.")
    )


def _free_address(email: str, person: Person, at: datetime) -> str:
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise NotInvited(
            _("Donnez une adresse de courriel complète, comme anne@exemple.fr.")
        ) from error
    if len(address) > EMAIL_LETTERS_MAX or _is_taken(address):
        raise NotInvited(_("Cette adresse sert déjà à quelqu'un : il en faut une autre."))
    waiting = Invitation.objects.filter(email=address, used_at=None, until__gt=at)
    if waiting.exclude(person=person).exists():
        raise NotInvited(
            _("Cette adresse attend déjà la réponse de quelqu'un d'autre : il en faut une autre.")
        )
    return address


def _is_taken(email: str) -> bool:
    return User.objects.filter(email__iexact=email).exists()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
