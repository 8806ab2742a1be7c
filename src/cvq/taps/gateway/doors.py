"""
The boxes that we listen to, and what proves that it is they who speak.

Kept in memory for five seconds and read again whole: an unknown box costs no question to the
database, and one that is quarantined is heard five seconds more at the most.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct
from psycopg import Connection, Cursor

FRESH_SECONDS = 5.0
RENEW_SECONDS = 4.0

READ = """
SELECT d.id, d.hmac_key, d.public_key, d.state = 'ENROLLED',
    coalesce((SELECT max(seq) FROM taps_policy WHERE device = d.id), 0)
FROM catalog_device AS d
"""


class Box(Struct, gc=False):
    """A device as the gateway knows it; `policy` is the newest one that it may fetch."""

    number: int
    hmac_key: bytes
    public_key: bytes
    is_enrolled: bool
    policy: int = 0


def read(connection: Connection[Any]) -> dict[int, Box]:
    """Read every device."""
    rows = Cursor(connection).execute(READ).fetchall()
    return {row[0]: Box(row[0], bytes(row[1]), bytes(row[2]), row[3], row[4]) for row in rows}


class Doors:
    """The devices of the territory, as of a few seconds ago."""

    def __init__(
        self,
        read: Callable[[], Awaitable[dict[int, Box]]],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take how the devices are read; nothing is read yet."""
        self._read = read
        self._monotonic = monotonic
        self._boxes: dict[int, Box] = {}
        self._renew_at = self._stale_at = -math.inf
        self._reading: asyncio.Future[None] | None = None

    def get(self, number: int) -> Box | None:
        """Return a device as it was last read."""
        return self._boxes.get(number)

    def is_fresh(self) -> bool:
        """Tell whether what we know may be used; if it soon may not, read it again meanwhile."""
        now = self._monotonic()
        if now < self._renew_at:
            return True
        self._begin()
        return now < self._stale_at

    async def refresh(self) -> None:
        """Wait for the devices to be read again."""
        await asyncio.shield(self._begin())

    def quarantine(self, number: int) -> None:
        """Stop listening to a device here at once; the database knows."""
        if box := self._boxes.get(number):
            box.is_enrolled = False

    def _begin(self) -> "asyncio.Future[None]":
        # Those who come while it is read wait for the same reading.
        if self._reading is None or self._reading.done():
            self._reading = asyncio.ensure_future(self._read_again())
            self._reading.add_done_callback(_seen)
        return self._reading

    async def _read_again(self) -> None:
        self._boxes = await self._read()
        now = self._monotonic()
        self._renew_at, self._stale_at = now + RENEW_SECONDS, now + FRESH_SECONDS


def _seen(reading: "asyncio.Future[None]") -> None:
    # Who waits is told why it failed; where nobody waits, the next request tries again.
    if not reading.cancelled():
        reading.exception()
