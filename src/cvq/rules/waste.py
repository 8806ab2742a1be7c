"""
The barrier of a waste centre: so many visits a household and year; a professional pays each.

Two taps less than twenty minutes apart are one visit, whichever card of the household is shown:
people come back to the barrier with the trailer.
"""

from cvq.rules import admission
from cvq.rules.tap import Decision, Granted, Rule, Situation, Tap, first_objection, objected
from cvq.rules.vocabulary import Direction, Means, Reason

SAME_VISIT_MS = 20 * 60_000


class WasteSituation(Situation, frozen=True, gc=False, kw_only=True):
    """
    What the barrier knows of a household or a professional.

    `last_at` is the household's last counted visit of the day.  `visits` is what is left of the
    quota (`None`: no quota, so a professional, who pays `price` cents from `spendable`).
    """

    served: bool = True
    visits: int | None = None
    price: int | None = None
    spendable: int | None = None


def repeats(tap: Tap, situation: WasteSituation) -> bool:
    """Tell whether the tap belongs to a visit that is already counted."""
    return situation.last_at is not None and abs(tap.at - situation.last_at) < SAME_VISIT_MS


def holder_is_served(tap: Tap, situation: WasteSituation) -> Reason | None:
    """Object to who does not live in the territory."""
    return None if situation.served else Reason.NOT_SERVED_HERE


def visits_remain(tap: Tap, situation: WasteSituation) -> Reason | None:
    """Object when the household has used all its visits of the year."""
    if situation.visits is None or situation.visits > 0 or repeats(tap, situation):
        return None
    return Reason.QUOTA_REACHED


def professional_pays(tap: Tap, situation: WasteSituation) -> Reason | None:
    """Object when a professional cannot pay the visit."""
    if situation.visits is not None or repeats(tap, situation) or situation.price == 0:
        return None
    if situation.price is None:
        return Reason.NO_PRICE
    if situation.spendable is None:
        return Reason.NO_ACCOUNT
    return Reason.NOT_ENOUGH if situation.spendable < situation.price else None


RULES: tuple[Rule[WasteSituation], ...] = (
    admission.medium_is_usable,
    admission.medium_has_holder,
    admission.place_is_open,
    holder_is_served,
    visits_remain,
    professional_pays,
)


def due(tap: Tap, situation: WasteSituation) -> Granted:
    """Return what a visit runs on: nothing if it repeats, the quota, or the wallet."""
    if repeats(tap, situation):
        return Granted(repeats=True)
    if situation.visits is not None:
        return Granted(Means.QUOTA)
    if not situation.price:
        return Granted(Means.FREE)
    return Granted(Means.WALLET, situation.price)


def decide(tap: Tap, situation: WasteSituation) -> Decision:
    """Return the answer of the barrier."""
    if tap.direction is Direction.OUT:
        return Granted()
    if reason := first_objection(RULES, tap, situation):
        return objected(tap, reason)
    return due(tap, situation)
