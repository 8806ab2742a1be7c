"""A door and the town hall, told the same, say the same: they run the same files."""

from collections import Counter
from datetime import date
from random import Random

import msgspec
import pytest

from cvq.cards import services as cards
from cvq.cards.keys import sector_ref
from cvq.cards.models import Medium
from cvq.catalog import points as catalogue
from cvq.catalog.models import AccessPoint, DevicePoint
from cvq.edge import situations
from cvq.halls.models import Slot
from cvq.rights.models import ProductKind
from cvq.rules import attendance, door, library, pool, slot, waste
from cvq.rules.tap import Tap
from cvq.rules.vocabulary import (
    SECTOR_OF,
    By,
    Direction,
    Means,
    Purpose,
    Reason,
    Sector,
    Unit,
    Verdict,
)
from cvq.taps import pack
from cvq.taps.settle import settle
from cvq.taps.told import Told
from cvq.wire.rows import Offer
from edge.box_at_work import (
    COURT_CARD,
    DAY,
    DOOR_CARD,
    PARIS,
    THREE,
    BoxAtWork,
    card,
    point,
    purse,
    wallet,
)
from town import ZONE, Town, town_here
from town_plan import PLACES

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
        assert situations.decide(facts) == decide(tap, situation(facts))  # type: ignore[operator]


# -- the town hall and the door -----------------------------------------------------------------
SPOTS = tuple(PLACES)
PAUSES = (5_000, 20_000, 90_000, 600_000, 1_800_000)  # milliseconds
MOVES = 120
# A box is not told who may do nothing there: it knows less of why, never less of whether.
NOT_LISTED = (Reason.NO_RIGHT, Reason.NO_SLOT, Reason.NOT_ENROLLED, Reason.MEDIUM_LOST)


class Both:
    """A town, and one box at all its doors that decides alone on the town's own lists."""

    def __init__(self, town: Town, site: BoxAtWork) -> None:
        self.town, self.site = town, site
        self.points = {where: town.points[where] for where in SPOTS}
        device = town.device(17, town.court.site, self.points["GâtinéO"])
        for where in SPOTS[1:]:
            DevicePoint.objects.create(device=device, point=self.points[where])
        self.found: Counter[tuple[Purpose, Reason | None]] = Counter()

    def learn(self) -> None:
        """Give the box what the town hall lets it know now."""
        known = {"device": 17, "now": self.site.now, "zone": ZONE, "secret": bytes(32)}
        points = catalogue.refresh(self.town.connection)
        for sector in Sector:
            rows = pack.rows(self.town.connection, sector=sector, points=points, **known)
            self.site.knows(*rows, sector=sector, heard=self.site.journal.last)

    def tap(self, card: str, where: str, later: int) -> None:
        """Show a card, then tell the town hall what happened and nothing of the answer."""
        point = self.points[where]
        credential = self.town.credentials.get(card, card.encode())
        shown = sector_ref(SECTOR_OF[Purpose(point.service.purpose)], credential).hex()
        self.site.hand.present(shown, point.pk, Direction(point.direction))
        self.site.step(later=later)
        self.site.link.acked = self.site.journal.last
        door = self.site.told()[-1]
        happened = msgspec.structs.replace(
            door, said=Verdict.REFUSED, why=None, means=Means.FREE, by=By.TOWN
        )
        (town,) = settle(
            told=[Told(event=happened, asks=True)],
            received_at=door.at,
            connection=self.town.connection,
            zone=ZONE,
        )
        alone, ours = ((one.said, one.why, one.means) for one in (door, town))
        if door.why is Reason.UNKNOWN_MEDIUM and town.why in NOT_LISTED:
            ours = (town.said, Reason.UNKNOWN_MEDIUM, town.means)
        assert alone == ours, (card, where, door.seq)
        self.found[Purpose(point.service.purpose), door.why] += 1


@pytest.fixture
def both(db, box) -> Both:
    """A town of Wednesday 3 June 2026 where everybody has something else."""
    town = town_here()
    town.today = date(2026, 6, 3)
    both = Both(town, box(*Sector))
    town.product("DECHETS", ProductKind.QUOTA, unit=Unit.VISIT, amount=2)
    for name, money in (("purse", "9,00"), ("pass", ""), ("carnet", "4,50"), ("staff", "")):
        town.family(name, card=name, topped_up=money)
    town.family("abroad", card="abroad", topped_up="6,00", lives_in=town.elsewhere)
    town.family("lost", card="lost", topped_up="10,00")
    town.child("purse", "Léa", card="child")
    town.firm("firm", card="firm", topped_up="14,00")
    lock = {"where": "GâtinéO", "time_lock_minutes": 60}
    town.give("pass", town.product("ANNUEL", ProductKind.PASS, **lock))
    two = town.product("DEUX", ProductKind.CARNET, "GâtinéO", unit=Unit.ENTRY, amount=2)
    town.give("carnet", two)
    town.give("staff", town.product("LECTEUR", ProductKind.MEMBERSHIP, "Médiathèque"))
    town.enrol("child", "Cantine")
    town.open_door("staff", "Mairie", (7, 19))
    town.open_door("pass", "Mairie", (7, 9))
    Slot.objects.create(
        space=town.court,
        holder=town.holder("staff", Sector.SPORT),
        starts_at=town.at("15:30"),
        ends_at=town.at("17:30"),
    )
    lost = Medium.objects.get(number="lost")
    cards.declare_lost(medium=lost, at=town.at("08:00"), reason="", by="test")
    AccessPoint.objects.filter(pk=both.points["GâtinéO"].pk).update(max_attendance=3)
    both.learn()
    return both


EVERYBODY = ("purse", "pass", "carnet", "staff", "abroad", "lost", "child", "firm", "unknown")


@pytest.mark.parametrize(("seed", "learns"), [(0, MOVES), (1, 10)])
def test_a_door_alone_says_what_the_town_hall_says_of_the_same_day(both, seed, learns):
    chance = Random(seed)

    for number in range(MOVES):
        swims = chance.random() < 0.5
        where = chance.choice(SPOTS[:2] if swims else SPOTS[2:])
        both.tap(chance.choice(EVERYBODY), where, chance.choice(PAUSES[: 3 if number < 60 else 5]))
        if number % learns == learns - 1:
            both.learn()

    told = {why for (_, why) in both.found}
    assert {purpose for (purpose, _) in both.found} == {purpose for purpose, *_ in PLACES.values()}
    assert told > {None, Reason.ALREADY_IN, Reason.NOT_ENOUGH, Reason.MEDIUM_LOST}
