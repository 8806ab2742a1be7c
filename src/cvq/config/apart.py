"""A database of its own for a run apart, as a replay is: made new, and gone when it is over."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.errors import ObjectInUse

from cvq.config import runtime
from cvq.kernel.unable import Unable

MAINTENANCE = "postgres"


class DatabaseInUse(Unable):
    """Somebody else is connected to the database that would be made again."""


@contextlib.contextmanager
def fresh_database(
    home: Path, name: str, *, keep: bool, apart: Path | None = None
) -> Iterator[runtime.Database]:
    """
    Give a new, migrated database under that name, and drop it at the end unless it is kept.

    `apart` is the folder of the territory that lives in it, when that is not the one of `home`.

    :raises DatabaseInUse: another command is connected to it.
    """
    is_given = runtime.is_given()
    if is_given:  # it must be there before anybody looks whether it answers
        _make(_maintenance_of_given(), name)
    with runtime.open_database(home, name=name, apart=apart) as database:
        maintenance = make_conninfo(database.owner_dsn, dbname=MAINTENANCE)
        if not is_given:
            _make(maintenance, name)
        runtime.migrate(database)
        try:
            yield database
        finally:
            if not keep:
                _leave()
                _drop(maintenance, name)


def _maintenance_of_given() -> str:
    variable = "CVQ_OWNER_URL" if os.environ.get("CVQ_OWNER_URL") else "DATABASE_URL"
    dsn = make_conninfo("", **runtime.address_in(variable) | {"dbname": MAINTENANCE})
    runtime.check(dsn, variable=variable)
    return dsn


def _make(dsn: str, name: str) -> None:
    _drop(dsn, name)
    _execute(dsn, "CREATE DATABASE {}", name)


def _drop(dsn: str, name: str) -> None:
    # Without FORCE: the server itself sends its own vacuum away, and we end nobody else's run.
    try:
        _execute(dsn, "DROP DATABASE IF EXISTS {}", name)
    except ObjectInUse as error:
        raise DatabaseInUse(
            f"La base {name} sert à une autre commande : attendez qu'elle finisse, ou arrêtez-la."
        ) from error


def _execute(dsn: str, statement: str, name: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _leave() -> None:
    from django.db import connections

    connections.close_all()
