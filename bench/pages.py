"""
The pages of a family and of the desk, with the full territory loaded and three weeks lived.

The peer is a logged-in page of the same site, with the same middleware and an empty template: what
Django itself costs here.  Both are asked in this process, by the same log-in.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
from django.test import Client

from bench.claim import Claim, at_most, in_turns, median_of
from bench.ground import disk
from cvq.config import clock, home, runtime
from cvq.kernel.local import at_ms

SIREN = "200041333"
LIVED = date(2025, 5, 12), date(2025, 6, 3)
ISSUED = datetime(2025, 4, 1, tzinfo=UTC)
NOW = datetime(2025, 6, 3, 6, 40, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Paris")
SCALE = float(os.environ.get("CVQ_BENCH_SCALE", "1"))
PAGES_A_ROUND = 40
TIMES_MAX = 8
PASSWORD = "haie-verger-chemin"


def run() -> list[Claim]:
    """Measure each page against the empty one, in turns."""
    with _territory() as (pages, empty):
        return [_claim(name, page, empty) for name, page in pages.items()]


def _claim(name: str, page: Callable[[], int], empty: Callable[[], int]) -> Claim:
    ours, peer = in_turns(page, empty)
    times = median_of(mine.cpu / its.cpu for mine, its in zip(ours, peer, strict=True))
    took = median_of(1e3 * one.wall / one.times for one in ours)
    other = median_of(1e3 * one.wall / one.times for one in peer)
    return at_most(
        f"{name} : processeur, contre une page vide",
        times,
        TIMES_MAX,
        unit="fois",
        detail=f"{took:.1f} ms contre {other:.1f}",
    )


def _asking(client: Client, address: str) -> Callable[[], int]:
    def ask() -> int:
        for _ in range(PAGES_A_ROUND):
            answer = client.get(address)
            assert answer.status_code == 200, (address, answer.status_code)
        return PAGES_A_ROUND

    return ask


@contextlib.contextmanager
def _territory() -> Iterator[tuple[dict[str, Callable[[], int]], Callable[[], int]]]:
    for variable in ("PGHOST", "DATABASE_URL"):
        os.environ.pop(variable, None)
    folder = Path(tempfile.mkdtemp(prefix="cvq-bench-", dir=disk()))
    folder.chmod(0o711)
    os.environ[clock.VARIABLE] = f"{clock.real_ms()}:{at_ms(NOW)}:1"
    try:
        _describe(folder / "home")
        with runtime.open_database(folder / "home", name="cvq_bench") as database:
            runtime.migrate(database)
            yield _pages(database, folder / "home")
    finally:
        os.environ.pop(clock.VARIABLE)
        shutil.rmtree(folder, ignore_errors=True)


def _describe(folder: Path) -> None:
    from cvq.catalog import france
    from cvq.config.commands import init

    home.write_territory(folder, init.describe(france.community(SIREN)))


def _pages(
    database: runtime.Database, folder: Path
) -> tuple[dict[str, Callable[[], int]], Callable[[], int]]:
    from django.conf import settings

    from cvq.catalog import gatine
    from cvq.config import by_log_in, keys
    from cvq.config.jobs import Jobs
    from cvq.twin.replay import Life, Replay

    gatine.found(at=ISSUED, devices=folder / "devices")
    life = Life(
        first_day=LIVED[0], until=LIVED[1], scale=SCALE, seed=2, issued_at=ISSUED, zone=ZONE
    )
    with psycopg.connect(database.app_dsn, autocommit=True) as connection:
        replay = Replay(connection, life)
        jobs = Jobs(zone=ZONE, head_key=keys.signing_key(folder, keys.HEAD))
        for _ in replay.live(jobs.run):
            pass
        replay.close()
    with psycopg.connect(database.owner_dsn, autocommit=True) as owner:
        owner.execute("ANALYZE")
    by_log_in.give(by_log_in.parent_to_show(replay.people), PASSWORD, LIVED[0])
    (folder / "static").mkdir()
    settings.ROOT_URLCONF = "bench.peers.empty"
    return _asked()


def _asked() -> tuple[dict[str, Callable[[], int]], Callable[[], int]]:
    from cvq.access.models import User
    from cvq.config import by_log_in
    from cvq.people.models import Household

    parent, agent = Client(SERVER_NAME="localhost"), Client(SERVER_NAME="localhost")
    parent.force_login(User.objects.get(email=by_log_in.PARENT))
    agent.force_login(User.objects.get(email="guichet@exemple.fr"))
    family = Household.objects.get(
        members__person=User.objects.get(email=by_log_in.PARENT).person, members__is_main=True
    )
    file = f"/guichet/famille/{family.uid}/"
    agent.post(f"{file}ouvrir/", {"raison": "guichet"})
    pages = {
        "Accueil d'une famille": _asking(parent, "/accueil/"),
        "Relevé de trois mois": _asking(parent, "/releve/?periode=92"),
        "Dossier d'une famille au guichet": _asking(agent, file),
        "Recherche au guichet": _asking(agent, f"/guichet/?q={family.name[:5]}"),
    }
    return pages, _asking(parent, "/vide/")
