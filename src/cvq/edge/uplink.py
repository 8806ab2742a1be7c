"""
Telling the town hall: the journal, oldest first, and taking the policies it signs.

Sending again is always safe.  A box that is told it forked stops telling, keeps everything and
waits for somebody: it never deletes what was refused.
"""

import random
import sqlite3
import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from cvq.edge.line import UNREADABLE, Line, LineDown, Reply
from cvq.edge.link import Link
from cvq.edge.outbox import Outbox, batch
from cvq.edge.snapshot import OutOfStep, Snapshot
from cvq.kernel.unable import Unable
from cvq.rules.vocabulary import Sector
from cvq.wire.enrolment import Enrolment
from cvq.wire.messages import EVENTS_PATH, POLICY_PATH, read_ack, read_expect, read_fork
from cvq.wire.policy import unpack
from cvq.wire.signing import DEVICE_HEADER, GET, MAC_HEADER, mac

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 300.0
IDLE_SECONDS = 5.0
POLICY_EVERY_MS = 30_000  # a card that is blocked stops opening within a minute
PRUNE_EVERY_MS = 3_600_000


class Clock(NamedTuple):
    """The two clocks of a box, in milliseconds: since 1970, and since it was switched on."""

    now: Callable[[], int]
    mono: Callable[[], int]


class NotTold(Unable):
    """The town hall did not take what we sent: try again later."""


