"""
Boxes of a demonstration that are processes of their own, each with its folder and its journal.

They lived the weeks before in memory with all the others: each is given the end of its journal, as
a box that told the rest and no longer keeps it.
"""

import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from psycopg import Connection, Cursor

from cvq.catalog.kinds import DeviceState
from cvq.catalog.models import Device
from cvq.config.children import Child
from cvq.config.lines import Cuttable
from cvq.edge.ballast import Ballast
from cvq.edge.box import folder_of
from cvq.edge.journal import Journal, connect
from cvq.kernel.local import at_ms
from cvq.rules.vocabulary import By, Direction, Reason, Sector, Verdict
from cvq.twin.places import Places, Spot
from cvq.twin.real import BoxSilent, RealBox
from cvq.twin.wired import End
from cvq.wire.events import Event, canon

FOLDER = "demo"
LOOK_SECONDS = 0.1
HEARD_EVERY_SECONDS = 1.0
LISTENS = re.compile(r"lecteurs sur (\S+):(\d+)")
HEADS = "SELECT id, head_seq FROM catalog_device WHERE id = ANY(%s)"
HAVE_LISTS = "SELECT count(DISTINCT device) FROM taps_policy WHERE device = ANY(%s)"
# The key of the taps finds what comes after the last one that was seen of each box.
HEARD = """
SELECT t.device, t.seq, t.at, t.point, t.direction, t.said, t.why, t.by
FROM unnest(%s::int[], %s::bigint[]) AS w(device, seq)
JOIN taps_tapevent AS t ON t.device = w.device AND t.seq > w.seq
WHERE t.what = 'TAP' ORDER BY t.at, t.device, t.seq
"""
Sees = Callable[[Spot, Event, Verdict, Reason | None], None]


def chosen(places: Places) -> list[Spot]:
    """Return the doors that boxes of their own keep: of a school, of a building, and of waste."""
    school = max(places.schools, key=lambda one: one.pupils)
    doors = max(places.buildings.values(), key=len)
    return [school.gate, doors[0], places.waste[0]]


def begin(home: Path) -> None:
    """Forget the boxes of the demonstration before: their town hall is no more."""
    shutil.rmtree(home / FOLDER / "edge", ignore_errors=True)
    (home / FOLDER / "devices").mkdir(parents=True, exist_ok=True, mode=0o700)


def hand_over(spots: list[Spot], ends: Mapping[int, End], *, home: Path) -> None:
    """Give boxes the end of what they told."""
    for end in (ends[spot.device] for spot in spots if spot.device in ends):
        event = end.event
        folder = folder_of(home / FOLDER, event.dev)
        path = folder / "journal.sqlite3"
        Journal(path, device=event.dev, ballast=Ballast(folder / "ballast", 0)).close()
        file = connect(path)
        line = (event.seq, event.at, canon(event), end.head, event.at)
        file.execute("INSERT INTO line VALUES (?,?,?,?,?)", line)
        # A clock that lied in those weeks says nothing of the clock of today.
        kept = (("acked", event.seq), ("floor", 0), ("floor_seq", event.seq))
        file.executemany("INSERT OR REPLACE INTO kept VALUES (?,?)", kept)
        file.close()


def start(spot: Spot, *, home: Path, gateway: str, log: Path) -> Child:
    """Start the box that keeps a door."""
    folder = home / FOLDER
    shutil.copy2(home / "devices" / f"{spot.device}.json", folder / "devices")
    command = ("edge", "--device", str(spot.device), "--home", str(folder), "--gateway", gateway)
    return Child(command, log=log)


def address(box: Child, wait_seconds: float) -> tuple[str, int]:
    """
    Return where the readers of a box that starts are.

    :raises BoxSilent: it does not say so in time.
    """
    ends_at = time.monotonic() + wait_seconds
    while time.monotonic() < ends_at:
        box.check()
        if found := LISTENS.search(box.log.read_text(errors="replace")):
            return found[1], int(found[2])
        time.sleep(LOOK_SECONDS)
    raise BoxSilent(f"Le boîtier ne démarre pas : voyez {box.log}.")


