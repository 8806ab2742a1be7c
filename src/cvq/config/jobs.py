"""
What must be done from time to time, whoever is at the wheel: the worker's loop, or the twin's year.

A job is told the time and may be run twice; run late, it does what was due.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct
from psycopg import Connection

from cvq.billing.holds import expire_holds
from cvq.childcare.services import charge_days
from cvq.childcare.shares import Beside
from cvq.config import heads
from cvq.kernel.local import at_ms, local
from cvq.notices import low_balance
from cvq.notices.mailbox import Mailbox
from cvq.notices.services import send_pending
from cvq.plumbing import followers, sealer
from cvq.plumbing.connections import underneath
from cvq.rights.services import end_derogations


class Job(Struct, frozen=True):
    """Something to do at an instant; it returns how much there was of it."""

    name: str
    run: Callable[[datetime], int]


class Jobs:
    """The jobs of a territory, on Django's connection; only the day each was done is remembered."""

    def __init__(
        self,
        *,
        zone: ZoneInfo,
        head_key: Ed25519PrivateKey,
        home: Path | None = None,
        clerk: Beside | None = None,
        also: tuple[Job, ...] = (),
    ) -> None:
        """Take the key that signs the end of each day, where to give it away, and what else."""
        self._clerk = clerk  # who charges half of the families, where a year goes by in minutes
        self._home = home
        self._zone = zone
        self._head_key = head_key
        self._done: dict[str, date] = {}
        self._often: tuple[Job, ...] = (
            Job("seal", self._seal),
            Job("follow", self._follow),
            Job("expire_holds", self._expire_holds),
        )
        if home is not None:
            self._mailbox = Mailbox(home / "mailbox")
            self._often += (Job("send_notices", self._send_notices),)
        self._often += also
        # A day's charges are sealed, told and signed for with the next turn of what is done often.
        self._daily = (
            Job("charge_days", self._charge_days),
            Job("end_derogations", self._end_derogations),
            Job("sign_head", self._sign_head),
        )

    def run(self, now: datetime) -> dict[str, int]:
        """Do all that is due and return how much of each there was; what fails is raised."""
        return {job.name: self.do(job, now) for job in self.due(now)}

    def due(self, now: datetime) -> list[Job]:
        """Return the jobs that are due: those of the day until they are done that day."""
        today = self._today(now)
        return [*self._often, *(job for job in self._daily if self._done.get(job.name) != today)]

    def do(self, job: Job, now: datetime) -> int:
        """Do one job, and remember the day it was done."""
        count = job.run(now)
        self._done[job.name] = self._today(now)
        return count

    @property
    def _connection(self) -> Connection[Any]:
        return underneath()

    def _seal(self, now: datetime) -> int:
        return sealer.seal_all(self._connection, at=now)

    def _follow(self, now: datetime) -> int:
        return followers.catch_up(
            self._connection, name=low_balance.NAME, follow=low_balance.follow, at=now
        )

    def _expire_holds(self, now: datetime) -> int:
        return expire_holds(self._connection, at=now)

    def _send_notices(self, now: datetime) -> int:
        return send_pending(at=now, sender=self._mailbox)

    def _charge_days(self, now: datetime) -> int:
        return charge_days(
            self._connection,
            until=self._yesterday(now),
            at=now,
            zone=self._zone,
            beside=self._clerk,
        )

    def _end_derogations(self, now: datetime) -> int:
        return end_derogations(on=self._today(now), at=now)

    def _sign_head(self, now: datetime) -> int:
        signature = sealer.sign_head(
            self._connection, day=self._yesterday(now), key=self._head_key, at=now
        )
        if self._home is not None:
            heads.export(self._connection, self._home)
        return 0 if signature is None else 1

    def _today(self, now: datetime) -> date:
        return local(at_ms(now), self._zone).day

    def _yesterday(self, now: datetime) -> date:
        return self._today(now) - timedelta(days=1)
