"""At the pool: what an entry runs on, and what happens when the line is down."""

from datetime import date

import msgspec

from cvq.billing.models import Charge
from cvq.people import services as people
from cvq.pool.models import Stay, ZoneCount
from cvq.rights.models import ProductKind
from cvq.rules.tap import Granted, Refused
from cvq.rules.vocabulary import Means, Reason, Verdict
from town import Town


def test_the_life_of_a_tap_is_the_one_that_is_told(town: Town) -> None:
    # The story of docs/life-of-a-tap.md: its box, its number, its sums.
    gate = town.points["GâtinéO"]
    gate.guards.all().delete()
    town.device(17, gate.service.site, gate)
    town.family("Petit", card="012-00043", topped_up="20,00")
    event = town.event("012-00043", where="GâtinéO", at="15:01", seq=1007)

    (asked,) = town.tell([event], received="15:01", asks=True)
    written = msgspec.structs.replace(event, said=asked.said, means=asked.means)
    (told,) = town.tell([written], received="15:02")

    assert (asked.device, asked.seq, asked.known) == (17, 1007, False)
    assert (asked.said, asked.means, asked.objection) == (Verdict.GRANTED, Means.WALLET, None)
    assert told.known
    assert town.wallet("Petit") == "15,50 €"
    assert town.balance("REVENUE_TO_PAY_OVER:200041333:PISCINE") == "4,50 €"
    assert town.charges("Petit") == [("Entrée piscine, plein tarif : 4,50 €", "4,50 €")]
    entry = Charge.objects.get().entry
    assert entry.key == "tap:17:1007"


def test_an_adult_of_the_territory_pays_a_full_entry_from_the_wallet(town: Town) -> None:
    town.family("Petit", card="012-00043", topped_up="20,00")

    answer = town.tap("012-00043", where="GâtinéO", at="15:01")

    assert answer.said is Verdict.GRANTED
    assert answer.means is Means.WALLET
    assert town.wallet("Petit") == "15,50 €"
    assert town.balance("REVENUE_TO_PAY_OVER:200041333:PISCINE") == "4,50 €"
    assert town.charges("Petit") == [("Entrée piscine, plein tarif : 4,50 €", "4,50 €")]


def test_who_cannot_pay_is_refused_and_nothing_moves(town: Town) -> None:
    town.family("Petit", card="012-00043", topped_up="4,00")

    answer = town.tap("012-00043", where="GâtinéO", at="15:01")

    assert (answer.said, answer.why) == (Verdict.REFUSED, Reason.NOT_ENOUGH)
    assert town.wallet("Petit") == "4,00 €"
    assert town.charges("Petit") == []
    assert not Stay.objects.exists()


def test_a_swim_let_in_while_the_line_was_down_becomes_a_debt(town: Town) -> None:
    town.family("Petit", card="012-00043", topped_up="1,00")

    town.tap("012-00043", where="GâtinéO", at="15:01", door_said=Granted(Means.WALLET))

    assert town.wallet("Petit") == "0,00 €"
    assert town.owed("Petit") == "3,50 €"
    assert town.last_tap().objection == Reason.NOT_ENOUGH


def test_a_top_up_pays_the_debt_first(town: Town) -> None:
    town.family("Petit", card="012-00043")
    town.tap("012-00043", where="GâtinéO", at="15:01", door_said=Granted(Means.WALLET))

    town.top_up("Petit", "10,00", at="16:00")

    assert (town.wallet("Petit"), town.owed("Petit")) == ("5,50 €", "0,00 €")
    assert town.balance("ACCRUED:200041333:PISCINE") == "0,00 €"
    assert town.balance("REVENUE_TO_PAY_OVER:200041333:PISCINE") == "4,50 €"


def test_the_same_tap_told_twice_counts_once(town: Town) -> None:
    town.family("Petit", card="012-00043", topped_up="20,00")
    event = town.event("012-00043", where="GâtinéO", at="15:01")

    first, again = town.tell([event, event], received="15:01", asks=True)
    later = town.tell([event], received="15:01", asks=True)[0]

    assert first == again
    assert (later.said, later.known) == (first.said, True)
    assert town.wallet("Petit") == "15,50 €"


