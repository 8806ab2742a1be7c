"""The prices that boxes hold for those who pay on the spot, already rated for each holder."""

from datetime import date
from typing import Any

from psycopg import Connection

from cvq.catalog import points
from cvq.taps.find import age_of, price_of
from cvq.twin.going import Holder
from cvq.twin.places import Spot
from cvq.twin.residents import Resident


class Prices:
    """What one use of a point costs."""

    def __init__(self, connection: Connection[Any]) -> None:
        """Read the tariffs of the territory."""
        self._points = points.load(connection).points

    def of(self, spot: Spot, who: Holder | None, day: date) -> int | None:
        """Return the cents of one use, nothing if no tariff says."""
        born_on = who.born_on if isinstance(who, Resident) else None
        lives_here = not isinstance(who, Resident) or who.payer(day).town.is_member
        price = price_of(
            self._points[spot.point], day, age=age_of(born_on, day), resident=lives_here
        )
        return price.cents if price else None
