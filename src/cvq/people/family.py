"""
A household as pages draw it: its people of a day, their hues, and their names in each sector.

Somebody has the same hue on every screen, so that a child is known by it at a glance.
"""

from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from msgspec import Struct

from cvq.people.models import Household, Role

HUES = 6
MEMBERS = """
SELECT p.id, p.first_name, m.role, coalesce(nullif(p.used_name, ''), p.birth_name), p.born_on,
    p.mobile, ARRAY(SELECT holder FROM people_sectoridentifier WHERE person_id = p.id)
FROM people_householdmember AS m JOIN people_person AS p ON p.id = m.person_id
WHERE m.household_id = %(household)s AND m.valid_from <= %(day)s
    AND (m.valid_until IS NULL OR m.valid_until > %(day)s)
ORDER BY m.role <> %(child)s, m.id
"""


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
    asked: dict[str, Any] = {"household": household.pk, "day": day, "child": Role.CHILD.value}
    with connection.cursor() as cursor:
        cursor.execute(MEMBERS, asked)
        rows = cursor.fetchall()
    people = tuple(
        Person(
            id=number,
            first_name=first_name,
            is_child=role == Role.CHILD,
            hue=1 + place % HUES,
            full_name=f"{first_name} {family_name}",
            born_on=born_on,
            mobile=mobile,
        )
        for place, (number, first_name, role, family_name, born_on, mobile, _) in enumerate(rows)
    )
    holders = {holder: row[0] for row in rows for holder in row[-1]}
    return Family(household, people, holders, day)
