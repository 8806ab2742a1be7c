"""What a replay lives in: a database apart, its folder, and a gateway when messages travel."""

import os
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cvq.config import home, runtime
from cvq.kernel.unable import Unable

if TYPE_CHECKING:
    from cvq.twin.recorded import Recorded
    from cvq.twin.replay import Hall, Jobs, Life

DATABASE = "cvq_replay"
FOLDER = "replay"
HOST = "127.0.0.1"
# Nights before which the server looks at its tables anew.
FIRST_ANALYSED, ANALYSED_EVERY = (1, 3, 8, 30), 90
# The tables that no table under a journal refers to: a journal may not rest on what has none.
JOURNALED = """
SELECT relname FROM pg_class AS t WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    AND relpersistence = 'p' AND NOT EXISTS (
        SELECT FROM pg_constraint AS c JOIN pg_class AS r ON r.oid = c.conrelid
        WHERE c.confrelid = t.oid AND r.oid <> t.oid AND r.relpersistence = 'p')
"""
FILLED = """
SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    AND relname <> 'ledger_account'
"""
GATEWAY_SECONDS_MAX = 30
STEP_SECONDS = 0.2


class GatewaySilent(Unable):
    """The gateway does not answer in time."""


@contextmanager
def territory(host: Path, *, keep: bool) -> Iterator[runtime.Database]:
    """
    Give a new database, of which PostgreSQL keeps no journal: what is lost is lived again.

    Tables that are only ever filled are not swept meanwhile.
    """
    import psycopg
    from psycopg.sql import SQL, Identifier

    from cvq.config.apart import fresh_database

    with fresh_database(host, DATABASE, keep=keep, apart=_described(host)) as database:
        with psycopg.connect(database.owner_dsn, autocommit=True) as owner:
            owner.execute(f"ALTER DATABASE {DATABASE} SET synchronous_commit TO off")
            while tables := owner.execute(JOURNALED).fetchall():
                for (table,) in tables:
                    owner.execute(SQL("ALTER TABLE {} SET UNLOGGED").format(Identifier(table)))
            for (table,) in owner.execute(FILLED).fetchall():
                statement = SQL("ALTER TABLE {} SET (autovacuum_enabled = off)")
                owner.execute(statement.format(Identifier(table)))
        yield database


def _described(host: Path) -> Path:
    """Return the folder of the territory that is lived: its clock and its keys, not the host's."""
    from cvq.catalog import france
    from cvq.config.commands import demo, init

    folder = host / FOLDER
    home.write_territory(folder, init.describe(france.community(demo.SIREN)))
    return folder


def gateway(stack: ExitStack, database: runtime.Database, hall: "Recorded", life: "Life") -> "Hall":
    """Start a gateway, whose clock shows the end of the week, and return the way through it."""
    from cvq.config import clock
    from cvq.config.children import Child
    from cvq.kernel.local import ms_at
    from cvq.twin.places import Places
    from cvq.twin.wired import Wired, read_keys

    port = _free_port()
    ends_at = ms_at(life.until, 0, life.zone)
    told = {
        "DATABASE_URL": database.app_dsn,
        "CVQ_OWNER_URL": database.owner_dsn,
        clock.VARIABLE: clock.shifted(ends_at).told(),
    }
    stack.enter_context(_environment(told))
    log = home.path() / "gateway.log"
    child = Child(("gateway", "--port", str(port)), log=log)
    stack.callback(child.stop)
    url = f"http://{HOST}:{port}"
    _await(url, child.check)
    devices = {spot.device for spot in Places().spots.values()}
    wired = Wired(url, hall.connection, read_keys(home.path() / "devices", devices))
    stack.callback(wired.close)
    return wired


@contextmanager
def _environment(told: dict[str, str]) -> Iterator[None]:
    """Tell the processes that are started here something, and take it back."""
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _await(url: str, check: Callable[[], None]) -> None:
    ends_at = time.monotonic() + GATEWAY_SECONDS_MAX
    while time.monotonic() < ends_at:
        check()
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(STEP_SECONDS)
    raise GatewaySilent(f"La passerelle ne répond pas sur {url}.")


def kept_up(jobs: "Jobs", owner_dsn: str) -> "Jobs":
    """
    Return the jobs of a night, and the statistics of the tables when they grew.

    A year goes by faster than the server would look at them by itself.
    """
    import psycopg

    nights = 0

    def run(now: datetime) -> object:
        nonlocal nights
        if nights in FIRST_ANALYSED or nights % ANALYSED_EVERY == 0:
            with psycopg.connect(owner_dsn, autocommit=True) as owner:
                owner.execute("ANALYZE")
        nights += 1
        return jobs(now)

    return run
