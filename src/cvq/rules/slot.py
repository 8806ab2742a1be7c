"""
The door of a court: open to who booked it, with a lease of the door and of the light.

The card works from ten minutes before the slot to ten minutes after; the light goes off by itself
five minutes after the end, so that a cut network never leaves it on.
"""

from msgspec import Struct

from cvq.rules import admission
from cvq.rules.tap import Decision, Granted, Rule, Situation, Tap, first_objection, objected
from cvq.rules.vocabulary import Reason

EARLY_MS = LATE_MS = 10 * 60_000
LIGHT_TAIL_MS = 5 * 60_000


class Booked(Struct, frozen=True, gc=False):
    """A slot that the holder booked: from `starts` to `ends`, in milliseconds."""

    starts: int
    ends: int


class CourtSituation(Situation, frozen=True, gc=False, kw_only=True):
    """What a court knows of a holder: the slots booked around this instant."""

    slots: tuple[Booked, ...] = ()


def slot_of(tap: Tap, situation: CourtSituation) -> Booked | None:
    """Return the slot that lets the holder in now; where two touch, the later one."""
    usable = [s for s in situation.slots if s.starts - EARLY_MS <= tap.at < s.ends + LATE_MS]
    return max(usable, key=lambda slot: slot.starts) if usable else None


def holder_has_slot(tap: Tap, situation: CourtSituation) -> Reason | None:
    """Object to who has no slot now."""
    return None if slot_of(tap, situation) else Reason.NO_SLOT


RULES: tuple[Rule[CourtSituation], ...] = (
    admission.medium_is_usable,
    admission.medium_proves_itself,
    admission.medium_has_holder,
    holder_has_slot,
)


def decide(tap: Tap, situation: CourtSituation) -> Decision:
    """Return the answer of a court door; a grant carries the end of the light's lease."""
    if reason := first_objection(RULES, tap, situation):
        return objected(tap, reason)
    slot = slot_of(tap, situation)
    assert slot is not None
    return Granted(until=slot.ends + LIGHT_TAIL_MS)
