"""
A household as pages draw it: its people of a day, their hues, and their names in each sector.

Somebody has the same hue on every screen, so that a child is known by it at a glance.
"""

from datetime import date
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from msgspec import Struct

from cvq.people.models import Household, Role, SectorIdentifier
from cvq.people.selectors import members

HUES = 6


class Person(Struct, frozen=True):
    """Somebody of the family, always drawn in the same hue."""

    id: int
    first_name: str
    is_child: bool
    hue: int
    full_name: str
    born_on: date
    mobile: str

    @property
    def initial(self) -> str:
        """Return what stands on their disc."""
        return self.first_name[:1]

    def age(self, day: date) -> int:
        """Return how many years old they are on a day."""
        is_before_birthday = (day.month, day.day) < (self.born_on.month, self.born_on.day)
        return day.year - self.born_on.year - is_before_birthday


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


def family_on(household: Household, day: date) -> Family:
    """Return who makes up a household on a day, the children first."""
    names = SectorIdentifier.objects.filter(person=OuterRef("person")).values("holder")
    rows = list(members(household.pk, day).annotate(names=ArraySubquery(names)))
    rows.sort(key=lambda row: (row.role != Role.CHILD, row.pk))
    people = tuple(
        Person(
            id=row.person_id,
            first_name=row.person.first_name,
            is_child=row.role == Role.CHILD,
            hue=1 + place % HUES,
            full_name=str(row.person),
            born_on=row.person.born_on,
            mobile=row.person.mobile,
        )
        for place, row in enumerate(rows)
    )
    holders = {holder: row.person_id for row in rows for holder in row.names}
    return Family(household, people, holders, day)
