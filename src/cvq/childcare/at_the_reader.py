"""The points of childcare on the spine: who is enrolled, who was seen today.  Never a price."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import Connection, Cursor

from cvq.billing.packing import Packing
from cvq.billing.presented import Presented, Stood
from cvq.childcare.models import Source
from cvq.kernel.local import at_ms, instant
from cvq.plumbing.pipeline import Answered, Speaks
from cvq.rules import attendance
from cvq.rules.attendance import ChildSituation
from cvq.rules.tap import Decision
from cvq.rules.vocabulary import Direction

Key = tuple[UUID, int, date]  # holder, service, local day

ENROLLED = """
SELECT w.holder, w.service, w.day FROM unnest(%s::uuid[], %s::bigint[], %s::date[])
    AS w(holder, service, day)
WHERE EXISTS (SELECT FROM childcare_enrolment AS e
    WHERE e.holder = w.holder AND e.service_id = w.service AND e.valid_from <= w.day
    AND (e.valid_until IS NULL OR w.day < e.valid_until))
"""
SEEN = """
SELECT a.holder, a.service_id, a.day, a.at, a.direction
FROM unnest(%s::uuid[], %s::bigint[], %s::date[]) AS w(holder, service, day)
JOIN childcare_attendance AS a
    ON a.holder = w.holder AND a.day = w.day AND a.service_id = w.service
"""
INSERT = """
INSERT INTO childcare_attendance (holder, service_id, day, at, direction, source, device, seq)
SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::date[], %s::timestamptz[], %s::text[],
    %s::text[], %s::int[], %s::bigint[])
"""


class Children(Struct):
    """What this batch knows of children, moved on as each tap is decided."""

    enrolled: set[Key]
    seen: dict[Key, list[tuple[int, Direction]]]


def gather(pipeline: Speaks, taps: Sequence[Presented]) -> Callable[[], Children]:
    """Ask who is enrolled and who was seen; the answer is read later."""
    wanted = sorted({_key(tap) for tap in taps if tap.holder is not None})
    columns = [list(column) for column in zip(*wanted, strict=True)] if wanted else [[], [], []]
    enrolled = pipeline.execute(ENROLLED, columns)
    seen = pipeline.execute(SEEN, columns)
    return lambda: _read(enrolled, seen)


def _read(enrolled: Answered, seen: Answered) -> Children:
    rows: dict[Key, list[tuple[int, Direction]]] = {}
    known = {(row[0], row[1], row[2]) for row in enrolled.fetchall()}
    for holder, service, day, at, direction in seen.fetchall():
        rows.setdefault((holder, service, day), []).append((at_ms(at), Direction(direction)))
    return Children(known, rows)


def _key(tap: Presented) -> Key:
    assert tap.holder is not None
    return (tap.holder, tap.point.service, tap.day)


def situation(tap: Presented, children: Children) -> ChildSituation:
    """Return what the point knows at this tap."""
    if tap.holder is None:
        return ChildSituation(medium=tap.medium, kind=tap.kind, held=False, open=tap.is_open)
    before = sorted(one for one in children.seen.get(_key(tap), ()) if one[0] <= tap.event.at)
    same_way = [at for at, direction in before if direction is tap.event.dir]
    return ChildSituation(
        medium=tap.medium,
        kind=tap.kind,
        open=tap.is_open,
        last_at=max(same_way, default=None),
        enrolled=_key(tap) in children.enrolled,
        present=bool(before) and before[-1][1] is Direction.IN,
    )


def decide(tap: Presented, children: Children) -> Decision:
    """Return our answer to a child: granted, or noted."""
    return attendance.decide(tap.tap, situation(tap, children))


def enter(stood: Stood, children: Children) -> None:
    """Move on what is known of this child; it was seen once, whatever the door did in the end."""
    if stood.tap.holder is not None and not stood.tap.amends:
        told = (stood.tap.event.at, stood.tap.event.dir)
        children.seen.setdefault(_key(stood.tap), []).append(told)


def apply(cursor: Speaks, fresh: Sequence[Stood]) -> None:
    """Insert the attendance of each child that was seen; a medium without a child has none."""
    rows = [
        (
            stood.tap.holder,
            stood.tap.point.service,
            stood.tap.day,
            instant(stood.tap.event.at),
            stood.tap.event.dir,
            Source.TAP,
            stood.tap.event.dev,
            stood.tap.event.seq,
        )
        for stood in fresh
        if stood.tap.holder is not None and not stood.tap.amends
    ]
    if rows:
        cursor.execute(INSERT, [list(column) for column in zip(*rows, strict=True)])


ENROLMENTS = """
SELECT holder, array_agg(DISTINCT service_id ORDER BY service_id) FROM childcare_enrolment
WHERE service_id = ANY(%s) AND valid_from < %s AND (valid_until IS NULL OR %s < valid_until)
GROUP BY holder
"""


def pack(connection: Connection[Any], packing: Packing) -> None:
    """List the children enrolled at these points, and where.  Never an amount."""
    asked = (packing.services(), packing.until, packing.day)
    enrolled = dict(Cursor(connection).execute(ENROLMENTS, asked).fetchall())
    for one in packing.carried:
        if services := enrolled.get(one.holder):
            one.listed = True
            one.enrolled = tuple(services)
