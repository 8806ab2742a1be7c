"""The processes of a territory: what they do in turn, by which clock, and who starts them again."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cvq.config import asgi, clock, keys
from cvq.config.clock import Clock, ClockUnreadable
from cvq.config.commands import worker
from cvq.config.jobs import Job, Jobs
from cvq.people.models import Person
from cvq.plumbing.models import Batch, Head, Seal
from databases import Database
from edge.crowd import wait_until
from edge.gatehouse import Gatehouse, free_port, gatehouse_here, wait_for
from town import ZONE

DAY = timedelta(days=1)


@pytest.fixture
def house(database: Database) -> Iterator[Gatehouse]:
    with gatehouse_here(database) as opened:
        yield opened


def jobs_of(house: Gatehouse) -> Jobs:
    return Jobs(zone=ZONE, head_key=keys.signing_key(house.home, keys.HEAD))


def test_what_is_written_is_sealed_and_the_day_is_signed_for_once(house: Gatehouse) -> None:
    house.town.family("Petit", card="012-00043", topped_up="20,00")
    house.box("GâtinéO").ask(house.town.event("012-00043", where="GâtinéO", at="15:00"))
    jobs, now = jobs_of(house), house.clock.now()
    written = Batch.objects.count()

    first = jobs.run(now)
    again = jobs.run(now + timedelta(minutes=1))
    tomorrow = jobs.run(now + DAY)

    assert first["seal"] == first["follow"] == written == Seal.objects.count()
    assert {"charge_days", "sign_head"} <= set(first)
    assert set(again) == {"seal", "follow", "expire_holds"}
    assert tomorrow["sign_head"] == 1
    assert [head.day for head in Head.objects.order_by("day")] == [
        house.town.today - DAY,
        house.town.today,
    ]
    house.audit()


def test_the_worker_sends_what_families_are_told(house: Gatehouse) -> None:
    house.town.family("Petit", card="012-00043", topped_up="12,00")
    house.box("GâtinéO").ask(house.town.event("012-00043", where="GâtinéO", at="15:00"))
    Person.objects.filter(birth_name="Petit").update(mobile="0612345678")
    jobs = Jobs(zone=ZONE, head_key=keys.signing_key(house.home, keys.HEAD), home=house.home)

    done = jobs.run(house.clock.now())

    assert done["send_notices"] == len(list((house.home / "mailbox").iterdir())) > 0
    assert jobs.run(house.clock.now())["send_notices"] == 0


def test_a_day_of_childcare_is_charged_when_it_is_over(house: Gatehouse) -> None:
    town = house.town
    town.family("Petit", topped_up="20,00")
    town.child("Petit", "Léa", card="1")
    town.enrol("1", "Cantine")
    house.box("Cantine").ask(town.event("1", where="Cantine", at="15:00"))
    jobs, now = jobs_of(house), house.clock.now()

    jobs.run(now)
    before = town.wallet("Petit")
    jobs.run(now + DAY)

    assert (before, town.wallet("Petit")) == ("20,00 €", "16,50 €")


def test_what_failed_is_due_again_and_holds_up_nothing(
    house: Gatehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    failing = [True]

    def fails(now: datetime) -> int:
        if failing[0]:
            raise RuntimeError("the printer is on fire")
        done.append("daily")
        return 1

    def often(now: datetime) -> int:
        done.append("often")
        return 0

    jobs = jobs_of(house)
    monkeypatch.setattr(jobs, "_often", (Job("often", often),))
    monkeypatch.setattr(jobs, "_daily", (Job("daily", fails), Job("other", lambda now: 0)))

    went_well = worker._turn(jobs, house.clock)
    failing[0] = False
    went_better = [worker._turn(jobs, house.clock) for _ in range(2)]

    assert (went_well, went_better) == (False, [True, True])
    assert done == ["often", "often", "daily", "often"]


def test_a_clock_is_real_or_shifted_and_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    hands = [1_000]
    fast = Clock(real=1_000, begins=500_000, speed=60, read=lambda: hands[0])
    hands[0] += 2_000

    assert fast.now_ms() == 500_000 + 120_000
    assert fast.now() == datetime.fromtimestamp(620, UTC)
    assert fast.seconds(60_000) == 1.0
    monkeypatch.setenv(clock.VARIABLE, fast.told())
    assert clock.from_environment() == Clock(real=1_000, begins=500_000, speed=60)
    monkeypatch.delenv(clock.VARIABLE)
    assert abs(clock.from_environment().now_ms() - clock.real_ms()) < 1_000
    for nonsense in ("soon", "1:2", "1:2:0"):
        monkeypatch.setenv(clock.VARIABLE, nonsense)
        with pytest.raises(ClockUnreadable, match=nonsense):
            clock.from_environment()


def test_the_keys_of_the_town_hall_are_drawn_once(tmp_path: Path) -> None:
    first, second = keys.policy_signer(tmp_path), keys.policy_signer(tmp_path)

    assert first.kid == second.kid
    assert keys.policy_keys(tmp_path) == {first.kid: first.key.public_key().public_bytes_raw()}
    assert keys.signing_key(tmp_path, keys.HEAD).public_key() != first.key.public_key()
    assert (tmp_path / "secrets" / "policy").stat().st_mode & 0o077 == 0


def test_a_port_in_use_is_said_so(house: Gatehouse) -> None:
    application = asgi.gateway(house.database.app_dsn, folder=house.home, time=house.clock)

    with pytest.raises(asgi.PortTaken, match=str(house.port)):
        asgi.serve(application, host="127.0.0.1", port=house.port)


def test_a_process_that_dies_is_started_again_and_all_end_together(house: Gatehouse) -> None:
    port = free_port()
    served = house.run(
        "serve",
        *("--port", str(port)),
        *("--web-port", str(free_port())),
        *("--live-port", str(free_port())),
    )
    try:
        wait_for(port, served)
        (gateway,) = [pid for pid, line in children(served.pid) if "gateway" in line]
        os.kill(gateway, signal.SIGKILL)
        wait_until(lambda: not listens(port))
        wait_for(port, served)
        ours = [pid for pid, _ in children(served.pid)]
        assert len(ours) == 4  # gateway, worker, live and pages
        assert gateway not in ours
    finally:
        served.terminate()
    assert served.wait(30) == 0
    assert not listens(port)
    assert not any(Path(f"/proc/{pid}").exists() for pid in ours)


def children(parent: int) -> list[tuple[int, str]]:
    """Return the processes of a process, with their command line."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                line = (folder / "cmdline").read_text()
            except OSError:
                continue
            if int(fields[1]) == parent:
                found.append((int(folder.name), line))
    return found


def listens(port: int) -> bool:
    time.sleep(0.01)
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
