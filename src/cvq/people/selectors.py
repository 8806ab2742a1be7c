"""
What is true of persons and households on a day.

What a tap needs takes a psycopg connection and is one statement for the whole batch.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from psycopg import Connection, Cursor

from cvq.people.models import CallOutcome, HouseholdMember, Person, QuotientSource
from cvq.people.names import sans_accent
from cvq.people.periods import during
from cvq.plumbing.pipeline import Pipeline
from cvq.rules.custody import Alternation, Custody, payer
from cvq.rules.quotient import ASK_AHEAD, Held, Stand, stand
from cvq.rules.vocabulary import Sector

FOUND_AT_MOST = 50

# The exclusion constraints allow at most one row of each table on a day.
CUSTODIES = """
SELECT wanted.person, wanted.day, apart.household_id,
       calendar.anchor_on, calendar.household_a_id, calendar.household_b_id, main.household_id
  FROM unnest(%s::bigint[], %s::date[]) AS wanted(person, day)
  LEFT JOIN people_custodycalendar AS calendar
         ON calendar.child_id = wanted.person AND calendar.valid_from <= wanted.day
        AND (calendar.valid_until IS NULL OR wanted.day < calendar.valid_until)
  LEFT JOIN people_custodyexception AS apart
         ON apart.calendar_id = calendar.id AND apart.day = wanted.day
  LEFT JOIN people_householdmember AS main
         ON main.person_id = wanted.person AND main.is_main AND main.valid_from <= wanted.day
        AND (main.valid_until IS NULL OR wanted.day < main.valid_until)
"""
CIRCUMSTANCES = """
SELECT wanted.household, wanted.day, member.commune_id IS NOT NULL, quotient.value,
    residence.commune_id
  FROM unnest(%s::bigint[], %s::date[]) AS wanted(household, day)
  LEFT JOIN people_residence AS residence
         ON residence.household_id = wanted.household AND residence.valid_from <= wanted.day
        AND (residence.valid_until IS NULL OR wanted.day < residence.valid_until)
  LEFT JOIN catalog_communemembership AS member
         ON member.commune_id = residence.commune_id AND member.valid_from <= wanted.day
        AND (member.valid_until IS NULL OR wanted.day < member.valid_until)
  LEFT JOIN people_quotient AS quotient
         ON quotient.household_id = wanted.household AND quotient.valid_from <= wanted.day
        AND (quotient.valid_until IS NULL OR wanted.day < quotient.valid_until)
"""
HOMES = """
SELECT wanted.household, quotient.source, (
    SELECT count(*) FROM people_householdmember AS member
     WHERE member.household_id = wanted.household AND member.valid_from <= %(day)s::date
       AND (member.valid_until IS NULL OR %(day)s::date < member.valid_until))
  FROM unnest(%(households)s::bigint[]) AS wanted(household)
  LEFT JOIN people_quotient AS quotient
         ON quotient.household_id = wanted.household AND quotient.valid_from <= %(day)s::date
        AND (quotient.valid_until IS NULL OR %(day)s::date < quotient.valid_until)
"""
# A child may be of a household by its calendar of custody alone.
CHILDREN = """
SELECT DISTINCT person_id FROM people_householdmember
 WHERE household_id = ANY(%(households)s::bigint[]) AND role = 'CHILD'
   AND valid_from <= %(day)s::date AND (valid_until IS NULL OR %(day)s::date < valid_until)
 UNION
SELECT child_id FROM people_custodycalendar
 WHERE (household_a_id = ANY(%(households)s::bigint[])
        OR household_b_id = ANY(%(households)s::bigint[]))
   AND valid_from <= %(day)s::date AND (valid_until IS NULL OR %(day)s::date < valid_until)
"""
HOLDERS = """
SELECT person_id, holder FROM people_sectoridentifier
 WHERE sector = %s AND person_id = ANY(%s::bigint[])
"""
ORGANISATION_HOLDERS = """
SELECT organisation_id, holder FROM people_sectoridentifier
 WHERE sector = %s AND organisation_id = ANY(%s::bigint[])
