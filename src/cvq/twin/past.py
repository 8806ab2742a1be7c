"""
A past for a demonstration: its last weeks, lived in memory before anybody looks.

What boxes tell goes through the journals and the chains of the town hall as if they had sent it, so
that each of them goes on from there.  No line and no clock make anybody wait.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
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
from cvq.twin.wired import End
from cvq.wire.events import Event, genesis, head_after
from cvq.wire.messages import Ack, Manifest, Upload

FIRST_MINUTE, JOBS_MINUTE = 10, 2 * 60
SUNDAY = 6
UNSIGNED = "00" * 64  # nobody stands between these boxes and the town hall
SETTLED = b"settled"
Jobs = Callable[[datetime], object]


class Stretch(Struct, frozen=True):
    """What boxes tell together; nothing at all asks whether everything is settled."""

    uploads: list[Upload]
    at: int


class Chains:
    """The journals of boxes, each on its chain; `ends` is the last line of each that was told."""

    def __init__(self) -> None:
        """Begin with boxes that told nothing yet."""
        self.ends: dict[int, End] = {}

    def next(self, events: Sequence[Event]) -> list[Upload]:
        """Return what boxes tell as they would send it, but for the signature."""
        told: dict[int, list[Event]] = defaultdict(list)
        for event in events:
            told[event.dev].append(event)
        return [self._next(device, some) for device, some in told.items()]

    def _next(self, device: int, events: list[Event]) -> Upload:
        end = self.ends.get(device)
        before = head_after(prev := end.head if end else genesis(device), events[:-1])
        end = self.ends[device] = End(before, events[-1])
        manifest = Manifest(
            dev=device,
            first=events[0].seq,
            to=events[-1].seq,
            prev=prev.hex(),
            head=end.head.hex(),
        )
        return Upload(m=manifest, sig=UNSIGNED, events=tuple(events))


def _take(connection: Connection[Any], stretch: Stretch, zone: ZoneInfo) -> None:
    """Settle what boxes tell, and move their heads."""
    taken = journal.take(
        connection,
        uploads=stretch.uploads,
        received_at=stretch.at,
        zone=zone,
        settle=settle,
    )
    assert all(isinstance(one, Ack) for one in taken), taken


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
        self._zone = zone
        self.chains = Chains()

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
            self._aside.tell(_encoder.encode(Stretch(self.chains.next(quiet), at)))
        if moving:
            _take(self._connection, Stretch(self.chains.next(moving), at), self._zone)
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

    def live(self, since: date, until: int, *, leave: Collection[int] = ()) -> Iterator[date]:
        """
        Live from a day until an instant, and tell of each Sunday, and of the last day.

        Boxes that `leave` have told everything by then, whatever was wrong with them.
        """
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
        for device in leave:
            self.days.boxes[device].mend()
        self.days.upload()
        self._night(until)
        yield last

    @property
    def events(self) -> int:
        """Return how many events boxes have written down."""
        return sum(box.seq for box in self.days.boxes.values())

    def _night(self, at: int) -> None:
        """Do what is due, and then what follows from it: who runs low is told on the day."""
        self.hall.wait()
        self.jobs(instant(at))
        self.jobs(instant(at))


_encoder = msgspec.msgpack.Encoder()


def _listener(dsn: str, zone: ZoneInfo) -> Listener:
    read = msgspec.msgpack.Decoder(Stretch).decode
    opened: list[Connection[Any]] = []

    def listen(message: bytes) -> bytes | None:
        stretch = read(message)
        if not stretch.uploads:
            return SETTLED
        if not opened:
            opened.append(psycopg.connect(dsn, autocommit=True))
        _take(opened[0], stretch, zone)
        return None

    return listen
