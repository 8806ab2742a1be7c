"""
A second factor for who works with other people's files: a password alone opens no desk.

The territory may leave the choice to its agents; residents always have it.
"""

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from cvq.access.models import Assignment, User

# The codes to come back with when a telephone is lost are no factor by themselves.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
HAS_ONE = "EXISTS (SELECT FROM mfa_authenticator WHERE user_id = %s AND type = ANY(%s::text[]))"


def is_enough(assignments: QuerySet[Assignment]) -> bool | None:
    """Tell whether who works there may begin; nothing if they do not work there."""
    factors = Authenticator.objects.filter(user=OuterRef("user_id"), type__in=FACTORS)
    found = assignments.annotate(has_one=Exists(factors)).values_list("has_one", flat=True).first()
    if found is None:
        return None
    return suffices(has_one=bool(found))


def suffices(*, has_one: bool) -> bool:
    """Tell whether an agent may begin, from whether they have a second factor."""
    return has_one or settings.AGENTS_SECOND_FACTOR == "optional"


def forget(user: User) -> bool:
    """Take away the second factor of somebody who lost it, and tell whether they had one."""
    return bool(Authenticator.objects.filter(user=user).delete()[0])
