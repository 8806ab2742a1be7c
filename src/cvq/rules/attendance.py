"""
The child at the school gate, the canteen, the garderie, the crèche and the leisure centre.

A tap records that the child is there and never charges.  Every objection is noted for the staff;
nobody is turned away and no answer is a refusal.
"""

from cvq.rules import admission
from cvq.rules.tap import (
    RETAP_GRACE_MS,
    Decision,
    Granted,
    Rule,
    Situation,
    Tap,
    first_objection,
    objected,
)
from cvq.rules.vocabulary import Direction, Purpose, Reason


class ChildSituation(Situation, frozen=True, gc=False, kw_only=True):
    """
    What a childcare point knows of a child.

    `last_at` is the last tap of the child that day at this service in the same direction, and
    `present` whether the child has come in and not gone out since.
    """

    enrolled: bool = False
    present: bool = False


def child_is_enrolled(tap: Tap, situation: ChildSituation) -> Reason | None:
    """Object to a child who is not enrolled in this service."""
    return None if situation.enrolled else Reason.NOT_ENROLLED


def child_is_served_once(tap: Tap, situation: ChildSituation) -> Reason | None:
    """Object to a second meal, and to an arrival of a child who is already here."""
    if situation.last_at is None:
        return None
    if abs(tap.at - situation.last_at) < RETAP_GRACE_MS:
        return Reason.ALREADY_SERVED
    if tap.purpose is Purpose.CANTEEN:
        return Reason.ALREADY_SERVED
    if tap.direction is Direction.IN and situation.present:
        return Reason.ALREADY_IN
    return None


RULES: tuple[Rule[ChildSituation], ...] = (
    admission.medium_is_usable,
    admission.medium_has_holder,
    admission.place_is_open,
    child_is_enrolled,
    child_is_served_once,
)


def decide(tap: Tap, situation: ChildSituation) -> Decision:
    """Return the answer of a childcare point: granted, or noted with its reason."""
    if reason := first_objection(RULES, tap, situation):
        return objected(tap, reason)
    return Granted()
