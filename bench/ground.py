"""
The town of the benches: 4,500 funded wallets with a card each, and eight turnstiles of a pool.

It stands on the embedded PostgreSQL as it is shipped, with fsync and synchronous_commit on, in a
folder on a real disk.  Everybody is written down, given a card and money by the product's services.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from cvq.config import runtime
from cvq.kernel.local import at_ms
from cvq.kernel.unable import Unable
from cvq.rules.vocabulary import Direction, Purpose, Sector
from cvq.taps.told import Told
from cvq.wire.events import Event

ZONE = ZoneInfo("Europe/Paris")
NOW = at_ms(datetime(2025, 6, 27, 18, 0, tzinfo=UTC))
FIRST_DAY = date(2025, 5, 31)
DAYS = 27  # what is older than thirty days, or in the future, would be parked
WALLETS = 4_500
POINTS = 8
BOXES = 64  # that upload their journals
SLOTS_A_DAY = 100  # of the court, from midnight on
SLOT = timedelta(minutes=12)
SECOND = timedelta(seconds=1)
# What a day of the town is made of, one tap after the other.
DAY = (
    *(Purpose.CANTEEN, Purpose.SCHOOL_GATE, Purpose.POOL, Purpose.CANTEEN, Purpose.LIBRARY),
    *(Purpose.CANTEEN, Purpose.GARDERIE, Purpose.DOOR, Purpose.CANTEEN, Purpose.SCHOOL_GATE),
    *(Purpose.POOL, Purpose.CANTEEN, Purpose.WASTE, Purpose.CANTEEN, Purpose.GARDERIE),
    *(Purpose.POOL, Purpose.CANTEEN, Purpose.LIBRARY, Purpose.COURT, Purpose.SCHOOL_GATE),
)
LIVED = 9_000  # entries before anything is measured: a town that begins has empty tables
BATCH = 250
MEMORY = {"tmpfs", "ramfs"}
OPEN_EVERY_DAY = """
INSERT INTO pool_zonecount (zone, day, inside)
SELECT p.zone, %s::date + d, 0
FROM catalog_accesspoint AS p CROSS JOIN generate_series(0, %s::int - 1) AS d
WHERE p.max_attendance IS NOT NULL
ON CONFLICT (zone, day) DO NOTHING
"""


class NoDisk(Unable):
    """The only folder that we may write in is in memory, where fsync costs nothing."""


class People(Struct, frozen=True):
    """People with a card each: what readers of each sector send, and the first of their media."""

    refs: dict[Sector, tuple[str, ...]]
    first_medium: int


class OtherPlace(Struct, frozen=True):
    """A place of another service, and the box that guards it."""

    purpose: Purpose
    sector: Sector
    point: int
    box: int


class Ground(Struct):
    """The town, and how far its people have come: nobody goes in twice on a day."""

    app_dsn: str
    postmaster: int
    folder: Path
    pgbench: Path
    spread: People  # each with a wallet of their own
    alone: People  # all of one household, which pays for each of them
    points: tuple[int, ...]
    others: tuple[OtherPlace, ...]
    service: int
    tariff: int
    hmac_key: bytes
    private_key: bytes
    seqs: dict[int, int]
    dealt: dict[int, int]
    gone: dict[Purpose, int]

    def entries(self, count: int, *, device: int = 0, alone: bool = False) -> list[Event]:
        """Return so many entries nobody has made yet; at the box of each point if none is named."""
        swimmers = self.alone if alone else self.spread
        start = self.deal(count, alone=alone)
        return [self._entry(number, swimmers, device) for number in range(start, start + count)]

    def deal(self, count: int, *, alone: bool = False) -> int:
        """Keep so many entries for the caller, and return the number of the first."""
        key = int(alone)
        start = self.dealt[key]
        self.dealt[key] += count
        assert self.dealt[key] <= WALLETS * POINTS * DAYS, "everybody swam everywhere every day"
        return start

    def mixed(self, count: int) -> list[Event]:
        """Return so many taps of all services, by their share of a day."""
        places = {place.purpose: place for place in self.others}
        taps = []
        for number in range(count):
            purpose = DAY[number % len(DAY)]
            if purpose is Purpose.POOL:
                taps += self.entries(1)
            else:
                taps.append(self._other(places[purpose]))
        return taps

    def _other(self, place: OtherPlace) -> Event:
        self.gone[place.purpose] = turn = self.gone.get(place.purpose, -1) + 1
        slots = SLOTS_A_DAY if place.purpose is Purpose.COURT else WALLETS
        day, number = divmod(turn, slots)
        assert day < DAYS, "everybody went everywhere every day"
        start = datetime.combine(FIRST_DAY + timedelta(days=day), time(0), UTC)
        return self._tap(
            place.box,
            at_ms(start + number * (SLOT if place.purpose is Purpose.COURT else SECOND)),
            place.point,
            self.spread.refs[place.sector][turn % WALLETS],
        )

    def _entry(self, number: int, swimmers: People, device: int) -> Event:
        who, where, day = who_where_when(number)
        ten = datetime.combine(day, time(10), UTC)
        return self._tap(
            device or where + 1,
            at_ms(ten) + number % 3_600_000,
            self.points[where],
            swimmers.refs[Sector.POOL][who],
        )

    def _tap(self, box: int, at: int, point: int, ref: str) -> Event:
        self.seqs[box] = seq = self.seqs.get(box, 0) + 1
        return Event(dev=box, seq=seq, at=at, pt=point, ref=ref, dir=Direction.IN)


def who_where_when(number: int) -> tuple[int, int, date]:
    """
    Return the card, the turnstile and the day of an entry.

    One after the other they are of other people at other turnstiles, so that nothing that a peer
    does one by one waits for the row of the one before.
    """
    row, where = divmod(number, POINTS)
    day, who = divmod(row, WALLETS)
    who = (who + where * (WALLETS // POINTS)) % WALLETS
    return who, where, FIRST_DAY + timedelta(days=day)


@contextlib.contextmanager
def ground() -> Iterator[Ground]:
    """Build the town in a folder of its own, and leave nothing of it."""
    for variable in ("PGHOST", "DATABASE_URL"):  # we must see the server's processes
        os.environ.pop(variable, None)
    folder = Path(tempfile.mkdtemp(prefix="cvq-bench-", dir=disk()))
    folder.chmod(0o711)
    try:
        with runtime.open_database(folder / "home", name="cvq_bench") as database:
            runtime.migrate(database)
            assert database.server is not None
            yield _built(database, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def disk() -> Path:
    """
    Return a folder on a disk: ``CVQ_BENCH_FOLDER`` if it is told.

    :raises NoDisk: there is none.
    """
    told = os.environ.get("CVQ_BENCH_FOLDER")
    wanted = [Path(told)] if told else [Path(tempfile.gettempdir()), Path("/var/tmp"), Path.cwd()]
    for folder in wanted:
        if filesystem(folder) not in MEMORY:
            return folder
    raise NoDisk("Aucun dossier sur disque : donnez-en un avec CVQ_BENCH_FOLDER.")


def filesystem(folder: Path) -> str:
    """Return the kind of file system that a folder is on."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    real = folder.resolve()
    under = [fields for fields in mounts if real.is_relative_to(fields[1])]
    return max(under, key=lambda fields: len(fields[1]))[2]


