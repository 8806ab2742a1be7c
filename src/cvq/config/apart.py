"""A database of its own for a run apart, as a replay is: made new, and gone when it is over."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from cvq.config import runtime

MAINTENANCE = "postgres"


@contextlib.contextmanager
def fresh_database(home: Path, name: str, *, keep: bool) -> Iterator[runtime.Database]:
    """Give a new, migrated database under that name, and drop it at the end unless it is kept."""
    is_given = any(os.environ.get(variable) for variable in runtime.GIVEN)
    if is_given:  # it must be there before anybody looks whether it answers
        _make(_maintenance_of_given(), name)
    with runtime.open_database(home, name=name) as database:
        maintenance = make_conninfo(database.owner_dsn, dbname=MAINTENANCE)
        if not is_given:
            _make(maintenance, name)
        runtime.migrate(database)
        try:
            yield database
        finally:
            if not keep:
                _leave()
                _execute(maintenance, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _maintenance_of_given() -> str:
    told = os.environ.get("CVQ_OWNER_URL") or os.environ.get("DATABASE_URL", "")
    return make_conninfo(told, dbname=MAINTENANCE)


def _make(dsn: str, name: str) -> None:
    _execute(dsn, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    _execute(dsn, "CREATE DATABASE {}", name)


def _execute(dsn: str, statement: str, name: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _leave() -> None:
    from django.db import connections

    connections.close_all()
