"""
Clients that knock without a pause: ``python -m bench.load PORT FILE`` plays what a file holds.

Each client has a connection that it keeps, and sends its next request when the answer to the last
one is there.  One process, one thread, no library: what it spends is not counted, but it works on
the same machine as the server.
"""

import json
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

LARGEST_READ = 65_536  # bytes
HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length: "
OK = b"HTTP/1.1 200"
PATIENCE_SECONDS = 120


class Played(Struct):
    """What the clients saw: how long it lasted, and each wait in seconds, shortest first."""

    wall: float
    waits: list[float]

    def quantile(self, share: float) -> float:
        """Return the wait that this share of the requests did not exceed, in milliseconds."""
        return 1e3 * self.waits[min(len(self.waits) - 1, int(share * len(self.waits)))]


class Client:
    """One connection, and what it has still to send."""

    __slots__ = ("answer", "requests", "sent_at", "socket", "turn")

    def __init__(self, port: int, requests: Sequence[bytes]) -> None:
        """Connect; nothing is sent."""
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.requests = requests
        self.turn = 0
        self.sent_at = 0.0
        self.answer = b""

    def send(self) -> None:
        """Send the next request whole: a closed loop never has two under way."""
        self.answer = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(self.requests[self.turn])
        self.turn += 1

    def receive(self) -> bool:
        """Read what is there; tell whether the answer is whole."""
        read = self.socket.recv(LARGEST_READ)
        if not read:
            raise ConnectionError("the server hung up")
        self.answer += read
        head, end, body = self.answer.partition(HEAD_END)
        if not end:
            return False
        at = head.find(LENGTH) + len(LENGTH)
        if at < len(LENGTH):
            raise AssertionError(self.answer.decode(errors="replace"))
        return len(body) >= int(head[at:].split(b"\r\n", 1)[0])


def play(port: int, clients: Sequence[Sequence[bytes]], expected: bytes) -> Played:
    """Play every client's requests; each answer must be a 200 that holds what is expected."""
    waits = []
    selector = selectors.EpollSelector()
    players = [Client(port, requests) for requests in clients if requests]
    for player in players:
        selector.register(player.socket, selectors.EVENT_READ, player)
    left = len(players)
    started = time.perf_counter()
    for player in players:
        player.send()
    while left:
        ready = selector.select(PATIENCE_SECONDS)
        if not ready:
            raise TimeoutError("the server no longer answers")
        for key, _ in ready:
            player = key.data
            if not player.receive():
                continue
            waits.append(time.perf_counter() - player.sent_at)
            if not player.answer.startswith(OK) or expected not in player.answer:
                raise AssertionError(player.answer.decode(errors="replace"))
            if player.turn < len(player.requests):
                player.send()
            else:
                left -= 1
    wall = time.perf_counter() - started
    for player in players:
        player.socket.close()
    return Played(wall, sorted(waits))


def played_apart(port: int, clients: Sequence[Sequence[bytes]], expected: bytes) -> Played:
    """Play in a process of its own."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(msgspec.msgpack.encode((clients, expected)))
        file.flush()
        done = subprocess.run(
            [sys.executable, "-m", "bench.load", str(port), file.name],
            cwd=Path(__file__).parents[1],
            stdout=subprocess.PIPE,
            check=True,
        )
    return msgspec.json.decode(done.stdout, type=Played)


def request(path: str, body: bytes, headers: Sequence[tuple[str, str]] = ()) -> bytes:
    """Return the bytes of a request."""
    lines = [
        f"POST {path} HTTP/1.1",
        "host: 127.0.0.1",
        "content-type: application/json",
        f"content-length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers),
    ]
    return "\r\n".join(lines).encode() + HEAD_END + body


if __name__ == "__main__":
    told = msgspec.msgpack.decode(Path(sys.argv[2]).read_bytes())
    result = play(int(sys.argv[1]), *told)
    print(json.dumps(msgspec.to_builtins(result)))
