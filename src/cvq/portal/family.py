"""The family of who is logged in."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from cvq.access.models import User
from cvq.access.services import family_of
from cvq.bocage.pages import moment
from cvq.people.family import Family, Person, family_on

__all__ = ["Family", "Person", "family", "user_of"]


def user_of(request: HttpRequest) -> User:
    """Return who is logged in; every page of the portal that calls it asks for a log-in."""
    assert not isinstance(request.user, AnonymousUser)
    return request.user


def family(request: HttpRequest) -> Family:
    """
    Return the family of who is logged in.

    :raises NoFamily: they are of none.
    """
    day = moment(request).day
    return family_on(family_of(user_of(request), day), day)
