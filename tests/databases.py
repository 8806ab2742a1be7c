"""Databases that a test makes, copies and drops."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from cvq.plumbing.roles import APP, OWNER


@dataclass(frozen=True, kw_only=True)
class Database:
    """A database of one test's own, in which it may commit."""

    name: str

    @property
    def owner_dsn(self) -> str:
        """Return how the owner of the tables connects."""
        return make_conninfo(dbname=self.name, user=OWNER)

    @property
    def app_dsn(self) -> str:
        """Return how the processes connect: they may not change facts."""
        return make_conninfo(dbname=self.name, user=APP)

    def connect(self, role: str = APP, *, autocommit: bool = False) -> psycopg.Connection[Any]:
        """Return a new connection of the owner or of the processes."""
        return psycopg.connect(make_conninfo(dbname=self.name, user=role), autocommit=autocommit)


@contextlib.contextmanager
def as_default(name: str, user: str) -> Iterator[None]:
    """Make Django use a database as somebody, then leave it with no connection open."""
    from django.db import connections

    default = connections["default"].settings_dict
    before = {key: default[key] for key in ("NAME", "USER")}
    connections.close_all()
    default.update(NAME=name, USER=user)
    try:
        yield
    finally:
        connections.close_all()
        default.update(before)


def exists(name: str) -> bool:
    """Tell whether there is a database of that name."""
    with psycopg.connect(make_conninfo(dbname="postgres", user=OWNER)) as connection:
        known = connection.execute("SELECT FROM pg_database WHERE datname = %s", [name])
        return known.fetchone() is not None


def clone(source: str, target: str) -> None:
    """Copy a database that nobody is connected to."""
    drop(target)
    execute("CREATE DATABASE {} TEMPLATE {}", target, source)


def drop(name: str) -> None:
    """Drop a database, whoever is still connected to it."""
    superuser = os.environ["CVQ_TEST_SUPERUSER"]
    execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name, user=superuser)


def execute(statement: str, *names: str, user: str = OWNER) -> None:
    """Run a statement about databases, whose names stand in it as {}."""
    composed = sql.SQL(statement).format(*map(sql.Identifier, names))
    with psycopg.connect(
        make_conninfo(dbname="postgres", user=user), autocommit=True
    ) as connection:
        connection.execute(composed)
