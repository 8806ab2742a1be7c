"""
One controller on site: what is presented is decided, written, then done.

It is told the time and never waits, but for the 300 ms that a point which sells or shares may
give to the town hall.  One event a tap: what happened, what was decided and by whom.
"""

import sys
from collections import deque
from typing import NamedTuple

import msgspec

from cvq.edge import limits, situations
from cvq.edge.journal import JournalFull, Trace
from cvq.edge.link import Link
from cvq.edge.memory import Memory
from cvq.edge.outcome import (
    answered,
    decided,
    decision_of,
    effect_of,
    refused,
    trace_of,
    until_of,
)
from cvq.edge.ports import Actuator, Effect, Presented, Reader, Town, Turned
from cvq.edge.timekeeper import TRUST_MS
from cvq.rules.vocabulary import CHILDCARE, SECTOR_OF, Direction, Happening, Reason, Verdict
from cvq.wire.events import Event
from cvq.wire.messages import Answer
from cvq.wire.rows import PointRow

ROTATION_MS = 8_000
SAME_GESTURE_MS = 2_000
MAX_UNWRITTEN = 20_000  # people let through while the disk was full: a school for weeks, 10 MB
REMEMBERED_GESTURES = 64


class Waiting(NamedTuple):
    """A grant at a turnstile that nobody walked through yet."""

    trace: Trace
    effect: Effect
    until: int


class Box(NamedTuple):
    """Who the controller is."""

    device: int
    boot: str
    turnstile: bool = False


