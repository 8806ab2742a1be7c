"""What was seen of the children of a day: the taps and roll-calls that its sessions come from."""

from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg import Connection, Cursor

from cvq.childcare.shares import Taken
from cvq.kernel.local import at_ms, local
from cvq.rules.vocabulary import Direction

SEEN = """
SELECT holder, service_id, at, direction FROM childcare_attendance WHERE day = %s::date
ORDER BY at, device, seq, id
"""


def seen_on(connection: Connection[Any], day: date, zone: ZoneInfo) -> dict[UUID, Taken]:
    """Return what was seen of each child of a day, by service, in the order that they came."""
    taken: dict[UUID, Taken] = {}
    rows = Cursor(connection).execute(SEEN, (day,), binary=True)
    for holder, service, seen_at, direction in rows:
        minute = local(at_ms(seen_at), zone).minute
        taken.setdefault(holder, {}).setdefault(service, []).append((minute, Direction(direction)))
    return taken
