"""What is under Django: the psycopg connection, and numbers drawn before their row is written."""

from typing import Any

from django.db import connection
from django.db.models import Model
from psycopg import Connection, Cursor

DRAWN = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"


def underneath() -> Connection[Any]:
    """Return the connection under Django's; what is written there is in Django's transaction."""
    connection.ensure_connection()
    raw = connection.connection
    assert isinstance(raw, Connection)
    return raw


def numbers(model: type[Model], count: int) -> list[int]:
    """Draw the ids of rows to come: an account carries the number of whoever it belongs to."""
    rows = Cursor(underneath()).execute(DRAWN, (model._meta.db_table, count))
    return [number for (number,) in rows]
