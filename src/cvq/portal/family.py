"""The family of who is logged in: its people, their hues, and their names in each sector."""

from datetime import date
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from msgspec import Struct

from cvq.access.models import User
from cvq.access.services import family_of
from cvq.bocage.pages import moment
from cvq.people.models import Household, HouseholdMember, SectorIdentifier
from cvq.people.selectors import members

HUES = 6


class Person(Struct, frozen=True):
    """Somebody of the family, always drawn in the same hue."""

    id: int
    first_name: str
    is_child: bool
    hue: int

    @property
    def initial(self) -> str:
        """Return what stands on their disc."""
        return self.first_name[:1]


class Family(Struct, frozen=True):
    """A household, the people of the day, and whom each sector's names are."""

    household: Household
    people: tuple[Person, ...]
    holders: dict[UUID, int]  # name in a sector → person
    day: date

    def person(self, number: int | None) -> Person | None:
        """Return somebody of the family."""
        return next((one for one in self.people if one.id == number), None)

    @property
    def children(self) -> tuple[Person, ...]:
        """Return the children."""
        return tuple(one for one in self.people if one.is_child)


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
    household = family_of(user_of(request), day)
    rows: list[HouseholdMember] = list(members(household.pk, day))
    people = tuple(
        Person(
            id=row.person_id,
            first_name=row.person.first_name,
            is_child=row.role == "CHILD",
            hue=1 + place % HUES,
        )
        for place, row in enumerate(sorted(rows, key=lambda row: (row.role != "CHILD", row.pk)))
    )
    names = SectorIdentifier.objects.filter(person_id__in=[one.id for one in people])
    holders = {name.holder: name.person_id for name in names if name.person_id is not None}
    return Family(household, people, holders, day)