def test_who_is_in_already_is_refused_until_out(town: Town) -> None:
    town.family("Petit", card="012-00043", topped_up="20,00")
    town.tap("012-00043", where="GâtinéO", at="15:01")

    again = town.tap("012-00043", where="GâtinéO", at="15:30")
    out = town.tap("012-00043", where="GâtinéO sortie", at="16:00")
    back = town.tap("012-00043", where="GâtinéO", at="16:30")

    assert (again.said, again.why) == (Verdict.REFUSED, Reason.ALREADY_IN)
    assert (out.said, back.said) == (Verdict.GRANTED, Verdict.GRANTED)
    assert town.wallet("Petit") == "11,00 €"
    assert ZoneCount.objects.get().inside == 1


def test_a_pass_costs_nothing_and_is_locked_for_an_hour(town: Town) -> None:
    town.family("Petit", card="012-00043", topped_up="20,00")
    year = town.product("ANNUEL", ProductKind.PASS, "GâtinéO", time_lock_minutes=60)
    town.give("012-00043", year)
    town.tap("012-00043", where="GâtinéO", at="15:00")
    town.tap("012-00043", where="GâtinéO sortie", at="15:20")

    too_soon = town.tap("012-00043", where="GâtinéO", at="15:59")
    later = town.tap("012-00043", where="GâtinéO", at="16:00")

    assert (too_soon.said, too_soon.why) == (Verdict.REFUSED, Reason.TIME_LOCK)
    assert (later.said, later.means) == (Verdict.GRANTED, Means.PASS)
    assert town.wallet("Petit") == "20,00 €"


def test_a_carnet_goes_before_the_wallet_and_the_wallet_takes_over(town: Town) -> None:
    town.family("Petit", card="012-00043", topped_up="20,00")
    two = town.product("CARNET-2", ProductKind.CARNET, "GâtinéO", unit="ENTRY", amount=2)
    carnet = town.give("012-00043", two)
    for hour in (9, 11, 13):
        town.tap("012-00043", where="GâtinéO", at=f"{hour}:00")
        town.tap("012-00043", where="GâtinéO sortie", at=f"{hour}:50")

    assert town.left(carnet.account_id) == 0
    assert town.wallet("Petit") == "15,50 €"


def test_nobody_is_let_in_beyond_the_maximum_attendance(town: Town) -> None:
    point = town.points["GâtinéO"]
    point.max_attendance = 1
    point.save()
    town.family("Petit", card="012-00043", topped_up="20,00")
    town.family("Grand", card="012-00044", topped_up="20,00")
    town.tap("012-00043", where="GâtinéO", at="15:00")

    full = town.tap("012-00044", where="GâtinéO", at="15:05")
    town.tap("012-00043", where="GâtinéO sortie", at="15:10")
    room = town.tap("012-00044", where="GâtinéO", at="15:15")

    assert (full.said, full.why) == (Verdict.REFUSED, Reason.PLACE_FULL)
    assert room.said is Verdict.GRANTED


def test_an_entry_that_nobody_walked_through_is_given_back(town: Town) -> None:
    town.family("Petit", card="012-00043", topped_up="20,00")
    answer = town.tap("012-00043", where="GâtinéO", at="15:01:00")

    town.tell([town.not_passed("GâtinéO", of=answer.seq, at="15:01:08")])

    assert town.wallet("Petit") == "20,00 €"
    assert town.balance("REVENUE_TO_PAY_OVER:200041333:PISCINE") == "0,00 €"
    assert [amount for _, amount in town.charges("Petit")] == ["4,50 €", "-4,50 €"]
    assert ZoneCount.objects.get().inside == 0
    assert town.tap("012-00043", where="GâtinéO", at="15:02").said is Verdict.GRANTED


