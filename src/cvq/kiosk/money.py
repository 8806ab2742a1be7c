"""What a family has at this moment and until when, as the pages of a kiosk tell it."""

from datetime import date

from msgspec import Struct

from cvq.access.services import Guest
from cvq.billing.forecast import Forecast, forecast
from cvq.billing.statement import position
from cvq.kiosk.visit import Visit, hides_balance


class Account(Struct, frozen=True):
    """The cents of a family, what it will probably spend, and whether the screen may show them."""

    cents: int
    ahead: Forecast
    is_hidden: bool

    @property
    def owed_or_left(self) -> int:
        """Return the amount that stands under the sentence, which says which of the two it is."""
        return abs(self.cents)

    @property
    def until(self) -> date | None:
        """Return the last day that is covered; nothing if all is, or nothing is to come."""
        return None if self.ahead.is_empty else self.ahead.covered_until(self.cents)


def account_of(visit: Visit, guest: Guest) -> Account:
    """Return the account of a family."""
    return Account(
        position(guest.household),
        forecast(guest.household, visit.now.day),
        hides_balance(guest),
    )
