"""Name people in a sector: 128 bits drawn at random the first time, the same ever after."""

import secrets
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any, Literal
from uuid import UUID

from django.db import transaction
from psycopg import Cursor, sql

from cvq.people.models import Person
from cvq.plumbing.connections import underneath
from cvq.rules.vocabulary import Sector

HOLDER_BYTES = 16

KNOWN = sql.SQL("""
SELECT {0}, sector, holder FROM people_sectoridentifier
 WHERE {0} = ANY(%s::bigint[]) AND sector = ANY(%s::text[])
""")
NAME = sql.SQL("""
INSERT INTO people_sectoridentifier ({0}, sector, holder)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::uuid[]) ON CONFLICT DO NOTHING
RETURNING {0}, sector, holder
""")

Names = dict[tuple[int, Sector], UUID]


def holders_of(person_ids: Sequence[int], sectors: Sequence[Sector]) -> Names:
    """Return the names of persons in sectors, drawing at random those that are missing."""
    return _holders("person_id", person_ids, sectors)


def organisation_holders_of(organisation_ids: Sequence[int], sectors: Sequence[Sector]) -> Names:
    """Return the names of organisations in sectors, drawing at random those that are missing."""
    return _holders("organisation_id", organisation_ids, sectors)


def holder_of(*, person: Person, sector: Sector) -> UUID:
    """Return the name of a person in a sector, drawing it at random the first time."""
    return holders_of([person.pk], [sector])[person.pk, sector]


@transaction.atomic
def _holders(
    column: Literal["person_id", "organisation_id"],
    owners: Sequence[int],
    sectors: Sequence[Sector],
) -> Names:
    cursor = Cursor(underneath())
    wanted, names = sorted(set(owners)), [sector.value for sector in sectors]
    known = _known(cursor, column, wanted, names)
    missing = [pair for pair in product(wanted, sectors) if pair not in known]
    if not missing:
        return known
    drawn = [UUID(bytes=secrets.token_bytes(HOLDER_BYTES)) for _pair in missing]
    unnamed = [owner for owner, _sector in missing], [sector.value for _owner, sector in missing]
    rows = cursor.execute(NAME.format(sql.Identifier(column)), (*unnamed, drawn))
    known |= _names(rows)
    if any(pair not in known for pair in missing):
        # Whoever named one of them at the same moment was first: read what stands.
        known = _known(cursor, column, wanted, names)
    return known


def _known(cursor: Cursor[Any], column: str, owners: list[int], sectors: list[str]) -> Names:
    return _names(cursor.execute(KNOWN.format(sql.Identifier(column)), (owners, sectors)))


def _names(rows: Iterable[tuple[int, str, UUID]]) -> Names:
    return {(owner, Sector(sector)): holder for owner, sector, holder in rows}
