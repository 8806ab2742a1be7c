"""
Natural batching: what arrives while a batch commits leaves together when it is back.

There is no timer: a lone tap leaves at once, and the busier the town the cheaper each tap.  A lane
is a thread with its own connection; the event loop never touches the database, and all that is
counted here is touched by the event loop alone, so nothing here takes a lock.
"""

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import django.db
import structlog
from psycopg import Connection

from cvq.kernel.unable import Unable
from cvq.taps import faults
from cvq.taps.told import Answer, Told
from cvq.wire.messages import Ack, Expect, Fork, Problem, Upload

MAX_BATCH = 256  # taps
# What makes a batch worth the second lane while the first is out: fewer would cost more each.
WORTH_A_LANE = 32  # taps
MAX_WAITING = 4096  # taps
MAX_JOBS = 64
# A door waits 300 ms, then decides alone: an answer this late is for nobody, and its journal
# will tell us what it did.
GONE_SECONDS = 1.0

T = TypeVar("T")
Connect = Callable[[], Connection[Any]]
Run = Callable[[Sequence[Told], Connection[Any]], Sequence[Answer]]
Job = Callable[[Connection[Any]], T]
Taken = Ack | Expect | Fork | Problem
Take = Callable[[Sequence[Upload], Connection[Any]], Sequence[Taken]]

log = structlog.get_logger()


class Overloaded(Unable):
    """More wait than we may promise to serve."""


class Unavailable(Unable):
    """The database does not answer; what was sent may be sent again, unchanged."""


class Poisoned(Exception):
    """This one cannot be settled, whatever comes with it: a bug of ours."""


class _Ask:
    """A door that waits."""

    __slots__ = ("since", "told", "waiting")

    def __init__(self, told: Told, waiting: "asyncio.Future[Answer]", since: float) -> None:
        self.told = told
        self.waiting = waiting
        self.since = since


class _Errand:
    """A job that waits, and whoever waits for it."""

    __slots__ = ("job", "waiting")

    def __init__(self, job: Job[Any], waiting: "asyncio.Future[Any]") -> None:
        self.job = job
        self.waiting = waiting


class _Stretch:
    """A stretch of journal that waits, and whoever waits for it."""

    __slots__ = ("upload", "waiting")

    def __init__(self, upload: Upload, waiting: "asyncio.Future[Taken]") -> None:
        self.upload = upload
        self.waiting = waiting


Outcome = Answer | Exception


class Lane:
    """One thread, one connection, one piece of work at a time."""

    def __init__(self, name: str, connect: Connect, run: Run) -> None:
        """Take what work needs; the connection is opened with the first."""
        self._connect = connect
        self._settle = run
        self._connection: Connection[Any] | None = None
        self.inbox: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self.thread = threading.Thread(target=self._work, name=name, daemon=True)
        self.thread.start()

    def _work(self) -> None:
        while (work := self.inbox.get()) is not None:
            work()
        if self._connection is not None:
            self._connection.close()
        django.db.connections.close_all()

    def settle(self, told: Sequence[Told]) -> list[Outcome]:
        """Return what becomes of each tap of a batch."""
        try:
            return self._halving(told)
        except Unable as unable:
            return [Unavailable(str(unable))] * len(told)

    def run(self, job: Job[T]) -> T:
        """
        Run a job on the connection of this lane.

        :raises Unavailable: the database does not answer.
        """
        try:
            return job(self._open())
        except faults.DATABASE as error:
            self._lost(error)
            raise Unavailable("La base ne répond pas.") from error

    def _halving(self, told: Sequence[Told]) -> list[Outcome]:
        try:
            return list(self._settle(told, self._open()))
        except faults.DATABASE as error:
            self._lost(error)
            raise Unavailable("La base ne répond pas.") from error
        except Unable:
            raise
        except Exception as error:  # noqa: BLE001 - one bad tap must not close every other door
            if len(told) > 1:
                middle = len(told) // 2
                return self._halving(told[:middle]) + self._halving(told[middle:])
            return [_poisoned(told[0], error)]

    def _open(self) -> Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        return self._connection

    def _lost(self, error: Exception) -> None:
        # The name of the error says what to see to: nobody there, or a migration to come.
        log.warning("database_lost", error=type(error).__name__)
        django.db.connections.close_all()
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _poisoned(told: Told, error: Exception) -> Poisoned:
    log.error("tap_poisoned", device=told.event.dev, seq=told.event.seq, exc_info=error)
    return Poisoned(str(error))


