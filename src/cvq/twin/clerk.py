"""
A clerk beside whoever charges the days of childcare: half of the families, in another process.

What a family pays hangs on nobody else's wallet, so both halves can be charged at once.
"""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import psycopg
from msgspec import Struct

from cvq.catalog import points as catalogue
from cvq.childcare.services import charge
from cvq.childcare.shares import Attended, Charged
from cvq.twin.aside import Aside, Listener


class Part(Struct, frozen=True):
    """Children to charge; nobody asks what was charged since it was last asked."""

    attended: Attended | None = None
    at: datetime | None = None


class Clerk:
    """The process that charges some of the families."""

    def __init__(self, dsn: str, *, zone: ZoneInfo) -> None:
        """Call the clerk, who connects alone."""
        self._aside = Aside(_listener(dsn, zone))

    def charge(self, attended: Attended, *, at: datetime) -> None:
        """Have these children charged."""
        self._aside.tell(_encoder.encode(Part(attended, at)))

    def charged(self) -> Charged:
        """Wait until they are."""
        return msgspec.msgpack.decode(self._aside.ask(_encoder.encode(Part())), type=Charged)

    def close(self) -> None:
        """Let the clerk go."""
        self._aside.close()


_encoder = msgspec.msgpack.Encoder()


def _listener(dsn: str, zone: ZoneInfo) -> Listener:
    read = msgspec.msgpack.Decoder(Part).decode
    opened: list[psycopg.Connection[Any]] = []
    charged: list[Charged] = []
    day = date.min

    def listen(message: bytes) -> bytes | None:
        nonlocal day
        part = read(message)
        if part.attended is None or part.at is None:
            entries, unpriced = (sum(e.entries for e in charged), sum(e.unpriced for e in charged))
            charged.clear()
            return _encoder.encode(Charged(entries, unpriced))
        if not opened:
            opened.append(psycopg.connect(dsn, autocommit=True))
        if day != part.attended.day:
            catalogue.refresh(opened[0])
            day = part.attended.day
        with opened[0].transaction():
            points = catalogue.current(opened[0])
            charged.append(charge(opened[0], part.attended, points, at=part.at, zone=zone))
        return None

    return listen
