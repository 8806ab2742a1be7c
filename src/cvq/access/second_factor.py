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


def is_enough(assignments: QuerySet[Assignment]) -> bool | None:
    """Tell whether who works there may begin; nothing if they do not work there."""
    factors = Authenticator.objects.filter(user=OuterRef("user_id"), type__in=FACTORS)
    found = assignments.annotate(has_one=Exists(factors)).values_list("has_one", flat=True).first()
    if found is None:
        return None
    return bool(found) or settings.AGENTS_SECOND_FACTOR == "optional"


def forget(user: User) -> bool:
    """Take away the second factor of somebody who lost it, and tell whether they had one."""
    return bool(Authenticator.objects.filter(user=user).delete()[0])
