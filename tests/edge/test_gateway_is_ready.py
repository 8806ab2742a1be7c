"""The gateway says where it listens once somebody can reach it, and what it is to who looks."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from cvq.wire.messages import OPENAPI_PATH
from databases import Database
from edge.gatehouse import Gatehouse, free_port, gatehouse_here


@pytest.fixture
def house(database: Database) -> Iterator[Gatehouse]:
    with gatehouse_here(database) as opened:
        yield opened


def command(house: Gatehouse, port: int) -> "subprocess.Popen[str]":
    told = {"DATABASE_URL": house.database.app_dsn, "CVQ_HOME": str(house.home)}
    return subprocess.Popen(
        [sys.executable, "-m", "cvq.config.cli", "gateway", "--port", str(port)],
        env=os.environ | told,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_says_where_it_is_once_it_is_there(house: Gatehouse) -> None:
    port = free_port()

    with command(house, port) as gateway:
        assert gateway.stdout is not None
        try:
            said = gateway.stdout.readline()
            socket.create_connection(("127.0.0.1", port), 1).close()
        finally:
            gateway.terminate()
            rest, complained = gateway.communicate(timeout=30)

    assert said == f"Passerelle : http://127.0.0.1:{port}\n"
    assert (gateway.returncode, rest, complained) == (0, "", "")


def test_where_another_program_listens_it_does_not_say_that_it_is_there(house: Gatehouse) -> None:
    with command(house, house.port) as gateway:
        said, complained = gateway.communicate(timeout=30)

    assert (gateway.returncode, said) == (2, "")
    assert complained.startswith(f"cvq gateway : 127.0.0.1:{house.port} est déjà pris")
    assert complained.count("\n") == 1


def test_who_opens_its_address_is_told_what_it_is(house: Gatehouse) -> None:
    reply = house.line().send("GET", "/")

    told = reply.body.decode()
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert "la passerelle des lecteurs et des boîtiers" in told
    assert OPENAPI_PATH in told
    assert house.line().send("GET", OPENAPI_PATH).status == 200
