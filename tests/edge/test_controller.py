"""A door that decides alone: what it says, what it writes, what it remembers."""

import pytest

from cvq.rules.vocabulary import (
    By,
    Direction,
    Happening,
    Means,
    MediumKind,
    MediumState,
    Purpose,
    Reason,
    Sector,
    Unit,
    Verdict,
)
from cvq.wire.rows import Offer
from edge.box_at_work import (
    COURT_CARD,
    DAY,
    DOOR_CARD,
    HOUR,
    MINUTE,
    PARIS,
    POOL,
    THREE,
    BoxAtWork,
    card,
    point,
    purse,
    ref,
    wallet,
)

PASS = Offer(zone="POOL", means=Means.PASS, lock=60)
CARNET = Offer(zone="POOL", means=Means.CARNET, account="carnet")
QUOTA = Offer(zone="WASTE", means=Means.QUOTA, account="quota")


def said(box: BoxAtWork) -> tuple[Verdict, Reason | None, Means]:
    event = box.told()[-1]
    return event.said, event.why, event.means


def test_a_swim_is_paid_from_the_purse_until_the_allowance_is_spent(box):
    pool = box().knows(*POOL, purse(700), card(1, wallet()), card(2, wallet()))

    first, second = pool.tap(1), pool.tap(2)
    third = pool.tap(1, way=Direction.OUT), pool.tap(1)

    assert (first.opens, first.word, first.sound) == (True, "Entrez", "yes")
    assert second.opens
    assert (third[0].word, third[1].opens) == ("Au revoir", False)
    assert said(pool) == (Verdict.REFUSED, Reason.NOT_ENOUGH, Means.FREE)
    assert third[1].sentence == "Allez à l'accueil."
    assert [event.means for event in pool.told()] == ["WALLET", "WALLET", "FREE", "FREE"]
    assert all(event.by is By.DOOR and event.pol == 1 for event in pool.told())


def test_a_pass_goes_before_a_carnet_and_a_carnet_before_the_purse(box):
    rows = (*POOL, purse(), purse(1, "carnet", Unit.ENTRY))
    pool = box().knows(*rows, card(1, wallet(), CARNET, PASS), card(2, wallet(), CARNET))

    pool.tap(1)
    assert said(pool) == (Verdict.GRANTED, None, Means.PASS)
    pool.tap(2)
    assert said(pool) == (Verdict.GRANTED, None, Means.CARNET)
    pool.tap(2, way=Direction.OUT)
    pool.tap(2)
    assert said(pool) == (Verdict.GRANTED, None, Means.WALLET)


def test_nobody_swims_twice_without_going_out_nor_lends_a_pass(box):
    pool = box().knows(*POOL, card(1, PASS))

    pool.tap(1)
    assert not pool.tap(1).opens
    assert said(pool)[1] is Reason.ALREADY_IN
    pool.tap(1, way=Direction.OUT)
    assert not pool.tap(1, later=50 * MINUTE).opens
    assert said(pool)[1] is Reason.TIME_LOCK
    assert pool.tap(1, later=10 * MINUTE).opens


def test_who_goes_out_and_was_not_in_makes_no_room(box):
    rows = (PARIS, point(Purpose.POOL, max_attendance=1))
    pool = box().knows(*rows, card(1, PASS), card(2, PASS))
    pool.tap(1)

    for number in (2, 2, 99):
        assert pool.tap(number, way=Direction.OUT).opens

    assert not pool.tap(2).opens
    assert said(pool)[1] is Reason.PLACE_FULL


def test_a_full_pool_lets_nobody_in_and_everybody_out(box):
    rows = (PARIS, point(Purpose.POOL, max_attendance=1))
    pool = box().knows(*rows, card(1, PASS), card(2, PASS))

    pool.tap(1)
    assert not pool.tap(2).opens
    assert said(pool)[1] is Reason.PLACE_FULL
    assert pool.tap(1, way=Direction.OUT).opens
    assert pool.tap(2).opens


def test_a_price_holds_until_the_day_it_changes(box):
    old, new = wallet(price=300, until=THREE), wallet(price=400)
    pool = box().knows(*POOL, purse(350), card(1, new, old))
    pool.now = THREE - MINUTE

    assert pool.tap(1).opens
    pool.tap(1, way=Direction.OUT)
    assert not pool.tap(1, later=MINUTE).opens


def test_two_cards_of_a_household_within_twenty_minutes_are_one_visit(box):
    rows = (PARIS, point(Purpose.WASTE), purse(1, "quota", Unit.VISIT))
    family = (card(1, QUOTA, group="family"), card(2, QUOTA, group="family"))
    barrier = box(Sector.WASTE).knows(*rows, *family)

    assert barrier.tap(1, 4).opens
    assert barrier.tap(2, 4, later=19 * MINUTE).opens
    assert said(barrier) == (Verdict.GRANTED, None, Means.FREE)
    assert not barrier.tap(2, 4, later=2 * MINUTE).opens
    assert said(barrier)[1] is Reason.QUOTA_REACHED


def test_who_lives_elsewhere_is_not_served_at_the_waste_centre(box):
    barrier = box(Sector.WASTE).knows(PARIS, point(Purpose.WASTE), card(1))

    assert not barrier.tap(1, 4).opens
    assert said(barrier)[1] is Reason.NOT_SERVED_HERE


def test_a_court_opens_to_who_booked_it_and_lights_until_five_past(box):
    court = box(Sector.SPORT).knows(PARIS, point(Purpose.COURT), COURT_CARD, card(62))

    effect = court.tap(61, 6)

    assert (effect.opens, effect.until) == (True, THREE + HOUR + 5 * MINUTE)
    assert not court.tap(62, 6).opens
    assert said(court)[1] is Reason.NO_SLOT


