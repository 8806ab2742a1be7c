"""The two roles of the database: one makes the tables, the other lives in them."""

import psycopg
from psycopg import sql

OWNER = "cvq_owner"
APP = "cvq_app"


def prepare_roles(dsn: str, *, password: str | None = None) -> None:
    """
    Make both roles, and let the second use what the first will create in that database.

    Needs a superuser and may be run again.  Run on ``template1`` it holds for all databases
    created later.  Tables of facts take back their part in their own migration.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        # Two commands may start together; the lock goes with the connection.
        connection.execute("SELECT pg_advisory_lock(hashtext('cvq.roles'))")
        for role, power in ((OWNER, "LOGIN CREATEDB"), (APP, "LOGIN")):
            _make(connection, role, power, password)
        owner, app = sql.Identifier(OWNER), sql.Identifier(APP)
        for what in (
            "SELECT, INSERT, UPDATE, DELETE ON TABLES",
            "USAGE, SELECT ON SEQUENCES",
        ):
            connection.execute(
                sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} GRANT {} TO {}").format(
                    owner, sql.SQL(what), app
                )
            )


def create_database(dsn: str, name: str) -> None:
    """Create a database that belongs to the owner, unless it is there."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        known = "SELECT FROM pg_database WHERE datname = %s"
        if connection.execute(known, [name]).fetchone() is None:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(name), sql.Identifier(OWNER)
                )
            )


def _make(
    connection: psycopg.Connection[tuple[object, ...]],
    role: str,
    power: str,
    password: str | None,
) -> None:
    known = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    verb = sql.SQL("CREATE ROLE {} {}" if known is None else "ALTER ROLE {} {}")
    statement = verb.format(sql.Identifier(role), sql.SQL(power))
    if password:
        statement += sql.SQL(" PASSWORD {}").format(sql.Literal(password))
    connection.execute(statement)
