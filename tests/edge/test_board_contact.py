"""When a box was last heard: what it tells and fetches says so, and asking costs nothing."""

import asyncio
from collections.abc import Iterator
from functools import partial

import pytest

from cvq.plumbing.connections import underneath
from cvq.rules.tap import Granted
from cvq.rules.vocabulary import Sector
from cvq.taps.contact import hear, last_heard
from cvq.taps.gateway.hearing import Hearing
from databases import Database
from edge.gatehouse import Gatehouse, gatehouse_here


@pytest.fixture
def house(database: Database) -> Iterator[Gatehouse]:
    with gatehouse_here(database) as opened:
        yield opened


def soon(house: Gatehouse, where: str) -> bool:
    """Tell whether the box of a place comes to be heard of."""
    line = house.line()
    for _ in range(200):
        if house.numbers[where] in last_heard():
            return True
        line.send("GET", "/health")  # a turn of the gateway
    return False


def test_a_box_that_tells_or_fetches_is_heard_and_one_that_asks_leaves_no_trace(house) -> None:
    town = house.town
    town.family("Petit", card="012-00043", topped_up="12,00")
    told = town.event("012-00043", where="Cantine", at="14:59", door_said=Granted(cents=0))

    house.box("GâtinéO").ask(town.event("012-00043", where="GâtinéO", at="15:00"))
    upload = house.box("Cantine")
    assert upload.upload(upload.batch(told)).status == 200
    assert house.box("Déchèterie").policy(Sector.WASTE).status == 200

    assert soon(house, "Cantine")
    assert soon(house, "Déchèterie")
    assert house.numbers["GâtinéO"] not in last_heard()


def test_who_proves_nothing_is_not_heard(house) -> None:
    liar = house.box("Cantine")
    liar.hmac_key = bytes(32)

    assert liar.policy(Sector.SCHOOL).status == 401

    assert house.box("Déchèterie").policy(Sector.WASTE).status == 200
    assert soon(house, "Déchèterie")
    assert set(last_heard()) == {house.numbers["Déchèterie"]}


def test_what_was_heard_later_stands(database: Database) -> None:
    hear(underneath(), {7: 2_000, 5: 1_000})
    hear(underneath(), {5: 3_000, 7: 1_000})

    assert {number: at.timestamp() for number, at in last_heard().items()} == {5: 3.0, 7: 2.0}


def test_a_box_is_written_once_in_twenty_seconds_and_again_if_that_failed() -> None:
    written: list[dict[int, int]] = []

    async def hear_some() -> None:
        loop = asyncio.get_running_loop()
        under_way: list[asyncio.Future[None]] = []

        def do(job: partial[None]) -> asyncio.Future[None]:
            written.append(job.keywords["heard"])
            under_way.append(loop.create_future())
            return under_way[-1]

        hearing = Hearing(do)
        hearing.heard(1, 0)
        hearing.heard(2, 5_000)  # while the first is being written
        hearing.heard(1, 19_999)
        under_way[0].set_result(None)
        await asyncio.sleep(0)
        under_way[1].set_exception(OSError("the database is away"))
        await asyncio.sleep(0)
        hearing.heard(2, 6_000)
        under_way[2].set_result(None)
        await asyncio.sleep(0)
        hearing.heard(1, 20_000)

    asyncio.run(hear_some())

    assert written == [{1: 0}, {2: 5_000}, {2: 6_000}, {1: 20_000}]
