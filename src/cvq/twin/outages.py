"""The line of a box of its own that is cut now and then, when somebody is about to come."""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Protocol

from cvq.kernel.local import MINUTE_MS
from cvq.twin.going import Going
from cvq.twin.places import Spot

FIRST_MS = 6 * MINUTE_MS
AHEAD_MS = 15 * MINUTE_MS
LASTS_MINUTES, RESTS_MINUTES = (9, 14), (25, 45)


class Breakable(Protocol):
    """A door whose line may be cut."""

    spot: Spot

    def cut(self) -> None:
        """Cut its line."""

    def mend(self) -> None:
        """Mend its line."""


class Outages:
    """Cuts one line at a time."""

    def __init__(
        self, doors: Sequence[Breakable], tell: Callable[[Spot, str], None], *, seed: int, now: int
    ) -> None:
        """Take the doors, and whom to tell in words that a line is cut or back."""
        self._doors: Mapping[int, Breakable] = {door.spot.device: door for door in doors}
        self._tell = tell
        self._rng = Random(f"{seed}:outages")
        self._cut: Breakable | None = None
        self._next_at = now + FIRST_MS

    def look(self, now: int, plan: Sequence[Going]) -> None:
        """Cut or mend what is due, by what people mean to do today."""
        if now < self._next_at:
            return
        if self._cut is not None:
            self.mend()
            self._next_at = now + self._rng.randint(*RESTS_MINUTES) * MINUTE_MS
            return
        comes = (one for one in plan if now <= one.at < now + AHEAD_MS)
        door = next((self._doors[one.spot.device] for one in comes if self._is_ours(one)), None)
        if door is None:
            self._next_at = now + MINUTE_MS
            return
        self._cut = door
        self._next_at = now + self._rng.randint(*LASTS_MINUTES) * MINUTE_MS
        door.cut()
        self._tell(door.spot, "coupée")

    def mend(self) -> None:
        """Mend the line that is cut, if one is."""
        if self._cut is not None:
            self._cut.mend()
            self._tell(self._cut.spot, "revenue")
            self._cut = None

    def _is_ours(self, going: Going) -> bool:
        return going.spot.device in self._doors
