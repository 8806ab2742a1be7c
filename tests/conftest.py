"""
One PostgreSQL per run of pytest, and a database per test that must commit.

``CVQ_TEST_PG=15`` takes Debian's server of that version instead of the embedded one; ``PGHOST`` or
``DATABASE_URL``, with a superuser, take a server that already runs.
"""

import contextlib
import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from cvq.plumbing.postgres import CARELESS, Server
from cvq.plumbing.roles import APP, OWNER, prepare_roles

ENVIRONMENT = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
}
STARTED = pytest.StashKey[tuple[Server | None, Path]]()


@pytest.hookimpl(tryfirst=True)  # pytest-django reads the settings after us
def pytest_configure(config: pytest.Config) -> None:
    """Start the server that the workers of xdist inherit, then name the settings."""
    if not hasattr(config, "workerinput"):
        memory = Path("/dev/shm")
        room = memory if os.access(memory, os.W_OK) else None
        folder = Path(tempfile.mkdtemp(prefix="cvq-tests-", dir=room))
        folder.chmod(0o711)  # when we are root, the server is somebody else
        server = None if _given() else _started(folder)
        config.stash[STARTED] = (server, folder)
        password = os.environ.get("PGPASSWORD")
        # Who may end a session of another role: databases are dropped while some still leave.
        os.environ["CVQ_TEST_SUPERUSER"] = os.environ.get("PGUSER", "postgres")
        prepare_roles(make_conninfo(dbname="template1"), password=password)
        # No command of a test may ever write in the territory of this machine.
        os.environ.update(CVQ_HOME=str(folder / "home"), PGUSER=OWNER)
        # Agents of the stories have no telephone; those whose story is about it ask for one.
        os.environ["CVQ_AGENTS_SECOND_FACTOR"] = "optional"
        os.environ["CVQ_SIMULATED"] = "1"  # cards are told to kiosks
        os.environ.update(CVQ_TEST_FOLDER=str(folder), PGDATABASE=f"cvq_test_{os.getpid()}")
    os.environ["DJANGO_SETTINGS_MODULE"] = "cvq.config.settings"
    from django.conf import settings

    settings.AGENTS_SECOND_FACTOR = "optional"  # pytest-django may have read them before us
    settings.SIMULATED_READERS = True


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server that this run started and leave no file."""
    server, folder = config.stash.get(STARTED, (None, None))
    if folder is None:
        return
    if server is None:
        _drop(os.environ["PGDATABASE"])
    else:
        server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Make a failure of what is skipped when nothing may be left out."""
    outcome: Any = yield
    report = outcome.get_result()
    if (
        os.environ.get("CVQ_REQUIRE_ALL") == "1"
        and report.skipped
        and not hasattr(report, "wasxfail")
    ):
        report.outcome = "failed"


def _given() -> bool:
    url = os.environ.pop("DATABASE_URL", "")
    for key, value in conninfo_to_dict(url).items():
        if key in ENVIRONMENT:
            os.environ[ENVIRONMENT[key]] = str(value)
    return "PGHOST" in os.environ


def _started(folder: Path) -> Server:
    version = os.environ.get("CVQ_TEST_PG")
    bindir = Path(f"/usr/lib/postgresql/{version}/bin") if version else None
    server = Server(folder / "pg", bindir=bindir, settings=CARELESS).start()
    os.environ.update(PGHOST=str(server.sockets), PGPORT=str(server.port), PGUSER="postgres")
    return server


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


@pytest.fixture(scope="session")
def template(django_test_environment: None, django_db_blocker: Any) -> str:
    """Return a migrated database, made once for all workers, that nobody connects to."""
    from django.core.management import call_command

    name = os.environ["PGDATABASE"]
    fresh = f"{name}_new"
    lock = Path(os.environ["CVQ_TEST_FOLDER"]) / "template.lock"
    with lock.open("wb") as handle, django_db_blocker.unblock():
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not _exists(name):
            _clone("template1", fresh)
            with _default(fresh, OWNER):
                call_command("migrate", verbosity=0)
            _execute("ALTER DATABASE {} RENAME TO {}", fresh, name)
    return name


@pytest.fixture(scope="session")
def django_db_setup(template: str, django_db_blocker: Any) -> Iterator[None]:
    """Give the tests of this worker that roll back their own copy of the template."""
    name = f"{template}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    _clone(template, name)
    with django_db_blocker.unblock(), _default(name, OWNER):
        yield
    _drop(name)


@pytest.fixture
def database(template: str, django_db_blocker: Any, numbers: Iterator[int]) -> Iterator[Database]:
    """Give a database that is the test's own, and make Django use it as the processes do."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    own = Database(name=f"{template}_{worker}_{next(numbers)}")
    _clone(template, own.name)
    with django_db_blocker.unblock(), _default(own.name, APP):
        yield own
    _drop(own.name)


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    """Number the databases of this process."""
    return itertools.count(1)


@contextlib.contextmanager
def _default(name: str, user: str) -> Iterator[None]:
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


def _exists(name: str) -> bool:
    with psycopg.connect(make_conninfo(dbname="postgres", user=OWNER)) as connection:
        known = connection.execute("SELECT FROM pg_database WHERE datname = %s", [name])
        return known.fetchone() is not None


def _clone(source: str, target: str) -> None:
    _drop(target)
    _execute("CREATE DATABASE {} TEMPLATE {}", target, source)


def _drop(name: str) -> None:
    superuser = os.environ["CVQ_TEST_SUPERUSER"]
    _execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name, user=superuser)


def _execute(statement: str, *names: str, user: str = OWNER) -> None:
    composed = sql.SQL(statement).format(*map(sql.Identifier, names))
    with psycopg.connect(
        make_conninfo(dbname="postgres", user=user), autocommit=True
    ) as connection:
        connection.execute(composed)
