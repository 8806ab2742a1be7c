"""The server that comes with us starts anywhere, loses nothing, and says why it does not start."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from cvq.plumbing import binaries
from cvq.plumbing.postgres import (
    CARELESS,
    FolderOutOfReach,
    OtherMajorVersion,
    PortInUse,
    Server,
    ServerWillNotStart,
)

PATIENCE_SECONDS = 20

ORPHAN = """
import sys, time
from pathlib import Path
from cvq.plumbing.postgres import CARELESS, Server

with Server(Path(sys.argv[1]), settings=CARELESS):
    print("up", flush=True)
    time.sleep(60)
"""


def postmaster(folder: Path) -> int:
    return int((folder / "data/postmaster.pid").read_text().splitlines()[0])


def wait_until_gone(pid: int) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while Path(f"/proc/{pid}/stat").exists() and time.monotonic() < end:
        if Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] == "Z":
            return
        time.sleep(0.02)


def ask(server: Server, question: str) -> object:
    with psycopg.connect(server.dsn()) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]


def brought_back(server: Server) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not server.is_up() and time.monotonic() < end:
        with contextlib.suppress(ServerWillNotStart):  # its last processes are not gone yet
            server.start()


def test_what_was_written_is_there_after_the_server_was_killed(folder):
    with Server(folder / "pg") as server:
        with psycopg.connect(server.dsn()) as connection:
            connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
        killed = postmaster(folder / "pg")
        os.kill(killed, signal.SIGKILL)
        wait_until_gone(killed)

    with Server(folder / "pg") as again:
        assert ask(again, "SELECT count(*) FROM kept") == 1000


def test_the_server_dies_with_its_parent(folder):
    script = [sys.executable, "-c", ORPHAN, str(folder / "pg")]
    with subprocess.Popen(script, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "up\n"
        server = postmaster(folder / "pg")
        parent.kill()

    end = time.monotonic() + PATIENCE_SECONDS
    while (folder / "pg/data/postmaster.pid").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not (folder / "pg/data/postmaster.pid").exists()
    wait_until_gone(server)


def test_a_second_command_joins_the_server_of_the_first_and_leaves_it_running(folder):
    with Server(folder / "pg", settings=CARELESS) as first:
        with Server(folder / "pg", settings=CARELESS) as second:
            assert ask(second, "SELECT 1") == 1

        assert ask(first, "SELECT 1") == 1


def test_who_joined_a_server_that_its_starter_stops_brings_it_back(folder):
    first = Server(folder / "pg", settings=CARELESS).start()
    with Server(folder / "pg", settings=CARELESS) as second:
        assert second.is_up()
        first.stop()
        assert not second.is_up()

        second.start()

        assert second.is_up()
        assert ask(second, "SELECT 1") == 1
    assert not (folder / "pg/data/postmaster.pid").exists()


def test_who_started_a_server_that_was_killed_brings_it_back(folder):
    with Server(folder / "pg") as server:
        dsn = server.dsn()
        killed = postmaster(folder / "pg")
        os.kill(killed, signal.SIGKILL)
        wait_until_gone(killed)
        assert not server.is_up()

        brought_back(server)

        assert server.dsn() == dsn
        assert ask(server, "SELECT 1") == 1


def test_a_server_whose_socket_is_elsewhere_is_brought_back_there(folder):
    deep = folder / ("très-long-" * 9) / "pg"
    deep.parent.mkdir(mode=0o711)
    first = Server(deep, settings=CARELESS).start()
    with Server(deep, settings=CARELESS) as second:
        before = second.sockets
        first.stop()

        second.start()

        assert second.sockets == before
        assert ask(second, "SELECT 1") == 1
    assert not before.exists()


def test_a_path_too_long_for_a_socket_is_no_obstacle(folder):
    deep = folder / ("très-long-" * 9) / "pg"
    deep.parent.mkdir(mode=0o711)

    with Server(deep, settings=CARELESS) as server:
        assert ask(server, "SELECT 1") == 1
        borrowed = server.sockets
        with Server(deep) as joined:
            assert ask(joined, "SELECT 1") == 1

    assert not borrowed.exists()


def test_data_of_another_major_version_are_named_and_left_alone(folder):
    data = folder / "pg/data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")

    with pytest.raises(OtherMajorVersion, match=r"PostgreSQL 9 .* PostgreSQL \d+"):
        Server(folder / "pg").start()

    assert [(file.name, file.read_text()) for file in data.iterdir()] == [("PG_VERSION", "9\n")]


def test_a_port_that_is_taken_is_named(folder):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(PortInUse, match=str(port)):
            Server(folder / "pg", tcp_port=port, settings=CARELESS).start()


def test_a_folder_that_the_server_may_not_enter_is_named(folder):
    folder.chmod(0o500)

    with pytest.raises(FolderOutOfReach, match="CVQ_HOME"):
        Server(folder / "pg").start()

    folder.chmod(0o711)


def test_a_server_that_stops_at_once_tells_its_reason(folder):
    with pytest.raises(ServerWillNotStart, match="no_such_setting"):
        Server(folder / "pg", settings=CARELESS | {"no_such_setting": "1"}).start()


def test_the_system_has_no_server_where_we_were_told(folder):
    with pytest.raises(binaries.NoBinaries, match="apt-get install"):
        Server(folder / "pg", bindir=folder).start()


def test_text_sorts_by_code_point_on_every_machine(folder):
    with Server(folder / "pg", settings=CARELESS) as server:
        order = "SELECT string_agg(w, ' ' ORDER BY w) FROM unnest(%s::text[]) w"
        with psycopg.connect(server.dsn()) as connection:
            row = connection.execute(order, [["élan", "Zoé", "abbé", "Eau"]]).fetchone()

    assert row == ("Eau Zoé abbé élan",)
