"""
Keeping when each device was last heard, out of the way of those who wait.

A device is written down once in twenty seconds at the most, and those that speak while a writing is
under way are written together by the next.  Nobody waits for it and nothing is lost with it: what
could not be written is written when the device speaks again.
"""

import asyncio
from collections.abc import Callable
from functools import partial

from cvq.kernel.unable import Unable
from cvq.taps import contact
from cvq.taps.gateway.lanes import Job

EVERY_MS = 20_000


class Hearing:
    """When devices were heard; lives in one event loop."""

    def __init__(self, do: Callable[[Job[None]], "asyncio.Future[None]"]) -> None:
        """Take who does a job on the database."""
        self._do = do
        self._written: dict[int, int] = {}
        self._waiting: dict[int, int] = {}
        self._under_way = False

    def heard(self, device: int, now: int) -> None:
        """Take note that a device spoke (milliseconds)."""
        before = self._written.get(device)
        if before is not None and 0 <= now - before < EVERY_MS:
            return
        self._written[device] = self._waiting[device] = now
        self._write()

    def _write(self) -> None:
        if self._under_way or not self._waiting:
            return
        heard, self._waiting = self._waiting, {}
        try:
            writing = self._do(partial(contact.hear, heard=heard))
        except Unable:
            self._forget(heard)
            return
        self._under_way = True
        writing.add_done_callback(partial(self._done, heard))

    def _done(self, heard: dict[int, int], writing: "asyncio.Future[None]") -> None:
        self._under_way = False
        if writing.cancelled() or writing.exception() is not None:
            self._forget(heard)
        else:
            self._write()

    def _forget(self, heard: dict[int, int]) -> None:
        """Let these devices be written when they speak again."""
        for device in heard:
            self._written.pop(device, None)
