"""
What a family will probably spend, day by day, from what it spent these last four weeks, or since
its first charge if that is later.

Nothing is booked yet: until it is, the same weekday of the last four weeks is the best that we
know, at services that are open that day.  It is a forecast, told as one, and charges nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection
from msgspec import Struct

from cvq.catalog import points as catalogue
from cvq.catalog.calendar import Calendar
from cvq.people.models import Household
from cvq.plumbing.connections import underneath

WEEKS = 4
DAYS_AHEAD = 60
SPENT = """
SELECT service_id, occurred_on, sum(cents)::bigint, (
    SELECT min(occurred_on) FROM billing_charge WHERE payer_id = %(wallet)s)
FROM billing_charge
WHERE payer_id = %(wallet)s AND occurred_on >= %(since)s AND occurred_on <= %(today)s
GROUP BY service_id, occurred_on ORDER BY service_id, occurred_on
"""


class Forecast(Struct, frozen=True):
    """The cents that a family will probably spend each day, from `first` on."""

    first: date
    cents: tuple[int, ...]

    def on(self, day: date) -> int:
        """Return what a day will probably cost; nothing for one that is over or too far."""
        place = (day - self.first).days
        return self.cents[place] if 0 <= place < len(self.cents) else 0

    def covered_until(self, position: int) -> date | None:
        """Return the last day that a position in cents covers; nothing if it covers all of them."""
        left = position
        for place, cents in enumerate(self.cents):
            left -= cents
            if cents and left < 0:
                return self.first + timedelta(days=place - 1)
        return None

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is to be expected."""
        return not any(self.cents)


def forecast(household: Household, today: date) -> Forecast:
    """Return what a family will probably spend from today on."""
    since = today - timedelta(weeks=WEEKS)
    with connection.cursor() as cursor:
        asked: dict[str, Any] = {"wallet": household.wallet_id, "since": since, "today": today}
        cursor.execute(SPENT, asked)
        rows = cursor.fetchall()
    today_costs = sum(cents for _, day, cents, _ in rows if day == today)
    past = [(service, day, cents) for service, day, cents, _ in rows if day < today and cents]
    # The weeks before the first charge of an account say nothing of what it usually spends.
    begun = max(since, rows[0][3]) if rows else since
    calendar = catalogue.current(underneath()).calendar
    usual = _usual(past, calendar, since, begun)
    ahead = []
    for place in range(DAYS_AHEAD):
        day = today + timedelta(days=place)
        cents = sum(
            mean
            for service, mean in usual.get(day.weekday(), ())
            if calendar.open_intervals(service, day)
        )
        ahead.append(max(0, cents - today_costs) if place == 0 else cents)
    return Forecast(today, tuple(ahead))


def _usual(
    past: Sequence[tuple[int, date, int]], calendar: Calendar, since: date, begun: date
) -> Mapping[int, Sequence[tuple[int, int]]]:
    """Return the mean of each service by weekday, over the days that it was open."""
    totals: dict[tuple[int, int], int] = {}
    for service, day, cents in past:
        key = (service, day.weekday())
        totals[key] = totals.get(key, 0) + cents
    means: dict[int, list[tuple[int, int]]] = {}
    for (service, weekday), cents in totals.items():
        first = since + timedelta(days=(weekday - since.weekday()) % 7)
        same = (first + timedelta(weeks=week) for week in range(WEEKS))
        open_days = sum(1 for day in same if day >= begun and calendar.open_intervals(service, day))
        means.setdefault(weekday, []).append((service, max(0, _mean(cents, max(1, open_days)))))
    return means


def _mean(cents: int, days: int) -> int:
    """Return the mean to the nearest cent."""
    return (2 * cents + days) // (2 * days)
