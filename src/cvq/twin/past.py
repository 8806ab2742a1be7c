"""
A past for a demonstration: its last weeks, lived in memory before anybody looks.

What boxes tell goes through the journals and the chains of the town hall as if they had sent it, so
that each of them goes on from there.  No line and no clock make anybody wait.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import psycopg
from msgspec import Struct
from psycopg import Connection, Cursor

from cvq.billing import services as billing
from cvq.kernel.local import instant, local, ms_at
from cvq.kernel.periods import days
from cvq.payments.messages import AskedTopUp
from cvq.taps import journal
from cvq.taps.settle import settle
from cvq.taps.told import Told
from cvq.twin.aside import Aside, Listener
from cvq.twin.days import Said
from cvq.twin.living import Living
from cvq.twin.places import SELLING, Places
from cvq.twin.recorded import LEFT, LEFT_OF
from cvq.wire.events import Event, genesis, head_after
from cvq.wire.messages import Ack, Manifest, Upload

FIRST_MINUTE, JOBS_MINUTE = 10, 2 * 60
SUNDAY = 6
UNSIGNED = ""  # nobody stands between these boxes and the town hall
SETTLED = b"settled"
Jobs = Callable[[datetime], object]


class Stretch(Struct, frozen=True):
    """What boxes tell together; nothing at all asks whether everything is settled."""

    events: list[Event]
    at: int


class Journals:
    """The journals of boxes on their way into the books, each on its chain."""

    def __init__(self, connection: Connection[Any], *, zone: ZoneInfo) -> None:
        """Begin with boxes that told nothing yet."""
        self._connection = connection
        self._zone = zone
        self._heads: dict[int, bytes] = {}

    def take(self, events: Sequence[Event], *, at: int) -> None:
        """Settle what boxes tell, and move their heads."""
        told: dict[int, list[Event]] = defaultdict(list)
        for event in events:
            told[event.dev].append(event)
        taken = journal.take(
            self._connection,
            uploads=[self._next(device, some) for device, some in told.items()],
            received_at=at,
            zone=self._zone,
            settle=settle,
        )
        assert all(isinstance(one, Ack) for one in taken), taken

    def _next(self, device: int, events: list[Event]) -> Upload:
        prev = self._heads.get(device) or genesis(device)
        head = self._heads[device] = head_after(prev, events)
        manifest = Manifest(
            dev=device,
            first=events[0].seq,
            to=events[-1].seq,
            prev=prev.hex(),
            head=head.hex(),
        )
        return Upload(m=manifest, sig=UNSIGNED, events=tuple(events))


class InMemory:
    """
    The town hall of days that are lived at once.

    A process aside takes the journals of boxes that sell nothing: they wait for nobody, and nobody
    waits for them but the night.
    """

    def __init__(
        self, connection: Connection[Any], dsn: str, places: Places, *, zone: ZoneInfo
    ) -> None:
        """
        Start the process aside, which connects by itself: no thread may run yet.

        `connection` is one of the processes, in autocommit.
        """
        selling = {spot.device for spot in places.spots.values() if spot.purpose in SELLING}
        self._selling = frozenset(selling)
        self._aside = Aside(_listener(dsn, zone))
        self._connection = connection
        self._journals = Journals(self._connection, zone=zone)
        self._zone = zone

    def close(self) -> None:
        """See the process aside end."""
        self._aside.close()

    def ask(self, events: Sequence[Event], *, at: int) -> Sequence[Said]:
        """Answer doors that wait."""
        told = [Told(event=event, asks=True) for event in events]
        answers = settle(told=told, received_at=at, connection=self._connection, zone=self._zone)
        return [Said(one.said, one.why, one.means) for one in answers]

    def tell(self, told: Sequence[Told], *, at: int) -> bool:
        """Take stretches of journals."""
        quiet = [one.event for one in told if one.event.dev not in self._selling]
        moving = [one.event for one in told if one.event.dev in self._selling]
        if quiet:
            self._aside.tell(_encoder.encode(Stretch(quiet, at)))
        if moving:
            self._journals.take(moving, at=at)
        return True

    def wait(self) -> None:
        """Wait until everything that was told is settled."""
        self._aside.ask(_encoder.encode(Stretch([], 0)))

    def top_up(self, asked: Sequence[AskedTopUp], *, at: int) -> None:
        """Put money on wallets."""
        billing.top_up(self._connection, asked, at=instant(at))

    def left(self) -> dict[str, int]:
        """Return what is left to spend, by the code of the account."""
        return dict(Cursor(self._connection).execute(LEFT).fetchall())

    def left_of(self, codes: Sequence[str]) -> dict[str, int]:
        """Return what is left to spend on these accounts."""
        return dict(Cursor(self._connection).execute(LEFT_OF, (list(codes),)).fetchall())


class Past:
    """What was lived before a demonstration opens, the day that it opens included."""

    def __init__(self, living: Living, hall: InMemory, jobs: Jobs) -> None:
        """Take who lives, through that town hall, and what is done at night."""
        self.living = living
        self.days = living.days
        self.hall = hall
        self.jobs = jobs

    def live(self, since: date, until: int) -> Iterator[date]:
        """Live from a day until an instant, and tell of each Sunday, and of the last day."""
        zone = self.days.zone
        self.days.top_up_first(ms_at(since, FIRST_MINUTE, zone))
        last = local(until, zone).day
        for day in days(since, last):
            self._night(ms_at(day, JOBS_MINUTE, zone))
            self.living.begin(day)
            self.days.live(self.days.end_of(day))
            if day.weekday() == SUNDAY:
                yield day
        self._night(min(ms_at(last, JOBS_MINUTE, zone), until))
        self.living.begin(last)
        self.days.live_until(until)
        self.days.now = until
        self.days.upload()
        self._night(until)
        yield last

    @property
    def events(self) -> int:
        """Return how many events boxes have written down."""
        return sum(box.seq for box in self.days.boxes.values())

    def _night(self, at: int) -> None:
        self.hall.wait()
        self.jobs(instant(at))


_encoder = msgspec.msgpack.Encoder()


def _listener(dsn: str, zone: ZoneInfo) -> Listener:
    read = msgspec.msgpack.Decoder(Stretch).decode
    opened: list[Journals] = []

    def listen(message: bytes) -> bytes | None:
        stretch = read(message)
        if not stretch.events:
            return SETTLED
        if not opened:
            opened.append(Journals(psycopg.connect(dsn, autocommit=True), zone=zone))
        opened[0].take(stretch.events, at=stretch.at)
        return None

    return listen
