"""A door and the town hall, told the same, say the same: they run the same files."""

import pytest

from cvq.edge import situations
from cvq.rules import attendance, door, library, pool, slot, waste
from cvq.rules.tap import Tap
from cvq.rules.vocabulary import SECTOR_OF, Direction, Means, Purpose, Unit
from cvq.wire.rows import Offer
from edge.box_at_work import (
    COURT_CARD,
    DAY,
    DOOR_CARD,
    PARIS,
    THREE,
    card,
    point,
    purse,
    wallet,
)

RULES = {
    Purpose.POOL: (pool.decide, situations.swimmer),
    Purpose.WASTE: (waste.decide, situations.visitor),
    Purpose.DOOR: (door.decide, situations.at_door),
    Purpose.COURT: (slot.decide, situations.player),
    Purpose.LIBRARY: (library.decide, situations.patron),
    Purpose.CANTEEN: (attendance.decide, situations.child),
}
QUOTA = Offer(zone="WASTE", means=Means.QUOTA, account="quota")
CARDS = {
    Purpose.POOL: (card(1, wallet()), card(2), card(3, Offer(zone="POOL", means=Means.PASS))),
    Purpose.WASTE: (card(1, QUOTA, group="g"), card(2)),
    Purpose.DOOR: (DOOR_CARD, card(2)),
    Purpose.COURT: (COURT_CARD, card(2)),
    Purpose.LIBRARY: (card(1, Offer(zone="LIBRARY", means=Means.PASS)), card(2)),
    Purpose.CANTEEN: (card(1, enrolled=(90,)), card(2, holder="")),
}


@pytest.mark.parametrize("purpose", RULES)
@pytest.mark.parametrize("way", Direction)
@pytest.mark.parametrize("at", [THREE, THREE + 3_600_000, THREE + 30 * DAY])
def test_the_box_answers_as_the_rule_file_does(box, purpose, way, at):
    sector = SECTOR_OF[purpose]
    known = (PARIS, point(purpose), purse(), purse(1, "quota", Unit.VISIT), *CARDS[purpose])
    site = box(sector).knows(*known)
    site.step()
    decide, situation = RULES[purpose]
    gate = site.running.memory.points[point(purpose).point]

    for medium in (*CARDS[purpose], card(99)):
        facts = site.running.memory.facts(gate, medium.ref, at, way)
        tap = Tap(at=at, purpose=purpose, direction=way)
        assert situations.decide(facts) == decide(tap, situation(facts))
