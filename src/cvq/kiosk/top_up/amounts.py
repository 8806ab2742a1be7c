"""The amounts that a kiosk offers and takes: whole euros, as fingers type them."""

from datetime import date

from msgspec import Struct

from cvq.billing.forecast import Forecast

EUROS = (10, 20, 30, 50, 100)
EUROS_MIN = 5
EUROS_MAX = 500
DIGITS_MAX = len(str(EUROS_MAX))
DAYS_ADVISED = 14


class Choice(Struct, frozen=True):
    """An amount, and until when it would last."""

    euros: int
    until: date | None
    lasts: bool

    @property
    def cents(self) -> int:
        """Return the amount as the books have it."""
        return 100 * self.euros


def choices(ahead: Forecast, has: int) -> list[Choice]:
    """Return the amounts that are offered."""
    return [choice(euros, ahead, has) for euros in EUROS]


def choice(euros: int, ahead: Forecast, has: int) -> Choice:
    """Return an amount, and until when it would last."""
    until = None if ahead.is_empty else ahead.covered_until(has + 100 * euros)
    return Choice(euros, until, not ahead.is_empty and until is None)


def advised(ahead: Forecast, has: int) -> int:
    """Return the least that covers two weeks, or the most that is offered."""
    wanted = sum(ahead.cents[:DAYS_ADVISED])
    return next((euros for euros in EUROS if has + 100 * euros >= wanted), EUROS[-1])


def taken(text: str) -> int | None:
    """Return the whole euros that somebody asked for, if they are an amount that is taken."""
    if not text.isascii() or not text.isdigit() or len(text) > DIGITS_MAX:
        return None
    euros = int(text)
    return euros if EUROS_MIN <= euros <= EUROS_MAX else None
