"""
A year lived twice: calm, then with its messages lost, late, doubled, out of order and cut short.

What doors decided does not change: the second life has the answers of the first.  Only how the
town hall comes to hear of it does, so the charges, the counters and the money end the same.
"""

import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from enum import StrEnum
from random import Random
from threading import Timer
from typing import Any

import psycopg
from psycopg import Connection, OperationalError

from cvq.kernel.local import MINUTE_MS
from cvq.payments.messages import AskedTopUp
from cvq.taps.settle import settle
from cvq.taps.told import Answer, Told
from cvq.twin.days import Said
from cvq.twin.heard import Saw
from cvq.twin.recorded import Recorded
from cvq.wire.events import MAX_EVENTS, Event

DAY_MS = 24 * 60 * MINUTE_MS
# Beyond that age a delay could make the difference between an event that is believed or not.
FAIR_MS = 20 * DAY_MS
LATE_MINUTES = (30, 60 * 60)
KILLED_BETWEEN = (0.05, 0.8)  # of the time that the batch before took
KILL = "SELECT pg_terminate_backend(%s)"


class Fault(StrEnum):
    """What happens to a message; the value is how it is told."""

    LOST = "envoi perdu"
    ACK_LOST = "accusé perdu"
    LATE = "envoi retardé"
    DOUBLED = "envoi doublé"
    SHUFFLED = "ordre des boîtiers changé"
    KILLED = "connexion coupée au milieu d'un lot"
    PAID_TWICE = "rechargement envoyé deux fois"


# How many messages in a hundred meet each.
SHARES = {Fault.LOST: 5, Fault.ACK_LOST: 4, Fault.LATE: 4, Fault.DOUBLED: 5}
KILLED_SHARE, PAID_TWICE_SHARE = 0.15, 0.25


