"""
The box on site: a tap decided and on the disk, and the memory that fifty thousand cards take.

The peer is the least that anything durable costs here: the same bytes, ``write`` and
``fdatasync``, with no decision, no chain and no index.
"""

import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.claim import ROUNDS, Claim, at_most, compared, in_turns
from cvq.edge.box import Running
from cvq.edge.drivers.fake import Hand
from cvq.edge.limits import NO_RISK, bounded
from cvq.edge.ports import Nobody
from cvq.edge.situations import Facts, decide
from cvq.edge.tally import Tally
from cvq.rules.tap import Granted
from cvq.rules.vocabulary import Direction, Means, MediumKind, MediumState, Purpose, Sector, Unit
from cvq.wire.enrolment import enrol
from cvq.wire.events import Event, canon
from cvq.wire.policy import Issue, Signer, Stream, seal, unpack
from cvq.wire.rows import AccountRow, CardRow, Offer, PlaceRow, PointRow, Row

CARDS = 50_000
TAPS = 1_000  # a round
NOW = 1_780_491_600_000
HOUR = 3_600_000
MAX_RESIDENT_MB = 64
MAX_DECISION_MICROS = 10
DEVICE, POINT = 17, 3
POLICY = "policy"
GATE = PointRow(
    point=POINT,
    purpose=Purpose.POOL,
    service=1,
    zone="BASSINS",
    directions=(Direction.IN, Direction.OUT),
    open=tuple((NOW + day * 24 * HOUR - HOUR, NOW + day * 24 * HOUR + HOUR) for day in range(7)),
    max_attendance=10 * CARDS,
)


def ref(number: int) -> str:
    """Return a reference like those of a town: spread, not counted."""
    return f"{number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128:032x}"


def card(number: int) -> CardRow:
    """Return one swimmer: a carnet that is used up, then the purse."""
    return CardRow(
        ref=ref(number),
        state=MediumState.ACTIVE,
        kind=MediumKind.DESFIRE,
        holder=ref(number + CARDS),
        offers=(
            Offer(zone="BASSINS", means=Means.CARNET, account=f"c{number}", until=NOW + 400 * HOUR),
            Offer(zone="BASSINS", means=Means.WALLET, account=f"w{number // 3}", price=340),
        ),
    )


