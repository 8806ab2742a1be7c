"""What a box alone does not risk: money and sensitive doors, never a child."""

from hypothesis import given
from hypothesis import strategies as st

from cvq.edge.limits import MAX_OFFLINE_CENTS, Risk, bounded
from cvq.edge.situations import Facts, decide
from cvq.edge.tally import Tally
from cvq.edge.timekeeper import Timekeeper
from cvq.rules.tap import Granted, Noted
from cvq.rules.vocabulary import (
    CHILDCARE,
    Direction,
    Means,
    MediumKind,
    MediumState,
    Purpose,
    Reason,
    Sector,
)
from cvq.wire.rows import Offer, PointRow, WindowAt
from edge.box_at_work import (
    ALL_DAY,
    DAY,
    DOOR_CARD,
    HOUR,
    ISSUED,
    MINUTE,
    PARIS,
    POOL,
    THREE,
    BoxAtWork,
    card,
    point,
    purse,
    wallet,
)

PASS = Offer(zone="POOL", means=Means.PASS)


def why(box: BoxAtWork) -> Reason | None:
    return box.told()[-1].why


def test_past_the_date_of_the_list_money_stops_and_passes_go_on(box):
    pool = box().knows(*POOL, purse(), card(1, wallet()), card(2, PASS), life=8 * HOUR + 12_000)

    assert pool.tap(1).opens
    pool.tap(1, way=Direction.OUT)
    assert not pool.tap(1).opens
    assert why(pool) is Reason.STALE_SNAPSHOT
    assert pool.tap(2).opens


def test_past_the_date_of_the_list_only_a_sensitive_door_stays_shut(box):
    rows = (PARIS, DOOR_CARD)
    plain = box(Sector.DOORS).knows(*rows, point(Purpose.DOOR))
    vault = box(Sector.DOORS).knows(*rows, point(Purpose.DOOR, sensitive=True))

    assert plain.tap(51, 5).opens
    assert vault.tap(51, 5).opens
    assert plain.tap(51, 5, later=4 * DAY).opens
    assert not vault.tap(51, 5, later=4 * DAY).opens
    assert why(vault) is Reason.STALE_SNAPSHOT


def test_who_leaves_the_staff_is_out_on_the_day_however_old_the_list(box):
    leaves = WindowAt(point=5, window=ALL_DAY, until=THREE + DAY)
    stays = WindowAt(point=5, window=ALL_DAY)
    rows = (PARIS, point(Purpose.DOOR), card(1, windows=(leaves,)), card(2, windows=(stays,)))
    mairie = box(Sector.DOORS).knows(*rows)

    assert mairie.tap(1, 5).opens
    assert not mairie.tap(1, 5, later=DAY - 5_000).opens
    assert why(mairie) is Reason.NO_RIGHT
    assert mairie.tap(2, 5).opens


def test_a_clock_set_back_stops_money_and_marks_every_line(box):
    pool = box().knows(*POOL, purse(), card(1, wallet()), card(2, PASS))
    pool.tap(2)
    pool.tap(2, way=Direction.OUT)

    pool.now -= HOUR
    assert not pool.tap(1).opens
    assert why(pool) is Reason.CLOCK_SUSPECT
    assert pool.tap(2).opens
    assert [event.cq for event in pool.told()] == [0, 0, 1, 1]


def test_the_floor_of_time_outlives_a_restart(box):
    pool = box().knows(*POOL, card(2, PASS))
    pool.tap(2)

    pool.now = 0
    pool.restart()
    pool.tap(2, way=Direction.OUT)

    assert pool.told()[-1].cq == 1


def test_a_clock_older_than_the_policy_is_suspect_from_the_start(box):
    pool = box().knows(*POOL, card(2, PASS))
    pool.now = ISSUED - MINUTE

    pool.tap(2)

    assert pool.told()[0].cq == 1


def test_the_town_hall_puts_a_clock_that_jumped_ahead_right(box):
    pool = box().knows(*POOL, purse(), card(1, wallet()), card(2, PASS))
    pool.now += 10 * DAY
    pool.tap(2)
    pool.now -= 10 * DAY
    assert not pool.tap(1).opens
    assert why(pool) is Reason.CLOCK_SUSPECT

    pool.link.timekeeper.hear(town=pool.now, sent=pool.mono, received=pool.mono)
    assert pool.tap(1).opens
    pool.link.timekeeper = Timekeeper()
    pool.restart()
    pool.tap(2, way=Direction.OUT)

    assert [event.cq for event in pool.told()] == [0, 1, 0, 0]


def test_a_clock_far_from_the_town_hall_is_suspect_though_it_goes_forward(box):
    pool = box().knows(*POOL, purse(), card(1, wallet()))
    pool.link.timekeeper.hear(town=pool.now - HOUR, sent=pool.mono, received=pool.mono)

    assert not pool.tap(1).opens
    assert why(pool) is Reason.CLOCK_SUSPECT


def test_a_card_spends_at_most_fifteen_euros_out_of_sight(box):
    pool = box().knows(*POOL, purse(10_000), card(1, wallet(price=500)))
    for _ in range(3):
        assert pool.tap(1).opens
        pool.tap(1, way=Direction.OUT)

    assert not pool.tap(1).opens
    assert why(pool) is Reason.RISK_LIMIT
    pool.link.acked = pool.journal.last
    assert pool.tap(1).opens


def test_a_card_pays_at_most_five_times_a_day_at_a_box_alone(box):
    pool = box().knows(*POOL, purse(10_000), card(1, wallet(price=100)))
    for _ in range(5):
        assert pool.tap(1).opens
        pool.tap(1, way=Direction.OUT)
        pool.link.acked = pool.journal.last

    assert not pool.tap(1).opens
    assert why(pool) is Reason.RISK_LIMIT
    assert pool.tap(1, later=DAY).opens


risks = st.builds(
    Risk,
    stale=st.booleans(),
    clock_suspect=st.booleans(),
    full=st.booleans(),
    offline_cents=st.integers(0, 10_000),
    money_uses=st.integers(0, 100),
)
cards = st.none() | st.builds(
    card,
    st.integers(1, 3),
    state=st.sampled_from(MediumState),
    kind=st.sampled_from(MediumKind),
    holder=st.sampled_from(["", "h1"]),
    enrolled=st.sampled_from([(), (80,), (90,), (1,)]),
)


@given(
    card=cards,
    purpose=st.sampled_from(sorted(CHILDCARE)),
    way=st.sampled_from(Direction),
    risk=risks,
    at=st.integers(0, 2**45),
    until=st.integers(0, 2**45),
    hours=st.lists(st.tuples(st.integers(0, 2**45), st.integers(0, 2**45)), max_size=2),
)
def test_no_child_is_ever_refused(card, purpose, way, risk, at, until, hours):
    gate = PointRow(point=8, purpose=purpose, service=80, zone="", open=tuple(hours))
    facts = Facts(card, gate, None, at, way, Tally(), until, lambda account: None)

    decision = bounded(decide(facts), gate, way, risk)

    assert isinstance(decision, Granted | Noted)


@given(way=st.sampled_from(Direction), risk=risks, price=st.integers(1, 3_000))
def test_money_is_refused_alone_whenever_one_limit_is_passed(way, risk, price):
    gate = point(Purpose.POOL)
    passed = (
        risk.stale
        or risk.clock_suspect
        or risk.full
        or risk.offline_cents + price > MAX_OFFLINE_CENTS
        or risk.money_uses >= 5
    )

    decision = bounded(Granted(Means.WALLET, price), gate, way, risk)

    assert isinstance(decision, Granted) is (way is Direction.OUT or not passed)
