"""A box tells its journal to a real gateway: gaps, overlaps, forks, and what nobody can believe."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from cvq.catalog.kinds import DeviceState
from cvq.catalog.models import Device
from cvq.rules.tap import Granted
from cvq.rules.vocabulary import Means, Verdict
from cvq.taps import journal
from cvq.taps.models import Amendment, Fork, Parked, TapEvent
from cvq.taps.settle import settle
from cvq.taps.told import Answer, Told
from cvq.wire.events import Event, genesis, head_after
from cvq.wire.messages import Ack
from databases import Database
from edge.gatehouse import Gatehouse, gatehouse_here
from town import ZONE

PAID = Granted(Means.WALLET)


@pytest.fixture
def house(database: Database) -> Iterator[Gatehouse]:
    with gatehouse_here(database, at="18:00") as opened:
        opened.town.family("Petit", card="012-00043", topped_up="20,00")
        yield opened


def entry(house: Gatehouse, at: str, **told: object) -> Event:
    event = house.town.event("012-00043", where="GâtinéO", at=at, door_said=PAID)
    return msgspec.structs.replace(event, **told)


def box_row(number: int) -> Device:
    return Device.objects.get(pk=number)


def test_a_journal_is_settled_acknowledged_and_moves_the_head(house: Gatehouse) -> None:
    box = house.box("GâtinéO")
    upload = box.batch(entry(house, "10:00"), entry(house, "10:00:20"), entry(house, "17:00"))

    reply = box.upload(upload)

    assert (reply.status, reply.said["ack"]) == (200, 3)
    assert abs(reply.said["now"] - house.clock.now_ms()) < 60_000
    assert box_row(box.number).head_seq == 3
    assert bytes(box_row(box.number).head_hash).hex() == upload.m.head
    assert [tap.said for tap in TapEvent.objects.order_by("seq")] == [Verdict.GRANTED] * 3
    assert house.town.wallet("Petit") == "11,00 €"  # the second is the same gesture


def test_sending_again_and_overlapping_costs_nothing(house: Gatehouse) -> None:
    box = house.box("GâtinéO")
    one, two, three = (entry(house, at) for at in ("10:00", "12:00", "14:00"))
    box.upload(box.batch(one, two))

    again = box.upload(box.batch(one, two))
    older = box.upload(box.batch(one))
    longer = box.upload(box.batch(one, two, three))

    assert [reply.said["ack"] for reply in (again, older, longer)] == [2, 2, 3]
    assert house.town.wallet("Petit") == "6,50 €"
    assert TapEvent.objects.count() == 3


def test_a_gap_is_asked_for(house: Gatehouse) -> None:
    box = house.box("GâtinéO")
    one, two, three = (entry(house, at) for at in ("10:00", "12:00", "14:00"))
    box.upload(box.batch(one))

    reply = box.upload(box.batch(three, prev=head_after(b"\0" * 32, [two])))

    assert (reply.status, reply.said) == (409, {"expect": 2})
    assert TapEvent.objects.count() == 1


def test_a_stretch_that_does_not_hold_together_is_named(house: Gatehouse) -> None:
    box = house.box("GâtinéO")
    one, two = entry(house, "10:00"), entry(house, "12:00")
    good = box.batch(one, two)
    swapped = msgspec.structs.replace(good, events=(one, msgspec.structs.replace(two, said=0)))

    reply = box.upload(swapped)
    unsigned = box.upload(msgspec.structs.replace(good, sig="0" * 128))
    stranger = box.upload(msgspec.structs.replace(good, m=msgspec.structs.replace(good.m, dev=999)))

    assert (reply.status, reply.said["where"]) == (400, "m.head")
    assert (unsigned.status, stranger.status) == (401, 401)
    assert not TapEvent.objects.exists()


@pytest.mark.parametrize("how", ["another past", "another event", "another door", "asked before"])
def test_two_stories_under_one_name_quarantine_the_box(house: Gatehouse, how: str) -> None:
    box = house.box("GâtinéO")
    one, two, three = (entry(house, at) for at in ("10:00", "12:00", "14:00"))
    other = msgspec.structs.replace(two, at=two.at + 1)
    match how:
        case "another past":
            box.upload(box.batch(one, two))
            forked = box.upload(box.batch(three, prev=b"\1" * 32))
        case "another event":
            box.upload(box.batch(one, two))
            forked = box.upload(box.batch(one, other, three))
        case "another door":
            box.upload(box.batch(one, two, three))
            forked = box.upload(box.batch(one, other))
        case _:
            box.upload(box.batch(one))
            asked = house.town.event("012-00043", where="GâtinéO", at="18:00", seq=2)
            assert box.ask(asked).status == 200
            forked = box.upload(box.batch(one, two, three))
    before = house.town.wallet("Petit")

    afterwards = box.upload(box.batch(one))

    assert (forked.status, forked.said) == (422, {"fork": 2})
    assert afterwards.status == 403
    assert box_row(box.number).state == DeviceState.QUARANTINED
    assert Fork.objects.get().seq == 2
    assert house.town.wallet("Petit") == before


def test_what_a_door_decided_in_the_end_stands(house: Gatehouse) -> None:
    box = house.box("GâtinéO")
    asked = house.town.event("012-00043", where="GâtinéO", at="18:00")
    assert box.ask(asked).said["said"] == Verdict.GRANTED

    # The answer came too late: the door had refused.
    told = msgspec.structs.replace(asked, said=Verdict.REFUSED, why="RISK_LIMIT")
    reply = box.upload(box.batch(told))

    assert reply.said["ack"] == 1
    assert Amendment.objects.get().said == Verdict.REFUSED
    assert house.town.wallet("Petit") == "20,00 €"


def test_what_cannot_be_believed_is_kept_for_the_desk_and_acknowledged(house: Gatehouse) -> None:
    box = house.box("GâtinéO")
    far = house.town.points["Déchèterie"].pk
    events = [
        entry(house, "2025-04-01 10:00"),
        entry(house, "10:00"),
        entry(house, "09:54"),
        entry(house, "12:00", cq=1),
        entry(house, "12:01", pt=far),
        entry(house, "18:10"),
        entry(house, "17:00"),
    ]

    reply = box.upload(box.batch(*events))

    assert (reply.status, reply.said["ack"]) == (200, 7)
    assert dict(Parked.objects.order_by("seq").values_list("seq", "reason")) == {
        1: "TOO_OLD",
        3: "BACKWARDS",
        4: "CLOCK_SUSPECT",
        5: "UNKNOWN_POINT",
        6: "FUTURE",
        7: "BACKWARDS",
    }
    assert [tap.seq for tap in TapEvent.objects.all()] == [2]


def test_the_first_of_a_stretch_is_compared_with_the_last_of_the_one_before(
    house: Gatehouse,
) -> None:
    box = house.box("GâtinéO")
    first = entry(house, "12:00")
    box.upload(box.batch(first))
    back = entry(house, "11:54")

    box.upload(box.batch(back, prev=head_after(*_genesis(box.number, first))))

    assert Parked.objects.get().reason == "BACKWARDS"


def test_what_was_purged_is_acknowledged(house: Gatehouse) -> None:
    box = house.box("GâtinéO")
    one, two = entry(house, "10:00"), entry(house, "12:00")
    box.upload(box.batch(one, two))
    with house.database.connect("cvq_owner", autocommit=True) as owner:
        owner.execute("ALTER TABLE taps_tapevent DISABLE TRIGGER USER")
        owner.execute("DELETE FROM taps_tapevent")

    reply = box.upload(box.batch(one, two))

    assert reply.said["ack"] == 2
    assert not TapEvent.objects.exists()


def test_events_from_before_the_box_was_enrolled_are_parked(house: Gatehouse) -> None:
    box = house.box("GâtinéO")
    Device.objects.filter(pk=box.number).update(
        enrolled_at=datetime(2025, 6, 3, 10, tzinfo=UTC), name="Neuf"
    )

    reply = box.upload(box.batch(entry(house, "10:00"), entry(house, "17:00")))

    assert reply.said["ack"] == 2
    assert [parked.reason for parked in Parked.objects.all()] == ["TOO_OLD"]
    assert Parked.objects.get().received_at - house.clock.now() < timedelta(minutes=1)


def test_an_event_that_we_cannot_settle_is_kept_and_holds_up_no_other(house: Gatehouse) -> None:
    box = house.box("GâtinéO")
    events = [entry(house, f"1{hour}:00") for hour in range(5)]

    def breaks(*, told: Sequence[Told], **how: Any) -> list[Answer]:
        if any(one.event.seq == 3 for one in told):
            raise LookupError("a bug of ours")
        return settle(told=told, **how)

    with house.database.connect(autocommit=True) as connection:
        taken = journal.upload(
            connection,
            upload=box.batch(*events),
            received_at=house.clock.now_ms(),
            zone=ZONE,
            settle=breaks,
        )

    assert taken == Ack(ack=5)
    assert Parked.objects.get().reason == "BROKEN"
    assert sorted(TapEvent.objects.values_list("seq", flat=True)) == [1, 2, 4, 5]
    assert box.upload(box.batch(*events)).said["ack"] == 5
    house.audit()


def _genesis(number: int, *events: Event) -> tuple[bytes, tuple[Event, ...]]:
    return genesis(number), events