class Uplink:
    """The thread that tells; `turn` does one exchange of each kind."""

    def __init__(
        self,
        enrolment: Enrolment,
        *,
        line: Line,
        link: Link,
        outbox: Outbox,
        snapshots: Mapping[Sector, Snapshot],
        clock: Clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Take what telling needs; nothing is sent yet."""
        self.enrolment = enrolment
        self.link = link
        self.last_error = ""
        self._line = line
        self._outbox = outbox
        self._snapshots = dict(snapshots)
        self._clock = clock
        self._chance = chance
        self._keys = {kid: bytes.fromhex(key) for kid, key in enrolment.policy_keys.items()}
        self._signer = enrolment.signer
        self._failures = 0
        self._newest = 0
        self._asked_policy_at: int | None = None
        self._pruned_at: int | None = None
        self._whole: set[Sector] = set()
        link.acked = outbox.acked

    def close(self) -> None:
        """Hang up and close the files."""
        self._line.close()
        self._outbox.close()
        for snapshot in self._snapshots.values():
            snapshot.close()

    def run(self, stop: threading.Event) -> None:
        """Tell until asked to stop."""
        while not stop.is_set():
            self.link.news.clear()
            pause = self.turn()
            if self._failures:
                stop.wait(pause)
            else:
                self.link.news.wait(pause)

    def turn(self) -> float:
        """Send what is not told, take what is new; return how many seconds to rest."""
        try:
            more = self._upload()
            self._policies()
        except (Unable, *UNREADABLE, sqlite3.OperationalError) as error:
            self.last_error = str(error)
            self.link.is_up = not isinstance(error, LineDown)
            self._failures += 1
            return self._pause()
        self.link.is_up = True
        self._failures = 0
        self._prune()
        return 0.0 if more else IDLE_SECONDS

    def _pause(self) -> float:
        # Full jitter: when the line comes back, a thousand boxes must not call at once.
        longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(self._failures, 12))
        return FIRST_PAUSE_SECONDS + self._chance() * (longest - FIRST_PAUSE_SECONDS)

    def _upload(self) -> bool:
        """Send one batch; tell whether there is more to send."""
        if self.link.quarantined:
            return False
        lines = self._outbox.lines_from(self.link.acked + 1)
        if not lines:
            return False
        self._send(lines[0].seq)
        return self._outbox.last > self.link.acked

    def _send(self, first: int) -> None:
        lines = self._outbox.lines_from(first)
        prev = self._outbox.hash_before(first)
        if not lines or prev is None or lines[0].seq != first:
            self._quarantine(f"la mairie attend l'événement {first}, que nous n'avons pas")
            return
        body = batch(lines, device=self._outbox.device, prev=prev, key=self._signer)
        sent = self._clock.mono()
        reply = self._line.send("POST", EVENTS_PATH, body=body, headers=self._named())
        match reply.status:
            case 200:
                self._acked(reply, sent)
            case 409:
                expect = read_expect(reply.body).expect
                if expect == first:
                    raise NotTold("La mairie redemande ce que nous venons d'envoyer.")
                self._send_again(expect, first)
            case 422:
                self._quarantine(f"l'événement {read_fork(reply.body).fork} est déjà connu autre")
            case 403:
                self._quarantine("la mairie ne connaît plus ce boîtier")
            case status:
                raise NotTold(f"La mairie répond {status} : {_said(reply)}")

    def _send_again(self, expect: int, first: int) -> None:
        # Asked from further back, we send further back, once: the next turn goes on from there.
        if expect > self._outbox.last + 1:
            self._quarantine(f"la mairie connaît déjà la suite jusqu'à {expect - 1}")
            return
        self.link.acked = min(self.link.acked, expect - 1)
        if expect > first:
            self._mark(expect - 1)
        elif self._outbox.hash_before(expect) is None:
            self._quarantine(f"la mairie attend l'événement {expect}, que nous n'avons plus")

    def _acked(self, reply: Reply, sent: int) -> None:
        ack = read_ack(reply.body)
        received = self._clock.mono()
        if ack.now:
            self.link.timekeeper.hear(town=ack.now, sent=sent, received=received)
        self._newest = max(self._newest, ack.pol)
        if ack.ack > self._outbox.last:
            self._quarantine(f"la mairie connaît déjà la suite jusqu'à {ack.ack}")
            return
        self._mark(ack.ack)

    def _mark(self, acked: int) -> None:
        self.link.acked = acked  # a full disk must not keep us from telling what comes next
        self._outbox.mark(acked, at=self._clock.now())

    def _quarantine(self, why: str) -> None:
        self.link.quarantined = why

    def _policies(self) -> None:
        now = self._clock.mono()
        have = {sector: snapshot.policy().seq for sector, snapshot in self._snapshots.items()}
        asked = self._asked_policy_at
        due = asked is None or now - asked >= POLICY_EVERY_MS
        if not due and self._newest <= max(have.values(), default=0) and not self._whole:
            return
        self._asked_policy_at = now
        for sector, snapshot in self._snapshots.items():
            self._take(sector, snapshot, 0 if sector in self._whole else have[sector])

    def _take(self, sector: Sector, snapshot: Snapshot, have: int) -> None:
        target = f"{POLICY_PATH}?{urlencode({'sector': sector.value, 'have': have})}"
        proof = mac(bytes.fromhex(self.enrolment.hmac_key), GET, target.encode())
        headers = {**self._named(), MAC_HEADER: proof}
        reply = self._line.send("GET", target, body=None, headers=headers)
        match reply.status:
            case 200:
                try:
                    snapshot.take(unpack(reply.body), keys=self._keys, now=self._clock.now())
                except OutOfStep:
                    if sector in self._whole:
                        raise
                    self._whole.add(sector)
                    return
                self._whole.discard(sector)
            case 204:
                self._whole.discard(sector)
            case status:
                raise NotTold(f"La mairie répond {status} : {_said(reply)}")

    def _named(self) -> dict[str, str]:
        return {DEVICE_HEADER: str(self._outbox.device)}

    def _prune(self) -> None:
        now = self._clock.mono()
        if self._pruned_at is None or now - self._pruned_at >= PRUNE_EVERY_MS:
            self._pruned_at = now
            self._outbox.prune(at=self._clock.now())


def _said(reply: Reply) -> str:
    return reply.body[:300].decode("utf-8", "replace")
