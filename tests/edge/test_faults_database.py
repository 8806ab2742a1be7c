"""PostgreSQL killed while doors wait: doors decide alone for a moment, and nothing is lost."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from cvq.billing.models import Charge
from cvq.kernel.unable import Unable
from cvq.plumbing import roles
from cvq.plumbing.postgres import Server
from cvq.rules.vocabulary import Verdict
from cvq.taps.models import TapEvent
from edge.crowd import Crowd, crowd
from edge.gatehouse import Gatehouse, gatehouse
from edge.test_faults import ENTRY, shared_out

NAME = "cvq_killed"
RESTART_SECONDS_MAX = 20.0


class OwnDatabase:
    """A database on a server of this test's own, which keeps its promises about the disk."""

    def __init__(self, folder: Path) -> None:
        version = os.environ.get("CVQ_TEST_PG")
        bindir = Path(f"/usr/lib/postgresql/{version}/bin") if version else None
        self.server = Server(folder / "pg", bindir=bindir, settings={"fsync": "on"})

    def start(self) -> None:
        self.server.start()
        roles.prepare_roles(self.server.dsn("template1"))
        roles.create_database(self.server.dsn(), NAME)

    @property
    def owner_dsn(self) -> str:
        return self.server.dsn(NAME, user=roles.OWNER)

    @property
    def app_dsn(self) -> str:
        return self.server.dsn(NAME, user=roles.APP)

    def connect(self, role: str = roles.APP, *, autocommit: bool = False) -> Any:
        return psycopg.connect(self.server.dsn(NAME, user=role), autocommit=autocommit)

    def kill(self) -> None:
        """Kill the server without a word, and start it again once its own processes are gone."""
        process = self.server._process
        assert process is not None
        process.send_signal(signal.SIGKILL)
        process.wait()
        end = time.monotonic() + RESTART_SECONDS_MAX
        while True:
            try:
                self.server.start()
            except Unable:
                assert time.monotonic() < end, "the server never came back"
                time.sleep(0.1)
            else:
                return


@pytest.fixture
def own(django_test_environment: None, django_db_blocker: Any) -> Iterator[OwnDatabase]:
    from django.core.management import call_command
    from django.db import connections

    folder = Path(tempfile.mkdtemp(prefix="cvq-killed-", dir="/tmp"))
    folder.chmod(0o711)
    database = OwnDatabase(folder)
    default = connections["default"].settings_dict
    before = dict(default)
    try:
        with django_db_blocker.unblock():
            database.start()
            for dsn in (database.owner_dsn, database.app_dsn):
                _point(default, dsn)
                connections.close_all()
                if dsn == database.owner_dsn:
                    call_command("migrate", verbosity=0)
            yield database
    finally:
        connections.close_all()
        default.update(before)
        database.server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _point(default: dict[str, Any], dsn: str) -> None:
    told = conninfo_to_dict(dsn)
    default.update(NAME=told["dbname"], USER=told["user"], HOST=told["host"], PORT=told["port"])


@pytest.fixture
def house(own: OwnDatabase) -> Iterator[Gatehouse]:
    with gatehouse(own) as opened:
        yield opened


def test_a_database_killed_under_load_loses_no_answer_and_charges_nobody_twice(
    house: Gatehouse, own: OwnDatabase
) -> None:
    from django.db import connections

    cards = crowd(house.town, families=20, children=8, topped_up="100,00")
    people = Crowd(pause_seconds=0.02)
    for box, taps in shared_out(house, cards):
        people.send(box, taps)

    for answers in (30, 90):
        people.wait_for(answers)
        own.kill()
    people.join()
    connections.close_all()

    assert people.failures > 0
    assert people.lost == []
    assert {reply.said["said"] for reply in people.answered.values()} == {Verdict.GRANTED}
    assert set(TapEvent.objects.values_list("device", "seq")) == set(people.answered)
    assert [charge.cents for charge in Charge.objects.all()] == [ENTRY] * len(cards)
    house.audit()


def test_while_the_database_is_down_doors_are_told_at_once(
    house: Gatehouse, own: OwnDatabase
) -> None:
    house.town.family("Petit", card="012-00043")
    event = house.town.event("012-00043", where="GâtinéO", at="15:00")
    pool = house.box("GâtinéO")
    assert pool.ask(event).status == 200
    own.server.stop()

    started = time.monotonic()
    down = pool.ask(event)
    journal = pool.upload(pool.batch(event))
    lasted = time.monotonic() - started
    own.server.start()
    back = pool.ask(event)
    while back.status == 503 and time.monotonic() - started < 30:
        time.sleep(float(back.headers["retry-after"]) / 10)
        back = pool.ask(event)

    assert (down.status, down.headers["retry-after"]) == (503, "1")
    assert "base" in down.said["error"]
    assert journal.status == 503
    assert lasted < 5
    assert back.status == 200
    assert pool.upload(pool.batch(event)).said["ack"] == 1
