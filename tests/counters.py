"""Agents at a counter, and the files that they open."""

from datetime import date

from django.test import Client

from cvq.access.models import Assignment, Role, User
from cvq.catalog.models import Authority
from pages import Pages


def agent_of_all(site: Pages, email: str = "nadia@exemple.fr") -> User:
    """Return an agent of the community and of the commune."""
    user = site.agent(email)
    Assignment.objects.create(
        user=user,
        role=Role.COUNTER,
        authority=Authority.objects.get(name="Parthenay"),
        valid_from=date(2024, 1, 1),
    )
    return user


def file_of(site: Pages, family: str = "Petit") -> str:
    """Return where the file of a family is."""
    return f"/guichet/famille/{site.town.households[family].uid}/"


def opened(site: Pages, user: User, family: str = "Petit") -> Client:
    """Return a browser in which an agent has opened a file."""
    client = site.client(user)
    client.post(file_of(site, family) + "ouvrir/", {"raison": "guichet"})
    return client