def test_a_door_follows_local_hours_and_no_copied_number_opens_it(box):
    weak = card(52, windows=DOOR_CARD.windows, kind=MediumKind.LEGACY_UID)
    door = box(Sector.DOORS).knows(PARIS, point(Purpose.DOOR), DOOR_CARD, weak)

    assert door.tap(51, 5).opens
    assert not door.tap(52, 5).opens
    assert said(door)[1] is Reason.MEDIUM_TOO_WEAK
    assert not door.tap(51, 5, later=7 * HOUR).opens
    assert said(door)[1] is Reason.OUTSIDE_SCHEDULE


def test_a_library_knows_its_subscribers(box):
    member = Offer(zone="LIBRARY", means=Means.PASS, until=THREE + HOUR)
    library = box(Sector.LIBRARY).knows(PARIS, point(Purpose.LIBRARY), card(1, member), card(2))

    assert library.tap(1, 7).opens
    assert not library.tap(2, 7).opens
    assert not library.tap(1, 7, later=HOUR).opens
    assert said(library)[1] is Reason.NO_RIGHT


def test_a_child_is_noted_with_the_reason_kept_for_the_team(box):
    rows = (PARIS, point(Purpose.CANTEEN), card(1, enrolled=(90,)), card(2))
    school = box(Sector.SCHOOL).knows(*rows)

    assert school.tap(1, 9).word == "Entrez"
    unknown, again = school.tap(2, 9), school.tap(1, 9, later=HOUR)

    assert (unknown.opens, unknown.word) == (True, "Va voir l'équipe")
    assert unknown.sentence == again.sentence == "L'équipe sait quoi faire, tout va bien."
    assert [e.why for e in school.told()] == [None, Reason.NOT_ENROLLED, Reason.ALREADY_SERVED]
    assert {e.said for e in school.told()} == {Verdict.GRANTED, Verdict.NOTED}


@pytest.mark.parametrize("state", [s for s in MediumState if s is not MediumState.ACTIVE])
def test_a_medium_that_is_not_in_use_opens_nothing(box, state):
    pool = box().knows(*POOL, card(1, PASS, state=state))

    assert not pool.tap(1).opens
    assert said(pool)[1].value.startswith("MEDIUM_")


def test_a_point_that_no_policy_names_opens_nothing_but_is_written(box):
    pool = box()

    assert not pool.tap(1, 3).opens
    assert said(pool) == (Verdict.REFUSED, Reason.STALE_SNAPSHOT, Means.FREE)


def test_a_school_box_without_any_policy_still_turns_nobody_away(box):
    school = box(Sector.SCHOOL)

    assert school.tap(1, 8).opens
    assert said(school) == (Verdict.NOTED, Reason.UNKNOWN_MEDIUM, Means.FREE)


def test_a_card_left_on_the_reader_is_one_tap(box):
    pool = box().knows(*POOL, purse(), card(1, wallet()))

    first = pool.tap(1)

    assert pool.tap(1, later=500) == first
    assert pool.tap(1, later=500) == first
    assert len(pool.told()) == 1


def test_what_was_seen_today_outlives_a_restart_and_not_the_night(box):
    pool = box().knows(*POOL, purse(700), card(1, wallet()), card(2, PASS))
    pool.tap(1)
    pool.tap(2)

    pool.restart()

    assert not pool.tap(2).opens
    assert said(pool)[1] is Reason.ALREADY_IN
    assert pool.running.memory.tallies[Sector.POOL].inside("POOL") == 2
    pool.step(later=DAY)
    assert pool.running.memory.tallies[Sector.POOL].inside("POOL") == 0
    assert pool.tap(2).opens
    # The money is still spent: the town hall has not counted it.
    assert pool.running.memory.tallies[Sector.POOL].spent("purse") == 340


def test_spending_counts_until_a_policy_has_heard_of_it(box):
    pool = box().knows(*POOL, purse(340), card(1, wallet()))
    pool.tap(1)
    pool.tap(1, way=Direction.OUT)

    pool.knows(*POOL, purse(400), card(1, wallet()), heard=0)
    assert not pool.tap(1).opens
    pool.knows(*POOL, purse(400), card(1, wallet()), heard=2)
    assert pool.tap(1).opens


def test_nobody_pays_for_a_turnstile_that_did_not_turn(box):
    pool = box(turnstile=True).knows(*POOL, purse(340), card(1, wallet()))

    granted = pool.tap(1)
    assert pool.tap(1, later=5_000) == granted
    pool.step(later=3_000)

    told = pool.told()
    assert [event.what for event in told] == [Happening.TAP, Happening.NOT_PASSED]
    assert (told[1].of, told[1].pt, told[1].ref) == (1, 3, "")
    assert pool.running.memory.tallies[Sector.POOL].inside("POOL") == 0
    assert pool.tap(1).opens
    pool.hand.turn(3)
    pool.step(later=60_000)
    assert len(pool.told()) == 3
    assert pool.running.memory.tallies[Sector.POOL].inside("POOL") == 1


def test_outside_opening_hours_the_pool_is_closed(box):
    pool = box().knows(*POOL, card(1, PASS))

    assert not pool.tap(1, later=9 * HOUR).opens
    assert said(pool)[1] is Reason.PLACE_CLOSED


def test_the_chain_depends_on_what_happened_and_on_nothing_else(box):
    one, two = box().knows(*POOL, card(1, PASS)), box().knows(*POOL, card(1, PASS))
    one.tap(1)
    two.tap(1)

    assert one.told()[0].ref == two.told()[0].ref == ref(1)
    assert one.journal.head == two.journal.head  # the same device number, the same events
