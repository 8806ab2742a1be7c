"""Two hundred boards that are open: what each was told, and how long after it was sealed."""

import asyncio
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from cvq.board.stream import STREAM_PATH

OPEN_SECONDS_MAX = 60.0
AGAIN_SECONDS = 0.1
KILOBYTES = 1024


class Watcher:
    """A board that is open: where it is in the chain, and what it was told."""

    def __init__(self) -> None:
        """Open at the end of the chain."""
        self.position = ""
        self.count = 0
        self.heard: list[tuple[int, float]] = []  # position, and when
        self.refused = 0


class Crowd:
    """Watchers in a thread of their own, as browsers are: they come back when they are let go."""

    def __init__(self, port: int, session: str, count: int) -> None:
        """Prepare; nobody watches yet."""
        self.watchers = [Watcher() for _ in range(count)]
        self._port = port
        self._session = session
        self._open = 0
        self._all_open = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._watch()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._all_open.wait(OPEN_SECONDS_MAX), f"{self._open} boards are open"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def waits(self, sealed: dict[int, float]) -> list[float]:
        """Return how long each watcher waited for each of these positions, sealed at an instant."""
        positions = sorted(sealed)
        found = []
        for watcher in self.watchers:
            waiting = iter(positions)
            position = next(waiting, None)
            for reached, at in watcher.heard:
                while position is not None and position <= reached:
                    found.append(max(0.0, at - sealed[position]))
                    position = next(waiting, None)
        return found

    async def _watch(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        watching = [asyncio.create_task(self._one(watcher)) for watcher in self.watchers]
        await self._stopping.wait()
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)

    async def _one(self, watcher: Watcher) -> None:
        is_first = True
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            except OSError:
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            try:
                writer.write(self._asking(watcher))
                if b" 200 " not in await reader.readline():
                    watcher.refused += 1
                    await asyncio.sleep(AGAIN_SECONDS)
                elif is_first:
                    is_first = False
                    self._opened()
                await self._read(watcher, reader)
            except OSError:
                await asyncio.sleep(AGAIN_SECONDS)
            finally:
                writer.close()

    def _opened(self) -> None:
        self._open += 1
        if self._open == len(self.watchers):
            self._all_open.set()

    def _asking(self, watcher: Watcher) -> bytes:
        last = f"last-event-id: {watcher.position}\r\n" if watcher.position else ""
        return (
            f"GET {STREAM_PATH} HTTP/1.1\r\nhost: 127.0.0.1:{self._port}\r\n{last}"
            f"cookie: sessionid={self._session}\r\n\r\n"
        ).encode()

    async def _read(self, watcher: Watcher, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            if line == b"0\r\n":  # the last piece of the answer
                return
            if line.startswith(b"id: "):
                watcher.position = line[4:].strip().decode()
                watcher.heard.append((int(watcher.position), time.perf_counter()))
            elif line.startswith(b'data: {"count"'):
                watcher.count += msgspec.json.decode(line[6:])["count"]


def resident_mb(process: int) -> float:
    """Return the memory that a process holds, in megabytes."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / KILOBYTES
    raise ProcessLookupError(process)