def test_a_grant_and_its_missing_passage_told_together_cost_nothing(town: Town) -> None:
    town.family("Petit", card="012-00043", topped_up="20,00")
    entered = town.event(
        "012-00043", where="GâtinéO", at="15:01:00", door_said=Granted(Means.WALLET)
    )

    town.tell([entered, town.not_passed("GâtinéO", of=entered.seq, at="15:01:08")])

    assert town.wallet("Petit") == "20,00 €"
    assert town.charges("Petit") == []


def test_two_doors_that_were_cut_off_count_one_passage_in_whatever_order(town: Town) -> None:
    town.family("Petit", card="012-00043", topped_up="20,00")
    other = town.points["GâtinéO"].service.points.create(
        code="GâtinéO 2", name="GâtinéO 2", zone="GâtinéO", direction="IN"
    )
    town.points["GâtinéO 2"] = other
    town.device(99, town.points["GâtinéO"].service.site, other)
    early = town.event("012-00043", where="GâtinéO", at="15:01:00", door_said=Granted(Means.WALLET))
    late = town.event(
        "012-00043", where="GâtinéO 2", at="15:01:20", door_said=Granted(Means.WALLET)
    )

    town.tell([late])
    town.tell([early])

    assert town.wallet("Petit") == "15,50 €"
    assert Stay.objects.get(counted=True).device == early.dev


def test_the_door_s_refusal_stands_though_we_would_have_let_in(town: Town) -> None:
    town.family("Petit", card="012-00043", topped_up="20,00")

    town.tap("012-00043", where="GâtinéO", at="15:01", door_said=Refused(Reason.STALE_SNAPSHOT))

    assert town.wallet("Petit") == "20,00 €"
    assert not Stay.objects.exists()


def test_a_late_answer_gives_way_to_what_the_door_did(town: Town) -> None:
    town.family("Petit", card="012-00043", topped_up="20,00")
    town.tap("012-00043", where="GâtinéO", at="15:01", seq=7)
    assert town.wallet("Petit") == "15,50 €"

    town.tap("012-00043", where="GâtinéO", at="15:01", seq=7, door_said=Refused(Reason.RISK_LIMIT))

    assert town.wallet("Petit") == "20,00 €"


def test_a_door_that_let_in_after_our_refusal_came_late_is_paid(town: Town) -> None:
    town.family("Petit", card="012-00043", topped_up="4,00")
    town.tap("012-00043", where="GâtinéO", at="15:01", seq=7)

    town.tap("012-00043", where="GâtinéO", at="15:01", seq=7, door_said=Granted(Means.WALLET))

    assert (town.wallet("Petit"), town.owed("Petit")) == ("0,00 €", "0,50 €")


def test_a_child_under_five_swims_for_free(town: Town) -> None:
    town.family("Petit", card="012-00043", born_on=date(2021, 9, 1))

    answer = town.tap("012-00043", where="GâtinéO", at="15:01")

    assert (answer.said, answer.means) == (Verdict.GRANTED, Means.FREE)
    assert town.charges("Petit") == []


def test_who_lives_elsewhere_pays_the_price_of_elsewhere(town: Town) -> None:
    town.family("Loin", card="012-00050", topped_up="20,00", lives_in=town.elsewhere)

    town.tap("012-00050", where="GâtinéO", at="15:01")

    assert town.wallet("Loin") == "14,60 €"


def test_a_card_that_nobody_knows_opens_nothing_and_is_remembered(town: Town) -> None:
    answer = town.tap("999-99999", where="GâtinéO", at="15:01")

    assert (answer.said, answer.why) == (Verdict.REFUSED, Reason.UNKNOWN_MEDIUM)
    assert town.last_tap().holder is None


def test_the_parent_who_has_the_child_that_week_pays_the_swim(town: Town) -> None:
    town.family("Petit", topped_up="20,00")
    other = town.family("Moreau", topped_up="20,00")
    child = town.child("Petit", "Mia", card="012-00063")
    people.share_custody(
        child=child,
        household_a=town.households["Petit"],
        household_b=other,
        anchor_on=date(2025, 5, 26),
        on=date(2025, 5, 26),
    )

    town.tap("012-00063", where="GâtinéO", at="15:01")

    assert (town.wallet("Petit"), town.wallet("Moreau")) == ("20,00 €", "16,70 €")
