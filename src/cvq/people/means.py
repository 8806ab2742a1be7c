"""
The resources that the price of a crèche goes by: what holds of a household, and of a child.

The pricing of crèches and the command that sees to it are all that reads this.
"""

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection, Cursor

from cvq.rules.quotient import Held, Stand, stand

# Children in charge are those that the fund or the notice counts; of whom we know neither, those
# of the household.
MEANS = """
SELECT wanted.household, resources.yearly_cents,
    coalesce(resources.children, (
        SELECT count(*) FROM people_householdmember AS member
         WHERE member.household_id = wanted.household AND member.role = 'CHILD'
           AND member.valid_from <= %(day)s::date
           AND (member.valid_until IS NULL OR %(day)s::date < member.valid_until)
    )), resources.disabled_children
  FROM unnest(%(households)s::bigint[]) AS wanted(household)
  LEFT JOIN people_crecheresources AS resources
         ON resources.household_id = wanted.household AND resources.valid_from <= %(day)s::date
        AND (resources.valid_until IS NULL OR %(day)s::date < resources.valid_until)
"""
HELD = """
SELECT DISTINCT ON (household_id) household_id, yearly_cents, valid_from, valid_until, renew_on
  FROM people_crecheresources WHERE household_id = ANY(%s::bigint[]) AND valid_from <= %s
 ORDER BY household_id, valid_from DESC
"""
ENTRUSTED = """
SELECT child_id FROM people_publiccare
 WHERE child_id = ANY(%(children)s::bigint[]) AND valid_from <= %(day)s::date
   AND (valid_until IS NULL OR %(day)s::date < valid_until)
"""


class Means(NamedTuple):
    """What a household has in a year, the children in its charge, and how many have an AEEH."""

    yearly_cents: int | None
    children: int
    disabled_children: int | None


def means(households: Collection[int], day: date, connection: Connection[Any]) -> dict[int, Means]:
    """Return what the price of a crèche may ask of each household on a day."""
    asked = {"households": list(households), "day": day}
    rows = Cursor(connection).execute(MEANS, asked).fetchall()
    return {household: Means(*told) for household, *told in rows}


def entrusted(children: Collection[int], day: date, connection: Connection[Any]) -> frozenset[int]:
    """Return which of these persons the département entrusts to a family on a day."""
    asked = {"children": list(children), "day": day}
    rows = Cursor(connection).execute(ENTRUSTED, asked).fetchall()
    return frozenset(child for (child,) in rows)


def resources_stands(
    households: Collection[int], day: date, connection: Connection[Any]
) -> dict[int, Stand]:
    """Return what is held of the resources of each household on a day, in cents, and why."""
    rows = Cursor(connection).execute(HELD, (list(households), day)).fetchall()
    held = {
        household: Held(value=yearly, valid_from=start, valid_until=end, renew_on=renewal)
        for household, yearly, start, end, renewal in rows
    }
    return {one: stand([held[one]] if one in held else [], day) for one in households}
