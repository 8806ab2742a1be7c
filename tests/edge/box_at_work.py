"""A box on a bench: its people, its policies, its clock, in the words of the tests."""

import itertools
import json
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cvq.edge.box import Running, folder_of
from cvq.edge.drivers.fake import Hand
from cvq.edge.ports import Effect, Nobody, Town
from cvq.rules.door import Window
from cvq.rules.slot import Booked
from cvq.rules.vocabulary import Direction, Means, MediumKind, MediumState, Purpose, Sector, Unit
from cvq.wire.enrolment import Enrolment, enrol
from cvq.wire.events import Event, chained, genesis
from cvq.wire.policy import Issue, Sealed, Signer, Stream, seal
from cvq.wire.rows import (
    AccountRow,
    CardRow,
    Offer,
    PlaceRow,
    PointRow,
    Row,
    SlotAt,
    WindowAt,
)

# Wednesday 3 June 2026, 15:00 in Paris.
THREE = 1_780_491_600_000
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
ISSUED = THREE - 8 * HOUR
SIGNER = Signer("k1", Ed25519PrivateKey.generate())
POINTS = {
    Purpose.POOL: 3,
    Purpose.WASTE: 4,
    Purpose.DOOR: 5,
    Purpose.COURT: 6,
    Purpose.LIBRARY: 7,
    Purpose.SCHOOL_GATE: 8,
    Purpose.CANTEEN: 9,
}


def ref(number: int) -> str:
    return f"{number:032x}"


def card(number: int, *offers: Offer, **changed: Any) -> CardRow:
    row = CardRow(
        ref=ref(number),
        state=MediumState.ACTIVE,
        kind=MediumKind.DESFIRE,
        holder=f"holder-{number}",
        offers=offers,
    )
    return msgspec.structs.replace(row, **changed)


def point(purpose: Purpose, **changed: Any) -> PointRow:
    both = (Direction.IN, Direction.OUT)
    row = PointRow(
        point=POINTS[purpose],
        purpose=purpose,
        service=POINTS[purpose] * 10,
        zone=purpose.value,
        directions=both,
        open=tuple((THREE + d * DAY - 8 * HOUR, THREE + d * DAY + 8 * HOUR) for d in range(3)),
    )
    return msgspec.structs.replace(row, **changed)


def wallet(account: str = "purse", price: int = 340, **changed: Any) -> Offer:
    offer = Offer(zone="POOL", means=Means.WALLET, account=account, price=price)
    return msgspec.structs.replace(offer, **changed)


def purse(allowance: int = 1_000, account: str = "purse", unit: Unit = Unit.EUR) -> AccountRow:
    return AccountRow(ref=account, unit=unit, allowance=allowance)


PARIS = PlaceRow(time_zone="Europe/Paris", holidays=("2026-07-14",))
ALL_DAY = Window(127, 8 * 60, 22 * 60)
POOL: tuple[Row, ...] = (PARIS, point(Purpose.POOL))
SLOT = Booked(THREE, THREE + HOUR)
COURT_CARD = card(61, slots=(SlotAt(point=6, slot=SLOT),))
DOOR_CARD = card(51, windows=(WindowAt(point=5, window=ALL_DAY),))


class BoxAtWork:
    """One box, its folder, its people; `now` and `mono` move only when told."""

    def __init__(
        self, home: Path, *sectors: Sector, turnstile: bool = False, town: Town | None = None
    ) -> None:
        self.home = home
        self.enrolment: Enrolment = enrol(
            device=17,
            code="GATE-1",
            sectors=sectors or (Sector.POOL,),
            policy_keys={"k1": SIGNER.key.public_key().public_bytes_raw()},
            turnstile=turnstile,
        )
        self.now, self.mono = THREE, 50_000
        self.hand = Hand()
        self.town = town or Nobody()
        self.ballast_bytes = 128 * 1024
        self.start()
        had = max(policy.seq for policy in self.running.memory.policies.values())
        self._seq = itertools.count(had + 1)

    def start(self) -> None:
        self.running = Running(
            self.enrolment,
            folder_of(self.home, 17),
            reader=self.hand,
            actuator=self.hand,
            town=self.town,
            boot="ab",
            ballast_bytes=self.ballast_bytes,
        )

    def restart(self) -> None:
        self.running.close()
        self.hand = Hand()
        self.start()

    @property
    def journal(self):
        return self.running.journal

    @property
    def link(self):
        return self.running.link

    def seal(
        self, *rows: Row, sector: Sector | None = None, heard: int = 0, life: int = 3 * DAY
    ) -> Sealed:
        stream = Stream(17, sector or self.enrolment.sectors[0])
        issue = Issue(next(self._seq), ISSUED, ISSUED + life, heard)
        return seal(rows, stream=stream, issue=issue, signer=SIGNER)

    def knows(self, *rows: Row, sector: Sector | None = None, **how: int) -> "BoxAtWork":
        chosen = sector or self.enrolment.sectors[0]
        keys = {"k1": SIGNER.key.public_key().public_bytes_raw()}
        sealed = self.seal(*rows, sector=chosen, **how)
        # The box's own connection would not see a change of its version: another one takes it.
        from cvq.edge.box import open_snapshots

        other = open_snapshots(self.running.folder, self.enrolment)
        other[chosen].take(sealed, keys=keys, now=self.now)
        for snapshot in other.values():
            snapshot.close()
        return self

    def step(self, *, later: int = 0) -> None:
        self.now += later
        self.mono += later
        self.running.controller.step(self.now, self.mono)

    def tap(
        self, number: int, at: int = 3, way: Direction = Direction.IN, *, later: int = 5_000
    ) -> Effect:
        self.hand.present(ref(number), at, way)
        self.step(later=later)
        return self.hand.effects[-1]

    def told(self) -> list[Event]:
        """Return the journal as the town hall will read it, its chain checked."""
        import sqlite3

        file = sqlite3.connect(self.journal.path)
        head, events = genesis(17), []
        for body, stored in file.execute("SELECT body, hash FROM line ORDER BY seq"):
            event = msgspec.json.decode(body, type=Event)
            head = chained(head, event)
            assert head == stored
            assert json.loads(body)["seq"] == len(events) + 1
            events.append(event)
        file.close()
        return events
