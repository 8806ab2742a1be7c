"""
The oracle as a witness: it hears what the spine was told, and what the spine answered.

Here or in a process of its own, it hears the same and says the same at the end.
"""

import hashlib
from collections import deque
from typing import Protocol

import msgspec
from msgspec import Struct

from cvq.taps.told import Answer
from cvq.twin.aside import Aside, Listener
from cvq.twin.heard import Asked, DaysCharged, Heard, Saw, ToppedUp
from cvq.twin.news import learn
from cvq.twin.oracle import Oracle
from cvq.wire.events import Event

PRINT_BYTES = 8


class Testimony(Struct, frozen=True, kw_only=True):
    """
    What it all comes to, by the oracle.

    `disagreed` is how many answers are not the oracle's; `fingerprint` tells this life from any
    other, whatever the order in which journals came.
    """

    balances: dict[str, int]
    acknowledged: int
    disagreed: int
    fingerprint: str


class Beside(Protocol):
    """Whoever stands beside the spine."""

    def hear(self, heard: Heard) -> None:
        """Hear what happens."""

    def testify(self) -> Testimony:
        """Say what it all comes to."""

    def close(self) -> None:
        """Hear no more."""


class Witness:
    """The oracle, listening here."""

    def __init__(self, oracle: Oracle) -> None:
        """Begin with nothing heard."""
        self.oracle = oracle
        self.acknowledged: set[tuple[int, int]] = set()
        self.disagreed: list[tuple[Event, Answer]] = []
        self._lived = 0
        self._heard = 0
        self._early: deque[Saw] = deque()

    def hear(self, heard: Heard) -> None:
        """Hear what happens, each thing after what it followed."""
        if isinstance(heard, Saw) and heard.after is not None:
            self._early.append(heard)
        else:
            self._take(heard)
            self._heard += 1
        while self._early and (self._early[0].after or 0) <= self._heard:
            self._see(self._early.popleft())

    def _take(self, heard: Heard) -> None:
        match heard:
            case Saw():
                self._see(heard)
            case ToppedUp():
                self.oracle.top_up(heard.wallet, heard.cents, heard.key, heard.held_in)
            case DaysCharged():
                self.oracle.charge_days(heard.until)
            case _:
                learn(self.oracle, heard)

    def testify(self) -> Testimony:
        """Say what it all comes to."""
        return Testimony(
            balances=self.oracle.balances(),
            acknowledged=len(self.acknowledged),
            disagreed=len(self.disagreed),
            fingerprint=self._lived.to_bytes(PRINT_BYTES, "big").hex(),
        )

    def close(self) -> None:
        """Hear no more."""

    def _see(self, saw: Saw) -> None:
        stands = self.oracle.tell_all(saw.told, received_at=saw.at)
        for one, answer, stand in zip(saw.told, saw.answers, stands, strict=True):
            if (answer.said, answer.why, answer.means) != (stand.said, stand.why, stand.means):
                self.disagreed.append((one.event, answer))
            name = (answer.device, answer.seq)
            if name not in self.acknowledged:
                self.acknowledged.add(name)
                event = one.event
                # Not its reference: the keys of sectors are drawn apart in each folder.
                lived = (*name, event.at, event.pt, event.dir, answer.said, answer.why)
                drawn = hashlib.blake2b(repr(lived).encode(), digest_size=PRINT_BYTES).digest()
                self._lived ^= int.from_bytes(drawn, "big")


class WitnessAside:
    """The oracle, listening in a process of its own."""

    def __init__(self, witness: Witness) -> None:
        """Let it go aside; from now on this process hears nothing of it until it testifies."""
        self.aside = Aside(_listener(witness))
        self.told = 0

    def hear(self, heard: Heard) -> None:
        """Have it hear what happens."""
        self.told += 1
        self.aside.tell(written(heard))

    def testify(self) -> Testimony:
        """Have it say what it all comes to, once it has heard everything."""
        reply = self.aside.ask(_encoder.encode(Asked()))
        return msgspec.msgpack.decode(reply, type=Testimony)

    def close(self) -> None:
        """Let it end."""
        self.aside.close()


_encoder = msgspec.msgpack.Encoder()


def written(heard: Heard) -> bytes:
    """Return what is heard as it is told to another process."""
    return _encoder.encode(heard)


def _listener(witness: Witness) -> Listener:
    read = msgspec.msgpack.Decoder(Heard | Asked).decode

    def listen(message: bytes) -> bytes | None:
        heard = read(message)
        if isinstance(heard, Asked):
            return _encoder.encode(witness.testify())
        witness.hear(heard)
        return None

    return listen
