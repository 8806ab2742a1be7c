"""
What a box may not risk alone, whatever the rules allow.

A list past its date, a clock that cannot be believed or a full disk cost at most a little money
and never a child's meal: childcare is beyond every limit.
"""

from typing import NamedTuple

from cvq.rules.tap import Decision, Granted, Refused
from cvq.rules.vocabulary import CHILDCARE, Direction, Means, Purpose, Reason
from cvq.wire.rows import PointRow

MAX_OFFLINE_CENTS = 1_500  # a card, between two times the town hall hears of it
MAX_MONEY_USES_A_DAY = 5
OPTIONAL = frozenset({Purpose.POOL, Purpose.LIBRARY, Purpose.COURT, Purpose.WASTE})


class Risk(NamedTuple):
    """What is wrong with the box, and what this card already spent out of sight."""

    stale: bool = False
    clock_suspect: bool = False
    full: bool = False
    offline_cents: int = 0
    money_uses: int = 0


NO_RISK = Risk()


def bounded(decision: Decision, point: PointRow, direction: Direction, risk: Risk) -> Decision:
    """Return the decision of a box alone: what the rules say, within its limits."""
    if point.purpose in CHILDCARE or direction is Direction.OUT:
        return decision
    match decision:
        case Granted():
            reason = _beyond(decision, point, risk)
            return Refused(reason) if reason else decision
        case _:
            return decision


def _beyond(granted: Granted, point: PointRow, risk: Risk) -> Reason | None:
    if risk.full and point.purpose in OPTIONAL:
        return Reason.RISK_LIMIT
    money = granted.means is Means.WALLET
    if (money or point.sensitive) and risk.stale:
        return Reason.STALE_SNAPSHOT
    if (money or point.sensitive) and risk.clock_suspect:
        return Reason.CLOCK_SUSPECT
    if money and (
        risk.offline_cents + granted.cents > MAX_OFFLINE_CENTS
        or risk.money_uses >= MAX_MONEY_USES_A_DAY
    ):
        return Reason.RISK_LIMIT
    return None
