"""A crowd at the turnstiles, and the doors that ask for them until they are answered."""

import http.client
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import date

import msgspec

from cvq.cards import services as cards
from cvq.cards.messages import NewMedium
from cvq.catalog.models import AccessPoint
from cvq.people import services as people
from cvq.people.messages import NewHousehold, NewMember, NewPerson
from cvq.people.models import Role
from cvq.rules.vocabulary import MediumKind, Sector
from cvq.wire.events import Event
from edge.gatehouse import Gatehouse, Reply, SigningBox
from town import Town
from town_plan import FOUNDED

PATIENCE_SECONDS = 40.0
CHILD = date(2017, 3, 2)  # 3,30 € an entry


def crowd(town: Town, *, families: int, children: int, topped_up: str) -> list[str]:
    """Found families of swimmers and return their cards."""
    numbers: list[str] = []
    issued: list[NewMedium] = []
    everybody: list[int] = []
    for number in range(families):
        name = f"Famille {number}"
        members = people.register_people(
            [NewPerson(first_name=f"P{n}", birth_name=name, born_on=CHILD) for n in range(children)]
        )
        home = NewHousehold(
            name=name,
            commune_id=town.commune.pk,
            address="1 place du Drapeau",
            members=tuple(NewMember(person_id=one.pk, role=Role.CHILD) for one in members),
        )
        town.households[name] = people.found_households([home], on=FOUNDED)[0]
        for one in members:
            card = f"012-{len(numbers):05}"
            numbers.append(card)
            everybody.append(one.pk)
            town.credentials[card] = f"credential of {card}".encode()
            issued.append(
                NewMedium(
                    kind=MediumKind.DESFIRE,
                    number=card,
                    credential=town.credentials[card],
                    person_id=one.pk,
                )
            )
        town.top_up(name, topped_up)
    cards.issue_many(issued, at=town.at("2024-01-02 08:00"))
    people.holders_of(everybody, list(Sector))
    return numbers


def more_boxes(house: Gatehouse, where: str, numbers: Iterable[int]) -> list[SigningBox]:
    """Put more boxes at a point and return them, enrolled."""
    point: AccessPoint = house.town.points[where]
    boxes = []
    for number in numbers:
        house.town.device(number, point.service.site, point)
        boxes.append(SigningBox(number, house.line()))
        boxes[-1].enrol()
    return boxes


class Crowd:
    """Threads that each hold a door: every event is asked until it is answered."""

    def __init__(self, *, pause_seconds: float = 0.0) -> None:
        self.pause_seconds = pause_seconds
        self.answered: dict[tuple[int, int], Reply] = {}
        self.failures = 0
        self.lost: list[tuple[int, int]] = []
        self._threads: list[threading.Thread] = []

    def send(self, box: SigningBox, events: Sequence[Event]) -> None:
        """Let a door ask for these, one after the other."""
        thread = threading.Thread(target=self._hold, args=(box, events))
        self._threads.append(thread)
        thread.start()

    def _hold(self, box: SigningBox, events: Sequence[Event]) -> None:
        for event in events:
            time.sleep(self.pause_seconds)
            told = msgspec.structs.replace(event, dev=box.number)
            end = time.monotonic() + PATIENCE_SECONDS
            while not self._asked(box, told):
                if time.monotonic() > end:
                    self.lost.append((told.dev, told.seq))
                    break
                time.sleep(0.02)

    def _asked(self, box: SigningBox, event: Event) -> bool:
        try:
            reply = box.ask(event)
        except (OSError, http.client.HTTPException):
            self.failures += 1
            return False
        if reply.status != 200:
            self.failures += 1
            return False
        self.answered[event.dev, event.seq] = reply
        return True

    def wait_for(self, answers: int) -> None:
        """Wait until that many are answered."""
        wait_until(lambda: len(self.answered) >= answers)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end, "this never came about"
        time.sleep(0.01)
