"""The library desk: who is this, and is the subscription in force.  Loans are the library's own."""

from cvq.rules import admission
from cvq.rules.tap import Decision, Granted, Rule, Situation, Tap, first_objection, objected
from cvq.rules.vocabulary import Reason


class PatronSituation(Situation, frozen=True, gc=False, kw_only=True):
    """What the desk knows of a patron."""

    subscribed: bool = False


def patron_is_subscribed(tap: Tap, situation: PatronSituation) -> Reason | None:
    """Object to who has no subscription that day."""
    return None if situation.subscribed else Reason.NO_RIGHT


RULES: tuple[Rule[PatronSituation], ...] = (
    admission.medium_is_usable,
    admission.medium_has_holder,
    admission.place_is_open,
    patron_is_subscribed,
)


def decide(tap: Tap, situation: PatronSituation) -> Decision:
    """Return who may borrow."""
    if reason := first_objection(RULES, tap, situation):
        return objected(tap, reason)
    return Granted()