def others(doors: Sequence["Door"], spots: Iterable[Spot]) -> dict[int, Sector]:
    """Return every other device of the territory, each with a sector in which it keeps nothing."""
    apart = {door.spot.device for door in doors}
    at_school = {spot.device for spot in spots if spot.sector is Sector.SCHOOL}
    enrolled = Device.objects.filter(state=DeviceState.ENROLLED).order_by("id")
    numbers = enrolled.values_list("id", flat=True)
    return {
        one: Sector.POOL if one in at_school else Sector.SCHOOL
        for one in numbers
        if one not in apart
    }


def await_lists(connection: Connection[Any], doors: Sequence["Door"], wait_seconds: float) -> None:
    """Wait until boxes were given their lists; one that has none yet lets nobody in."""
    devices = [door.spot.device for door in doors]
    ends_at = time.monotonic() + wait_seconds
    while time.monotonic() < ends_at:
        row = Cursor(connection).execute(HAVE_LISTS, (devices,)).fetchone()
        if row is not None and row[0] == len(devices):
            return
        time.sleep(LOOK_SECONDS)


class Street:
    """The doors that boxes of their own keep: the twin goes there, and so does who looks on."""

    def __init__(self, connection: Connection[Any], spots: Mapping[int, Spot], sees: Sees) -> None:
        """Take the doors by the numbers of their points, and whom to tell of what happens there."""
        self._connection = connection
        self._spots = spots
        self._sees = sees
        self._seen: set[tuple[int, int]] = set()
        self._last = {spot.device: 0 for spot in spots.values()}
        self._asked_at = 0.0
        for device, seq, *_ in self._heard():
            self._last[device] = max(seq, self._last[device])

    def saw(self, event: Event) -> None:
        """Take note of what the twin saw itself."""
        if event.dev in self._last:
            self._seen.add((event.dev, event.seq))

    def wait(self, wait_seconds: float) -> None:
        """Wait a little until what was seen here is told."""
        last = {
            device: max(seq for _, seq in seen)
            for device, seen in groupby(sorted(self._seen), key=lambda one: one[0])
        }
        ends_at = time.monotonic() + wait_seconds
        while last and time.monotonic() < ends_at:
            heads = dict(Cursor(self._connection).execute(HEADS, (list(last),)).fetchall())
            if all(heads[device] >= seq for device, seq in last.items()):
                return
            time.sleep(LOOK_SECONDS)

    def look(self, now: int) -> None:
        """Tell, now and then, of the taps that the town hall heard of and nobody saw here."""
        if time.monotonic() - self._asked_at < HEARD_EVERY_SECONDS:
            return
        self._asked_at = time.monotonic()
        for device, seq, at, point, direction, said, why, by in self._heard():
            self._last[device] = max(seq, self._last[device])
            if (device, seq) in self._seen or point not in self._spots:
                continue
            event = Event(
                dev=device,
                seq=seq,
                at=at_ms(at),
                pt=point,
                dir=Direction(direction),
                by=By(by),
                said=Verdict(said),
                why=Reason(why) if why else None,
            )
            self._sees(self._spots[point], event, event.said, event.why)

    def _heard(self) -> Iterator[tuple[Any, ...]]:
        after = (list(self._last), list(self._last.values()))
        yield from Cursor(self._connection).execute(HEARD, after).fetchall()


class Door:
    """A box of its own, with the line that it speaks through."""

    def __init__(self, spot: Spot, child: Child, box: RealBox, line: Cuttable) -> None:
        """Take what stands there."""
        self.spot = spot
        self.child = child
        self.box = box
        self._line = line

    def cut(self) -> None:
        """Cut its line: it decides alone, and keeps its journal."""
        self._line.cut()
        self.box.is_cut = True

    def mend(self) -> None:
        """Mend its line: it tells what it kept."""
        self._line.mend()
        self.box.is_cut = False