def rows() -> Iterator[Row]:
    """Return the policy of a pool: its cards, and an account for each family and carnet."""
    yield PlaceRow(time_zone="Europe/Paris", holidays=("2026-07-14",))
    yield GATE
    for number in range(CARDS):
        yield card(number)
        yield AccountRow(ref=f"c{number}", unit=Unit.ENTRY, allowance=0)
    for number in range(CARDS // 3 + 1):
        yield AccountRow(ref=f"w{number}", unit=Unit.EUR, allowance=1_500)


@contextmanager
def box(folder: Path) -> Iterator[tuple[Running, Hand]]:
    """Run a box that takes the policy of its pool, sealed beforehand by another process."""
    signer = signed_by(folder)
    trusted = {signer.kid: signer.key.public_key().public_bytes_raw()}
    keys = enrol(device=DEVICE, code="GATE", sectors=(Sector.POOL,), policy_keys=trusted)
    hand = Hand()
    running = Running(keys, folder, reader=hand, actuator=hand, town=Nobody(), boot="ab")
    sealed = unpack((folder / POLICY).read_bytes())
    running.snapshots[Sector.POOL].take(sealed, keys=trusted, now=NOW)
    running.memory.reread()
    yield running, hand
    running.close()


def signed_by(folder: Path) -> Signer:
    """Return the key that signs policies here."""
    file = folder / "k1"
    if not file.exists():
        file.write_bytes(Ed25519PrivateKey.generate().private_bytes_raw())
    return Signer("k1", Ed25519PrivateKey.from_private_bytes(file.read_bytes()))


def write_policy(folder: Path) -> None:
    """Seal the policy as the town hall would."""
    issue = Issue(1, NOW - HOUR, NOW + 70 * HOUR, 0)
    stream = Stream(DEVICE, Sector.POOL)
    sealed = seal(rows(), stream=stream, issue=issue, signer=signed_by(folder))
    (folder / POLICY).write_bytes(sealed.to_bytes())


def people() -> Iterator[tuple[str, Direction, int]]:
    """Return who comes, forever: each goes in and out, families take turns."""
    for number in itertools.count():
        way = Direction.OUT if number % 2 else Direction.IN
        yield ref(number // 2 * 7 % CARDS), way, NOW + number * 100


def swim(running: Running, hand: Hand, coming: Iterator[tuple[str, Direction, int]]) -> int:
    """Let some people in and out, one at a time, each on the disk before the next."""
    hand.effects.clear()
    for medium, way, at in itertools.islice(coming, TAPS):
        hand.present(medium, POINT, way)
        running.controller.step(at, at - NOW)
    assert len(hand.effects) == TAPS
    assert all(effect.opens for effect in hand.effects)
    return TAPS


def bare(file: int, line: bytes) -> int:
    """Write as many lines, each on the disk before the next."""
    for _ in range(TAPS):
        os.write(file, line)
        os.fdatasync(file)
    return TAPS


def durable(folder: Path) -> Claim:
    """Compare a tap decided and written with a line that is only written."""
    event = Event(dev=DEVICE, seq=1_000, at=NOW, pt=POINT, ref=ref(1), boot="ab", mono=9)
    line = canon(event) + bytes(32)
    file = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    coming = people()
    with box(folder) as (running, hand):
        ours, peer = in_turns(lambda: swim(running, hand, coming), lambda: bare(file, line))
    os.close(file)
    return compared(
        "Au bord du bassin : un passage décidé et durable, contre une ligne écrite et fdatasync",
        ours,
        peer,
        bar=0.35,
        unit="passages/s",
        detail=f"{CARDS} cartes, un passage par écriture",
    )


def resident(folder: Path) -> Claim:
    """Measure the memory of a process that takes the policy and serves a round of people."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.edge", str(folder)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    peak = int(done.stdout) / 1024
    return at_most(
        "Au bord du bassin : mémoire résidente avec la liste de 50 000 cartes",
        peak,
        MAX_RESIDENT_MB,
        unit="Mo",
        detail="au plus haut, liste prise et passages servis",
    )


def peak_of_one_box(folder: Path) -> int:
    """Return the most memory this process held (KiB), having run a box."""
    with box(folder) as (running, hand):
        swim(running, hand, people())
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0])


def decision() -> Claim:
    """Time the longest chain of rules: a swimmer whose carnet is used up pays from the purse."""
    swimmer, tally, funds = card(1), Tally(), {"c1": 0, "w0": 1_500}.get
    repeated = 5_000
    micros = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for at in range(NOW, NOW + repeated):
            facts = Facts(swimmer, GATE, None, at, Direction.IN, tally, NOW + HOUR, funds)
            decided = bounded(decide(facts), GATE, Direction.IN, NO_RISK)
        micros.append((time.perf_counter() - started) / repeated * 1e6)
        assert decided == Granted(Means.WALLET, 340)
    return at_most(
        "Une décision, la plus longue chaîne de règles, situation construite",
        statistics.median(micros),
        MAX_DECISION_MICROS,
        unit="µs",
        detail=f"{min(micros):.1f} à {max(micros):.1f}",
    )


def run() -> list[Claim]:
    """Measure the three claims of the box."""
    with tempfile.TemporaryDirectory(prefix="cvq-bench-") as name:
        apart, folder = Path(name) / "apart", Path(name) / "box"
        for each in (apart, folder):
            each.mkdir()
            write_policy(each)
        return [durable(folder), resident(apart), decision()]


if __name__ == "__main__":
    print(peak_of_one_box(Path(sys.argv[1])))
