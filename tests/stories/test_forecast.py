"""What a family will probably spend: from what it usually does, and only since it does."""

from datetime import date, timedelta

import pytest

from cvq.billing.forecast import Forecast, forecast
from cvq.childcare.services import charge_days
from town import TODAY, ZONE, Town

CANTEEN_WEEKDAYS = {0, 1, 3, 4}


def eaten(town: Town, first: date, until: date) -> Forecast:
    """Let Léo eat on every school day from one day until another, and tell what comes next."""
    for place in range((until - first).days):
        town.today = first + timedelta(days=place)
        if town.today.weekday() in CANTEEN_WEEKDAYS:
            town.tap("012-00060", where="Cantine", at="12:05")
    town.today = until
    yesterday = until - timedelta(days=1)
    charge_days(town.connection, until=yesterday, at=town.at("07:00"), zone=ZONE)
    return forecast(town.households["Petit"], until)


@pytest.mark.parametrize("weeks", [1, 2, 4])
def test_an_account_that_is_new_is_forecast_from_what_it_did_not_from_what_came_before(
    town: Town, weeks: int
) -> None:
    town.family("Petit", topped_up="100,00")
    town.child("Petit", "Léo", card="012-00060")
    town.enrol("012-00060", "Cantine")
    monday = TODAY - timedelta(days=TODAY.weekday())

    ahead = eaten(town, monday - timedelta(weeks=weeks), monday)

    assert [ahead.on(monday + timedelta(days=place)) for place in range(5)] == [
        350,
        350,
        0,
        350,
        350,
    ]
