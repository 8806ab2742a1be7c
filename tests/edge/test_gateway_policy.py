"""What a box is let know: fetched from a real gateway, taken by a real box's snapshot."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cvq.cards import services as cards
from cvq.cards.models import Medium
from cvq.config import keys
from cvq.edge.snapshot import Snapshot
from cvq.halls.models import Slot
from cvq.kernel.local import ms_at
from cvq.plumbing.connections import underneath
from cvq.plumbing.sealer import seal_all
from cvq.rights import services as rights
from cvq.rights.models import AccessGroup, ProductKind
from cvq.rules.vocabulary import Means, MediumState, Sector, Unit
from cvq.wire.policy import PolicyRefused, unpack
from cvq.wire.rows import FOR_EVER, CardRow
from databases import Database
from edge.gatehouse import Gatehouse, gatehouse_here
from town import TODAY, ZONE

SECTORS = {
    "GâtinéO": Sector.POOL,
    "Déchèterie": Sector.WASTE,
    "Cantine": Sector.SCHOOL,
    "Médiathèque": Sector.LIBRARY,
    "Squash": Sector.SPORT,
    "Mairie": Sector.DOORS,
}


@pytest.fixture
def house(database: Database) -> Iterator[Gatehouse]:
    with gatehouse_here(database) as opened:
        yield opened


class Shelf:
    """The snapshot of one box, kept up to date from the gateway."""

    def __init__(self, house: Gatehouse, folder: Path, where: str) -> None:
        self.house = house
        self.where = where
        self.sector = SECTORS[where]
        self.box = house.box(where)
        self.rows = Snapshot(
            folder / f"{self.box.number}.db", device=self.box.number, sector=self.sector
        )

    def fetch(self) -> str:
        """Take what there is to take; return what kind of policy it was."""
        reply = self.box.policy(self.sector, self.rows.policy().seq)
        if reply.status == 204:
            return ""
        assert reply.status == 200, reply.body
        sealed = unpack(reply.body)
        self.rows.take(
            sealed, keys=keys.policy_keys(self.house.home), now=self.house.clock.now_ms()
        )
        return "delta" if b'"t":"delta"' in sealed.header else "snap"

    def card(self, number: str) -> CardRow | None:
        ref = self.house.town.event(number, where=self.where, at="15:00").ref
        return self.rows.card(ref)


@pytest.fixture
def shelf(house: Gatehouse, tmp_path: Path) -> Iterator[type[Shelf] | object]:
    opened: list[Shelf] = []

    def make(where: str) -> Shelf:
        opened.append(Shelf(house, tmp_path, where))
        return opened[-1]

    yield make
    for one in opened:
        one.rows.close()


def test_a_pool_knows_prices_and_allowances_and_never_a_balance(house, shelf) -> None:
    house.town.family("Petit", card="012-00043", topped_up="12,00")
    house.town.family("Riche", card="012-00044", topped_up="80,00")
    house.town.family("Ailleurs", card="012-00045", lives_in=house.town.elsewhere)
    pool = shelf("GâtinéO")

    assert pool.fetch() == "snap"

    petit, riche, ailleurs = (pool.card(f"012-0004{n}") for n in (3, 4, 5))
    assert [(o.means, o.price, o.zone) for o in petit.offers] == [("WALLET", 450, "GâtinéO")]
    assert pool.rows.allowance(petit.offers[0].account) == 1200
    assert pool.rows.allowance(riche.offers[0].account) == 1500
    assert [(o.price, pool.rows.allowance(o.account)) for o in ailleurs.offers] == [(540, 0)]
    assert petit.state is MediumState.ACTIVE
    assert petit.holder == house.town.holder("012-00043", Sector.POOL).hex
    points = {row.point: row for row in pool.rows.points()}
    assert set(points) == {house.town.points["GâtinéO"].pk}
    (row,) = points.values()
    assert row.open[0][0] == ms_at(TODAY, 0, ZONE)
    assert row.open[-1][1] >= house.clock.now_ms() + 72 * 3_600_000
    assert pool.rows.place().zone == ZONE


def test_a_price_changes_on_the_birthday(house, shelf) -> None:
    turns_sixteen = TODAY + timedelta(days=2)
    born_on = turns_sixteen.replace(year=TODAY.year - 16)
    house.town.family("Ado", card="012-00043", topped_up="20,00", born_on=born_on)
    pool = shelf("GâtinéO")

    pool.fetch()

    young, grown = pool.card("012-00043").offers
    assert (young.price, young.until) == (330, ms_at(turns_sixteen, 0, ZONE))
    assert (grown.price, grown.until) == (450, FOR_EVER)


def test_passes_and_carnets_come_with_what_is_left(house, shelf) -> None:
    town = house.town
    town.family("Petit", card="012-00043", topped_up="20,00")
    terms = {"where": "GâtinéO", "time_lock_minutes": 60}
    town.give("012-00043", town.product("ANNUEL", ProductKind.PASS, **terms))
    ten = town.product("DIX", ProductKind.CARNET, "GâtinéO", unit=Unit.ENTRY, amount=10)
    town.give("012-00043", ten)
    pool = shelf("GâtinéO")

    pool.fetch()

    offers = {offer.means: offer for offer in pool.card("012-00043").offers}
    assert set(offers) == {Means.PASS, Means.CARNET, Means.WALLET}
    assert offers[Means.PASS].lock == 60
    assert pool.rows.allowance(offers[Means.CARNET].account) == 10


def test_a_school_lists_its_children_and_no_euro(house, shelf) -> None:
    town = house.town
    town.family("Petit", card="012-00043", topped_up="20,00")
    town.child("Petit", "Léa", card="012-00044")
    town.enrol("012-00044", "Cantine")
    canteen = shelf("Cantine")

    canteen.fetch()

    assert canteen.card("012-00043") is None
    lea = canteen.card("012-00044")
    assert lea.enrolled == (town.points["Cantine"].service_id,)
    assert lea.offers == ()
    body = canteen.rows._db.execute("SELECT line FROM row").fetchall()
    assert not any(b'"row":"account"' in line for (line,) in body)


def test_a_waste_centre_counts_visits_by_household(house, shelf) -> None:
    town = house.town
    town.product("DECHETS", ProductKind.QUOTA, unit=Unit.VISIT, amount=15)
    town.family("Petit", card="012-00043")
    town.family("Ailleurs", card="012-00045", lives_in=town.elsewhere)
    town.firm("Maçons", card="012-00099", topped_up="40,00")
    barrier = shelf("Déchèterie")
    barrier.fetch()
    home_card = barrier.card("012-00043")

    house.box("Déchèterie").ask(town.event("012-00043", where="Déchèterie", at="15:00"))
    seal_all(underneath(), at=house.clock.now())
    after = barrier.fetch()

    (offer,) = home_card.offers
    assert (offer.means, offer.until) == (Means.QUOTA, ms_at(TODAY.replace(2026, 1, 1), 0, ZONE))
    assert after == "delta"
    assert barrier.card("012-00043") == home_card
    assert barrier.rows.allowance(offer.account) == 14
    assert barrier.card("012-00045").offers == ()
    firm = barrier.card("012-00099")
    assert [(o.means, o.price) for o in firm.offers] == [(Means.WALLET, 1500)]
    assert (firm.group, bool(home_card.group)) == ("", True)


def test_a_library_a_court_and_a_door_list_those_who_may(house, shelf) -> None:
    town = house.town
    for number in ("012-00043", "012-00044"):
        town.family(number, card=number)
    town.give("012-00043", town.product("LECTEUR", ProductKind.MEMBERSHIP, "Médiathèque"))
    town.open_door("012-00043", "Mairie", (7, 19))
    Slot.objects.create(
        space=town.court,
        holder=town.holder("012-00043", Sector.SPORT),
        starts_at=town.at("16:00"),
        ends_at=town.at("17:00"),
    )
    found = {}
    for where in ("Médiathèque", "Squash", "Mairie"):
        shown = shelf(where)
        shown.fetch()
        assert shown.card("012-00044") is None, where
        found[where] = shown.card("012-00043")

    assert [offer.means for offer in found["Médiathèque"].offers] == [Means.PASS]
    assert found["Squash"].slots[0].slot.starts == ms_at(TODAY, 16 * 60, ZONE)
    window = found["Mairie"].windows[0].window
    assert (window.weekdays, window.from_minute, window.until_minute) == (31, 420, 1140)


def test_only_doors_and_courts_refuse_a_list_past_its_date(house, shelf) -> None:
    sensitive = {}
    for where in SECTORS:
        shown = shelf(where)
        shown.fetch()
        (row,) = shown.rows.points()
        sensitive[where] = row.sensitive

    assert sensitive == {where: where in ("Squash", "Mairie") for where in SECTORS}


def test_a_door_is_told_the_day_on_which_somebody_leaves(house, shelf) -> None:
    town = house.town
    for number in ("012-00043", "012-00044"):
        town.family(number, card=number)
        town.open_door(number, "Mairie", (7, 19))
    leaves = TODAY + timedelta(days=2)
    group = AccessGroup.objects.get(code="Mairie-012-00043")
    rights.leave_group(group=group, holder=town.holder("012-00043", Sector.DOORS), on=leaves)
    door = shelf("Mairie")

    door.fetch()

    until = [door.card(number).windows[0].until for number in ("012-00043", "012-00044")]
    assert until == [ms_at(leaves, 0, ZONE), FOR_EVER]


def test_a_door_is_told_at_once_that_somebody_leaves(house, shelf) -> None:
    town = house.town
    town.family("012-00043", card="012-00043")
    town.open_door("012-00043", "Mairie", (7, 19))
    group = AccessGroup.objects.get(code="Mairie-012-00043")
    holder = town.holder("012-00043", Sector.DOORS)
    rights.leave_group(group=group, holder=holder, on=TODAY + timedelta(days=9))
    door = shelf("Mairie")
    door.fetch()
    assert door.fetch() == ""

    for days, told in ((2, "delta"), (2, ""), (1, "delta")):
        leaves = TODAY + timedelta(days=days)
        rights.leave_group(group=group, holder=holder, on=leaves)

        assert door.fetch() == told
        assert door.card("012-00043").windows[0].until == ms_at(leaves, 0, ZONE)
        assert group.members.count() == 1


def test_a_card_that_is_lost_is_told_as_a_delta(house, shelf) -> None:
    town = house.town
    for number in ("012-00043", "012-00044"):
        town.family(number, card=number, topped_up="20,00")
    pool = shelf("GâtinéO")
    pool.fetch()
    assert pool.fetch() == ""

    cards.declare_lost(
        medium=Medium.objects.get(number="012-00043"),
        at=datetime(2025, 6, 3, 12, 59, tzinfo=UTC),
        reason="",
        by="test",
    )

    assert pool.fetch() == "delta"
    assert pool.card("012-00043").state is MediumState.LOST
    assert pool.card("012-00044").state is MediumState.ACTIVE
    assert pool.fetch() == ""


def test_a_card_whose_loss_commits_after_a_later_one_is_told_too(house, shelf) -> None:
    town = house.town
    for number in ("012-00043", "012-00044"):
        town.family(number, card=number, topped_up="20,00")
    pool = shelf("GâtinéO")
    pool.fetch()
    at = datetime(2025, 6, 3, 12, 59, tzinfo=UTC)
    first, second = (Medium.objects.get(number=f"012-0004{n}") for n in (3, 4))
    with house.database.connect() as slow:
        slow.execute(
            "INSERT INTO cards_mediumstate (medium_id, state, at, reason, by)"
            " VALUES (%s, 'LOST', %s, '', 'test')",
            (first.pk, at),
        )
        cards.declare_lost(medium=second, at=at, reason="", by="test")
        assert pool.fetch() == "delta"

    assert pool.fetch() == "delta"
    assert pool.card("012-00043").state is MediumState.LOST
    assert pool.card("012-00044").state is MediumState.LOST


def test_what_was_heard_of_the_box_frees_what_it_spent_alone(house, shelf) -> None:
    house.town.family("Petit", card="012-00043", topped_up="80,00")
    pool = shelf("GâtinéO")
    pool.fetch()
    event = house.town.event("012-00043", where="GâtinéO", at="15:00")
    assert pool.rows.policy().heard == 0

    pool.box.upload(pool.box.batch(event))

    assert pool.fetch() == "delta"
    assert pool.rows.policy().heard == 1


def test_a_box_that_lost_its_list_is_given_the_whole_one(house, shelf) -> None:
    house.town.family("Petit", card="012-00043", topped_up="20,00")
    pool = shelf("GâtinéO")
    pool.fetch()

    whole = pool.box.policy(Sector.POOL, 0)
    ahead = pool.box.policy(Sector.POOL, 40)

    assert b'"t":"snap"' in unpack(whole.body).header
    assert b'"seq":41' in unpack(ahead.body).header
    with pytest.raises(PolicyRefused):
        pool.rows.take(unpack(whole.body), keys=keys.policy_keys(house.home), now=0)


def test_a_box_gets_no_list_that_is_not_its_own(house) -> None:
    pool, canteen = house.box("GâtinéO"), house.box("Cantine")

    assert pool.policy(Sector.SCHOOL).status == 400
    assert canteen.policy(Sector.POOL).status == 400
    canteen.hmac_key = pool.hmac_key
    assert canteen.policy(Sector.SCHOOL).status == 401


def test_no_account_or_household_has_the_same_name_in_two_sectors(house, shelf) -> None:
    town = house.town
    town.firm("Maçons", card="012-00099", topped_up="40,00")
    pool, barrier = shelf("GâtinéO"), shelf("Déchèterie")
    pool.fetch()
    barrier.fetch()

    (swim,), (visit,) = (one.card("012-00099").offers for one in (pool, barrier))

    assert swim.account != visit.account
    assert {pool.rows.allowance(swim.account), barrier.rows.allowance(visit.account)} == {1500}
