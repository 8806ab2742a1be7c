"""
A second factor for who works with other people's files: a password alone opens no desk.

It is proved in each session: that somebody else protected the account elsewhere proves nothing
here.  The territory may leave the choice to its agents; residents always have it.
"""

from datetime import datetime

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from cvq.access.models import Assignment, User

# The codes to come back with when a telephone is lost are no factor by themselves.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
HAS_ONE = "EXISTS (SELECT FROM mfa_authenticator WHERE user_id = %s AND type = ANY(%s::text[]))"
PROVED = "mfa"


def has_one(assignments: QuerySet[Assignment]) -> bool | None:
    """Tell whether who works there has a second factor; nothing if they do not work there."""
    factors = Authenticator.objects.filter(user=OuterRef("user_id"), type__in=FACTORS)
    return assignments.annotate(has_one=Exists(factors)).values_list("has_one", flat=True).first()


def is_needed() -> bool:
    """Tell whether agents of this territory need more than a password."""
    return bool(settings.AGENTS_SECOND_FACTOR != "optional")


def is_proved(request: HttpRequest, user: User) -> bool:
    """Tell whether this very session gave a second factor of the user."""
    return any(one["method"] == PROVED for one in get_authentication_records(request, user))


def prove(request: HttpRequest, user: User) -> None:
    """Write down in a session that it gave a second factor, as the log-in with a code does."""
    record_authentication(request, user, PROVED)
    request.session.save()


def mark(request: HttpRequest, user: User) -> None:
    """Tell the user of a request what their session proved, before a page asks for it."""
    user.has_proved = is_proved(request, user)


def forget(user: User) -> bool:
    """Take away the second factor of somebody who lost it, and tell whether they had one."""
    return bool(Authenticator.objects.filter(user=user).delete()[0])


def factors_of(user: User) -> set[int]:
    """Return the second factors that somebody has."""
    found = Authenticator.objects.filter(user=user, type__in=FACTORS)
    return set(found.values_list("pk", flat=True))


def begin_again(request: HttpRequest, user: User, *, had_one: bool, at: datetime) -> None:
    """
    Prove the session that protects an account, and end the others, which gave a password alone.

    One that added a factor beside another without having given it proves nothing.
    """
    if had_one and not is_proved(request, user):
        return
    prove(request, user)
    alive = Session.objects.filter(expire_date__gt=at)
    for session in alive.exclude(pk=request.session.session_key).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            session.delete()
