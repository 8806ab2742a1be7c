"""The top-ups that the portal and the kiosk suggest to a family, and until when each lasts."""

from datetime import date

from msgspec import Struct

from cvq.billing.forecast import Forecast

SUGGESTED = (1_000, 2_000, 3_000, 5_000, 10_000)
CENTS_MIN = 500
# PayFiP takes far more at once; a slip of the keyboard is no help to a family.
CENTS_MAX = 50_000
DAYS_WANTED = 14
DAYS_AT_LEAST = 7
# Nothing to reckon with: a few meals or swims, and little that lies there if none comes.
CENTS_UNPLANNED = 2_000


class Suggestion(Struct, frozen=True):
    """
    An amount in cents, what the family would then have, and the last day that this covers.

    `lasts` if that day is out of sight; there is none for who plans nothing, or would still owe.
    """

    cents: int
    afterwards: int
    until: date | None
    lasts: bool

    @property
    def euros(self) -> int:
        """Return the whole euros."""
        return self.cents // 100


def suggestion(cents: int, ahead: Forecast, has: int) -> Suggestion:
    """Return an amount, and until when it would last who has so many cents."""
    afterwards = has + cents
    if ahead.is_empty or afterwards < 0:
        return Suggestion(cents, afterwards, None, lasts=False)
    until = ahead.covered_until(afterwards)
    return Suggestion(cents, afterwards, until, lasts=until is None)


def suggestions(ahead: Forecast, has: int) -> list[Suggestion]:
    """Return the amounts that are suggested."""
    return [suggestion(cents, ahead, has) for cents in SUGGESTED]


def advised(ahead: Forecast, has: int) -> int:
    """
    Return the cents to tick: the least that covers two weeks, else one, else the most suggested.

    Who plans nothing is asked for little, or for what pays their debt.
    """
    if ahead.is_empty:
        return _least(max(CENTS_UNPLANNED, -has)) or SUGGESTED[-1]
    fits = (_least(costs(ahead, days) - has) for days in (DAYS_WANTED, DAYS_AT_LEAST))
    return next((cents for cents in fits if cents is not None), SUGGESTED[-1])


def costs(ahead: Forecast, days: int) -> int:
    """Return what so many days will probably cost."""
    return sum(ahead.cents[:days])


def _least(wanted: int) -> int | None:
    return next((cents for cents in SUGGESTED if cents >= wanted), None)
