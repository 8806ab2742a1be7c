"""The signs of life of the boxes of the twin: one that nobody taps at is heard all the same."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Protocol

from cvq.kernel.local import MINUTE_MS
from cvq.rules.vocabulary import Sector

# The board calls a box silent after ten minutes.
SILENT_MS = 6 * MINUTE_MS
LOOK_MS = MINUTE_MS // 4
SPREAD = 8
AT_ONCE_MAX = 40  # meanwhile doors wait
NEVER = -(1 << 62)


class Speaks(Protocol):
    """How boxes reach the town hall; `heard` is when each was, in milliseconds."""

    heard: dict[int, int]

    def speak(self, device: int, sector: Sector) -> bool:
        """Have a box be heard that has nothing to tell, and tell whether it was."""


class Beats:
    """Has those speak that were silent for a while and whose line is up."""

    def __init__(
        self, wired: Speaks, sectors: Mapping[int, Sector], is_cut: Callable[[int, int], bool]
    ) -> None:
        """Take the boxes by their numbers, each with what it may ask, and how to know a cut."""
        self._wired = wired
        self._sectors = sectors
        self._is_cut = is_cut
        self._spoke: dict[int, int] = {}
        self._next_at = 0

    def look(self, now: int) -> None:
        """Have those speak that were silent for long enough."""
        if now < self._next_at:
            return
        self._next_at = now + LOOK_MS
        for device, sector in islice(self._silent(now), AT_ONCE_MAX):
            if self._wired.speak(device, sector):
                # At first they all speak at once; then each in its turn.
                is_first = device not in self._spoke
                self._spoke[device] = now - (device % SPREAD * SILENT_MS // SPREAD) * is_first

    def _silent(self, now: int) -> Iterator[tuple[int, Sector]]:
        for device, sector in self._sectors.items():
            heard = max(self._spoke.get(device, NEVER), self._wired.heard.get(device, NEVER))
            if now - heard >= SILENT_MS and not self._is_cut(device, now):
                yield device, sector
