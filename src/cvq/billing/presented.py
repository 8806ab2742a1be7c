"""
A tap as a service is given it: what happened where, and the holder of its own sector.

Neither a name nor a person: who a medium belongs to is known to `taps.find` alone.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from msgspec import Struct

from cvq.catalog.points import Point
from cvq.kernel.local import Local
from cvq.rules.tap import Tap
from cvq.rules.vocabulary import Means, MediumKind, MediumState, Reason, Verdict
from cvq.wire.events import Event


class Price(Struct, frozen=True, gc=False, kw_only=True):
    """What one use costs this holder that day, and why; `tariff` is the version that says so."""

    cents: int
    tariff: int
    inputs: Mapping[str, Any]
    lines: tuple[tuple[str, int], ...]
    sentence: str


class Presented(Struct, gc=False, kw_only=True):
    """
    A tap under way through the spine; each step fills its part.

    `wallet` pays (an account id) and `owes` takes what it cannot pay; `counter` is the carnet or
    the quota that a use is taken from, `carnets` all those in force, in the order of their use.
    `asks` tells whether the door waits for our answer; otherwise it already moved, and what it did
    stands.  `amends` when it did not do what we had answered.
    """

    event: Event
    point: Point
    local: Local
    asks: bool
    digest: bytes
    medium: MediumState | None = None
    kind: MediumKind | None = None
    holder: UUID | None = None
    wallet: int | None = None
    owes: int | None = None
    household: int | None = None
    served: bool = False
    price: Price | None = None
    has_pass: bool = False
    lock_minutes: int = 0
    counter: int | None = None
    carnets: tuple[int, ...] = ()
    is_open: bool = True
    amends: bool = False

    @property
    def tap(self) -> Tap:
        """Return what the rules are given."""
        return Tap(at=self.event.at, purpose=self.point.purpose, direction=self.event.dir)

    @property
    def day(self) -> date:
        """Return the local day of the fact."""
        return self.local.day


class Stood(Struct, gc=False, kw_only=True):
    """
    What stands of a tap once it is decided.

    For a door that asked, our decision; for one that had moved, what it did, with our objection
    beside it.
    """

    tap: Presented
    said: Verdict
    why: Reason | None = None
    means: Means = Means.FREE
    until: int = 0
    objection: Reason | None = None

    @property
    def went_in(self) -> bool:
        """Tell whether the holder was let in."""
        return self.said is not Verdict.REFUSED
