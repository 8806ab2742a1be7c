"""A real gateway behind a real socket, and boxes that sign what they tell it."""

import asyncio
import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connections

from cvq.catalog.models import Device
from cvq.config import asgi
from cvq.config.audit import culprits
from cvq.config.clock import Clock, real_ms
from cvq.kernel.local import at_ms
from cvq.plumbing.connections import underneath
from cvq.plumbing.roles import OWNER
from cvq.plumbing.sealer import seal_all
from cvq.rules.vocabulary import Sector
from cvq.taps.gateway import Gateway
from cvq.wire import messages
from cvq.wire.events import Event, canon, genesis, head_after
from cvq.wire.messages import Manifest, Upload, write
from cvq.wire.signing import ASK, BATCH, DEVICE_HEADER, GET, MAC_HEADER, mac, sign
from databases import Database
from town import Town, town_here

START_SECONDS_MAX = 30.0
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
JSON = {"content-type": "application/json"}


class Reply(msgspec.Struct, frozen=True):
    """What the gateway said."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def said(self) -> Any:
        return msgspec.json.decode(self.body)


class Line:
    """One connection to a gateway, opened again when it is lost."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connection: http.client.HTTPConnection | None = None

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] = {}
    ) -> Reply:
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            self.connection.connect()
            self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.connection.request(method, path, body=body, headers=dict(headers))
            response = self.connection.getresponse()
            return Reply(response.status, response.read(), dict(response.getheaders()))
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class SigningBox:
    """The keys of one device, and how it speaks."""

    def __init__(self, number: int, line: Line) -> None:
        self.number = number
        self.line = line
        self.key = Ed25519PrivateKey.from_private_bytes(number.to_bytes(32, "big"))
        self.hmac_key = bytes([number % 256]) * 32

    def enrol(self) -> None:
        Device.objects.filter(pk=self.number).update(
            hmac_key=self.hmac_key, public_key=self.key.public_key().public_bytes_raw()
        )

    def ask(self, event: Event, **headers: str) -> Reply:
        return self.ask_bytes(canon(event), **headers)

    def ask_bytes(self, body: bytes, **headers: str) -> Reply:
        named = {DEVICE_HEADER: str(self.number), MAC_HEADER: mac(self.hmac_key, ASK, body)}
        sent = {**JSON, **named, **{key.replace("_", "-"): v for key, v in headers.items()}}
        return self.line.send("POST", messages.ASK_PATH, body, sent)

    def batch(self, *events: Event, prev: bytes | None = None) -> Upload:
        """Return a signed stretch of journal; `prev` is the hash before it."""
        start = genesis(self.number) if prev is None else prev
        manifest = Manifest(
            dev=self.number,
            first=events[0].seq,
            to=events[-1].seq,
            prev=start.hex(),
            head=head_after(start, events).hex(),
        )
        return Upload(m=manifest, sig=sign(self.key, BATCH, canon(manifest)), events=events)

    def upload(self, upload: Upload) -> Reply:
        return self.line.send("POST", messages.EVENTS_PATH, write(upload), JSON)

    def policy(self, sector: Sector, have: int = 0) -> Reply:
        target = f"{messages.POLICY_PATH}?{urlencode({'sector': sector.value, 'have': have})}"
        proof = mac(self.hmac_key, GET, target.encode())
        named = {DEVICE_HEADER: str(self.number), MAC_HEADER: proof}
        return self.line.send("GET", target, None, named)