class Memory:
    """What the calm life heard: the answers at doors, and what was left when somebody looked."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self.said: dict[tuple[int, int], Said | None] = {}
        self.left: deque[Mapping[str, int]] = deque()


class Remembered(Recorded):
    """The town hall of the calm life, which is remembered."""

    memory: Memory

    @classmethod
    def of(cls, recorded: Recorded, memory: Memory) -> "Remembered":
        """Return the same town hall, remembering."""
        ours = cls(
            recorded.connection,
            recorded.witness,
            zone=recorded.zone,
            tills=recorded.tills,
            lane=recorded.lane,
        )
        ours.memory = memory
        return ours

    def ask(self, events: Sequence[Event], *, at: int) -> Sequence[Said | None]:
        """Answer doors that wait."""
        answers = super().ask(events, at=at)
        for event, said in zip(events, answers, strict=True):
            self.memory.said[event.dev, event.seq] = said
        return answers

    def left(self) -> dict[str, int]:
        """Return what is left to spend, by the code of the account."""
        found = super().left()
        self.memory.left.append(dict(found))  # whoever asked spends from theirs
        return found

    def left_of(self, codes: Sequence[str]) -> dict[str, int]:
        """Return what is left to spend on these accounts."""
        found = super().left_of(codes)
        self.memory.left.append(dict(found))  # whoever asked spends from theirs
        return found


class Disturbed:
    """The same town hall, through everything that can happen to a message."""

    def __init__(self, recorded: Recorded, memory: Memory, *, dsn: str, seed: int) -> None:
        """Open a connection that will be cut, and one to cut it with."""
        self._recorded = recorded
        self._memory = memory
        self._dsn = dsn
        self._rng = Random(f"{seed}:disturbed")
        self._outboxes: dict[int, deque[Told]] = {}
        self._silent_until: dict[int, int] = {}
        self._connection: Connection[Any] = psycopg.connect(dsn, autocommit=True)
        self._killer: Connection[Any] = psycopg.connect(dsn, autocommit=True)
        self._took = 0.0
        self.fired: Counter[Fault] = Counter()

    def ask(self, events: Sequence[Event], *, at: int) -> Sequence[Said | None]:
        """Answer as the calm town hall did, which hears of it by the journal alone."""
        return [self._memory.said[event.dev, event.seq] for event in events]

    def left(self) -> dict[str, int]:
        """Return what was left to spend when the calm life looked."""
        return dict(self._memory.left.popleft())

    def left_of(self, codes: Sequence[str]) -> dict[str, int]:
        """Return what was left to spend when the calm life looked."""
        return dict(self._memory.left.popleft())

    def top_up(self, asked: Sequence[AskedTopUp], *, at: int) -> None:
        """Put money on wallets, and sometimes send it again."""
        self._recorded.top_up(asked, at=at)
        if self._rng.random() < PAID_TWICE_SHARE:
            self.fired[Fault.PAID_TWICE] += 1
            self._recorded.top_up(asked, at=at)

    def tell(self, told: Sequence[Told], *, at: int) -> bool:
        """Take journals over: what is not delivered today waits here, box by box."""
        for one in told:
            self._outboxes.setdefault(one.event.dev, deque()).append(one)
        self._send(at)
        return True

    def wait(self) -> None:
        """Wait for nothing: what is delivered is settled."""

    def deliver_all(self, *, at: int) -> None:
        """Deliver everything, at last undisturbed."""
        for outbox in self._outboxes.values():
            self._settle(list(outbox), at)
            outbox.clear()

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
        self._killer.close()

    def _send(self, at: int) -> None:
        waiting = [device for device, outbox in self._outboxes.items() if outbox]
        order = self._rng.sample(waiting, len(waiting))
        self.fired[Fault.SHUFFLED] += order != waiting
        batch: list[Told] = []
        for device in order:
            outbox = self._outboxes[device]
            if not all(_is_fair(one, at) for one in outbox):
                batch += outbox
                outbox.clear()
            elif self._silent_until.get(device, 0) <= at:
                batch += self._through(device, outbox, at)
        self._settle(batch, at)

    def _through(self, device: int, outbox: deque[Told], at: int) -> list[Told]:
        """Return what of an outbox comes through, and how many times."""
        some = list(outbox)
        drawn = self._rng.random() * 100
        for fault, share in SHARES.items():
            drawn -= share
            if drawn < 0:
                self.fired[fault] += 1
                return self._meet(fault, device, some, at)
        outbox.clear()
        return some

    def _meet(self, fault: Fault, device: int, some: list[Told], at: int) -> list[Told]:
        match fault:
            case Fault.LOST:
                return []
            case Fault.LATE:
                self._silent_until[device] = at + self._rng.randint(*LATE_MINUTES) * MINUTE_MS
                return []
            case Fault.ACK_LOST:
                return some  # and it will all be sent again
            case _:
                self._outboxes[device].clear()
                return some + some

    def _settle(self, told: Sequence[Told], at: int) -> None:
        for first in range(0, len(told), MAX_EVENTS):
            some = told[first : first + MAX_EVENTS]
            answers = self._cut_short(some, at)
            self._recorded.witness.hear(Saw(list(some), answers, at))

    def _settled(self, told: Sequence[Told], at: int) -> list[Answer]:
        began = time.perf_counter()
        zone = self._recorded.zone
        answers = settle(told=told, received_at=at, connection=self._connection, zone=zone)
        self._took = time.perf_counter() - began
        return answers

    def _cut_short(self, told: Sequence[Told], at: int) -> list[Answer]:
        """Settle a batch; sometimes the connection is cut meanwhile, and it is sent again."""
        if self._rng.random() >= KILLED_SHARE:
            return self._settled(told, at)
        pid = self._connection.info.backend_pid
        seconds = self._took * self._rng.uniform(*KILLED_BETWEEN)
        timer = Timer(seconds, self._killer.execute, (KILL, (pid,)))
        timer.start()
        answers = None
        try:
            answers = self._settled(told, at)
        except OperationalError:
            self.fired[Fault.KILLED] += 1
        timer.join()
        self._connection.close()
        self._connection = psycopg.connect(self._dsn, autocommit=True)
        return self._settled(told, at) if answers is None else answers


def _is_fair(told: Told, at: int) -> bool:
    """Tell whether an event is believed today, and would be in a few days."""
    return at - FAIR_MS < told.event.at <= at
