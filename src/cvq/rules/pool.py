"""
The pool turnstile: a pass first, then a carnet, then the wallet.

Going out is always free.  Going in is refused to who is already in (anti-passback), to a pass
used less than its time lock ago, and when the maximum attendance is reached
(Réf. code de la santé publique, article D1332-7).
"""

from cvq.rules import admission
from cvq.rules.tap import Decision, Granted, Rule, Situation, Tap, first_objection, objected
from cvq.rules.vocabulary import Direction, Means, Reason

MINUTE_MS = 60_000


class PoolSituation(Situation, frozen=True, gc=False, kw_only=True):
    """
    What the turnstile knows of a holder.

    `last_at` is the last entry of the day in this zone and `inside` whether no exit followed it;
    `entries` what is left on a carnet, `spendable` cents in the wallet (`None`: no wallet pays
    for this holder), `price` the cents of one entry (`None`: the tariff has no price).
    """

    full: bool = False
    inside: bool = False
    has_pass: bool = False
    lock_minutes: int = 0
    entries: int = 0
    price: int | None = None
    spendable: int | None = None


def place_has_room(tap: Tap, situation: PoolSituation) -> Reason | None:
    """Object when as many swimmers are inside as the law and the operator allow."""
    return Reason.PLACE_FULL if situation.full else None


def not_inside_already(tap: Tap, situation: PoolSituation) -> Reason | None:
    """Object to a second entry without an exit."""
    return Reason.ALREADY_IN if situation.inside else None


def pass_is_not_locked(tap: Tap, situation: PoolSituation) -> Reason | None:
    # A pass is personal: used again at once, it went over the fence to somebody else.
    """Object to a pass that came in less than its time lock ago."""
    if not situation.has_pass or situation.last_at is None:
        return None
    locked = abs(tap.at - situation.last_at) < situation.lock_minutes * MINUTE_MS
    return Reason.TIME_LOCK if locked else None


def something_pays(tap: Tap, situation: PoolSituation) -> Reason | None:
    """Object when no pass, no carnet and no wallet covers the entry."""
    if situation.has_pass or situation.entries > 0:
        return None
    if situation.price is None:
        return Reason.NO_PRICE
    if situation.price == 0:
        return None
    if situation.spendable is None:
        return Reason.NO_ACCOUNT
    return Reason.NOT_ENOUGH if situation.spendable < situation.price else None


RULES: tuple[Rule[PoolSituation], ...] = (
    admission.medium_is_usable,
    admission.medium_has_holder,
    admission.place_is_open,
    place_has_room,
    not_inside_already,
    pass_is_not_locked,
    something_pays,
)


def due(situation: PoolSituation) -> Granted:
    """Return what an entry runs on: pass, then carnet, then wallet."""
    if situation.has_pass:
        return Granted(Means.PASS)
    if situation.entries > 0:
        return Granted(Means.CARNET)
    if not situation.price:
        return Granted(Means.FREE)
    return Granted(Means.WALLET, situation.price)


def decide(tap: Tap, situation: PoolSituation) -> Decision:
    """Return the answer of the turnstile."""
    if tap.direction is Direction.OUT:
        return Granted()
    if reason := first_objection(RULES, tap, situation):
        return objected(tap, reason)
    return due(situation)
