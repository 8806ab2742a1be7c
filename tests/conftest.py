"""
One PostgreSQL per run of pytest, and a database per test that must commit.

``CVQ_TEST_PG=15`` takes Debian's server of that version instead of the embedded one; ``PGHOST`` or
``DATABASE_URL``, with a superuser, take a server that already runs.
"""

import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from cvq.plumbing.postgres import CARELESS, Server
from cvq.plumbing.roles import APP, OWNER, prepare_roles
from databases import Database, as_default, clone, drop, execute, exists

ENVIRONMENT = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
}
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
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
    # Keeping a password takes a third of a second, and the pages know hundreds of users.
    settings.PASSWORD_HASHERS = ["quick_passwords.Quick"]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server that this run started and leave no file."""
    server, folder = config.stash.get(STARTED, (None, None))
    if folder is None:
        return
    if server is None:
        drop(os.environ["PGDATABASE"])
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


@pytest.fixture(scope="session")
def template(django_test_environment: None, django_db_blocker: Any) -> str:
    """Return a migrated database, made once for all workers, that nobody connects to."""
    from django.core.management import call_command

    name = os.environ["PGDATABASE"]
    fresh = f"{name}_new"
    lock = Path(os.environ["CVQ_TEST_FOLDER"]) / "template.lock"
    with lock.open("wb") as handle, django_db_blocker.unblock():
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not exists(name):
            clone("template1", fresh)
            with as_default(fresh, OWNER):
                call_command("migrate", verbosity=0)
            execute("ALTER DATABASE {} RENAME TO {}", fresh, name)
    return name


@pytest.fixture(scope="session")
def django_db_setup(template: str, django_db_blocker: Any) -> Iterator[None]:
    """Give the tests of this worker that roll back their own copy of the template."""
    name = f"{template}_{WORKER}"
    clone(template, name)
    with django_db_blocker.unblock(), as_default(name, OWNER):
        yield
    drop(name)


@pytest.fixture(scope="session")
def origin(template: str) -> str:
    """Return what ``database`` is a copy of; the screens put a town in it first."""
    return template


@pytest.fixture
def database(origin: str, django_db_blocker: Any, numbers: Iterator[int]) -> Iterator[Database]:
    """Give a database that is the test's own, and make Django use it as the processes do."""
    own = Database(name=f"{origin}_{next(numbers)}_{WORKER}")
    clone(origin, own.name)
    with django_db_blocker.unblock(), as_default(own.name, APP):
        yield own
    drop(own.name)


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    """Number the databases of this process."""
    return itertools.count(1)


@pytest.fixture(autouse=True)
def _in_the_language_of_always() -> Iterator[None]:
    # A page asked in English leaves its thread in English, whichever test comes next.
    yield
    translation.deactivate()
