"""
A year of the whole territory, audited, and what a tap costs where there are four times as many.

Each life is a process and a database of its own.  ``CVQ_BENCH_SCALE`` makes the territory smaller,
``CVQ_BENCH_UNTIL`` the year shorter.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from bench.claim import Claim, at_most
from bench.ground import disk

ROOT = Path(__file__).parents[1]
SCALE = float(os.environ.get("CVQ_BENCH_SCALE", "1"))
FIRST_DAY = date(2025, 1, 1)
UNTIL = date.fromisoformat(os.environ.get("CVQ_BENCH_UNTIL", "2026-01-01"))
STRETCH_UNTIL = min(UNTIL, date(2025, 2, 1))
ISSUED = datetime(2024, 12, 1, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Paris")
TIMES_AS_MANY = 4
YEAR_LIMIT = 8.0
COST_LIMIT = 1.15


class Life(Struct, frozen=True):
    """What a life took: its taps, the seconds of living them and of the audit."""

    taps: int
    living: float
    audit: float


def run() -> list[Claim]:
    """Live the year, then a month of one territory and of four times its people."""
    year = _elsewhere(SCALE, UNTIL)
    one, four = (_elsewhere(SCALE * times, STRETCH_UNTIL) for times in (1, TIMES_AS_MANY))
    cost, dearer = (1e6 * life.living / life.taps for life in (one, four))
    return [
        at_most(
            "Une année de tout le territoire, et son audit",
            (year.living + year.audit) / 60,
            YEAR_LIMIT,
            unit="min",
            detail=f"{year.taps} passages en {year.living:.0f} s, audit en {year.audit:.0f} s",
        ),
        at_most(
            "Un passage d'un territoire quatre fois plus peuplé, contre le même",
            dearer / cost,
            COST_LIMIT,
            unit="fois",
            detail=f"{dearer:.0f} µs pour {four.taps} passages, {cost:.0f} pour {one.taps}",
        ),
    ]


def _elsewhere(scale: float, until: date) -> Life:
    told = subprocess.run(
        [sys.executable, "-m", "bench.replay", str(scale), until.isoformat()],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    return msgspec.json.decode(told.stdout, type=Life)


def main(scale: float, until: date) -> None:
    """Live until a day, prove the books, and print what it took."""
    folder = Path(tempfile.mkdtemp(prefix="cvq-bench-", dir=disk()))
    folder.chmod(0o711)
    for variable in ("PGHOST", "DATABASE_URL"):
        os.environ.pop(variable, None)
    try:
        sys.stdout.write(msgspec.json.encode(_lived(folder, scale, until)).decode())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _lived(folder: Path, scale: float, until: date) -> Life:
    from cvq.config import replays

    with replays.territory(folder, keep=False) as database:
        import psycopg
        from psycopg.conninfo import make_conninfo

        from cvq.catalog import gatine
        from cvq.config import audit, home, keys
        from cvq.config.jobs import Jobs
        from cvq.plumbing.pipeline import OPTIONS
        from cvq.twin.replay import Life as Lives
        from cvq.twin.replay import Replay

        gatine.found(at=ISSUED, devices=home.path() / "devices")
        life = Lives(
            first_day=FIRST_DAY, until=until, scale=scale, seed=1, issued_at=ISSUED, zone=ZONE
        )
        spine = make_conninfo(database.app_dsn, options=OPTIONS)
        with psycopg.connect(spine, autocommit=True) as connection:
            replay = Replay(connection, life, aside=spine)
            head_key = keys.signing_key(home.path(), keys.HEAD)
            jobs = Jobs(zone=ZONE, head_key=head_key, clerk=replay.clerk)
            began = time.perf_counter()
            for _ in replay.live(replays.kept_up(jobs.run, database.owner_dsn)):
                pass
            lived = time.perf_counter()
            culprits = audit.culprits_by_two(connection)
            audited = time.perf_counter()
            difference = replay.difference()
            replay.close()
        assert not culprits, culprits[0]
        assert not difference.total, difference
        assert not difference.answers, difference
        return Life(replay.events, lived - began, audited - lived)


if __name__ == "__main__":
    main(float(sys.argv[1]), date.fromisoformat(sys.argv[2]))
