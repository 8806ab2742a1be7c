"""
The stream of the boards: two hundred of them open, for half an hour, while the territory taps.

A tap must be on every board within a second of its seal, none may be told twice or left out, and
the process must not grow.  ``CVQ_SSE_SECONDS`` makes it shorter.
"""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
from msgspec import Struct

from bench.claim import Claim, at_most
from bench.ground import NOW, ZONE, Ground, ground
from bench.serving import free_port
from bench.watchers import Crowd, resident_mb
from cvq.kernel.local import instant

WATCHERS = 200
SECONDS = 1_800
EVERY_SECONDS = 0.2  # as the worker seals
TAPS = 8
SETTLING_SECONDS_MAX = 60.0
START_SECONDS_MAX = 30.0
LATE_SECONDS = 2.0
WAIT_LIMIT = 1.0
GROWTH_LIMIT = 1.1
ROOT = Path(__file__).parents[1]


class Seen(Struct, frozen=True):
    """What came of it: the waits, the memory once settled and at the end, what was left out."""

    waits: list[float]
    first_mb: float
    last_mb: float
    missed: int


def run() -> list[Claim]:
    """Measure."""
    seconds = float(os.environ.get("CVQ_SSE_SECONDS", SECONDS))
    with ground() as town, live(town.folder / "home", town.app_dsn) as (port, process):
        seen = watched(town, port, process, seconds)
    assert seen.missed == 0, f"{seen.missed} taps were not told once to each board"
    waits = sorted(seen.waits)
    told = f"{WATCHERS} écrans pendant {seconds:.0f} s"
    return [
        at_most(
            "Badge scellé, le temps qu'il soit sur le dernier écran",
            waits[-1],
            WAIT_LIMIT,
            unit="s",
            detail=f"{told} ; médiane {waits[len(waits) // 2] * 1000:.0f} ms",
        ),
        at_most(
            "Mémoire du direct à la fin, contre celle du début",
            seen.last_mb / seen.first_mb,
            GROWTH_LIMIT,
            unit="fois",
            detail=f"{told} ; {seen.first_mb:.0f} Mo puis {seen.last_mb:.0f}",
        ),
    ]


def watched(town: Ground, port: int, process: int, seconds: float) -> Seen:
    """Let the territory tap while boards are open, and say what they saw."""
    sealed: dict[int, float] = {}
    told = 0
    ends_at = time.monotonic() + seconds
    settled_at = time.monotonic() + min(SETTLING_SECONDS_MAX, seconds / 4)
    first_mb = 0.0
    with psycopg.connect(town.app_dsn, autocommit=True) as connection:
        _seal(connection)  # what the town lived before anybody watched
        with Crowd(port, session(), WATCHERS) as crowd:
            while (now := time.monotonic()) < ends_at:
                if not first_mb and now >= settled_at:
                    first_mb = resident_mb(process)
                told += _tap(town, connection)
                sealed[_seal(connection)] = time.perf_counter()
                time.sleep(max(0.0, EVERY_SECONDS - (time.monotonic() - now)))
            time.sleep(LATE_SECONDS)
            last_mb = resident_mb(process)
    missed = sum(abs(watcher.count - told) for watcher in crowd.watchers)
    return Seen(crowd.waits(sealed), first_mb, last_mb, missed)


def session() -> str:
    """Write down somebody who watches, and return the session that they opened."""
    from django.test import Client

    from bench.pages import protect
    from cvq.access.models import Assignment, Role, User
    from cvq.catalog.models import Authority

    user = User.objects.create_user("supervision@exemple.fr")
    authority = Authority.objects.order_by("id")[0]
    Assignment.objects.create(
        user=user, role=Role.SUPERVISION, authority=authority, valid_from=date(2020, 1, 1)
    )
    client = Client()
    client.force_login(user)
    protect(client, user)
    return str(client.cookies["sessionid"].value)


@contextlib.contextmanager
def live(home: Path, dsn: str) -> Iterator[tuple[int, int]]:
    """Run ``cvq live`` on a database; give its port and the number of its process."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "cvq.config.cli", "live", "--port", str(port)],
        cwd=ROOT,
        env={**os.environ, "CVQ_HOME": str(home), "DATABASE_URL": dsn},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Direct"), "it did not start"
        yield port, process.pid
    finally:
        process.terminate()
        process.communicate(timeout=START_SECONDS_MAX)


def _tap(town: Ground, connection: psycopg.Connection[tuple[object, ...]]) -> int:
    from cvq.taps.settle import settle
    from cvq.taps.told import Told

    told = [Told(event=event, asks=True) for event in town.entries(TAPS)]
    settle(told=told, received_at=NOW, connection=connection, zone=ZONE)
    return len(told)


def _seal(connection: psycopg.Connection[tuple[object, ...]]) -> int:
    """Seal what waits, and return the end of the chain."""
    from cvq.plumbing.sealer import HEAD, seal_all

    seal_all(connection, at=instant(NOW))
    row = connection.execute(HEAD).fetchone()
    return int(str(row[0])) if row else 0
