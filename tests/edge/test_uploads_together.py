"""Boxes that tell their journals at the same time: one transaction, and each its own answer."""

import asyncio
from collections.abc import Iterator
from typing import Any, cast

import msgspec
import pytest

from cvq.kernel.local import at_ms
from cvq.plumbing.models import Batch
from cvq.rules.tap import Granted
from cvq.rules.vocabulary import Means
from cvq.taps import journal
from cvq.taps.gateway.lanes import MAX_BATCH, MAX_JOBS, Lanes, Overloaded, Taken
from cvq.taps.models import Fork, TapEvent
from cvq.taps.settle import settle
from cvq.wire import messages
from cvq.wire.events import Event
from cvq.wire.messages import Ack, Expect, Manifest, Upload
from databases import Database
from edge.gatehouse import Gatehouse, gatehouse_here
from town import ZONE

PAID = Granted(Means.WALLET)


@pytest.fixture
def house(database: Database) -> Iterator[Gatehouse]:
    with gatehouse_here(database, at="18:00") as opened:
        opened.town.family("Petit", card="012-00043", topped_up="20,00")
        opened.town.family("Roy", card="012-00044", topped_up="20,00")
        yield opened


def swim(house: Gatehouse, card: str, at: str) -> Event:
    return house.town.event(card, where="GâtinéO", at=at, door_said=PAID)


def borrow(house: Gatehouse, card: str, at: str) -> Event:
    return house.town.event(card, where="Médiathèque", at=at, door_said=Granted())


def take(house: Gatehouse, *uploads: Upload) -> list[Taken]:
    return journal.take(
        house.town.connection,
        uploads=uploads,
        received_at=at_ms(house.town.at("18:00")),
        zone=ZONE,
        settle=settle,
    )


def test_two_journals_are_settled_at_once(house: Gatehouse) -> None:
    pool, library = house.box("GâtinéO"), house.box("Médiathèque")
    before = Batch.objects.count()

    answers = take(
        house,
        pool.batch(swim(house, "012-00043", "10:00"), swim(house, "012-00044", "10:01")),
        library.batch(borrow(house, "012-00043", "11:00")),
    )

    assert answers == [Ack(ack=2), Ack(ack=1)]
    assert Batch.objects.count() == before + 1
    assert TapEvent.objects.count() == 3
    assert house.town.wallet("Petit") == "15,50 €"


def test_what_goes_on_from_two_heads_is_told_once_more_for_nothing(house: Gatehouse) -> None:
    pool, library = house.box("GâtinéO"), house.box("Médiathèque")
    uploads = (
        pool.batch(swim(house, "012-00043", "10:00")),
        library.batch(borrow(house, "012-00043", "11:00")),
    )
    take(house, *uploads)

    again = take(house, *uploads)

    assert again == [Ack(ack=1), Ack(ack=1)]
    assert TapEvent.objects.count() == 2


def test_a_box_with_two_stories_stops_no_other(house: Gatehouse) -> None:
    pool, library = house.box("GâtinéO"), house.box("Médiathèque")
    first = swim(house, "012-00043", "10:00")
    take(house, pool.batch(first))
    other = msgspec.structs.replace(first, at=first.at + 60_000)

    answers = take(house, pool.batch(other), library.batch(borrow(house, "012-00043", "11:00")))

    assert answers == [messages.Fork(fork=1), Ack(ack=1)]
    assert Fork.objects.count() == 1
    assert house.town.wallet("Petit") == "15,50 €"


def test_a_gap_in_one_journal_is_asked_for_and_the_other_is_kept(house: Gatehouse) -> None:
    pool, library = house.box("GâtinéO"), house.box("Médiathèque")
    swim(house, "012-00043", "09:00")  # never told
    second = swim(house, "012-00043", "10:00")

    answers = take(house, pool.batch(second), library.batch(borrow(house, "012-00043", "11:00")))

    assert answers == [Expect(expect=1), Ack(ack=1)]
    assert [tap.device for tap in TapEvent.objects.all()] == [library.number]


def stretch(device: int, events: int) -> Upload:
    told = tuple(
        Event(dev=device, seq=seq, at=1_000, pt=1, ref="0" * 32) for seq in range(1, events + 1)
    )
    return Upload(
        m=Manifest(dev=device, first=1, to=events, prev="0" * 64, head="0" * 64),
        sig="0" * 128,
        events=told,
    )


def groups(*stretches: Upload) -> list[list[int]]:
    """Tell stretches while a first one is under way, and return which left together."""
    left: list[list[int]] = []

    def taking(uploads: Any, connection: Any) -> list[Taken]:
        left.append([upload.m.dev for upload in uploads])
        return [Ack(ack=upload.m.to) for upload in uploads]

    async def story() -> None:
        lanes = Lanes(connect=lambda: cast(Any, None), run=cast(Any, None), take=taking, lanes=1)
        lanes._lanes[0]._connection = cast(Any, _Open())
        answers = await asyncio.gather(*(lanes.tell(one) for one in stretches))
        assert answers == [Ack(ack=one.m.to) for one in stretches]
        await lanes.close()

    asyncio.run(story())
    return left


class _Open:
    closed = False

    def close(self) -> None:
        pass


def test_stretches_that_wait_leave_together_as_far_as_a_batch_goes() -> None:
    fifty = [stretch(device, 50) for device in range(1, 8)]

    assert groups(*fifty) == [[1, 2, 3, 4, 5], [6, 7]]
    assert MAX_BATCH == 256


def test_a_box_never_leaves_twice_in_one_group() -> None:
    assert groups(stretch(1, 2), stretch(2, 2), stretch(1, 3)) == [[1, 2], [1]]


def test_a_long_stretch_leaves_alone() -> None:
    assert groups(stretch(1, 250), stretch(2, 250), stretch(3, 6)) == [[1], [2, 3]]


def test_more_stretches_than_we_may_promise_are_sent_away() -> None:
    async def story() -> None:
        lanes = Lanes(connect=cast(Any, None), run=cast(Any, None), take=cast(Any, None), lanes=1)
        waiting = [lanes.tell(stretch(device, 1)) for device in range(1, MAX_JOBS + 1)]
        with pytest.raises(Overloaded):
            lanes.tell(stretch(999, 1))
        for one in waiting:
            one.cancel()
        lanes._stretches.clear()
        await lanes.close()

    asyncio.run(story())