class Lanes:
    """Where taps and jobs wait, and the lanes that take them; lives in one event loop."""

    def __init__(
        self,
        *,
        connect: Connect,
        run: Run,
        take: Take | None = None,
        lanes: int = 2,
        max_waiting: int = MAX_WAITING,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start the lanes; none of them opens a connection before it works."""
        self._loop = asyncio.get_running_loop()
        self._monotonic = monotonic
        self._max_waiting = max_waiting
        self._take = take
        self._lanes = [Lane(f"lane-{n + 1}", connect, run) for n in range(lanes)]
        self._idle = deque(self._lanes)
        self._asks: deque[_Ask] = deque()
        self._jobs: deque[_Errand] = deque()
        self._stretches: deque[_Stretch] = deque()
        self._batches_out = 0
        self._jobs_out = 0
        self._job_was_last = False
        self._leaving = False

    async def close(self) -> None:
        """Let each lane end what it does; who still waits is told to come again."""
        for line in (self._asks, self._jobs, self._stretches):
            for one in line:
                if not one.waiting.done():
                    one.waiting.set_exception(Unavailable("La passerelle s'arrête."))
            line.clear()
        for lane in self._lanes:
            lane.inbox.put(None)
        for lane in self._lanes:
            await asyncio.to_thread(lane.thread.join)

    def ask(self, told: Told) -> "asyncio.Future[Answer]":
        """
        Give a tap to the next batch, and return what will hold its answer.

        :raises Overloaded: too many wait already.
        """
        if len(self._asks) >= self._max_waiting:
            raise Overloaded("Trop de passages attendent.")
        waiting: asyncio.Future[Answer] = self._loop.create_future()
        self._asks.append(_Ask(told, waiting, self._monotonic()))
        self._wake()
        return waiting

    def do(self, job: Job[T]) -> "asyncio.Future[T]":
        """
        Give a job to a lane, and return what will hold its result.

        :raises Overloaded: too many wait already.
        """
        if len(self._jobs) >= MAX_JOBS:
            raise Overloaded("Trop d'envois attendent.")
        waiting: asyncio.Future[T] = self._loop.create_future()
        self._jobs.append(_Errand(job, waiting))
        self._wake()
        return waiting

    def tell(self, upload: Upload) -> "asyncio.Future[Taken]":
        """
        Give a stretch of journal to a lane, with those of other devices that wait as well.

        :raises Overloaded: too many wait already.
        """
        if len(self._stretches) >= MAX_JOBS:
            raise Overloaded("Trop d'envois attendent.")
        waiting: asyncio.Future[Taken] = self._loop.create_future()
        self._stretches.append(_Stretch(upload, waiting))
        self._wake()
        return waiting

    def do_first(self, job: Job[T]) -> "asyncio.Future[T]":
        """
        Give a job on which the others wait to the next lane that takes one.

        :raises Overloaded: too many wait already.
        """
        if len(self._jobs) >= MAX_JOBS:
            raise Overloaded("Trop de demandes attendent.")
        waiting: asyncio.Future[T] = self._loop.create_future()
        self._jobs.appendleft(_Errand(job, waiting))
        self._wake()
        return waiting

    def _wake(self) -> None:
        # Once a turn of the loop, after all that came in the same turn: they leave together.
        if not self._leaving and self._idle:
            self._leaving = True
            self._loop.call_soon(self._leave)

    def _leave(self) -> None:
        self._leaving = False
        while self._idle:
            if self._jobs and self._may_do_a_job():
                errand = self._jobs.popleft()
                self._send(self._idle.popleft(), errand.job, [errand.waiting], _alone)
            elif self._stretches and self._may_do_a_job():
                self._send_stretches(self._idle.popleft())
            elif self._asks and self._may_send_a_batch():
                if batch := self._next_batch():
                    self._send_batch(self._idle.popleft(), batch)
            else:
                return

    def _may_do_a_job(self) -> bool:
        # Where there are two lanes, one is always kept for the doors, which wait; where there is
        # one, jobs and batches take turns.
        if len(self._lanes) > 1:
            return self._jobs_out < len(self._lanes) - 1
        return not self._asks or not self._job_was_last

    def _may_send_a_batch(self) -> bool:
        return self._batches_out == 0 or len(self._asks) >= WORTH_A_LANE

    def _next_batch(self) -> list[_Ask]:
        too_old = self._monotonic() - GONE_SECONDS
        batch: list[_Ask] = []
        while self._asks and len(batch) < MAX_BATCH:
            ask = self._asks.popleft()
            if ask.waiting.done():
                continue
            if ask.since < too_old:
                ask.waiting.set_exception(Overloaded("Trop de passages attendent."))
                continue
            batch.append(ask)
        return batch

    def _send_batch(self, lane: Lane, batch: list[_Ask]) -> None:
        self._batches_out += 1
        self._job_was_last = False
        told = [ask.told for ask in batch]

        def work() -> None:
            outcomes = lane.settle(told)
            self._loop.call_soon_threadsafe(self._batch_back, lane, batch, outcomes)

        lane.inbox.put(work)

    def _batch_back(self, lane: Lane, batch: list[_Ask], outcomes: list[Outcome]) -> None:
        self._batches_out -= 1
        self._idle.append(lane)
        for ask, outcome in zip(batch, outcomes, strict=True):
            if ask.waiting.done():
                continue
            if isinstance(outcome, Exception):
                ask.waiting.set_exception(outcome)
            else:
                ask.waiting.set_result(outcome)
        self._leave()

    def _send_stretches(self, lane: Lane) -> None:
        """Send as many stretches as one batch holds, each of another device."""
        stretches = [self._stretches.popleft()]
        devices, events = {stretches[0].upload.m.dev}, len(stretches[0].upload.events)
        while self._stretches:
            upload = self._stretches[0].upload
            events += len(upload.events)
            if events > MAX_BATCH or upload.m.dev in devices:
                break
            devices.add(upload.m.dev)
            stretches.append(self._stretches.popleft())
        assert self._take is not None, "these lanes take no journal"
        take, uploads = self._take, [stretch.upload for stretch in stretches]
        waiting = [stretch.waiting for stretch in stretches]
        self._send(lane, lambda connection: take(uploads, connection), waiting, list)

    def _send(
        self,
        lane: Lane,
        job: Job[Any],
        waiting: "list[asyncio.Future[Any]]",
        each: Callable[[Any], list[Any]],
    ) -> None:
        self._jobs_out += 1
        self._job_was_last = True

        def work() -> None:
            outcomes: list[Any]
            try:
                outcomes = each(lane.run(job))
            except Exception as error:  # noqa: BLE001 - whoever waits for the job is told
                outcomes = [error] * len(waiting)
            self._loop.call_soon_threadsafe(self._job_back, lane, waiting, outcomes)

        lane.inbox.put(work)

    def _job_back(
        self, lane: Lane, waiting: "list[asyncio.Future[Any]]", outcomes: list[Any]
    ) -> None:
        self._jobs_out -= 1
        self._idle.append(lane)
        for one, outcome in zip(waiting, outcomes, strict=True):
            if one.done():
                continue
            if isinstance(outcome, Exception):
                one.set_exception(outcome)
            else:
                one.set_result(outcome)
        self._leave()


def _alone(result: Any) -> list[Any]:
    return [result]
