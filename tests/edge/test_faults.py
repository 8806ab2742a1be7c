"""Processes killed while doors wait: no answer is lost, no tap counts twice, books are right."""

import signal
import threading
from collections.abc import Iterator

import msgspec
import pytest

from cvq.billing.models import Charge
from cvq.kernel.money import euros
from cvq.plumbing.models import Batch, Seal, Unsealed
from cvq.rules.vocabulary import Reason, Verdict
from cvq.taps.models import TapEvent
from cvq.wire.events import Event
from databases import Database
from edge.crowd import Crowd, crowd, more_boxes, wait_until
from edge.gatehouse import Gatehouse, SigningBox, free_port, gatehouse, wait_for

DOORS = 4
ENTRY = 330


@pytest.fixture
def house(database: Database) -> Iterator[Gatehouse]:
    with gatehouse(database) as opened:
        yield opened


def shared_out(house: Gatehouse, cards: list[str]) -> list[tuple[SigningBox, list[Event]]]:
    """Return who asks for whom: the doors of the pool, and the taps of each."""
    asked = [house.town.event(card, where="GâtinéO", at="15:00", seq=1) for card in cards]
    shared = []
    for number, box in enumerate(more_boxes(house, "GâtinéO", range(101, 101 + DOORS))):
        mine = [
            msgspec.structs.replace(event, dev=box.number, seq=seq)
            for seq, event in enumerate(asked[number::DOORS], start=1)
        ]
        shared.append((box, mine))
    return shared


def everything_counted_once(house: Gatehouse, people: Crowd, cards: list[str]) -> None:
    assert people.lost == []
    assert len(people.answered) == len(cards)
    assert {reply.said["said"] for reply in people.answered.values()} == {Verdict.GRANTED}
    told = set(TapEvent.objects.values_list("device", "seq"))
    assert told == set(people.answered)
    assert [charge.cents for charge in Charge.objects.all()] == [ENTRY] * len(cards)
    house.audit()


def test_a_gateway_killed_under_load_loses_no_answer_and_charges_nobody_twice(
    house: Gatehouse,
) -> None:
    cards = crowd(house.town, families=20, children=8, topped_up="100,00")
    people = Crowd()
    for box, taps in shared_out(house, cards):
        people.send(box, taps)

    for answers in (30, 70, 110):
        people.wait_for(answers)
        house.kill()
        house.start()
    people.join()

    assert people.failures > 0
    everything_counted_once(house, people, cards)
    assert {house.town.wallet(name) for name in house.town.households} == {
        euros(10_000 - 8 * ENTRY)
    }


def test_a_worker_killed_under_load_seals_every_batch_once(house: Gatehouse) -> None:
    cards = crowd(house.town, families=20, children=8, topped_up="100,00")
    doors = shared_out(house, cards)
    people = Crowd(pause_seconds=0.02)

    for wave in range(3):
        sealed = Seal.objects.count()
        with house.working() as worker:
            for box, taps in doors:
                people.send(box, taps[wave::3])
            wait_until(lambda sealed=sealed: Seal.objects.count() > sealed)
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        people.join()
    with house.working():
        wait_until(lambda: not Unsealed.objects.exists())

    assert Seal.objects.count() == Batch.objects.count()
    positions = list(Seal.objects.order_by("position").values_list("position", flat=True))
    assert positions == list(range(1, len(positions) + 1))
    everything_counted_once(house, people, cards)


def test_two_gateways_on_one_wallet_spend_it_once(house: Gatehouse) -> None:
    cards = crowd(house.town, families=1, children=40, topped_up="33,00")
    other_port = free_port()
    other = house.run("gateway", "--port", str(other_port))
    try:
        wait_for(other_port, other)
        people = Crowd()
        for number, (box, taps) in enumerate(shared_out(house, cards)):
            box.line.port = house.port if number % 2 else other_port
            people.send(box, taps)
        people.join()
    finally:
        other.terminate()
        other.wait(20)

    said = [(reply.said["said"], reply.said["why"]) for reply in people.answered.values()]
    assert said.count((Verdict.GRANTED, None)) == 10
    assert said.count((Verdict.REFUSED, Reason.NOT_ENOUGH)) == 30
    assert (house.town.wallet("Famille 0"), house.town.owed("Famille 0")) == ("0,00 €", "0,00 €")
    house.audit()


def test_the_same_taps_through_two_gateways_at_once_count_once(house: Gatehouse) -> None:
    cards = crowd(house.town, families=5, children=8, topped_up="100,00")
    other_port = free_port()
    other = house.run("gateway", "--port", str(other_port))
    try:
        wait_for(other_port, other)
        here, there = Crowd(), Crowd()
        for box, taps in shared_out(house, cards):
            here.send(box, taps)
            twin = SigningBox(box.number, house.line())
            twin.line.port = other_port
            there.send(twin, taps)
        here.join()
        there.join()
    finally:
        other.terminate()
        other.wait(20)

    assert here.answered.keys() == there.answered.keys()
    everything_counted_once(house, here, cards)


def test_a_gateway_that_is_asked_to_stop_answers_who_waits(house: Gatehouse) -> None:
    cards = crowd(house.town, families=10, children=8, topped_up="100,00")
    people = Crowd()
    for box, taps in shared_out(house, cards):
        people.send(box, taps)
    people.wait_for(20)
    stopped = threading.Thread(target=house.stop)

    stopped.start()
    stopped.join()
    assert house.process is not None
    assert house.process.returncode == 0
    house.start()
    people.join()

    everything_counted_once(house, people, cards)
