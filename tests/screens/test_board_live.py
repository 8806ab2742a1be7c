"""Boards that are open are told each tap once it is sealed: all of them, once, and only they."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from cvq.access.models import Assignment, Role
from cvq.board.stream import STREAM_PATH
from cvq.config.commands.bench import benches
from cvq.plumbing.connections import underneath
from cvq.plumbing.sealer import HEAD, seal_all
from edge.gatehouse import free_port, home_of_its_own
from pages import Pages

benches()  # puts the sources of the measures within reach
from bench.watchers import Crowd, resident_mb  # noqa: E402

WATCHERS = 200
WAIT_SECONDS_MAX = 1.0
GROWTH_MB_MAX = 12.0
TURN_SECONDS = 0.2
SECONDS = 120.0 if os.environ.get("CVQ_REQUIRE_ALL") == "1" else 6.0


class Live:
    """``cvq live`` on the town of the pages, and who watches."""

    def __init__(self, site: Pages, dsn: str) -> None:
        self.site = site
        self.seal()  # what was lived before it began is nothing new to tell
        self.port = free_port()
        home = home_of_its_own()
        (home / "secrets" / "django").write_bytes(bytes.fromhex(settings.SECRET_KEY))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cvq.config.cli", "live", "--port", str(self.port)],
            env={**os.environ, "DATABASE_URL": dsn, "CVQ_HOME": str(home)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline().startswith("Direct : http://127.0.0.1:")
        self.lines: list[http.client.HTTPConnection] = []
        self.responses: list[http.client.HTTPResponse] = []
        self.watcher = site.agent("supervision@exemple.fr", Role.SUPERVISION)

    def close(self) -> None:
        self.process.terminate()
        assert self.process.wait(20) == 0
        assert self.process.stdout is not None
        self.process.stdout.close()
        for response in self.responses:
            response.close()
        for line in self.lines:
            line.close()

    def session(self, user: Any) -> str:
        client = Client()
        client.force_login(user)
        return str(client.cookies["sessionid"].value)

    def get(self, session: str = "", **headers: str) -> http.client.HTTPResponse:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if session:
            named["cookie"] = f"sessionid={session}"
        self.lines.append(line)
        line.request("GET", STREAM_PATH, headers=named)
        self.responses.append(line.getresponse())
        return self.responses[-1]

    def open(self, **headers: str) -> "Board":
        return Board(self.get(self.session(self.watcher), **headers))

    def seal(self) -> int:
        seal_all(underneath(), at=self.site.town.at("08:40"))
        row = underneath().execute(HEAD).fetchone()
        assert row is not None
        return int(row[0])


class Board:
    """A board that is open, as its browser reads it."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        assert response.status == 200
        self.response = response
        self.headers = dict(response.getheaders())

    def next(self, kind: str) -> tuple[str, str]:
        """Return the number and the data of the next event of a kind."""
        found: dict[str, str] = {}
        while True:
            line = self.response.readline().decode().rstrip("\n")
            if not line and found.get("event") == kind:
                return found.get("id", ""), found["data"]
            if not line:
                found = {}
            name, _, value = line.partition(": ")
            found[name] = value

    def taps(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.next("taps")[1])
        return told


@pytest.fixture
def live(site: Pages, database: Any) -> Iterator[Live]:
    started = Live(site, database.app_dsn)
    yield started
    started.close()


def test_a_tap_is_told_once_it_is_sealed_by_hour_place_and_word(live: Live) -> None:
    board = live.open()
    assert board.next("clock")[1] == "8:40"

    live.site.town.tap("012-00009", where="GâtinéO", at="08:39:58")
    live.site.town.tap("nobody", where="Mairie", at="08:39:59")
    live.seal()

    at = round(live.site.town.at("08:40").timestamp())
    assert board.taps() == {
        "count": 2,
        "taps": [
            {
                "k": "1-4",
                "t": at - 2,
                "at": "8:39:58",
                "place": "GâtinéO",
                "insee": "79202",
                "kind": "in",
            },
            {
                "k": "10-1",
                "t": at - 1,
                "at": "8:39:59",
                "place": "Mairie",
                "insee": "79202",
                "kind": "no",
            },
        ],
    }


def test_who_comes_back_is_told_what_they_missed(live: Live) -> None:
    first = live.open()
    first.next("clock")
    numbers = []
    for second in (10, 20, 30):
        live.site.town.tap("012-00009", where="Mairie", at=f"08:30:{second}")
        live.seal()
        numbers.append(first.next("taps")[0])

    again = live.open(last_event_id=numbers[0])

    assert [again.taps()["taps"][0]["at"] for _ in range(2)] == ["8:30:20", "8:30:30"]