"""

PURSES = "SELECT id, wallet_id, receivable_id FROM people_household WHERE id = ANY(%s::bigint[])"
ORGANISATION_PURSES = """
SELECT id, wallet_id, receivable_id FROM people_organisation WHERE id = ANY(%s::bigint[])
"""

# What begins later says nothing of the day: the last row that began tells how things stand.
HELD = """
SELECT DISTINCT ON (household_id) household_id, value, valid_from, valid_until, renew_on
  FROM people_quotient WHERE household_id = ANY(%s::bigint[]) AND valid_from <= %s
 ORDER BY household_id, valid_from DESC
"""
# The same question of the quotient and of the resources: each with its rows and its calls, and
# whom it may ask.
TO_ASK = """
SELECT consent.id
  FROM people_quotientconsent AS consent
  LEFT JOIN LATERAL (
       SELECT id, source, learned_at, coalesce(renew_on, valid_until) AS renew_on FROM {rows}
        WHERE household_id = consent.household_id ORDER BY valid_from DESC LIMIT 1
  ) AS last ON true
 WHERE consent.withdrawn_at IS NULL AND {may_be_asked}
   AND (last.id IS NULL OR last.source IS NULL OR last.renew_on <= %(soon)s::date)
   AND NOT EXISTS (
       SELECT FROM {calls} AS call
        WHERE call.consent_id = consent.id AND call.outcome <> ALL(%(ours)s::text[])
          AND call.at > CASE WHEN call.outcome = ANY(%(theirs)s::text[])
                             THEN %(answered)s::timestamptz ELSE %(asked)s::timestamptz END)
 ORDER BY last.renew_on NULLS FIRST, consent.id LIMIT %(limit)s
