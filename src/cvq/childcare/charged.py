"""Which part of a child's day a charge was for, told to whoever rates that day again."""

from datetime import date
from typing import Any

from psycopg import Connection, Cursor

from cvq.rules.sessions import EVENING, MORNING

SESSIONS = """
SELECT entry, session FROM childcare_sessioncharge
WHERE day = %s AND session = ANY(%s::text[]) AND entry IS NOT NULL
"""


def parts_of_day(connection: Connection[Any], day: date) -> dict[int, dict[str, Any]]:
    """Return, for each charge of a morning or an evening of that day, which of the two it was."""
    rows = Cursor(connection).execute(SESSIONS, (day, [MORNING, EVENING])).fetchall()
    return {
        entry: {"morning": session == MORNING, "evening": session == EVENING}
        for entry, session in rows
    }
