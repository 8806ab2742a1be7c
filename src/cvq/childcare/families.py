"""
What tariffs ask of the families of a day, read for those that ask alone.

A fact is read for the children of the services whose tariff asks it, and for nobody else.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection, Cursor

from cvq.billing.facts import ranks
from cvq.billing.families import Facts, facts_of_children, facts_of_homes, told_by_families
from cvq.billing.payers import Payer, payers
from cvq.catalog import points as catalogue
from cvq.catalog.points import Points
from cvq.childcare.shares import Attended
from cvq.people.selectors import children_of, holders
from cvq.rules.vocabulary import CHILDCARE, Purpose, Sector

OF_ENROLMENT = frozenset({"children_registered", "rank_registered"})
OF_SCHOOL = frozenset({"schooled_in_community"})
ENROLLED = """
SELECT DISTINCT holder, service_id FROM childcare_enrolment
WHERE holder = ANY(%(holders)s::uuid[]) AND service_id = ANY(%(services)s::bigint[])
    AND valid_from <= %(day)s::date AND (valid_until IS NULL OR %(day)s::date < valid_until)
"""
# Of who is enrolled at no school of ours we do not know where it goes.
SCHOOLED = """
SELECT e.holder, bool_or(m.id IS NOT NULL) FROM childcare_enrolment AS e
JOIN catalog_service AS s ON s.id = e.service_id AND s.purpose = 'SCHOOL_GATE'
JOIN catalog_site AS i ON i.id = s.site_id
LEFT JOIN catalog_communemembership AS m ON m.commune_id = i.commune_id
    AND m.valid_from <= %(day)s::date
    AND (m.valid_until IS NULL OR %(day)s::date < m.valid_until)
WHERE e.holder = ANY(%(holders)s::uuid[]) AND e.valid_from <= %(day)s::date
    AND (e.valid_until IS NULL OR %(day)s::date < e.valid_until)
GROUP BY e.holder
"""


class Stay(NamedTuple):
    """A child at a service on a day, and who pays."""

    child: UUID
    service: int
    payer: Payer


def known_of_families(purpose: Purpose) -> frozenset[str]:
    """Return what a service of that purpose may ask of families, beside the usual facts."""
    return told_by_families(purpose) | OF_ENROLMENT | OF_SCHOOL


def asked_of_families(points: Points, day: date) -> dict[int, frozenset[str]]:
    """Return what each service asks of families by the tariffs of a day; who asks none is out."""
    found = {}
    for point in points.points.values():
        if point.purpose in CHILDCARE and point.service not in found:
            read = {
                name
                for version in point.tariffs
                if catalogue.holds(version.period, day)
                for name in version.tariff.reads
            }
            found[point.service] = known_of_families(point.purpose) & read
    return {service: names for service, names in found.items() if names}


def facts_of_families(
    connection: Connection[Any], attended: Attended, points: Points
) -> dict[tuple[UUID, int], Facts]:
    """Return what is asked of the family of each child at each service; nothing reads nothing."""
    asked = asked_of_families(points, attended.day)
    stays = [
        Stay(child, service, attended.paying[child])
        for child, services in attended.taken.items()
        if child in attended.paying
        for service in services
        if service in asked
    ]
    return facts_of_stays(connection, stays, attended.day, asked)


def facts_of_stays(
    connection: Connection[Any],
    stays: Collection[Stay],
    day: date,
    asked: Mapping[int, frozenset[str]],
) -> dict[tuple[UUID, int], Facts]:
    """Return what each service asks of the families of its children on a day."""
    together: dict[frozenset[str], list[Stay]] = {}
    for stay in stays:
        together.setdefault(asked[stay.service], []).append(stay)
    found: dict[tuple[UUID, int], Facts] = {}
    for names, some in together.items():
        homes = {one.payer.household for one in some if one.payer.household is not None}
        persons = {one.payer.person for one in some if one.payer.person is not None}
        of_homes = facts_of_homes(connection, homes, day, names)
        of_children = facts_of_children(connection, persons, day, names)
        of_lists: dict[tuple[UUID, int], Facts] = {}
        if not OF_ENROLMENT.isdisjoint(names):
            of_lists = _enrolled(connection, some, homes, day)
        schooled = _schooled(connection, some, day) if not OF_SCHOOL.isdisjoint(names) else {}
        for one in some:
            found[one.child, one.service] = {
                "schooled_in_community": schooled.get(one.child),
                **of_homes.get(one.payer.household or 0, {}),
                **of_children.get(one.payer.person or 0, {}),
                **of_lists.get((one.child, one.service), {}),
            }
    return found


def _enrolled(
    connection: Connection[Any], stays: Collection[Stay], homes: Collection[int], day: date
) -> dict[tuple[UUID, int], Facts]:
    """Return how many children of its payer are enrolled with each child, and its rank by age."""
    children = holders(children_of(homes, day, connection), Sector.SCHOOL, connection).values()
    asked = {
        "holders": list({*children, *(one.child for one in stays)}),
        "services": list({one.service for one in stays}),
        "day": day,
    }
    rows = Cursor(connection).execute(ENROLLED, asked).fetchall()
    # A child of two homes counts with the one that pays for it that day.
    paying = payers(connection, Sector.SCHOOL, [(holder, day) for holder in {r[0] for r in rows}])
    lists: dict[tuple[int, int], list[tuple[date, UUID]]] = {}
    for holder, service in rows:
        payer = paying.get((holder, day))
        if payer is not None:
            lists.setdefault((payer.wallet, service), []).append((payer.born_on, holder))
    ranked = ranks(lists)
    found: dict[tuple[UUID, int], Facts] = {}
    for one in stays:
        key = (one.payer.wallet, one.service)
        rank, _ = ranked.get((key, one.child), (None, 0))
        found[one.child, one.service] = {
            "children_registered": len(lists.get(key, ())),
            "rank_registered": rank,
        }
    return found


def _schooled(connection: Connection[Any], stays: Collection[Stay], day: date) -> dict[UUID, bool]:
    asked = {"holders": list({one.child for one in stays}), "day": day}
    return dict(Cursor(connection).execute(SCHOOLED, asked).fetchall())
