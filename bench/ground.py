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
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from cvq.config import runtime
from cvq.kernel.ids import uuid7
from cvq.kernel.local import at_ms
from cvq.kernel.unable import Unable
from cvq.rules.vocabulary import Direction, Sector
from cvq.wire.events import Event

if TYPE_CHECKING:
    from cvq.catalog.models import Commune, Regie, Service, Site
    from cvq.people.models import Household

ZONE = ZoneInfo("Europe/Paris")
FOUNDED = date(2024, 12, 1)
NOW = at_ms(datetime(2025, 6, 27, 18, 0, tzinfo=UTC))
LAST_DAY = date(2025, 6, 26)
DAYS = 27  # what is older than thirty days would be parked
WALLETS = 4_500
POINTS = 8
BOXES = 64  # that upload their journals
CENTS = 1_000_000  # on each wallet: no tap of a bench is refused
MEMORY = {"tmpfs", "ramfs", "overlay"}
ENTRY = {
    "grid": 1,
    "item": "Entrée piscine",
    "inputs": ["age", "resident"],
    "rows": [
        {"when": {"age": [0, 5]}, "cents": 0, "label": "moins de 5 ans"},
        {"when": {"age": [5, 16], "resident": True}, "cents": 330, "label": "moins de 16 ans"},
        {"when": {"resident": True}, "cents": 450, "label": "plein tarif"},
        {"when": {}, "cents": 540, "label": "hors territoire"},
    ],
}


class NoDisk(Unable):
    """The only folder that we may write in is in memory, where fsync costs nothing."""


class Swimmers(Struct, frozen=True):
    """People with a card each: what a reader sends for them, and the first of their media."""

    refs: tuple[str, ...]
    first_medium: int


class Ground(Struct):
    """The town, and how far its people have come: nobody goes in twice on a day."""

    app_dsn: str
    postmaster: int
    folder: Path
    pgbench: Path
    spread: Swimmers  # each with a wallet of their own
    alone: Swimmers  # all of one household, which pays for each of them
    points: tuple[int, ...]
    hmac_key: bytes
    private_key: bytes
    seqs: dict[int, int]
    dealt: dict[int, int]

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

    def _entry(self, number: int, swimmers: Swimmers, device: int) -> Event:
        who, where, day = who_where_when(number)
        box = device or where + 1
        self.seqs[box] = seq = self.seqs.get(box, 0) + 1
        noon = datetime(day.year, day.month, day.day, 10, tzinfo=UTC)
        return Event(
            dev=box,
            seq=seq,
            at=at_ms(noon) + number % 3_600_000,
            pt=self.points[where],
            ref=swimmers.refs[who],
            dir=Direction.IN,
        )


