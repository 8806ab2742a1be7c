"""The top-ups that the portal and the kiosk suggest to a family, and until when each lasts."""

from datetime import date

from msgspec import Struct

from cvq.billing.forecast import Forecast

SUGGESTED = (1_000, 2_000, 3_000, 5_000, 10_000)
CENTS_MIN = 500
# PayFiP takes far more at once; a slip of the keyboard is no help to a family.
CENTS_MAX = 50_000
DAYS_ADVISED = 14


class Suggestion(Struct, frozen=True):
    """An amount in cents, and the last day that it would cover; `lasts` if that is out of sight."""

    cents: int
    until: date | None
    lasts: bool

    @property
    def euros(self) -> int:
        """Return the whole euros."""
        return self.cents // 100


def suggestion(cents: int, ahead: Forecast, has: int) -> Suggestion:
    """Return an amount, and until when it would last who has so many cents."""
    until = None if ahead.is_empty else ahead.covered_until(has + cents)
    return Suggestion(cents, until, not ahead.is_empty and until is None)


def suggestions(ahead: Forecast, has: int) -> list[Suggestion]:
    """Return the amounts that are suggested."""
    return [suggestion(cents, ahead, has) for cents in SUGGESTED]


def advised(ahead: Forecast, has: int) -> int:
    """Return the least that covers two weeks, in cents, or the most that is suggested."""
    wanted = sum(ahead.cents[:DAYS_ADVISED])
    return next((cents for cents in SUGGESTED if has + cents >= wanted), SUGGESTED[-1])
