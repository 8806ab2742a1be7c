"""
In a demonstration, somebody looks at the pages: a parent, and the agents whose pages exist.

The password is drawn for each demonstration and printed; it opens nothing elsewhere.
"""

import secrets
from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from cvq.access.models import Assignment, Role, User
from cvq.catalog.models import Regie
from cvq.kernel.unable import Unable
from cvq.people.models import Role as InTheHousehold
from cvq.twin.residents import Home, Population, Resident

CHILDREN_MIN = 2
AGENTS = {
    "guichet@exemple.fr": Role.COUNTER,
    "supervision@exemple.fr": Role.SUPERVISION,
    "tarifs@exemple.fr": Role.TARIFFS,
    "direction@exemple.fr": Role.TARIFFS,  # what one wrote, the other approves
}
PATHS = {
    Role.COUNTER: "/guichet/",
    Role.SUPERVISION: "/supervision/",
    Role.TARIFFS: "/guichet/tarifs/",
}
PARENT = "parent@exemple.fr"


class NoParentToShow(Unable):
    """Nobody in the population has a wallet and children at the canteen."""


class LogIn(Struct, frozen=True):
    """Who may look at the pages, and what they are there."""

    email: str
    who: str
    path: str


def parent_to_show(people: Population) -> Resident:
    """
    Return a parent of school children who has a card and a family account.

    :raises NoParentToShow: there is nobody whose home is worth a look.
    """
    return _family(people)[1]


def give(parent: Resident, password: str, since: date) -> list[LogIn]:
    """Write down who may log in with a password, a parent and agents, and return them."""
    home = parent.home
    User.objects.create_user(PARENT, password, person_id=parent.person)
    given = [
        LogIn(PARENT, f"{parent.first_name} {parent.birth_name}, famille {home.name}", "/accueil/")
    ]
    authority = Regie.objects.order_by("id")[0].authority
    for email, role in AGENTS.items():
        user = User.objects.create_user(email, password)
        Assignment.objects.create(
            user=user, role=role, authority=authority, valid_from=since.replace(day=1)
        )
        given.append(LogIn(email, str(role.label), PATHS[role]))
    return given


def drawn() -> str:
    """Draw a password that somebody can type."""
    return secrets.token_hex(5)


def told(given: list[LogIn], password: str, address: str) -> Iterator[str]:
    """Yield the lines that say where the pages are and who may open them."""
    yield f"  Pages               {address}   mot de passe : {password}"
    for one in given:
        yield f"    {address}{one.path:<16} {one.email:<22}  {one.who}"


def _family(people: Population) -> tuple[Home, Resident]:
    found = [(home, adult) for home in people.homes for adult in _adults_to_show(home)]
    if not found:
        raise NoParentToShow("Aucune famille à montrer : donnez une --scale plus grande.")
    return max(found, key=lambda one: _liveliness(one[0]))


def _adults_to_show(home: Home) -> list[Resident]:
    """Return the adults that may be shown, if the home has children at school and money."""
    children = [one for one in home.members if one.role is InTheHousehold.CHILD]
    at_school = [one for one in children if one.school is not None and one.cards]
    if not home.uses_wallet or home.is_late or len(at_school) < CHILDREN_MIN:
        return []
    adults = [one for one in home.members if one.role is InTheHousehold.ADULT]
    return [one for one in adults if one.cards and one.swims is None]


def _liveliness(home: Home) -> float:
    """Return about how often a day the children of a home are written down somewhere."""
    schools = [one.school for one in home.members if one.school is not None]
    often = sum(school.meals + school.mornings + school.evenings for school in schools)
    return often + sum(school.gate for school in schools)