def who_where_when(number: int) -> tuple[int, int, date]:
    """
    Return the card, the turnstile and the day of an entry.

    One after the other they are of other people at other turnstiles, so that nothing that a peer
    does one by one waits for the row of the one before.
    """
    row, where = divmod(number, POINTS)
    day, who = divmod(row, WALLETS)
    who = (who + where * (WALLETS // POINTS)) % WALLETS
    return who, where, LAST_DAY - timedelta(days=day)


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
    assert database.server is not None
    key = Ed25519PrivateKey.generate()
    hmac_key = os.urandom(32)
    commune, regie, site, service = _places()
    points = _turnstiles(service, site, hmac_key, key.public_key().public_bytes_raw())
    spread = _people(commune, regie, households=WALLETS)
    alone = _people(commune, regie, households=1)
    with psycopg.connect(database.server.dsn("cvq_bench"), autocommit=True) as everybody:
        everybody.execute("VACUUM ANALYZE")
        everybody.execute("CHECKPOINT")
    data = database.server.data
    return Ground(
        app_dsn=database.app_dsn,
        postmaster=int((data / "postmaster.pid").read_text().split()[0]),
        folder=folder,
        pgbench=database.server.programs / "pgbench",
        spread=spread,
        alone=alone,
        points=points,
        hmac_key=hmac_key,
        private_key=key.private_bytes_raw(),
        seqs={},
        dealt={0: 0, 1: 0},
    )


def _places() -> "tuple[Commune, Regie, Site, Service]":
    from cvq.catalog.models import (
        Authority,
        Commune,
        CommuneMembership,
        OpeningHours,
        Regie,
        Service,
        Site,
        Tariff,
    )
    from cvq.payments.models import PaymentMeans

    community = Authority.objects.create(siren="200041333", name="CC", kind="COMMUNITY")
    commune = Commune.objects.create(
        insee="79202",
        name="Parthenay",
        siren="217902022",
        department="79",
        population_municipal=10_000,
        population_total=10_500,
        postcode="79200",
    )
    CommuneMembership.objects.create(commune=commune, authority=community, valid_from=FOUNDED)
    regie = Regie.objects.create(
        code="CVQ",
        name="Régie",
        authority=community,
        kind="RECETTES_AVANCES",
        founding_act="décision du 30 juin 2005",
        founded_on=date(2005, 6, 30),
        revenue_types=["PISCINE"],
        payment_means=[means.value for means in PaymentMeans],
    )
    site = Site.objects.create(
        code="POOL", name="GâtinéO", kind="OTHER", authority=community, commune=commune
    )
    service = Service.objects.create(
        code="POOL",
        name="GâtinéO",
        purpose="POOL",
        authority=community,
        regie=regie,
        site=site,
        revenue_type="PISCINE",
    )
    Tariff.objects.create(
        code="ENTRY",
        service=service,
        document=ENTRY,
        council_decision="2024-12",
        is_model=True,
        valid_from=FOUNDED,
    )
    OpeningHours.objects.bulk_create(
        OpeningHours(
            service=service,
            weekday=weekday,
            opens_minute=0,
            closes_minute=1440,
            on_public_holidays=True,
            valid_from=FOUNDED,
        )
        for weekday in range(7)
    )
    return commune, regie, site, service


def _turnstiles(
    service: "Service", site: "Site", hmac_key: bytes, public_key: bytes
) -> tuple[int, ...]:
    from cvq.catalog.models import AccessPoint, Device, DevicePoint

    points = [
        AccessPoint.objects.create(
            code=f"GATE-{number}",
            name=f"Tourniquet {number}",
            service=service,
            zone=f"ZONE-{number}",
            direction="IN",
            max_attendance=100 * WALLETS,
            online=True,
        )
        for number in range(1, POINTS + 1)
    ]
    devices = Device.objects.bulk_create(
        Device(
            id=number,
            code=f"BOX-{number}",
            name=f"Boîtier {number}",
            site=site,
            profile="TURNSTILE",
            hmac_key=hmac_key,
            public_key=public_key,
            enrolled_at=datetime(2024, 12, 1, tzinfo=UTC),
        )
        for number in range(1, POINTS + BOXES + 1)
    )
    DevicePoint.objects.bulk_create(
        DevicePoint(device=device, point=point)
        for number, device in enumerate(devices)
        for place, point in enumerate(points)
        if number >= POINTS or number == place
    )
    return tuple(point.pk for point in points)


def _people(commune: "Commune", regie: "Regie", *, households: int) -> Swimmers:
    from cvq.cards import services as cards
    from cvq.cards.keys import sector_ref
    from cvq.cards.messages import NewMedium
    from cvq.people import services as people
    from cvq.people.messages import NewHousehold, NewMember, NewPerson
    from cvq.people.models import Role
    from cvq.rules.vocabulary import MediumKind

    persons = people.register_people(
        [
            NewPerson(
                birth_name=f"Nageur {number:04}",
                first_name="Anne",
                born_on=date(2012 if number % 2 else 1985, 6, 1),
            )
            for number in range(WALLETS)
        ]
    )
    members = [NewMember(person_id=person.pk, role=Role.ADULT) for person in persons]
    share = WALLETS // households
    founded = people.found_households(
        [
            NewHousehold(
                name=f"Foyer {number:04}",
                commune_id=commune.pk,
                address="1 place du Drapeau",
                members=tuple(members[number * share : (number + 1) * share]),
            )
            for number in range(households)
        ],
        on=FOUNDED,
    )
    credentials = [os.urandom(16) for _ in persons]
    media = cards.issue_many(
        [
            NewMedium(
                kind=MediumKind.DESFIRE,
                number=f"{households:04}-{number:05}",
                credential=credential,
                person_id=person.pk,
            )
            for number, (person, credential) in enumerate(zip(persons, credentials, strict=True))
        ],
        at=datetime(2024, 12, 2, tzinfo=UTC),
    )
    _fund(founded, regie, CENTS * share)
    return Swimmers(
        tuple(sector_ref(Sector.POOL, credential).hex() for credential in credentials),
        media[0].pk,
    )


def _fund(households: "list[Household]", regie: "Regie", cents: int) -> None:
    from cvq.billing.services import top_up
    from cvq.payments.messages import AskedTopUp
    from cvq.payments.models import Channel, PaymentMeans
    from cvq.plumbing.connections import underneath

    at = datetime(2024, 12, 3, tzinfo=UTC)
    for start in range(0, len(households), 1_000):
        asked = [
            AskedTopUp(
                uid=uuid7(),
                household_id=household.pk,
                cents=cents,
                channel=Channel.INTERNET,
                means=PaymentMeans.PAYFIP_CARD,
                regie_id=regie.pk,
                at=at,
            )
            for household in households[start : start + 1_000]
        ]
        top_up(underneath(), asked, at=at)