class Controller:
    """The loop of one box; `step` is called twenty times a second."""

    def __init__(
        self,
        box: Box,
        *,
        memory: Memory,
        link: Link,
        reader: Reader,
        actuator: Actuator,
        town: Town,
    ) -> None:
        """Take what the loop works with."""
        self.box = box
        self.memory = memory
        self.journal = memory.journal
        self.link = link
        self.reader = reader
        self.actuator = actuator
        self.town = town
        self.not_written = 0
        self.lost = 0
        self._recovered = False
        self._waiting: list[Waiting] = []
        self._gestures: deque[tuple[Presented, int, Effect]] = deque(maxlen=REMEMBERED_GESTURES)
        self._unwritten: deque[Event] = deque()

    def step(self, now: int, mono: int) -> None:
        """Do one turn: `now` in milliseconds since 1970, `mono` since the box was switched on."""
        self.memory.refresh()
        self.memory.begin(now)
        self._keep_time(now, mono)
        self._write_what_was_not()
        if not self._recovered:
            self._recovered = self._recover(now, mono)
        for turned in self.actuator.turned():
            self._turned(turned)
        for waiting in [w for w in self._waiting if w.until <= mono]:
            if self._nobody_passed(waiting.trace, now, mono):
                self._waiting.remove(waiting)
        for presented in self.reader.poll():
            self._write_what_was_not()
            self.actuator.do(self._present(presented, now, mono))

    def upkeep(self) -> None:
        """Do once a minute what no door waits for."""
        self.memory.tidy(self.link.acked)
        if self.journal.ballast.is_thrown:
            self.journal.ballast.restore_aside()

    def _recover(self, now: int, mono: int) -> bool:
        """
        Settle the grants whose rotation we did not see when the box stopped.

        Somebody may have walked through: the doubt is the citizen's.
        """
        return all(self._nobody_passed(trace, now, mono) for trace in self.journal.waiting())

    def _keep_time(self, now: int, mono: int) -> None:
        # The clock jumped ahead once and was put right: without this the box would suspect it
        # until the day it had jumped to.
        offset = self.link.timekeeper.offset(now, mono)
        if offset is not None and abs(offset) <= TRUST_MS and self.journal.floor > now + TRUST_MS:
            self.journal.set_floor(now)

    def _turned(self, turned: Turned) -> None:
        for waiting in self._waiting:
            if (waiting.trace.point, waiting.trace.direction) == turned:
                self._waiting.remove(waiting)
                self.journal.has_turned(waiting.trace.seq)
                return

    def _nobody_passed(self, trace: Trace, now: int, mono: int) -> bool:
        event = self._not_passed(trace.seq, trace.point, now, mono)
        try:
            self.journal.append((event, None))
        except JournalFull:
            return False
        self.memory.take_back(trace)
        self.link.wake()
        return True

    def _not_passed(self, of: int, point: int, now: int, mono: int) -> Event:
        event = self._event(Presented("", point), now, mono, 0)
        return msgspec.structs.replace(event, what=Happening.NOT_PASSED, of=of)

    def _suspect(self, now: int, mono: int) -> int:
        return int(self.link.timekeeper.is_suspect(now, mono, self.journal.floor))

    def _present(self, presented: Presented, now: int, mono: int) -> Effect:
        point = self.memory.point(presented.point)
        if point is not None and presented.direction not in point.directions:
            presented = presented._replace(direction=point.directions[0])
        if (again := self._same_gesture(presented, mono)) is not None:
            return again
        if point is None:
            effect = self._unknown_point(presented, now, mono)
        else:
            effect = self._tap(point, presented, now, mono)
        self._gestures.append((presented, mono, effect))
        return effect

    def _same_gesture(self, presented: Presented, mono: int) -> Effect | None:
        """Return the answer already given to a card that is still held to the reader."""
        for waiting in self._waiting:
            trace = waiting.trace
            if (trace.ref, trace.point, trace.direction) == presented:
                return waiting.effect
        for before, at, effect in reversed(self._gestures):
            if before == presented and 0 <= mono - at < SAME_GESTURE_MS:
                return effect
        return None

    def _event(self, presented: Presented, now: int, mono: int, pol: int) -> Event:
        return Event(
            dev=self.box.device,
            seq=self.journal.last + 1,
            at=now,
            pt=presented.point,
            ref=presented.ref,
            dir=presented.direction,
            cq=self._suspect(now, mono),
            boot=self.box.boot,
            mono=mono,
            pol=pol,
        )

    def _unknown_point(self, presented: Presented, now: int, mono: int) -> Effect:
        event = refused(self._event(presented, now, mono, 0), Reason.STALE_SNAPSHOT)
        return self._write(event, None, may_fail=False)

    def _tap(self, point: PointRow, presented: Presented, now: int, mono: int) -> Effect:
        policy = self.memory.policies[SECTOR_OF[point.purpose]]
        event = self._event(presented, now, mono, policy.seq)
        facts = self.memory.facts(point, event.ref, now, event.dir)
        free_way = point.purpose in CHILDCARE or event.dir is Direction.OUT
        if self.journal.ballast.is_thrown and point.purpose in limits.OPTIONAL and not free_way:
            # What room is left is for children and doors: this refusal is only counted.
            self.not_written += 1
            return effect_of(refused(event, Reason.RISK_LIMIT))

        answer = self._ask(point, event)
        if answer is not None:
            decision, told = decision_of(answer), answered(event, answer)
        else:
            suspect = event.cq == 1
            risk = self.memory.risk(facts, event.ref, acked=self.link.acked, clock_suspect=suspect)
            decision = limits.bounded(situations.decide(facts), point, event.dir, risk)
            told = decided(event, decision)
        waits = self.box.turnstile and point.purpose not in CHILDCARE
        trace = trace_of(told, facts, decision, waits=waits)
        effect = self._write(told, trace, until=until_of(decision), may_fail=free_way)
        if trace is not None and trace.waits and self.journal.last >= trace.seq:
            self._waiting.append(Waiting(trace, effect, mono + ROTATION_MS))
        return effect

    def _ask(self, point: PointRow, event: Event) -> Answer | None:
        """Return what the town hall said in time, where asking may change the answer."""
        decided = point.purpose in CHILDCARE or event.dir is Direction.OUT
        unheard = event.cq == 1 or bool(self.link.quarantined)
        if not point.asks or decided or unheard or not self.town.is_reachable():
            return None
        try:
            self.journal.promise(event)
        except JournalFull:
            return None
        answer = self.town.ask(event)
        return answer if answer is not None and answer.seq == event.seq else None

    def _write(
        self,
        event: Event,
        trace: Trace | None,
        *,
        until: int = 0,
        may_fail: bool,
    ) -> Effect:
        """
        Write, then return what to do: what is not written moves no door.

        But a child is never turned away and nobody is kept inside (`may_fail`): their taps wait in
        memory until there is room.
        """
        try:
            self.journal.append((event, trace))
        except JournalFull:
            self.not_written += 1
            if event.said is Verdict.REFUSED:
                return effect_of(event)
            if may_fail:
                self._keep_for_later(event)
                return effect_of(event, until)
            return effect_of(refused(event, Reason.RISK_LIMIT))
        if trace is not None:
            self.memory.remember(trace)
        self.link.wake()
        return effect_of(event, until)

    def _keep_for_later(self, event: Event) -> None:
        if len(self._unwritten) < MAX_UNWRITTEN:
            self._unwritten.append(event)
            return
        if not self.lost:
            sys.stderr.write(
                "cvq-edge : disque plein depuis trop longtemps, des passages se perdent.\n"
            )
        self.lost += 1

    def _write_what_was_not(self) -> None:
        """
        Write what a full disk, or a stop, left out: what was asked, then who was let through.

        A tap that was asked and not written never moved the door: it was refused, whatever the
        town hall said.  Until it is written nothing else is, for its number is taken.
        """
        try:
            if asked := self.journal.promised:
                self.journal.append((refused(asked, Reason.RISK_LIMIT), None))
            while self._unwritten:
                event = msgspec.structs.replace(self._unwritten[0], seq=self.journal.last + 1)
                self.journal.append((event, None))
                self._unwritten.popleft()
                self.not_written -= 1
        except JournalFull:
            return
