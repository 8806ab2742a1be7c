"""
Whether the clock of a box can be believed.

A box never asks the network what time it is before it decides.  It knows two things: a floor,
under which no honest clock goes (the last event, the date of the policy), and, once the town hall
was heard since the box was switched on, what time that was and how long ago.
"""

from typing import NamedTuple

TRUST_MS = 2 * 60_000  # the town hall parks what comes further ahead than this
ANCHOR_LIFE_MS = 7 * 86_400_000  # after a week a cheap quartz has drifted half a minute


class Anchor(NamedTuple):
    """What time it was at the town hall when the box had been on for so long (milliseconds)."""

    town: int
    mono: int


class Timekeeper:
    """Judges the clock; it never sets it."""

    def __init__(self) -> None:
        """Begin without having heard the town hall."""
        self.anchor: Anchor | None = None

    def hear(self, *, town: int, sent: int, received: int) -> None:
        """Take in the town hall's clock, between two readings of ours since the start."""
        self.anchor = Anchor(town, (sent + received) // 2)

    def offset(self, now: int, mono: int) -> int | None:
        """Return how far ahead of the town hall our clock is, if it was heard lately."""
        anchor = self.anchor
        if anchor is None or mono - anchor.mono > ANCHOR_LIFE_MS:
            return None
        return now - (anchor.town + mono - anchor.mono)

    def is_suspect(self, now: int, mono: int, floor: int) -> bool:
        """Tell whether the clock must not be believed."""
        offset = self.offset(now, mono)
        if offset is None:
            return now < floor
        return abs(offset) > TRUST_MS
