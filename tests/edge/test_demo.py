"""The demonstration, whole: from nothing to taps that flow through the real gateway, and back."""

import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cvq.twin.recorded import RECORDED

DATABASE = "cvq_demo"
RESOURCES = "SELECT outcome, count(*) FROM people_resourcescall GROUP BY outcome"
CVQ = [sys.executable, "-m", "cvq.config.cli"]
BEGIN_SECONDS_MAX = 90
BUSY_HOURS = ("--at", "2025-06-04T15:30", "--speed", "480", "--scale", "0.1", "--weeks", "1")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    # Demonstrations live in one database: those of two workers wait for each other.
    with Path(os.environ["CVQ_TEST_FOLDER"], "demo.lock").open("wb") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield tmp_path / "home"
        with psycopg.connect("dbname=postgres", autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


def environment(home: Path, **more: str) -> dict[str, str]:
    return os.environ | {"CVQ_HOME": str(home), **more}


def started(home: Path, port: int, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*CVQ, "demo", "--port", str(port), "--web-port", str(free_port()), *arguments],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def children_of(pid: int) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text()
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) == pid:
                found.append(int(folder.name))
    return found


def tapped_by_hand(said: str) -> list[dict[str, Any]]:
    """Type the lines that a demonstration shows, then one at a point that is not there."""
    typed, at_school = re.findall(r"^ +(exec 3<>/dev/tcp/.+)$", said, re.M)
    amiss = re.sub(r'"point": \d+', '"point": 999', typed)
    return [
        json.loads(subprocess.check_output(["bash", "-c", line], timeout=40))
        for line in (typed, at_school, amiss)
    ]


def test_taps_flow_through_the_gateway_and_the_books_are_clean(home: Path, port: int) -> None:
    demo = started(home, port, *BUSY_HOURS, "--seconds", "15")

    said, complained = demo.communicate(timeout=BEGIN_SECONDS_MAX + 30)

    assert demo.returncode == 0, said + complained
    assert complained == ""
    assert f"http://127.0.0.1:{port}/edge/v1/openapi.json" in said
    weeks = re.findall(r"^Les semaines d'avant, jusqu'au (\S+) : (\d[\d\s]*) passages", said, re.M)
    assert [day for day, _ in weeks] == ["01/06", "04/06"]
    taps = re.findall(r"^\d\d:\d\d:\d\d  (\S.+?) +(Entrez|Au revoir|Pas d'accès)", said, re.M)
    assert len(taps) >= 5
    assert f"SMS et courriels    {home / 'mailbox'}\n" in said
    assert (home / "mailbox").is_dir()
    with psycopg.connect(f"dbname={DATABASE}") as connection:
        names = set(connection.execute("SELECT name FROM catalog_accesspoint").fetchall())
    assert {(name,) for name, _ in taps} <= names
    counts = re.findall(r"(\d+) demandés, (\d+) envoyés, (\d+) en attente", said)[-1]
    asked, uploaded, waiting = map(int, counts)
    assert asked > 0
    assert uploaded >= len(taps)
    assert waiting == 0
    audit = subprocess.run(
        [*CVQ, "audit"],
        env=environment(home, DATABASE_URL=f"dbname={DATABASE}"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert audit.returncode == 0, audit.stdout + audit.stderr
    with psycopg.connect(f"dbname={DATABASE}") as connection:
        kept = connection.execute(RECORDED).fetchone()
        told = connection.execute(RESOURCES).fetchall()
        heads = connection.execute("SELECT sum(head_seq) FROM catalog_device").fetchone()
    # The worker asked the funds that the demonstration imitates, for families that let it.
    assert "CAF et MSA          http://127.0.0.1:" in said
    assert [outcome for outcome, _ in told] == ["TOLD"]
    assert kept is not None
    assert heads is not None
    # As taps, parked or only counted: a clock may lie in any demonstration.
    assert sum(kept) == heads[0] > uploaded


def test_an_interrupt_ends_every_process(home: Path, port: int) -> None:
    demo = started(home, port, *BUSY_HOURS)
    assert demo.stdout is not None
    ends_at = time.monotonic() + BEGIN_SECONDS_MAX
    before = ""
    for line in demo.stdout:
        before += line
        if "Ctrl-C arrête tout" in line:
            break
        assert time.monotonic() < ends_at
    children = children_of(demo.pid)
    assert len(children) == 8  # gateway, worker, live, pages, and the boxes of four doors
    entrance, child, gone = tapped_by_hand(before)
    assert entrance["word"] in ("Entrez", "Pas d'accès")
    assert entrance["seq"] == 1
    assert child["opens"]
    assert gone["error"].startswith("Ce boîtier ne garde pas le point 999. Il garde : ")

    demo.send_signal(signal.SIGINT)
    said, complained = demo.communicate(timeout=40)

    assert (demo.returncode, complained) == (0, "")
    assert "en attente" in said
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []


def test_a_port_in_use_is_said_before_anything_is_made(home: Path, port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()

        demo = started(home, port)
        _said, complained = demo.communicate(timeout=60)

    assert demo.returncode == 2
    assert f"Le port {port} est déjà pris" in complained
    assert not home.exists()


def test_the_folder_of_another_territory_is_left_alone(home: Path, port: int) -> None:
    home.mkdir()
    described = '{"siren": "243500139", "name": "Rennes Métropole"}'
    (home / "territory.json").write_text(described)

    demo = started(home, port)
    _said, complained = demo.communicate(timeout=60)

    assert demo.returncode == 2
    assert "Rennes Métropole" in complained
    assert [file.name for file in home.iterdir()] == ["territory.json"]
    assert (home / "territory.json").read_text() == described
