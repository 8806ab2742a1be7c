"""Doors of buildings, courts and the library: rights, hours and slots; nothing is paid there."""

import msgspec

from cvq.cards import services as cards
from cvq.cards.models import Medium
from cvq.halls.models import Lease, Slot
from cvq.kernel.local import at_ms
from cvq.rights.models import ProductKind
from cvq.rules.vocabulary import By, Means, Reason, Sector, Verdict
from cvq.taps.models import Flood, Fork, Parked, TapEvent
from town import Town


def test_an_agent_opens_the_door_of_the_group_in_its_hours(town: Town) -> None:
    town.family("Agent", card="012-00080")
    town.open_door("012-00080", "Mairie", hours=(7, 19))

    assert town.tap("012-00080", where="Mairie", at="08:00").said is Verdict.GRANTED
    late = town.tap("012-00080", where="Mairie", at="19:00")
    sunday = town.tap("012-00080", where="Mairie", at="2025-06-08 10:00")

    assert (late.said, late.why) == (Verdict.REFUSED, Reason.OUTSIDE_SCHEDULE)
    assert (sunday.said, sunday.why) == (Verdict.REFUSED, Reason.OUTSIDE_SCHEDULE)


def test_who_is_in_no_group_stays_outside(town: Town) -> None:
    town.family("Petit", card="012-00081")

    answer = town.tap("012-00081", where="Mairie", at="10:00")

    assert (answer.said, answer.why) == (Verdict.REFUSED, Reason.NO_RIGHT)


def test_a_lost_card_opens_nothing_from_that_instant_on(town: Town) -> None:
    town.family("Agent", card="012-00080")
    town.open_door("012-00080", "Mairie")
    card = Medium.objects.get(number="012-00080")
    cards.declare_lost(medium=card, at=town.at("09:00"))

    after = town.tap("012-00080", where="Mairie", at="09:01")
    before = town.tell([town.event("012-00080", where="Mairie", at="08:59")], asks=True)[0]

    assert (after.said, after.why) == (Verdict.REFUSED, Reason.MEDIUM_LOST)
    assert before.said is Verdict.GRANTED


def test_the_new_card_opens_what_the_lost_one_did(town: Town) -> None:
    town.family("Agent", card="012-00080")
    town.open_door("012-00080", "Mairie")
    town.credentials["012-00090"] = b"another credential"
    cards.replace(
        old=Medium.objects.get(number="012-00080"),
        kind="DESFIRE",
        number="012-00090",
        credential=town.credentials["012-00090"],
        at=town.at("09:00"),
    )

    assert town.tap("012-00090", where="Mairie", at="09:05").said is Verdict.GRANTED
    assert town.tap("012-00080", where="Mairie", at="09:06").said is Verdict.REFUSED


def test_a_court_opens_around_its_slot_and_the_light_has_an_end(town: Town) -> None:
    town.family("Petit", card="012-00082")
    Slot.objects.create(
        space=town.court,
        holder=town.holder("012-00082", Sector.SPORT),
        starts_at=town.at("18:00"),
        ends_at=town.at("18:45"),
    )

    early = town.tap("012-00082", where="Squash", at="17:49")
    granted = town.tap("012-00082", where="Squash", at="17:50")

    assert (early.said, early.why) == (Verdict.REFUSED, Reason.NO_SLOT)
    assert granted.until == at_ms(town.at("18:50"))
    assert Lease.objects.get().until_at == town.at("18:50")


def test_a_court_that_stayed_shut_after_all_is_not_lent(town: Town) -> None:
    town.family("Petit", card="012-00082")
    Slot.objects.create(
        space=town.court,
        holder=town.holder("012-00082", Sector.SPORT),
        starts_at=town.at("18:00"),
        ends_at=town.at("18:45"),
    )
    asked = town.event("012-00082", where="Squash", at="17:50")
    assert town.tell([asked], received="17:50", asks=True)[0].said is Verdict.GRANTED

    did = msgspec.structs.replace(asked, why=Reason.RISK_LIMIT, by=By.DOOR)
    assert town.tell([did], received="18:50")[0].said is Verdict.REFUSED

    lease = Lease.objects.get()
    assert lease.until_at == lease.from_at


def test_the_library_knows_its_subscribers(town: Town) -> None:
    town.family("Petit", card="012-00083")
    town.family("Grand", card="012-00084")
    town.give("012-00083", town.product("LIVRES", ProductKind.MEMBERSHIP, "Médiathèque"))

    assert town.tap("012-00083", where="Médiathèque", at="14:00").said is Verdict.GRANTED
    other = town.tap("012-00084", where="Médiathèque", at="14:01")

    assert (other.said, other.why) == (Verdict.REFUSED, Reason.NO_RIGHT)


def test_what_cannot_be_believed_is_parked_and_acknowledged(town: Town) -> None:
    town.family("Agent", card="012-00080")
    town.open_door("012-00080", "Mairie")
    future = town.event("012-00080", where="Mairie", at="10:05")
    old = town.event("012-00080", where="Mairie", at="2025-05-01 10:00")

    answers = town.tell([future, old], received="10:00")
    again = town.tell([future], received="12:00")[0]

    assert [answer.parked for answer in answers] == ["FUTURE", "TOO_OLD"]
    assert (again.known, again.parked) == (True, "FUTURE")
    assert Parked.objects.count() == 2


def test_a_door_that_asks_and_is_not_believed_tells_later_what_it_did(town: Town) -> None:
    town.family("Petit", card="012-00081", topped_up="20,00")
    asked = town.event("012-00081", where="GâtinéO", at="15:10")

    answer = town.tell([asked], received="15:00", asks=True)[0]
    kept = Parked.objects.count()
    did = msgspec.structs.replace(asked, said=Verdict.GRANTED, means=Means.WALLET, by=By.DOOR)
    told = town.tell([did], received="16:00")[0]

    assert (answer.parked, kept) == ("FUTURE", 0)
    assert (told.parked, told.said) == (None, Verdict.GRANTED)
    assert town.wallet("Petit") == "15,50 €"


def test_what_was_believed_when_its_door_asked_is_believed_when_it_tells(town: Town) -> None:
    town.family("Petit", card="012-00081", topped_up="20,00")
    asked = town.event("012-00081", where="GâtinéO", at="15:00")
    assert town.tell([asked], received="15:00", asks=True)[0].said is Verdict.GRANTED

    did = msgspec.structs.replace(asked, why=Reason.RISK_LIMIT, by=By.DOOR)
    again = town.tell([did], received="2025-07-10 15:00")[0]

    assert (again.said, again.parked) == (Verdict.REFUSED, None)
    assert not Parked.objects.exists()
    assert town.wallet("Petit") == "20,00 €"


def test_two_happenings_under_one_name_quarantine_the_box(town: Town) -> None:
    town.family("Agent", card="012-00080")
    town.tap("012-00080", where="Mairie", at="10:00", seq=5)

    answer = town.tell([town.event("012-00080", where="Mairie", at="10:30", seq=5)])[0]

    assert answer.forked
    assert Fork.objects.get().seq == 5
    assert town.points["Mairie"].guards.get().device.state == "QUARANTINED"


def test_beyond_thirty_unknown_cards_a_minute_they_are_only_counted(town: Town) -> None:
    events = [town.event(f"999-{n:05}", where="Mairie", at="10:00") for n in range(35)]

    answers = town.tell(events, asks=True)

    assert {answer.why for answer in answers} == {Reason.UNKNOWN_MEDIUM}
    assert TapEvent.objects.count() == 30
    assert Flood.objects.get().times == 35
