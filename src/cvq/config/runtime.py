"""
Bring up what a command needs: the database of this territory, and Django told of it.

Must run before anything reads the settings; one process opens one territory.
"""

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from cvq.config import home as homes
from cvq.kernel.unable import Unable
from cvq.plumbing import roles
from cvq.plumbing.postgres import FolderOutOfReach, Server

POSTGRES_MIN = 15
CONNECT_SECONDS_MAX = 5
SYSTEM_FOLDER = Path("/var/lib/cvq")
SECRETS = ("django", "seal")
PASSWORDS = ("password", "sslpassword", "oauth_client_secret")
GIVEN = ("DATABASE_URL", "PGHOST")
USUAL = "cvq"


class DatabaseDoesNotAnswer(Unable):
    """The server that we were given refuses us, or is not there."""


class NothingFounded(Unable):
    """The database has no tables of ours: no territory was ever founded in this folder."""


class AddressUnreadable(Unable):
    """What the environment says of the database is no address of one."""


class PostgresTooOld(Unable):
    """The server that we were given is older than what we are tested on."""


@dataclass(frozen=True, kw_only=True)
class Database:
    """A database that is up: how its owner and the processes connect, and who runs it."""

    owner_dsn: str
    app_dsn: str
    server: Server | None  # none when the server is somebody else's


@contextlib.contextmanager
def open_database(
    home: Path, *, name: str | None = None, apart: Path | None = None
) -> Iterator[Database]:
    """
    Give the database of a territory, and set Django up on it as the processes see it.

    The server is the one that DATABASE_URL or PGHOST names, else the embedded one under ``home``,
    started here or joined.  A name other than the usual one is for a run apart, as a replay is;
    `apart` is then the folder of its territory, secrets and keys.

    :raises AddressUnreadable: the environment names no server that could be.
    :raises DatabaseDoesNotAnswer: the server that was given does not let us in.
    :raises PostgresTooOld: it is older than 15.
    """
    folder = apart or home
    for name_of_secret in SECRETS:
        homes.secret(folder, name_of_secret)
    os.environ["CVQ_HOME"] = str(folder)
    if is_given():
        yield _opened(_given(name))
        return
    with _started(home) as server:
        name = name or USUAL
        roles.prepare_roles(server.dsn("template1"))
        roles.create_database(server.dsn(), name)
        with _known(server, name) as database:
            yield database


@contextlib.contextmanager
def look_at_database(home: Path) -> Iterator[Database]:
    """
    Give the database of a territory where there is one, and make nothing: no folder, no secret.

    The embedded server runs meanwhile.

    :raises NothingFounded: there is no database.
    """
    os.environ["CVQ_HOME"] = str(home)
    if is_given():
        yield _opened(_given(None))
        return
    found = [folder for folder in _folders(home) if (folder / "data").exists()]
    if not found:
        raise NothingFounded(_nothing(home))
    with Server(found[0]) as server:
        with psycopg.connect(server.dsn()) as connection:
            known = "SELECT FROM pg_database WHERE datname = %s"
            if connection.execute(known, [USUAL]).fetchone() is None:
                raise NothingFounded(_nothing(home))
        with _known(server, USUAL) as database:
            yield database


def is_given() -> bool:
    """Tell whether the environment names a server, which is then not ours to run."""
    return any(os.environ.get(variable) for variable in GIVEN)


def without_password(dsn: str) -> str:
    """Return how to connect as it may be shown: who reads it has the password elsewhere."""
    shown = {name: told for name, told in conninfo_to_dict(dsn).items() if name not in PASSWORDS}
    return make_conninfo("", **shown)


def migrate(database: Database) -> None:
    """Bring the tables to what this program expects, as their owner."""
    from django.core.management import call_command
    from django.db import connections

    if database.server is None:
        check(database.owner_dsn, variable="CVQ_OWNER_URL")
    default = connections["default"].settings_dict
    before = dict(default)
    owner = conninfo_to_dict(database.owner_dsn)
    connections.close_all()
    default.update(USER=owner.get("user", ""), PASSWORD=owner.get("password", ""))
    try:
        call_command("migrate", verbosity=0, interactive=False)
    finally:
        connections.close_all()
        default.update(before)


def _folders(home: Path) -> tuple[Path, Path]:
    """Return where the embedded server of a territory may be: the usual place, then the other."""
    # Root cloned us under /root, where the server's user may not go: the data go where those
    # of a service go, always the same place for the same territory.
    apart = SYSTEM_FOLDER / hashlib.sha256(os.fsencode(home)).hexdigest()[:8]
    return home / "pg", apart / "pg"


