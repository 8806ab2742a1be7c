"""
A site that is not there: readers, relays and turnstiles behind a real TCP socket.

Another process presents cards: one line of JSON in, one line of JSON out.

``{"ref": "<32 hex>", "point": 3, "dir": "IN", "turns": true}`` holds a card to the reader of a
point; the answer is what the door does and the reader says.  With ``"turns": true`` somebody walks
through at once when the door opens.  ``{"turned": 3, "dir": "IN"}`` walks through later.
"""

import queue
import socketserver
import threading
from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from cvq.edge.ports import Effect, Presented, Turned
from cvq.rules.vocabulary import Direction

MAX_LINE = 4_096
MAX_WAITING = 256
PATIENCE_SECONDS = 30.0
STOP_SECONDS = 0.05
EXPECTED = {
    "ref": "trente-deux chiffres hexadécimaux, en minuscules",
    "point": "le numéro d'un point",
    "dir": "IN ou OUT",
    "turns": "true ou false",
    "turned": "le numéro d'un point",
}


class Gesture(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line from whoever plays the people at the door."""

    ref: Annotated[str, Meta(pattern="^[0-9a-f]{32}$", max_length=32)] | None = None
    point: int = 0
    dir: Direction = Direction.IN
    turns: bool = True
    turned: int = 0


class Hand:
    """The same without a socket, for who plays the people in this very process."""

    def __init__(self) -> None:
        """Begin with nobody at the door."""
        self.effects: list[Effect] = []
        self._presented: list[Presented] = []
        self._turned: list[Turned] = []

    def present(self, ref: str, point: int, direction: Direction = Direction.IN) -> None:
        """Hold a card to a reader."""
        self._presented.append(Presented(ref, point, direction))

    def turn(self, point: int, direction: Direction = Direction.IN) -> None:
        """Walk through."""
        self._turned.append(Turned(point, direction))

    def poll(self) -> Sequence[Presented]:
        """Return the cards held to readers since the last call."""
        found, self._presented = self._presented, []
        return found

    def turned(self) -> Sequence[Turned]:
        """Return the rotations since the last call."""
        found, self._turned = self._turned, []
        return found

    def do(self, effect: Effect) -> None:
        """Keep what the door did."""
        self.effects.append(effect)


class _Asked:
    """Somebody in front of a reader, waiting for its answer."""

    def __init__(self, presented: Presented, *, turns: bool) -> None:
        self.presented = presented
        self.turns = turns
        self.effect: Effect | None = None
        self.done = threading.Event()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    site: "FakeSite"


class _People(socketserver.StreamRequestHandler):
    server: _Server
    timeout = PATIENCE_SECONDS

    def handle(self) -> None:
        """Answer each line until the other end hangs up."""
        try:
            while line := self.rfile.readline(MAX_LINE):
                self.wfile.write(self.server.site.answer(line) + b"\n")
        except OSError:
            return  # whoever played the people went away


class FakeSite:
    """The reader and the actuator of a site, both, and the socket they are played through."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        turnstile: bool = False,
        points: Mapping[int, str] | None = None,
    ) -> None:
        """Listen; port 0 takes a free one.  There are no readers but at `points`, if told."""
        self.turnstile = turnstile
        self._points = points or {}
        self.done: queue.Queue[Effect] = queue.Queue(maxsize=1_000)
        self._arrived: queue.Queue[_Asked] = queue.Queue(maxsize=MAX_WAITING)
        self._there: list[_Asked] = []
        self._turned: queue.Queue[Turned] = queue.Queue(maxsize=MAX_WAITING)
        self._something = threading.Event()
        self._server = _Server((host, port), _People)
        self._server.site = self
        self.address: tuple[str, int] = (host, self._server.server_address[1])
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(STOP_SECONDS,), daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def wait(self, seconds: float) -> None:
        """Wait until somebody does something, or so long."""
        self._something.wait(seconds)
        self._something.clear()

    def poll(self) -> Sequence[Presented]:
        """Return the cards held to readers since the last call."""
        found: list[Presented] = []
        while True:
            try:
                asked = self._arrived.get_nowait()
            except queue.Empty:
                return found
            self._there.append(asked)
            found.append(asked.presented)

    def turned(self) -> Sequence[Turned]:
        """Return the rotations since the last call."""
        found: list[Turned] = []
        while True:
            try:
                found.append(self._turned.get_nowait())
            except queue.Empty:
                return found

    def do(self, effect: Effect) -> None:
        """Give the first of those who held that card there the answer of the door."""
        if self.done.full():
            self.done.get_nowait()
        self.done.put_nowait(effect)
        # Each gesture has its own answer, in the order of the gestures: whoever goes out right
        # after coming in is told « Au revoir ».
        there = [a for a in self._there if a.presented[:2] == (effect.ref, effect.point)]
        for asked in there[:1]:
            self._there.remove(asked)
            asked.effect = effect
            if effect.opens and asked.turns and self.turnstile:
                self._walk(effect.point, effect.direction)
            asked.done.set()

    def answer(self, line: bytes) -> bytes:
        """Return the answer to one line, in the thread of whoever sent it."""
        try:
            gesture = msgspec.json.decode(line, type=Gesture)
        except (ValueError, RecursionError) as error:  # all of msgspec's and UTF-8's are one
            return _wrong(_misread(str(error)))
        number = gesture.turned if gesture.ref is None else gesture.point
        if wrong := self._not_here(number, gesture):
            return _wrong(wrong)
        if gesture.ref is None:
            self._walk(gesture.turned, gesture.dir)
            return b'{"turned":true}'
        asked = _Asked(Presented(gesture.ref, gesture.point, gesture.dir), turns=gesture.turns)
        try:
            self._arrived.put_nowait(asked)
        except queue.Full:
            return _wrong("Il y a trop de monde devant les lecteurs : recommencez plus tard.")
        self._something.set()
        if not asked.done.wait(PATIENCE_SECONDS) or asked.effect is None:
            return _wrong("Le boîtier n'a pas répondu.")
        return msgspec.json.encode(asked.effect._asdict())

    def _not_here(self, number: int, gesture: Gesture) -> str:
        if gesture.ref is None and not number:
            return "Il manque « ref », la référence d'une carte, ou « turned », le point franchi."
        if not self._points or number in self._points:
            return ""
        kept = ", ".join(f"{one} ({name})" for one, name in self._points.items())
        return f"Ce boîtier ne garde pas le point {number}. Il garde : {kept}."

    def _walk(self, point: int, direction: Direction) -> None:
        try:
            self._turned.put_nowait(Turned(point, direction))
        except queue.Full:
            return
        self._something.set()


def _wrong(sentence: str) -> bytes:
    return msgspec.json.encode({"error": sentence})


def _misread(said: str) -> str:
    """Return in words what is wrong with a line, from what msgspec says of it."""
    what, _, where = said.partition(" - at `$.")
    field = where.rstrip("`")
    if field in EXPECTED:
        return f"« {field} » : il faut {EXPECTED[field]}."
    if "unknown field" in what:
        name = what.partition("`")[2].rstrip("`")
        return f"« {name} » n'est pas un mot du lecteur. Il connaît : {', '.join(EXPECTED)}."
    return f"Cette ligne n'est pas un objet JSON. Le lecteur connaît : {', '.join(EXPECTED)}."