def test_only_who_watches_the_machines_that_day_is_told(live: Live) -> None:
    parent = live.session(live.site.parent())
    agent = live.session(live.site.agent("guichet@exemple.fr", Role.COUNTER))
    gone = live.site.agent("parti@exemple.fr", Role.SUPERVISION)
    Assignment.objects.filter(user=gone).update(valid_until="2025-06-03")
    forged = live.session(live.watcher)[:-1] + "é"

    for session in ("", "nothing", parent, agent, live.session(gone), forged.encode().hex()):
        assert live.get(session).status == 403, session


def test_who_logged_out_is_told_no_more_when_they_come_back(live: Live) -> None:
    client = Client()
    client.force_login(live.watcher)
    session = str(client.cookies["sessionid"].value)
    assert live.get(session).status == 200

    client.logout()

    assert live.get(session).status == 403


def test_only_a_page_of_this_host_may_read_it(live: Live) -> None:
    here = "http://127.0.0.1:8010"
    session = live.session(live.watcher)

    ours = live.open(origin=here)
    theirs = live.get(session, origin="https://ailleurs.exemple")
    rebound = live.get(session, host="ailleurs.exemple")

    assert ours.headers["access-control-allow-origin"] == here
    assert ours.headers["access-control-allow-credentials"] == "true"
    assert "access-control-allow-origin" not in dict(theirs.getheaders())
    assert (theirs.status, rebound.status) == (403, 403)


def test_one_who_reads_nothing_holds_up_neither_the_others_nor_the_end(live: Live) -> None:
    asleep = socket.create_connection(("127.0.0.1", live.port))
    asleep.sendall(
        f"GET {STREAM_PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\n"
        f"cookie: sessionid={live.session(live.watcher)}\r\n\r\n".encode()
    )
    board = live.open()
    board.next("clock")

    live.site.town.tap("012-00009", where="Mairie", at="08:30:10")
    live.seal()

    assert board.taps()["count"] == 1
    live.close()
    asleep.close()


def test_the_boards_go_on_when_the_database_was_away(live: Live) -> None:
    board = live.open()
    board.next("clock")
    with live.site.town.connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'cvq live' AND datname = current_database()"
        )

    live.site.town.tap("012-00009", where="Mairie", at="08:30:10")
    live.seal()

    assert board.taps()["count"] == 1


def test_two_hundred_boards_are_told_each_tap_within_a_second_and_nothing_grows(
    live: Live,
) -> None:
    town = live.site.town
    begins = town.at("08:00").timestamp()
    sealed: dict[int, float] = {}
    told = 0
    with Crowd(live.port, live.session(live.watcher), WATCHERS) as crowd:
        ends_at = time.monotonic() + SECONDS
        before = 0.0
        while (now := time.monotonic()) < ends_at:
            second = round((begins + told) % 3600)
            # A card that is known: of unknown ones, more than thirty a minute are only counted.
            town.tap("012-00009", where="Mairie", at=f"08:{second // 60:02}:{second % 60:02}")
            told += 1
            sealed[live.seal()] = time.perf_counter()
            before = before or resident_mb(live.process.pid)
            time.sleep(max(0.0, TURN_SECONDS - (time.monotonic() - now)))
        time.sleep(WAIT_SECONDS_MAX)
        after = resident_mb(live.process.pid)

    waits = crowd.waits(sealed)
    assert len(waits) == WATCHERS * len(sealed)
    assert max(waits) <= WAIT_SECONDS_MAX
    assert {watcher.count for watcher in crowd.watchers} == {told}
    assert after - before <= GROWTH_MB_MAX


def test_an_open_board_shows_a_tap_at_once(
    site: Pages, page_of: Any, database: Any, settings: Any
) -> None:
    live = Live(site, database.app_dsn)
    live.seal()
    try:
        settings.LIVE_URL = f"http://127.0.0.1:{live.port}"
        settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["connect-src"] = [
            "'self'",
            settings.LIVE_URL,
        ]
        page = page_of(live.watcher)
        errors: list[str] = []
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        with page.expect_response(lambda reply: STREAM_PATH in reply.url):
            page.goto(site.address + "/supervision/")
        site.town.tap("nobody", where="Mairie", at="08:39:59")
        live.seal()

        page.wait_for_selector("#flux li.neuf")
        line = page.inner_text("#flux li >> nth=0").split("\n")
        assert [part for part in line if part] == ["8:39:59", "Mairie", "Pas d'accès"]
        assert page.inner_text("#n-badges") == "3"
        assert errors == []
    finally:
        live.close()