"""
QUOTIENTS_TO_ASK = TO_ASK.format(
    rows="people_quotient", calls="people_quotientcall", may_be_asked="true"
)
# Who refused its resources alone still lets us ask for its quotient: one consent, and a row after.
RESOURCES_TO_ASK = TO_ASK.format(
    rows="people_crecheresources",
    calls="people_resourcescall",
    may_be_asked="consent.of_resources AND (last.id IS NULL OR last.source IS NOT NULL"
    " OR last.learned_at <= consent.given_at)",
)
# A family that its fund does not find is asked for again a week later, another the next day; a
# token that is refused, or a limit, says nothing of the family.
ASKED_AGAIN_AFTER = timedelta(hours=20)
ANSWERED_AGAIN_AFTER = timedelta(days=7)
OF_THE_FAMILY = [CallOutcome.NOT_FOUND.value, CallOutcome.NOT_RECOGNISED.value]
OF_OURS = [CallOutcome.NOT_ALLOWED.value, CallOutcome.TOO_MANY.value]


class Purse(NamedTuple):
    """The two accounts of whoever pays: what they may spend, and what they owe."""

    wallet_id: int
    receivable_id: int


class Circumstances(NamedTuple):
    """What a tariff may ask of the household that pays, on the day of the fact."""

    resident: bool
    quotient: int | None
    commune: int | None


class Home(NamedTuple):
    """How many live in a household, and who told its quotient if anybody did."""

    size: int
    source: QuotientSource | None


def payers(
    persons_and_days: Sequence[tuple[int, date]], connection: Connection[Any]
) -> dict[tuple[int, date], int]:
    """Return the household that pays for each person each day; who has none is left out."""
    persons = [person for person, _ in persons_and_days]
    days = [day for _, day in persons_and_days]
    found: dict[tuple[int, date], int] = {}
    rows = Pipeline(connection).execute(CUSTODIES, (persons, days)).fetchall()
    for person, day, apart, anchor_on, a, b, main in rows:
        turns = anchor_on and Alternation(anchor_on=anchor_on, household_a=a, household_b=b)
        household = payer(Custody(exception=apart, alternation=turns, main=main), day)
        if household is not None:
            found[person, day] = household
    return found


def circumstances(
    households_and_days: Sequence[tuple[int, date]], connection: Connection[Any]
) -> dict[tuple[int, date], Circumstances]:
    """Return whether each household lives in the territory, its quotient and commune, each day."""
    households = [household for household, _ in households_and_days]
    days = [day for _, day in households_and_days]
    rows = Pipeline(connection).execute(CIRCUMSTANCES, (households, days)).fetchall()
    return {(row[0], row[1]): Circumstances(row[2], row[3], row[4]) for row in rows}


def homes(households: Collection[int], day: date, connection: Connection[Any]) -> dict[int, Home]:
    """Return how many live in each household on a day, and who told the quotient that holds."""
    asked = {"households": list(households), "day": day}
    rows = Cursor(connection).execute(HOMES, asked).fetchall()
    return {
        household: Home(size, QuotientSource(source) if source else None)
        for household, source, size in rows
    }


def children_of(households: Collection[int], day: date, connection: Connection[Any]) -> list[int]:
    """Return the children that any of these households may have with it on a day."""
    asked = {"households": list(households), "day": day}
    return [child for (child,) in Cursor(connection).execute(CHILDREN, asked).fetchall()]


def quotient_stands(
    household_ids: Collection[int], day: date, connection: Connection[Any]
) -> dict[int, Stand]:
    """Return what is held of the quotient of each household on a day, and why."""
    rows = Cursor(connection).execute(HELD, (list(household_ids), day))
    held = {
        household: Held(value=value, valid_from=start, valid_until=end, renew_on=renewal)
        for household, value, start, end, renewal in rows
    }
    return {one: stand([held[one]] if one in held else [], day) for one in household_ids}


def consents_to_ask(
    now: datetime,
    today: date,
    limit: int,
    connection: Connection[Any],
    question: str = QUOTIENTS_TO_ASK,
) -> list[int]:
    """Return the consents by which something is to be asked now, the most urgent first."""
    asked = {
        "soon": today + ASK_AHEAD,
        "asked": now - ASKED_AGAIN_AFTER,
        "answered": now - ANSWERED_AGAIN_AFTER,
        "theirs": OF_THE_FAMILY,
        "ours": OF_OURS,
        "limit": limit,
    }
    return [number for (number,) in Cursor(connection).execute(question, asked)]


def purses(household_ids: Collection[int], connection: Connection[Any]) -> dict[int, Purse]:
    """Return the accounts of each household."""
    rows = Pipeline(connection).execute(PURSES, [list(household_ids)]).fetchall()
    return {household: Purse(*accounts) for household, *accounts in rows}


def organisation_purses(
    organisation_ids: Collection[int], connection: Connection[Any]
) -> dict[int, Purse]:
    """Return the accounts of each organisation."""
    rows = Cursor(connection).execute(ORGANISATION_PURSES, [list(organisation_ids)])
    return {organisation: Purse(*accounts) for organisation, *accounts in rows}


def holders(
    person_ids: Collection[int], sector: Sector, connection: Connection[Any]
) -> dict[int, UUID]:
    """Return the names that those persons have in a sector; who has none is left out."""
    return dict(Cursor(connection).execute(HOLDERS, (sector.value, list(person_ids))).fetchall())


def organisation_holders(
    organisation_ids: Collection[int], sector: Sector, connection: Connection[Any]
) -> dict[int, UUID]:
    """Return the names that those organisations have in a sector."""
    wanted = (sector.value, list(organisation_ids))
    return dict(Cursor(connection).execute(ORGANISATION_HOLDERS, wanted).fetchall())


def members(household_id: int, day: date) -> QuerySet[HouseholdMember]:
    """Return who belongs to a household on a day."""
    rows = HouseholdMember.objects.select_related("person")
    return rows.filter(during(day), household_id=household_id).order_by("id")


def people_named(text: str) -> QuerySet[Person]:
    """Return the persons whose name begins so, accents and capitals aside: the first fifty."""
    begins = sans_accent(text)
    if not begins:
        return Person.objects.none()
    found = Person.objects.filter(sans_accent__startswith=begins)
    return found.order_by("sans_accent", "id")[:FOUND_AT_MOST]