def _built(database: runtime.Database, folder: Path) -> Ground:
    from bench.town import others, people, places

    assert database.server is not None
    key = Ed25519PrivateKey.generate()
    hmac_key = os.urandom(32)
    commune, regie, site, service = places.laid()
    keys = hmac_key, key.public_key().public_bytes_raw()
    points = places.turnstiles(service, site, POINTS, BOXES, keys)
    spread, spread_ids = people.settled(commune, regie, WALLETS, households=WALLETS)
    alone, _ = people.settled(commune, regie, WALLETS, households=1)
    town = Ground(
        app_dsn=database.app_dsn,
        postmaster=int((database.server.data / "postmaster.pid").read_text().split()[0]),
        folder=folder,
        pgbench=database.server.programs / "pgbench",
        spread=spread,
        alone=alone,
        points=points,
        others=others.laid(site, regie, POINTS + BOXES + 1, keys, spread_ids),
        service=service.pk,
        tariff=service.tariffs.get().pk,
        hmac_key=hmac_key,
        private_key=key.private_bytes_raw(),
        seqs={},
        dealt={0: 0, 1: 0},
        gone={},
    )
    _live(town, database.server.dsn("cvq_bench"))
    return town


def _live(town: Ground, everybody: str) -> None:
    """Let people swim before anything is measured, so that every plan is that of a living town."""
    from cvq.taps.settle import settle

    with psycopg.connect(town.app_dsn, autocommit=True) as connection:
        for alone in (False, True):
            for _ in range(LIVED // BATCH):
                told = [Told(event=event, asks=True) for event in town.entries(BATCH, alone=alone)]
                settle(told=told, received_at=NOW, connection=connection, zone=ZONE)
    with psycopg.connect(everybody, autocommit=True) as connection:
        # The first of a day at a zone writes its row; the peer's clients would race to it.
        connection.execute(OPEN_EVERY_DAY, (FIRST_DAY, DAYS))
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
