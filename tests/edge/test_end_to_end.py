"""A card held to a real box, which asks and tells a real gateway: the whole way, and cut off."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from cvq.catalog.models import Device
from cvq.config import keys
from cvq.config.clock import Clock
from cvq.edge.box import folder_of
from cvq.edge.memory import snapshot_path
from cvq.edge.snapshot import Snapshot
from cvq.rules.vocabulary import SECTOR_OF, By, Purpose, Reason, Verdict
from cvq.taps.models import TapEvent
from cvq.wire.enrolment import Enrolment, write_enrolment
from databases import Database
from edge.crowd import wait_until
from edge.gatehouse import Gatehouse, SigningBox, gatehouse
from edge.test_process import People


@pytest.fixture
def house(database: Database) -> Iterator[Gatehouse]:
    # A box reads the clock of its machine, and so does its gateway here.
    with gatehouse(database, clock=Clock()) as opened:
        yield opened


class Site:
    """A box of the town as one process, and the people at its door."""

    def __init__(self, house: Gatehouse, where: str) -> None:
        self.house = house
        self.where = where
        self.box: SigningBox = house.box(where)
        point = house.town.points[where]
        self.point = point.pk
        self.sector = SECTOR_OF[Purpose(point.service.purpose)]
        enrolment = Enrolment(
            device=self.box.number,
            code=where,
            private_key=self.box.key.private_bytes_raw().hex(),
            hmac_key=self.box.hmac_key.hex(),
            sectors=(self.sector,),
            policy_keys={kid: key.hex() for kid, key in keys.policy_keys(house.home).items()},
        )
        folder = house.home / "devices"
        folder.mkdir(exist_ok=True)
        (folder / f"{self.box.number}.json").write_bytes(write_enrolment(enrolment))

    @contextlib.contextmanager
    def at_work(self) -> Iterator[People]:
        command = [sys.executable, "-m", "cvq.edge", "--device", str(self.box.number)]
        command += ["--gateway", f"http://127.0.0.1:{self.house.port}"]
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "CVQ_HOME": str(self.house.home)},
        ) as process:
            try:
                assert process.stdout is not None
                found = re.search(r"lecteurs sur (\S+):(\d+)", process.stdout.readline())
                assert found
                with contextlib.closing(People(found[1], int(found[2]))) as people:
                    self.wait_for_policy()
                    yield people
            finally:
                process.kill()

    def wait_for_policy(self) -> None:
        path = snapshot_path(folder_of(self.house.home, self.box.number), self.sector)
        shelf = Snapshot(path, device=self.box.number, sector=self.sector)
        with contextlib.closing(shelf):
            wait_until(lambda: shelf.policy().seq > 0)

    def show(self, people: People, card: str) -> dict[str, object]:
        event = self.house.town.event(card, where=self.where, at="12:00", seq=1)
        return people.say(ref=event.ref, point=self.point)

    def told(self, events: int) -> None:
        """Wait until the town hall has so many events of this box."""
        wait_until(lambda: TapEvent.objects.filter(device=self.box.number).count() == events)
        wait_until(lambda: _head(self.box.number) == events)


def _head(number: int) -> int:
    return Device.objects.get(pk=number).head_seq


def test_a_swimmer_goes_in_with_the_town_hall_and_without_it(house: Gatehouse) -> None:
    town = house.town
    town.points["GâtinéO"].online = True
    town.points["GâtinéO"].save()
    for name, card, money in (("Petit", "1", "20,00"), ("Grand", "2", "20,00"), ("Sec", "3", "")):
        town.family(name, card=card, topped_up=money)
    pool = Site(house, "GâtinéO")

    with pool.at_work() as people:
        asked = pool.show(people, "1")
        pool.told(1)
        house.kill()
        alone = pool.show(people, "2")
        refused = pool.show(people, "3")
        house.start()
        pool.told(3)

    assert [answer["word"] for answer in (asked, alone, refused)] == [
        "Entrez",
        "Entrez",
        "Pas d'accès",
    ]
    taps = list(TapEvent.objects.order_by("seq").values_list("by", "said", "why"))
    assert taps == [
        (By.TOWN, Verdict.GRANTED, None),
        (By.DOOR, Verdict.GRANTED, None),
        (By.DOOR, Verdict.REFUSED, Reason.NOT_ENOUGH),
    ]
    assert (town.wallet("Petit"), town.wallet("Grand")) == ("15,50 €", "15,50 €")
    house.audit()


def test_a_child_eats_whatever_the_box_knows(house: Gatehouse) -> None:
    town = house.town
    town.family("Petit")
    town.child("Petit", "Léa", card="1")
    town.child("Petit", "Tom", card="2")
    town.enrol("1", "Cantine")
    canteen = Site(house, "Cantine")

    with canteen.at_work() as people:
        enrolled = canteen.show(people, "1")
        unknown = canteen.show(people, "2")
        canteen.told(2)

    assert (enrolled["opens"], unknown["opens"]) == (True, True)
    said = dict(TapEvent.objects.values_list("seq", "said"))
    assert said == {1: Verdict.GRANTED, 2: Verdict.NOTED}
    house.audit()


def test_a_box_killed_between_two_taps_goes_on_with_its_chain(house: Gatehouse) -> None:
    house.town.family("Petit", card="1")
    house.town.open_door("1", "Mairie", (0, 24))
    door = Site(house, "Mairie")

    for _ in range(3):
        with door.at_work() as people:
            door.show(people, "1")
    with door.at_work() as people:
        door.show(people, "1")
        door.told(4)

    assert [tap.seq for tap in TapEvent.objects.order_by("seq")] == [1, 2, 3, 4]
    house.audit()
