"""
A lane beside the one of the doors that ask: the journals that move no money, in another process.

What they tell commutes with all else that happens between two nights: attendances, passages of
doors and libraries, and what a door that asked tells again.  So it is settled while the twin goes
on, and the nights wait for it.
"""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import psycopg
from msgspec import Struct

from cvq.rules.vocabulary import By, Happening
from cvq.taps.settle import settle
from cvq.taps.told import Told
from cvq.twin.aside import Aside, Listener
from cvq.twin.heard import Saw
from cvq.twin.places import SELLING, Places
from cvq.twin.witness import WitnessAside, written


class Stretch(Struct, frozen=True):
    """A batch to settle; an empty one asks whether all the others are."""

    told: list[Told]
    at: int
    after: int = 0


class Lane:
    """The process that settles quiet journals."""

    def __init__(self, dsn: str, witness: WitnessAside, places: Places, *, zone: ZoneInfo) -> None:
        """Open the lane; it connects by itself."""
        selling = {s.device for s in places.spots.values() if s.purpose in SELLING}
        self._quiet = {s.device for s in places.spots.values()} - selling
        self._witness = witness
        self._aside = Aside(_listener(dsn, witness.aside, zone))

    def takes(self, told: Told) -> bool:
        """Tell whether an event moves nothing: nothing is sold there, or we answered it before."""
        event = told.event
        is_answered = event.by is By.TOWN and event.what is Happening.TAP
        return is_answered or event.dev in self._quiet

    def settle(self, told: Sequence[Told], *, at: int) -> None:
        """Have a batch settled, later."""
        self._aside.tell(_encoder.encode(Stretch(list(told), at, self._witness.told)))

    def close(self) -> None:
        """Settle what is left, and close."""
        self._aside.close()

    def wait(self) -> None:
        """Wait until every batch is settled, and the witness heard of it."""
        self._aside.ask(_encoder.encode(Stretch([], 0)))


_encoder = msgspec.msgpack.Encoder()


def _listener(dsn: str, witness: Aside, zone: ZoneInfo) -> Listener:
    read = msgspec.msgpack.Decoder(Stretch).decode
    opened: list[psycopg.Connection[Any]] = []

    def listen(message: bytes) -> bytes | None:
        batch = read(message)
        if not batch.told:
            return b"settled"
        if not opened:
            opened.append(psycopg.connect(dsn, autocommit=True))
        answers = settle(told=batch.told, received_at=batch.at, connection=opened[0], zone=zone)
        witness.tell_at_once(written(Saw(batch.told, answers, batch.at, batch.after)))
        return None

    return listen
