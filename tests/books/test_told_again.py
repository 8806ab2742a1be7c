"""What is told late, twice or otherwise: the answer that stands, and what it costs."""

from datetime import date
from typing import Any

import msgspec
import pytest

from cvq.childcare.models import Attendance
from cvq.childcare.services import charge_days
from cvq.ledger.models import Entry
from cvq.pool.models import Stay, ZoneCount
from cvq.rights.models import ProductKind
from cvq.rules.tap import Granted, Noted, Refused
from cvq.rules.vocabulary import Means, Reason, Verdict
from cvq.taps import find
from cvq.taps.models import Amendment, Fork, TapEvent
from cvq.wire.events import Event
from town import ZONE, Town, town_here

LET_IN = Granted(Means.WALLET)


@pytest.fixture
def town(db: None) -> Town:
    """Return a town with one family of one card."""
    town = town_here()
    town.family("Petit", card="petit", topped_up="20,00")
    return town


def otherwise(event: Event, said: Verdict) -> Event:
    """Return what a box tells when it did something else than what it was answered."""
    return msgspec.structs.replace(event, said=said, why=None)


def test_a_second_carnet_takes_over_from_the_first(town: Town) -> None:
    short = town.product("CARNET-1", ProductKind.CARNET, "GâtinéO", unit="ENTRY", amount=1)
    long = town.product("CARNET-2", ProductKind.CARNET, "GâtinéO", unit="ENTRY", amount=5)
    first, second = town.give("petit", short), town.give("petit", long)

    town.tap("petit", where="GâtinéO", at="9:00")
    town.tap("petit", where="GâtinéO sortie", at="9:30")
    again = town.tap("petit", where="GâtinéO", at="10:00")
    town.tap("petit", where="GâtinéO", at="11:00", door_said=Granted(Means.CARNET))

    assert again.means is Means.CARNET
    assert (town.left(first.account_id), town.left(second.account_id)) == (0, 3)
    assert town.wallet("Petit") == "20,00 €"


def test_two_happenings_under_one_name_in_one_batch_answer_the_first(town: Town) -> None:
    event = town.event("petit", where="GâtinéO", at="15:01")
    forged = msgspec.structs.replace(event, at=event.at + 1)

    first, second = town.tell([event, forged], received="15:02", asks=True)

    assert (first.said, first.forked) == (Verdict.GRANTED, False)
    assert (second.said, second.forked) == (Verdict.REFUSED, True)
    assert town.wallet("Petit") == "15,50 €"
    assert Fork.objects.count() == 1


def test_what_is_known_keeps_its_answer_behind_a_forged_one(town: Town) -> None:
    event = town.event("petit", where="GâtinéO", at="15:01")
    forged = msgspec.structs.replace(event, at=event.at + 1)
    town.tell([event], received="15:02", asks=True)

    wrong, right = town.tell([forged, event], received="15:02", asks=True)

    assert (wrong.forked, right.forked, right.said) == (True, False, Verdict.GRANTED)
    assert town.wallet("Petit") == "15,50 €"


