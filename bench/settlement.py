"""
What settling a tap costs the processor, a hundred at a time, against one transaction per tap.

The peer is ``pgbench``: C, one connection, prepared statements, the same reads and the same rows
(``peers/one_by_one.sql``), its digests given away and nothing to decide.  Both are counted whole:
the program and the server.
"""

import os
import statistics
import subprocess
from pathlib import Path

import psycopg
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict

from bench.claim import ROUNDS, Claim, Sample
from bench.ground import NOW, POINTS, ZONE, Ground, ground
from bench.meter import measured, median
from cvq.plumbing.pipeline import OPTIONS
from cvq.rules.vocabulary import Verdict
from cvq.taps.told import Told

TAPS = 4_000  # a round
AT_ONCE = 100
BAR = 3.0
SCRIPT = Path(__file__).parent / "peers" / "one_by_one.sql"
WHOLE = """
SELECT count(*), count(*) FILTER (WHERE e.id IS NOT NULL AND m.amount IS NOT NULL
    AND c.cents IS NOT NULL)
FROM taps_tapevent AS t LEFT JOIN pool_stay AS s USING (device, seq)
LEFT JOIN ledger_entry AS e ON e.id = s.entry LEFT JOIN ledger_transfer AS m ON m.entry_id = e.id
LEFT JOIN billing_charge AS c ON c.entry_id = e.id
"""
FIRST_SEQ = 1_000_000_000  # of the peer's taps: ours are numbered from one


def ours(town: Ground, connection: Connection) -> Sample:
    """Settle a round of taps as the gateway does, a hundred at a time."""
    from cvq.taps.settle import settle

    told = [Told(event=event, asks=True) for event in town.entries(TAPS)]

    def work() -> int:
        granted = 0
        for start in range(0, TAPS, AT_ONCE):
            batch = told[start : start + AT_ONCE]
            answers = settle(told=batch, received_at=NOW, connection=connection, zone=ZONE)
            granted += sum(answer.said is Verdict.GRANTED for answer in answers)
        assert granted == TAPS
        return TAPS

    return measured(work, [os.getpid()])


def peer(town: Ground) -> Sample:
    """Do the same reads and write the same rows, one transaction after the other."""
    server = conninfo_to_dict(town.app_dsn)
    told = {
        "first": town.deal(TAPS),
        "turn": 0,
        "clients": 1,
        "first_seq": FIRST_SEQ,
        "first_medium": town.spread.first_medium,
        "first_point": town.points[0],
        "service": town.service,
        "tariff": town.tariff,
        "paid": "REVENUE_TO_PAY_OVER:200041333:PISCINE",
        "accrues": "ACCRUED:200041333:PISCINE",
    }
    command = [
        *(str(town.pgbench), "--no-vacuum", "--protocol=prepared", f"--file={SCRIPT}"),
        *(f"--host={server['host']}", f"--port={server['port']}", f"--username={server['user']}"),
        *(f"--transactions={TAPS}", "--client=1"),
        *(f"--define={name}={value}" for name, value in told.items()),
        str(server["dbname"]),
    ]

    def work() -> int:
        environment = os.environ | {"PGOPTIONS": OPTIONS}
        subprocess.run(command, check=True, capture_output=True, env=environment)
        return TAPS

    return measured(work, [os.getpid()])


def run() -> list[Claim]:
    """Measure both in turns, each first every other time, after one round that counts not."""
    with (
        ground() as town,
        psycopg.connect(town.app_dsn, autocommit=True, options=OPTIONS) as connection,
    ):
        assert len(town.points) == POINTS
        pairs: list[tuple[Sample, Sample]] = []
        for turn in range(ROUNDS + 1):
            if turn % 2:
                its, mine = peer(town), ours(town, connection)
            else:
                mine, its = ours(town, connection), peer(town)
            pairs.append((mine, its))
        _check(connection)
    return [_claim(pairs[1:])]


def _check(connection: Connection) -> None:
    """Check that each tap, ours or the peer's, has its stay, entry, transfer and charge."""
    row = connection.execute(WHOLE).fetchone()
    assert row is not None
    taps, whole = row
    assert taps == whole, f"{taps - whole} taps miss a row"


def _claim(pairs: list[tuple[Sample, Sample]]) -> Claim:
    ratios = [its.cpu_micros / mine.cpu_micros for mine, its in pairs]
    ratio = statistics.median(ratios)
    walls = [
        median(side, lambda one: 1e6 * one.wall / one.times) for side in zip(*pairs, strict=True)
    ]
    return Claim(
        claim="Règlement par cent : processeur d'un passage, contre une transaction par passage",
        ours=median((mine for mine, _ in pairs), lambda one: one.cpu_micros),
        peer=median((its for _, its in pairs), lambda one: one.cpu_micros),
        ratio=ratio,
        bar=BAR,
        holds=ratio >= BAR,
        unit="µs",
        detail=(
            f"{min(ratios):.2f} à {max(ratios):.2f} ; horloge {walls[0]:.0f} µs contre "
            f"{walls[1]:.0f} ; pgbench, un client, instructions préparées"
        ),
    )