@contextlib.contextmanager
def _started(home: Path) -> Iterator[Server]:
    usual, apart = _folders(home)
    try:
        server = Server(usual).start()
    except FolderOutOfReach:
        if os.geteuid() != 0:
            raise
        print(f"Les données de PostgreSQL sont dans {apart.parent}.", file=sys.stderr)
        server = Server(apart).start()
    with contextlib.ExitStack() as stack:
        stack.callback(server.stop)
        yield server


@contextlib.contextmanager
def _known(server: Server, name: str) -> Iterator[Database]:
    """Tell Django of a database of the embedded server, for as long as it is open."""
    database = Database(
        owner_dsn=server.dsn(name, user=roles.OWNER),
        app_dsn=server.dsn(name, user=roles.APP),
        server=server,
    )
    _tell_django(database.app_dsn)
    try:
        yield database
    finally:
        _hang_up()


def _opened(database: Database) -> Database:
    check(database.app_dsn)
    _tell_django(database.app_dsn)
    return database


def _given(name: str | None) -> Database:
    usual = {
        "dbname": os.environ.get("PGDATABASE", USUAL),
        "user": os.environ.get("PGUSER", roles.APP),
    }
    app = make_conninfo("", **usual | address_in("DATABASE_URL"))
    owner = make_conninfo("", **address_in("CVQ_OWNER_URL")) or app
    if name is not None:
        app, owner = make_conninfo(app, dbname=name), make_conninfo(owner, dbname=name)
    return Database(owner_dsn=owner, app_dsn=app, server=None)


def address_in(variable: str) -> dict[str, Any]:
    """
    Return how to connect as a variable of the environment tells it, nothing if it is not set.

    :raises AddressUnreadable: it is no address; what it holds is not repeated, a password may be.
    """
    try:
        return conninfo_to_dict(os.environ.get(variable, ""))
    except psycopg.ProgrammingError as error:
        raise AddressUnreadable(
            f"{variable} ne se lit pas : écrivez postgresql://utilisateur:mot-de-passe@hôte/base."
        ) from error


def check(dsn: str, *, variable: str = "DATABASE_URL") -> None:
    """
    See that the server that we were given lets us in, and is recent enough.

    :raises DatabaseDoesNotAnswer: it does not.
    :raises PostgresTooOld: it is older than 15.
    """
    try:
        with psycopg.connect(dsn, connect_timeout=CONNECT_SECONDS_MAX) as connection:
            version = connection.info.server_version // 10000
    except psycopg.OperationalError as error:
        raise DatabaseDoesNotAnswer(_refusal(dsn, str(error), variable)) from error
    if version < POSTGRES_MIN:
        raise PostgresTooOld(
            f"La base est un PostgreSQL {version} : il faut la version {POSTGRES_MIN} ou plus."
        )


def _refusal(dsn: str, said: str, variable: str) -> str:
    """Return in words why a server does not let us in: libpq's are English."""
    told = conninfo_to_dict(dsn)
    host = told.get("host") or os.environ.get("PGHOST", "")
    port = told.get("port") or os.environ.get("PGPORT", "5432")
    named = variable if os.environ.get(variable) else "DATABASE_URL, ou PGHOST et les autres"
    if "FATAL" in said:
        return (
            f"La base {told.get('dbname')} de {host}, port {port}, refuse {told.get('user')} : "
            f"vérifiez l'utilisateur, le mot de passe et le nom de la base dans {named}."
        )
    return (
        f"La base ne répond pas sur {host}, port {port} : vérifiez que ce serveur tourne, et "
        f"l'adresse dans {named}."
    )


def _tell_django(dsn: str) -> None:
    os.environ["DATABASE_URL"] = dsn
    os.environ["DJANGO_SETTINGS_MODULE"] = "cvq.config.settings"
    django.setup()


def _hang_up() -> None:
    from django.db import connections

    os.environ.pop("DATABASE_URL", None)
    connections.close_all()


def require_founded(database: Database) -> None:
    """
    Make sure that there is a territory to work on.

    :raises NothingFounded: nobody ran ``cvq init`` here.
    """
    with psycopg.connect(database.app_dsn) as connection:
        row = connection.execute("SELECT to_regclass('ledger_entry')").fetchone()
    if row is None or row[0] is None:
        raise NothingFounded(
            "Aucun territoire n'est fondé ici : lancez « cvq init --epci SIREN », ou donnez son "
            "dossier dans CVQ_HOME."
        )


def _nothing(home: Path) -> str:
    return f"Il n'y a pas de base dans {home} : « cvq init --epci SIREN » la fait."
