"""
The bank card terminal beside a kiosk.

None is wired here: the one below stands for it, takes no card and says so on its page.
"""

from enum import StrEnum
from typing import Protocol
from uuid import UUID


class Outcome(StrEnum):
    """How a payment ended; only ACCEPTED moved money."""

    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    TIMED_OUT = "TIMED_OUT"


class Terminal(Protocol):
    """A machine that asks somebody for a bank card."""

    def pay(self, *, uid: UUID, cents: int) -> Outcome:
        """Ask for an amount, and wait for how it ends; one that times out is called off."""


class TerminalOnScreen:
    """A terminal of a demonstration: whoever tries it says how the payment ends."""

    def __init__(self, told: str) -> None:
        """Take what was pressed; anything unknown is a terminal that does not answer."""
        known = {outcome.value: outcome for outcome in Outcome}
        self._outcome = known.get(told, Outcome.TIMED_OUT)

    def pay(self, *, uid: UUID, cents: int) -> Outcome:
        """Return what was pressed."""
        return self._outcome