def test_what_a_door_asked_and_tells_again_is_answered_before_anybody_is_looked_for(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [
        town.event("petit", where="GâtinéO", at="15:01"),
        town.event("petit", where="GâtinéO sortie", at="15:40"),
    ]
    first = town.tell(asked, received="15:41", asks=True)
    did = [otherwise(event, answer.said) for event, answer in zip(asked, first, strict=True)]
    new = town.event("petit", where="GâtinéO", at="16:45")
    looked_for: list[Event] = []

    def ask(pipeline: Any, taps: Any) -> Any:
        looked_for.extend(tap.event for tap in taps)
        return the_question(pipeline, taps)

    the_question = find.ask
    monkeypatch.setattr(find, "ask", ask)

    alone = town.tell(did)
    among_others = town.tell([*did, new])

    assert [(one.said, one.known) for one in alone] == [(one.said, True) for one in first]
    assert [one.known for one in among_others] == [True, True, False]
    assert looked_for == [new]
    assert TapEvent.objects.count() == 3


def test_a_door_s_own_word_is_its_last(town: Town) -> None:
    asked = town.event("petit", where="GâtinéO", at="15:01")
    town.tell([asked], received="15:01", asks=True)
    town.tell([otherwise(asked, Verdict.REFUSED)])

    again = town.tell([otherwise(asked, Verdict.GRANTED)])[0]

    assert (again.said, again.known) == (Verdict.REFUSED, True)
    assert town.wallet("Petit") == "20,00 €"
    assert Amendment.objects.count() == 1


def test_what_a_door_told_as_a_fact_is_not_told_otherwise(town: Town) -> None:
    told = town.event("petit", where="GâtinéO", at="15:01", door_said=LET_IN)
    town.tell([told])

    again = town.tell([otherwise(told, Verdict.REFUSED)])[0]

    assert (again.said, again.known) == (Verdict.GRANTED, True)
    assert town.wallet("Petit") == "15,50 €"
    assert not Amendment.objects.exists()


def test_a_late_grant_and_the_next_tap_of_the_same_gesture_are_one_passage(town: Town) -> None:
    town.family("Grand", card="grand", topped_up="4,00")
    asked = town.event("grand", where="GâtinéO", at="15:01:00")
    town.tell([asked], received="15:01", asks=True)
    second = town.event("grand", where="GâtinéO", at="15:01:20", door_said=LET_IN)

    town.tell([otherwise(asked, Verdict.GRANTED), second])

    assert (town.wallet("Grand"), town.owed("Grand")) == ("0,00 €", "0,50 €")
    assert [amount for _, amount in town.charges("Grand")] == ["4,50 €"]
    assert Stay.objects.get(counted=True).seq == asked.seq


def test_a_family_with_nothing_left_pays_one_passage_told_in_two_orders(town: Town) -> None:
    town.family("Juste", card="juste", topped_up="4,50")
    early = town.event("juste", where="GâtinéO", at="15:01:00", door_said=LET_IN)
    late = town.event("juste", where="GâtinéO", at="15:01:20", door_said=LET_IN)

    town.tell([late])
    town.tell([early])

    assert (town.wallet("Juste"), town.owed("Juste")) == ("0,00 €", "0,00 €")
    assert town.balance("REVENUE_TO_PAY_OVER:200041333:PISCINE") == "4,50 €"


def test_a_child_is_seen_once_though_the_box_says_it_refused(town: Town) -> None:
    town.child("Petit", "Léa", card="lea")
    town.enrol("lea", "Cantine")
    asked = town.event("lea", where="Cantine", at="12:05")
    town.tell([asked], received="12:05", asks=True)

    answer = town.tell([otherwise(asked, Verdict.REFUSED)])[0]

    assert answer.said is Verdict.REFUSED
    assert Attendance.objects.count() == 1


def test_who_comes_out_before_the_entry_is_told_is_not_inside(town: Town) -> None:
    entered = town.event("petit", where="GâtinéO", at="15:01", door_said=LET_IN)
    left = town.event("petit", where="GâtinéO sortie", at="16:00", door_said=Granted())

    town.tell([left])
    town.tell([entered])

    assert sum(ZoneCount.objects.values_list("inside", flat=True)) == 0


def test_who_did_not_pass_leaves_room_for_the_next_one(town: Town) -> None:
    town.family("Grand", card="grand", topped_up="20,00")
    town.points["GâtinéO"].max_attendance = 1
    town.points["GâtinéO"].save()
    entered = town.event("petit", where="GâtinéO", at="15:01:00", door_said=LET_IN)
    town.tell([entered])
    missed = town.not_passed("GâtinéO", of=entered.seq, at="15:01:08")
    next_one = town.event("grand", where="GâtinéO", at="15:02", door_said=LET_IN)

    _, answer = town.tell([missed, next_one])

    assert answer.objection is None
    assert ZoneCount.objects.get().inside == 1


def test_what_is_parked_keeps_its_answer(town: Town) -> None:
    told = town.event("petit", where="GâtinéO", at="15:10", door_said=Noted(Reason.NO_SLOT))

    first = town.tell([told], received="15:00")[0]
    again = town.tell([told], received="15:10")[0]

    assert (first.parked, first.said) == ("FUTURE", Verdict.NOTED)
    assert (again.parked, again.said, again.known) == ("FUTURE", Verdict.NOTED, True)
    assert not Entry.objects.filter(key__startswith="tap:").exists()


def test_the_one_who_decided_is_kept_with_the_tap(town: Town) -> None:
    asked = msgspec.structs.replace(
        town.event("petit", where="GâtinéO", at="15:01", door_said=Refused(Reason.NO_SLOT)),
        why=None,
    )

    town.tell([asked], received="15:01", asks=True)

    assert TapEvent.objects.get().by == "TOWN"


@pytest.mark.parametrize(
    ("eaten", "meal", "swim"), [(2, "0,00 €", "4,00 €"), (4, "3,50 €", "0,50 €")]
)
def test_the_oldest_charge_is_paid_first_whatever_was_booked_first(
    town: Town, eaten: int, meal: str, swim: str
) -> None:
    town.family("Dette", card="dette")
    town.child("Dette", "Léo", card="leo")
    town.enrol("leo", "Cantine")
    town.tap("dette", where="GâtinéO", at="2025-06-03 15:01", door_said=LET_IN)
    lunch = f"2025-06-0{eaten} 12:05"
    town.tell([town.event("leo", where="Cantine", at=lunch)], received="2025-06-04 23:59")
    charge_days(town.connection, until=date(2025, 6, 4), at=town.at("20:00"), zone=ZONE)

    town.top_up("Dette", "4,00", at="21:00")

    assert town.balance("ACCRUED:217902022:CANTINE") == meal
    assert town.balance("ACCRUED:200041333:PISCINE") == swim
    assert (town.wallet("Dette"), town.owed("Dette")) == ("0,00 €", "4,00 €")


def test_a_visit_is_near_the_last_one_that_counted_not_the_last_tap(town: Town) -> None:
    town.product("DECHETTERIE", ProductKind.QUOTA, unit="VISIT", amount=2)

    said = [
        town.tap("petit", where="Déchèterie", at=at).why
        for at in ("9:00", "9:15", "9:25", "9:40", "9:46")
    ]

    assert said == [None, None, None, None, Reason.QUOTA_REACHED]


def test_taps_of_one_batch_are_taken_in_the_order_of_their_instants(town: Town) -> None:
    first = town.event("petit", where="GâtinéO", at="15:01:00", seq=2, door_said=LET_IN)
    second = town.event("petit", where="GâtinéO", at="15:01:40", seq=1, door_said=LET_IN)

    town.tell([second, first])

    assert town.wallet("Petit") == "15,50 €"
    assert Stay.objects.get(counted=True).seq == 2
