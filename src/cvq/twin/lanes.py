"""
Lanes beside the one of the doors that ask: the journals that move no money, in other processes.

What they tell commutes with all else that happens between two nights: attendances, passages of
doors and libraries, and what a door that asked tells again.  So it is settled while the twin goes
on, and the nights wait for it.  What is told of one child at one site stays in one lane, and in
its order.
"""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import psycopg
from msgspec import Struct

from cvq.rules.vocabulary import CHILDCARE, By, Happening
from cvq.taps.settle import settle
from cvq.taps.told import Told
from cvq.twin.aside import Aside, Listener
from cvq.twin.heard import Saw
from cvq.twin.places import SELLING, Places
from cvq.twin.witness import WitnessAside, written

# With two, a life stood still now and then: nobody knows why yet.
LANES = 1
OTHERS = 0  # the lane of doors, libraries, and of what is only told again


class Stretch(Struct, frozen=True):
    """A batch to settle; an empty one asks whether all the others are."""

    told: list[Told]
    at: int


class Lanes:
    """The processes that settle quiet journals."""

    def __init__(self, dsn: str, witness: WitnessAside, places: Places, *, zone: ZoneInfo) -> None:
        """Open the lanes; each connects by itself."""
        spots = places.spots.values()
        self._quiet = {s.device for s in spots} - {s.device for s in spots if s.purpose in SELLING}
        # At nightfall only the schools have something left to tell.
        self._of = {s.device: s.site % LANES for s in spots if s.purpose in CHILDCARE}
        self._asides = [Aside(_listener(dsn, witness.aside, zone)) for _ in range(LANES)]

    def takes(self, told: Told) -> bool:
        """Tell whether an event moves nothing: nothing is sold there, or we answered it before."""
        event = told.event
        is_answered = event.by is By.TOWN and event.what is Happening.TAP
        return is_answered or event.dev in self._quiet

    def settle(self, told: Sequence[Told], *, at: int) -> None:
        """Have a batch settled, later."""
        for number, aside in enumerate(self._asides):
            some = [one for one in told if self._of.get(one.event.dev, OTHERS) == number]
            if some:
                aside.tell(_encoder.encode(Stretch(some, at)))

    def close(self) -> None:
        """Settle what is left, and close."""
        for aside in reversed(self._asides):  # a later one holds the line of those before it
            aside.close()

    def wait(self) -> None:
        """Wait until every batch is settled, and the witness heard of it."""
        for aside in self._asides:
            aside.ask(_encoder.encode(Stretch([], 0)))


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
        witness.tell_at_once(written(Saw(batch.told, answers, batch.at)))
        return None

    return listen
