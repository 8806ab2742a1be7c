"""
A demonstration under way: the gateway and the worker as processes, the twin here, and a terminal.

What is shown of a tap is where, when and the word of the reader: never a name, never an amount.
"""

import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.db import connections
from psycopg import Connection

from cvq.config import clock as clocks
from cvq.config import demonstrated, real_boxes
from cvq.config.beforehand import Lived
from cvq.config.children import Child, ChildEnded
from cvq.config.clock import Clock
from cvq.config.lines import Cuttable
from cvq.config.real_boxes import Door, Street
from cvq.config.runtime import Database
from cvq.kernel.local import instant
from cvq.kernel.unable import Unable
from cvq.rules.vocabulary import By, Purpose, Reason, Verdict
from cvq.twin.beats import Beats
from cvq.twin.days import Rhythm
from cvq.twin.living import UPLOADS
from cvq.twin.outages import Outages
from cvq.twin.places import Spot
from cvq.twin.real import BoxSilent, RealBox
from cvq.twin.wired import Wired, read_keys
from cvq.wire.events import Event
from cvq.wire.words import sentence, shown

# What our children read in their environment.
GIVEN = (
    *("DATABASE_URL", "CVQ_OWNER_URL", "CVQ_LIVE_URL", "CVQ_AGENTS_SECOND_FACTOR"),
    "CVQ_SIMULATED",
    clocks.VARIABLE,
)
STEP_SECONDS = 0.25
COUNTERS_EVERY_SECONDS = 10.0
PATIENCE_SECONDS = 30.0
LAST_WORDS_SECONDS = 5.0
UPLOADS_MISSED_MS = 15 * 60_000  # three turns of boxes that tell their journals
ALONE = "décidé sans réseau"
WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
PLACES = {
    Purpose.SCHOOL_GATE: "portails",
    Purpose.CANTEEN: "cantines",
    Purpose.GARDERIE: "garderies",
    Purpose.CRECHE: "crèches",
    Purpose.LEISURE: "loisirs",
    Purpose.POOL: "piscines",
    Purpose.LIBRARY: "médiathèque",
    Purpose.COURT: "courts",
    Purpose.DOOR: "portes",
    Purpose.WASTE: "déchèteries",
}


class GatewaySilent(Unable):
    """The gateway, or the pages, do not answer in time."""


class NothingAcknowledged(Unable):
    """The gateway answers, and takes nothing of what boxes tell."""


class Patience:
    """How long boxes may have something to tell before any of it is acknowledged."""

    def __init__(self, seconds: float) -> None:
        """Begin with nothing told."""
        self.seconds = seconds
        self._acknowledged = 0
        self._since: float | None = None

    def see(self, acknowledged: int, waiting: int, *, now: float) -> None:
        """
        Take in how many events are acknowledged, and how many wait, at an instant in seconds.

        :raises NothingAcknowledged: some have waited too long, and none was taken meanwhile.
        """
        if not waiting or acknowledged != self._acknowledged:
            self._acknowledged, self._since = acknowledged, None
        elif self._since is None:
            self._since = now
        elif now - self._since >= self.seconds:
            raise NothingAcknowledged(
                f"La passerelle n'acquitte plus rien depuis {self.seconds:.0f} s, et {waiting} "
                "passages attendent."
            )

    def end(self, acknowledged: int, waiting: int) -> None:
        """
        Judge a demonstration that is over.

        :raises NothingAcknowledged: boxes had something to tell, and none of it was ever taken.
        """
        if waiting and not acknowledged:
            raise NothingAcknowledged(f"La passerelle n'a rien acquitté : {waiting} attendent.")


# What the doors speak to fails them: the demonstration is over, and nothing was asked wrongly.
FAILURES = (ChildEnded, GatewaySilent, NothingAcknowledged, BoxSilent)


class Over(Exception):
    """The demonstration is over: somebody asked, or its time is up."""


