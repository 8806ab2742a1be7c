"""
What boards that are open are told: one small raw ASGI application, hundreds of watchers.

What is sealed is read once and written once; each watcher has a short line of bytes to be sent, and
whoever is too slow for it is let go: the browser comes back and is told what it missed.  A board is
let go every few minutes in any case, so that who may no longer watch does not.
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any, Protocol
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from psycopg import Connection

from cvq.board.teller import News, Teller

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Header = tuple[bytes, bytes]

STREAM_PATH = "/supervision/flux"
HEALTH_PATH = "/health"
WATCHERS_MAX = 1000
LINE_MAX = 32  # news that a watcher is behind
KEPT_MAX = 64  # news, for who comes back
CLOCK_SECONDS = 10.0
# A board comes back at once; not all of them together.
OPEN_SECONDS = (240.0, 300.0)
LEAVING_SECONDS = 1.0
RETRY = b"retry: 2000\n\n"
ASKING_THREADS = 2


class Clock(Protocol):
    """Tells what time it is in the territory."""

    def now(self) -> datetime:
        """Return the instant."""


MayWatch = Callable[[str, date], bool]
Line = asyncio.Queue[bytes | None]


class Stream:
    """The ASGI application; everything that it needs is given to it."""

    def __init__(
        self,
        *,
        connect: Callable[[], Connection[Any]],
        clock: Clock,
        zone: ZoneInfo,
        session_in: Callable[[str], str],
        may_watch: MayWatch,
        hosts: Callable[[str], bool],
    ) -> None:
        """Take what it needs; the thread that reads starts with the server."""
        self._clock = clock
        self._zone = zone
        self._session_in = session_in
        self._may_watch = may_watch
        self._hosts = hosts
        self._teller = Teller(connect=connect, zone=zone, tell=self._heard)
        self._askers = ThreadPoolExecutor(ASKING_THREADS, thread_name_prefix="asker")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lines: dict[Line, asyncio.Task[None]] = {}
        self._kept: deque[tuple[int, bytes]] = deque(maxlen=KEPT_MAX)
        self._closing = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or follow the server as it starts and stops."""
        if scope["type"] != "http":
            await self._live(receive, send)
            return
        path, method = scope["path"], scope["method"]
        if method != "GET" or path not in {STREAM_PATH, HEALTH_PATH}:
            await _reply(send, 405 if method != "GET" else 404)
        elif path == HEALTH_PATH:
            await _reply(send, 200)
        else:
            await self._watch(_headers(scope), receive, send)

    async def _watch(self, headers: dict[str, str], receive: Receive, send: Send) -> None:
        origin = headers.get("origin", "")
        if not self._is_ours(headers.get("host", ""), origin):
            await _reply(send, 403)
            return
        cors = _cors(origin)
        session = self._session_in(headers.get("cookie", ""))
        today = self._clock.now().astimezone(self._zone).date()
        loop = asyncio.get_running_loop()
        if not session or not await loop.run_in_executor(
            self._askers, self._may_watch, session, today
        ):
            await _reply(send, 403, cors)
        elif len(self._lines) >= WATCHERS_MAX or self._closing:
            await _reply(send, 503, cors)
        else:
            await self._tell(headers.get("last-event-id", ""), cors, receive, send)

    async def _tell(self, last: str, cors: Iterable[Header], receive: Receive, send: Send) -> None:
        line: Line = asyncio.Queue(LINE_MAX + KEPT_MAX)
        for event in self._missed(last):
            line.put_nowait(event)
        sending = asyncio.ensure_future(self._send_all(line, cors, send))
        self._lines[line] = sending
        gone = asyncio.ensure_future(_gone(receive))
        gone.add_done_callback(lambda _: self._let_go(line))
        try:
            await asyncio.wait({sending})
        finally:
            self._lines.pop(line, None)
            gone.cancel()
            sending.cancel()

    async def _send_all(self, line: Line, cors: Iterable[Header], send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [*EVENTS, *cors]})
        await _body(send, RETRY + self._time())
        await self._send_on(line, send)
        await _body(send, b"", more=False)

    async def _send_on(self, line: Line, send: Send) -> None:
        ends_at = asyncio.get_running_loop().time() + random.uniform(*OPEN_SECONDS)
        while asyncio.get_running_loop().time() < ends_at:
            try:
                event = await asyncio.wait_for(line.get(), CLOCK_SECONDS)
            except TimeoutError:
                event = self._time()
            if event is None:
                return
            await _body(send, event)

    # -- news ----------------------------------------------------------------------------------
    def _heard(self, news: News) -> None:
        """Take in news, in the thread that reads."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._publish, news.position, news.event())

    def _publish(self, position: int, event: bytes) -> None:
        self._kept.append((position, event))
        event += self._time()
        for line in list(self._lines):
            if line.qsize() >= LINE_MAX:
                self._let_go(line)
            else:
                line.put_nowait(event)

    def _missed(self, last: str) -> list[bytes]:
        if not (last.isascii() and last.isdigit()):
            return []
        return [event for position, event in self._kept if position > int(last)]

    def _let_go(self, line: Line) -> None:
        """End a watcher's stream: what still waits for it, it asks for again."""
        sending = self._lines.pop(line, None)
        if sending is None:
            return
        while not line.empty():
            line.get_nowait()
        line.put_nowait(None)
        # One who reads nothing would hold us for as long as they like.
        asyncio.get_running_loop().call_later(LEAVING_SECONDS, sending.cancel)

    def _time(self) -> bytes:
        there = self._clock.now().astimezone(self._zone)
        return f"event: clock\ndata: {there.hour}:{there:%M}\n\n".encode()

    # -- who asks, and the server ----------------------------------------------------------------
    def _is_ours(self, host: str, origin: str) -> bool:
        """Tell whether a page of ours asks: of this host, whatever the port, as cookies are."""
        name = urlsplit(f"//{host}").hostname
        if name is None or not self._hosts(name):
            return False
        return not origin or urlsplit(origin).hostname == name

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._loop = asyncio.get_running_loop()
                self._teller.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def leave(self) -> None:
        """Let every watcher go, and take no other: they come back to who is started next."""
        self._closing = True
        for line in list(self._lines):
            self._let_go(line)

    async def close(self) -> None:
        """Stop reading."""
        self.leave()
        await asyncio.to_thread(self._teller.stop)
        self._askers.shutdown(wait=False, cancel_futures=True)


EVENTS: tuple[Header, ...] = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
)


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _cors(origin: str) -> tuple[Header, ...]:
    if not origin:
        return ()
    return (
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"origin"),
    )


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body(send: Send, body: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})


async def _reply(send: Send, status: int, headers: Iterable[Header] = ()) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [*headers]})
    await _body(send, b"", more=False)
