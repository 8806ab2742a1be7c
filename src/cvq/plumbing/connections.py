"""The psycopg connection that Django is using, for what is written as plain SQL."""

from typing import Any

from django.db import connection
from psycopg import Connection


def underneath() -> Connection[Any]:
    """Return the connection under Django's; what is written there is in Django's transaction."""
    connection.ensure_connection()
    raw = connection.connection
    assert isinstance(raw, Connection)
    return raw
