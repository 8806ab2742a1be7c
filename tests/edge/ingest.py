"""
A small town hall over HTTP, for a box that tells it its journal through a line that fails.

It keeps what it is told in memory, exactly as the protocol says, and can be made to lose a request
before it is read or its answer after it is kept.
"""

import contextlib
import random
import socket
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from cvq.rules.vocabulary import Means, Verdict
from cvq.wire import messages
from cvq.wire.enrolment import Enrolment
from cvq.wire.events import Event, canon, chained, genesis
from cvq.wire.messages import Ack, Expect, Fork, Problem, broken, read_upload
from cvq.wire.policy import Sealed
from cvq.wire.signing import ASK, BATCH, GET, MAC_HEADER, is_authentic, is_signed
from cvq.wire.words import shown


class TownHall:
    """What the town hall knows of one box."""

    def __init__(self, enrolment: Enrolment, *, now: int) -> None:
        self.enrolment = enrolment
        self.now = now
        self.events: list[Event] = []
        self.hashes = [genesis(enrolment.device)]
        self.asked: list[Event] = []
        self.policies: list[Sealed] = []
        self.status: int | None = None
        self.nonsense: bytes | None = None  # what stands in its place answers that
        self.silent = threading.Event()  # answers nothing until it is set again
        self.silent.set()
        self.lost_requests = self.lost_answers = 0.0
        self.chance = random.Random(7)
        self.requests = 0

    def upload(self, body: bytes) -> tuple[int, object]:
        upload = read_upload(body)
        m = upload.m
        if not is_signed(self.enrolment.public_key, BATCH, canon(m), upload.sig):
            return 401, Problem(error="signature")
        if problem := broken(upload):
            return 400, problem
        if m.first > len(self.events) + 1:
            return 409, Expect(expect=len(self.events) + 1)
        head = bytes.fromhex(m.prev)
        for event in upload.events:
            head = chained(head, event)
            if event.seq <= len(self.events):
                if self.hashes[event.seq] != head:
                    return 422, Fork(fork=event.seq)
            elif self.hashes[event.seq - 1] != bytes.fromhex(m.prev) and event.seq == m.first:
                return 422, Fork(fork=event.seq)
            else:
                self.events.append(event)
                self.hashes.append(head)
        return 200, Ack(ack=m.to, now=self.now, pol=len(self.policies))

    def ask(self, body: bytes, proof: str) -> tuple[int, object]:
        if not is_authentic(bytes.fromhex(self.enrolment.hmac_key), ASK, body, proof):
            return 401, Problem(error="preuve")
        event = messages.read_ask(body)
        self.asked.append(event)
        import msgspec

        granted = msgspec.structs.replace(event, said=Verdict.GRANTED, means=Means.WALLET)
        return 200, messages.answer(granted, shown(Verdict.GRANTED), now=self.now, pol=0)

    def policy(self, target: str, proof: str) -> bytes | None:
        assert is_authentic(bytes.fromhex(self.enrolment.hmac_key), GET, target.encode(), proof)
        have = int(parse_qs(urlsplit(target).query)["have"][0])
        for sealed in self.policies if have else self.policies[-1:]:
            number = int(sealed.header.split(b'"seq":')[1].split(b",")[0])
            if number > have:
                return sealed.to_bytes()
        return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    town: TownHall

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def _serve(self) -> None:
        town = self.town
        town.requests += 1
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        town.silent.wait(10)
        if town.chance.random() < town.lost_requests:
            return self._hang_up()
        status, content = self._answer(body)
        if town.chance.random() < town.lost_answers:
            return self._hang_up()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        return None

    def _answer(self, body: bytes) -> tuple[int, bytes]:
        town, proof = self.town, self.headers.get(MAC_HEADER, "")
        if town.nonsense is not None:
            return 200, town.nonsense
        if town.status is not None:
            return town.status, canon(Problem(error="panne"))
        if self.path == messages.EVENTS_PATH:
            status, told = town.upload(body)
        elif self.path == messages.ASK_PATH:
            status, told = town.ask(body, proof)
        else:
            found = town.policy(self.path, proof)
            return (204, b"") if found is None else (200, found)
        return status, canon(told)

    def _hang_up(self) -> None:
        linger = struct.pack("ii", 1, 0)
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True
        self.connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A line that was cut is what we came for."""


@contextlib.contextmanager
def serving(town: TownHall) -> Iterator[str]:
    """Serve a town hall on a free port of this machine."""
    handler = type("Handler", (_Handler,), {"town": town})
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        town.silent.set()
        server.shutdown()
        thread.join()
        server.server_close()
