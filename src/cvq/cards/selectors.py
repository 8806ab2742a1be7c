"""
Whose a medium is and what state it is in, at an instant.

What a tap needs takes a psycopg connection and is one statement for the whole batch.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet
from psycopg import Connection, Cursor

from cvq.cards.models import Medium, MediumState
from cvq.rules import vocabulary
from cvq.rules.vocabulary import MediumKind, Sector

LATEST = """
  JOIN cards_medium AS medium ON medium.id = ref.medium_id
  LEFT JOIN LATERAL (
       SELECT state FROM cards_mediumstate
        WHERE medium_id = medium.id AND at <= {at}
        ORDER BY at DESC, id DESC LIMIT 1) AS latest ON true
  LEFT JOIN cards_holding AS holding
         ON holding.medium_id = medium.id AND holding.held_from <= {at}
        AND (holding.held_until IS NULL OR {at} < holding.held_until)
"""
WHAT = "medium.id, medium.kind, latest.state, holding.person_id, holding.organisation_id"
PRESENTED = f"""
SELECT wanted.position, {WHAT}
  FROM unnest(%s::text[], %s::bytea[], %s::timestamptz[])
       WITH ORDINALITY AS wanted(sector, ref, at, position)
  JOIN cards_sectorref AS ref ON ref.sector = wanted.sector AND ref.ref = wanted.ref
{LATEST.format(at="wanted.at")}
"""
IN_A_SECTOR = f"""
SELECT ref.ref, {WHAT}
  FROM cards_sectorref AS ref
{LATEST.format(at="%(at)s")}
 WHERE ref.sector = %(sector)s ORDER BY ref.ref
"""


class Presented(NamedTuple):
    """A medium at an instant; without a state it was not issued yet, without holder it has none."""

    medium_id: int
    kind: MediumKind
    state: vocabulary.MediumState | None
    person_id: int | None
    organisation_id: int | None


def presented(
    refs: Sequence[tuple[Sector, bytes, datetime]], connection: Connection[Any]
) -> list[Presented | None]:
    """Return what each reference was at its instant, None being a medium that we do not know."""
    wanted = (
        [sector.value for sector, _ref, _at in refs],
        [ref for _sector, ref, _at in refs],
        [at for _sector, _ref, at in refs],
    )
    found: list[Presented | None] = [None] * len(refs)
    for position, *what in Cursor(connection).execute(PRESENTED, wanted):
        found[position - 1] = _presented(what)
    return found


def in_a_sector(
    sector: Sector, at: datetime, connection: Connection[Any]
) -> Iterator[tuple[bytes, Presented]]:
    """Yield every reference of a sector and what it is at an instant, for the boxes to keep."""
    rows = Cursor(connection).execute(IN_A_SECTOR, {"sector": sector.value, "at": at})
    for ref, *what in rows:
        yield ref, _presented(what)


def state_at(medium: Medium, at: datetime) -> vocabulary.MediumState | None:
    """Return the state of a medium at an instant, None if it was not issued yet."""
    row = MediumState.objects.filter(medium=medium, at__lte=at).order_by("-at", "-id").first()
    return None if row is None else vocabulary.MediumState(row.state)


def media_of(person_id: int) -> QuerySet[Medium]:
    """Return every medium that a person holds or held."""
    return Medium.objects.filter(holdings__person=person_id).distinct().order_by("number")


def _presented(what: Sequence[Any]) -> Presented:
    medium, kind, state, person, organisation = what
    known = None if state is None else vocabulary.MediumState(state)
    return Presented(medium, MediumKind(kind), known, person, organisation)
