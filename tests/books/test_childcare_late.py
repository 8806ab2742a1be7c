"""Childcare told late, against the oracle, which has its own idea of how late is too late."""

from datetime import timedelta

import pytest

from books.crowd import Crowd, Flow, at
from cvq.twin import oracle_ledger
from town import TODAY

NOON = 3 * 3600  # seconds after nine


@pytest.mark.parametrize(("days", "charged"), [(30, 2), (31, 1)])
def test_a_day_is_done_again_for_thirty_days_and_no_longer(
    crowd: Crowd, days: int, charged: int
) -> None:
    flow = Flow.on(crowd)
    last = TODAY + timedelta(days=days)
    flow.clock = at(NOON + 60, days)
    flow.tap("emma", "Cantine", at(NOON, days), "GRANTED")
    flow.charge(last)
    flow.clock = at(NOON - 60, 30)  # as late as it is believed
    flow.tap("emma", "Cantine", at(NOON, 0), "GRANTED")
    flow.charge(last)

    assert flow.differences() == {}
    assert len(oracle_ledger.charges(flow.town.connection)) == charged