class Show:
    """One demonstration."""

    def __init__(
        self,
        database: Database,
        *,
        folder: Path,
        time: Clock,
        zone: ZoneInfo,
        host: str,
        port: int,
        web_port: int,
        seconds: float | None,
    ) -> None:
        """Prepare; nothing is started yet."""
        self.database = database
        self.folder = folder
        self.clock = time
        self.zone = zone
        self.host = host
        self.port = port
        self.url = f"http://{host}:{port}"
        self.web_port = web_port
        self.web_url = f"http://{host}:{web_port}"
        self.funds_url = ""
        self.seconds = seconds
        self.children: list[Child] = []
        self.doors: list[Door] = []
        self.counts: Counter[Purpose] = Counter()
        self.refused = 0
        self.wired: Wired | None = None
        self._is_asked_to_stop = False
        self._ends_at: float | None = None
        self._counters_at = 0.0
        self._width = 0
        self._patience = Patience(max(PATIENCE_SECONDS, time.seconds(UPLOADS_MISSED_MS)))
        self._before: dict[int, Any] = {}
        self._lines = ExitStack()
        self._street: Street | None = None
        self._looks: Sequence[Callable[[int], None]] = ()

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._asked)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for child in reversed(self.children):
            child.stop()
        self._lines.close()
        for name in GIVEN:
            os.environ.pop(name, None)
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def open(
        self,
        wait_seconds: float,
        connection: Connection[Any],
        *,
        hand: Spot,
        doors: Sequence[Spot],
    ) -> None:
        """
        Start the processes at the time of the twin: `hand` is the turnstile of who looks on.

        :raises GatewaySilent: the gateway or the pages do not answer.
        :raises BoxSilent: the box of a door does not start.
        """
        os.environ["DATABASE_URL"] = self.database.app_dsn
        os.environ["CVQ_OWNER_URL"] = self.database.owner_dsn
        os.environ[clocks.VARIABLE] = self.clock.told()
        # Who looks on has no telephone that knows these agents.
        os.environ["CVQ_AGENTS_SECOND_FACTOR"] = "optional"
        os.environ["CVQ_SIMULATED"] = "1"  # nor a kiosk with a reader, nor a right to ask the funds
        for made in ("logs", "mailbox"):
            (self.folder / made).mkdir(exist_ok=True)
        self.funds_url = self._lines.enter_context(
            demonstrated.simulated(self.folder, self.clock)
        ).url
        live_port = _free_port()  # only the pages know it
        os.environ["CVQ_LIVE_URL"] = f"http://{self.host}:{live_port}"
        for command in (
            ("gateway", "--port", str(self.port)),
            ("worker",),
            ("live", "--port", str(live_port)),
            ("web", "--port", str(self.web_port)),
        ):
            self._start(Child(command, log=self._log(command[0])))
        self._await(f"{self.url}/health", wait_seconds)
        self.doors = [self._door(spot) for spot in (hand, *doors)]
        for door in self.doors:
            door.box.address = real_boxes.address(door.child, wait_seconds)
        self._await(f"{self.web_url}/", wait_seconds)
        real_boxes.await_lists(connection, self.doors, wait_seconds)

    def _start(self, child: Child) -> Child:
        self.children.append(child)
        return child

    def _log(self, name: str) -> Path:
        return self.folder / "logs" / f"demo-{name}.log"

    def _door(self, spot: Spot) -> Door:
        line = self._lines.enter_context(Cuttable(self.port))
        log = self._log(f"edge-{spot.device}")
        child = real_boxes.start(spot, home=self.folder, gateway=line.url, log=log)
        return Door(spot, self._start(child), RealBox(spot.device), line)

    def _await(self, url: str, wait_seconds: float) -> None:
        ends_at = time.monotonic() + wait_seconds
        while time.monotonic() < ends_at and not self._is_asked_to_stop:
            for child in self.children:
                child.check()
            try:
                with urllib.request.urlopen(url, timeout=wait_seconds) as reply:
                    if reply.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(STEP_SECONDS)
        if not self._is_asked_to_stop:
            raise GatewaySilent(f"Rien ne répond sur {url}.")

    def live(self, lived: Lived, *, seed: int) -> None:
        """Go on with a day until asked to stop, then let every box tell what it still has."""
        self._ends_at = None if self.seconds is None else time.monotonic() + self.seconds
        living, connection = lived.living, lived.connection
        apart = {door.spot.point: door.spot for door in self.doors}
        spots = apart | living.days.places.spots
        self._width = max(len(spot.name) for spot in spots.values())
        sectors = real_boxes.others(self.doors, spots.values())
        keys = read_keys(self.folder / "devices", sectors)
        wired = self.wired = Wired(self.url, connection, keys, lived.ends)
        street = self._street = Street(connection, apart, self._see)
        beats = Beats(wired, sectors, living.days.is_cut)
        outages = Outages(self.doors[1:], self._tell_line, seed=seed, now=self.clock.now_ms())
        self._looks = (beats.look, street.look, lambda now: outages.look(now, living.plan))
        rhythm = Rhythm(pace=self._pace, watch=self._see, asks_at_once=1, uploads=UPLOADS)
        real = [door.box for door in self.doors]
        living.days.go_on(wired, rhythm, self.clock.now_ms(), real=real)
        try:
            living.live()
        except Over:
            outages.mend()
            living.hang_up(self.clock.now_ms())
            street.wait(LAST_WORDS_SECONDS)
        finally:
            wired.close()
        self._count()
        self._patience.end(wired.uploaded, wired.waiting())
        connections.close_all()

    # -- while it lives ------------------------------------------------------------------------
    def _asked(self, number: int, frame: FrameType | None) -> None:
        self._is_asked_to_stop = True

    def _pace(self, at: int) -> None:
        """Wait until the clock shows an instant, and look after everything meanwhile."""
        while True:
            now = time.monotonic()
            if self._is_asked_to_stop or (self._ends_at is not None and now >= self._ends_at):
                raise Over
            for child in self.children:
                child.check()
            if now >= self._counters_at:
                self._counters_at = now + COUNTERS_EVERY_SECONDS
                if self.counts:
                    self._count()
            if self.wired is not None:
                self._patience.see(self.wired.uploaded, self.wired.waiting(), now=now)
            for look in self._looks:
                look(self.clock.now_ms())
            left = self.clock.seconds(at - self.clock.now_ms())
            if left <= 0:
                return
            time.sleep(min(left, STEP_SECONDS))

    def _see(self, spot: Spot, event: Event, said: Verdict, why: Reason | None) -> None:
        if self._street is not None:
            self._street.saw(event)
        self.counts[spot.purpose] += 1
        self.refused += said is Verdict.REFUSED
        at = instant(event.at).astimezone(self.zone)
        is_alone = spot.online and event.by is By.DOOR
        told = filter(None, (sentence(said, why), ALONE if is_alone else ""))
        word = shown(said, event.dir).word
        where = spot.name.ljust(self._width)
        print(f"{at:%H:%M:%S}  {where}  {word:<16} {' · '.join(told)}".rstrip())

    def _tell_line(self, spot: Spot, what: str) -> None:
        now = self.clock.now().astimezone(self.zone)
        print(f"{now:%H:%M:%S}  La ligne de « {spot.name} » est {what}.", flush=True)

    def _count(self) -> None:
        told = " · ".join(f"{PLACES[purpose]} {n}" for purpose, n in self.counts.most_common())
        wired = self.wired
        assert wired is not None
        print(
            f"── {self.clock_text()} · {told} · refusés {self.refused} · "
            f"{wired.asked} demandés, {wired.uploaded} envoyés, {wired.waiting()} en attente",
            flush=True,
        )

    def clock_text(self) -> str:
        """Return the day and the hour of the twin, as they are written."""
        now = self.clock.now().astimezone(self.zone)
        return f"{WEEKDAYS[now.weekday()]} {now:%d/%m/%Y %H:%M}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