class Gatehouse:
    """A gateway on a database of the test's own, and the boxes of its town."""

    def __init__(self, database: Database, town: Town, clock: Clock) -> None:
        self.database = database
        self.town = town
        self.clock = clock
        self.home = home_of_its_own()
        self.port = free_port()
        self.lines: list[Line] = []
        self.numbers = {where: point.guards.get().device_id for where, point in town.points.items()}
        self.process: subprocess.Popen[bytes] | None = None
        self.thread: Here | None = None

    def here(self) -> "Gatehouse":
        """Start the gateway in this process: it cannot be killed, and starts at once."""
        self.thread = Here(self)
        return self

    def start(self) -> "Gatehouse":
        self.process = self.run("gateway", "--port", str(self.port))
        wait_for(self.port, self.process)
        return self

    def run(self, *command: str) -> "subprocess.Popen[bytes]":
        """Start a command of ours on the database of the test, at its time."""
        told = {
            "DATABASE_URL": self.database.app_dsn,
            "CVQ_CLOCK": self.clock.told(),
            "CVQ_HOME": str(self.home),
        }
        program = [sys.executable, "-m", "cvq.config.cli", *command]
        return subprocess.Popen(program, env={**os.environ, **told})

    @contextlib.contextmanager
    def working(self) -> Iterator["subprocess.Popen[bytes]"]:
        """Give a worker that runs meanwhile."""
        worker = self.run("worker")
        try:
            yield worker
        finally:
            worker.terminate()
            worker.wait(20)

    def audit(self) -> None:
        """Seal what is written and let our own audit find nothing."""
        seal_all(underneath(), at=self.clock.now())
        assert list(culprits(underneath())) == []

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        for line in self.lines:
            line.close()
        if self.thread is not None:
            self.thread.stop()
        self.stop()
        self._wait_for_nobody()

    def _wait_for_nobody(self) -> None:
        # Who owns a database may not end the sessions of others: they must be over.
        end = time.monotonic() + 10
        connections.close_all()
        with self.database.connect(OWNER, autocommit=True) as connection:
            while time.monotonic() < end and connection.execute(OTHERS).fetchone() != (0,):
                time.sleep(0.01)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)

    def line(self) -> Line:
        self.lines.append(Line(self.port))
        return self.lines[-1]

    def box(self, where: str) -> SigningBox:
        return SigningBox(self.numbers[where], self.line())


def home_of_its_own() -> Path:
    """Return a folder where the processes of a test find the key that this one seals with."""
    folder = Path(tempfile.mkdtemp(prefix="home-", dir=os.environ["CVQ_TEST_FOLDER"]))
    (folder / "secrets").mkdir(mode=0o700)
    (folder / "secrets" / "seal").write_bytes(settings.SEAL_KEY)
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, process: "subprocess.Popen[bytes] | None" = None) -> None:
    end = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < end and (process is None or process.poll() is None):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError(f"nobody listens on {port}: {process and process.poll()}")


class Here:
    """A gateway in a thread of this process, under the same server."""

    def __init__(self, house: Gatehouse) -> None:
        application = asgi.gateway(house.database.app_dsn, folder=house.home, time=house.clock)
        self._started = threading.Event()
        self._port = house.port
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(application)))
        self._thread.start()
        self._started.wait()
        wait_for(house.port)

    async def _serve(self, application: Gateway) -> None:
        self._loop = asyncio.get_running_loop()
        self._server = asgi.server(application, host="127.0.0.1", port=self._port)
        self._started.set()
        await self._server.serve()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._server.stop)
        self._thread.join(20)


@contextlib.contextmanager
def gatehouse(
    database: Database, *, at: str = "15:00", clock: Clock | None = None
) -> Iterator[Gatehouse]:
    """Give a town whose gateway runs apart, at an hour of its day unless a clock is given."""
    with _house(database, at, clock) as house:
        yield house.start()


@contextlib.contextmanager
def gatehouse_here(database: Database, *, at: str = "15:00") -> Iterator[Gatehouse]:
    """Give a town whose gateway runs in this process, at an hour of its day."""
    with _house(database, at, None) as house:
        yield house.here()


@contextlib.contextmanager
def _house(database: Database, at: str, clock: Clock | None) -> Iterator[Gatehouse]:
    town = town_here()
    here = clock or Clock(real=real_ms(), begins=at_ms(town.at(at)))
    house = Gatehouse(database, town, here)
    for where in town.points:
        house.box(where).enrol()
    try:
        yield house
    finally:
        house.close()
