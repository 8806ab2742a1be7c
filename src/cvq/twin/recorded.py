"""
The town hall of a replay: the spine and the books, with the oracle told the same beside them.
"""

import hashlib
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Connection, Cursor

from cvq.billing import services as billing
from cvq.kernel.local import instant
from cvq.payments.messages import AskedTopUp
from cvq.payments.models import PaymentMeans
from cvq.payments.services import HELD_IN
from cvq.taps.settle import settle
from cvq.taps.told import Answer, Told
from cvq.twin.days import Said
from cvq.twin.oracle import Oracle
from cvq.wire.events import Event

LEFT = """
SELECT code, balance - held FROM ledger_account
WHERE kind IN ('WALLET', 'CARNET', 'QUOTA') AND balance IS NOT NULL
"""
BALANCES = """
SELECT account.code, sum(side.amount) FROM (
    SELECT credit_id AS account, amount FROM ledger_transfer
    UNION ALL SELECT debit_id, -amount FROM ledger_transfer
) AS side JOIN ledger_account AS account ON account.id = side.account
GROUP BY account.code HAVING sum(side.amount) <> 0
"""
RECORDED = """
SELECT (SELECT count(*) FROM taps_tapevent), (SELECT count(*) FROM taps_parked),
    (SELECT coalesce(sum(greatest(0, times - 30)), 0) FROM taps_flood)
"""


class Recorded:
    """Settles what it is told, and tells the oracle."""

    def __init__(
        self,
        connection: Connection[Any],
        oracle: Oracle,
        *,
        zone: ZoneInfo,
        tills: dict[int, str],
    ) -> None:
        """Take a connection of the processes, in autocommit."""
        self.connection = connection
        self.oracle = oracle
        self.zone = zone
        self.tills = tills
        self.acknowledged: set[tuple[int, int]] = set()
        self.disagreed: list[tuple[Event, Answer]] = []
        self.top_ups = 0
        self._lived = hashlib.blake2b(digest_size=8)

    @property
    def fingerprint(self) -> str:
        """Return what tells this life from any other: the same seed and scale, the same print."""
        return self._lived.hexdigest()

    def ask(self, events: Sequence[Event], *, at: int) -> Sequence[Said | None]:
        """Answer doors that wait."""
        told = [Told(event=event, asks=True) for event in events]
        return [Said(one.said, one.why, one.means) for one in self._settle(told, at)]

    def tell(self, told: Sequence[Told], *, at: int) -> bool:
        """Take stretches of journals."""
        self._settle(told, at)
        return True

    def _settle(self, told: Sequence[Told], at: int) -> list[Answer]:
        answers = settle(told=told, received_at=at, connection=self.connection, zone=self.zone)
        self._remember(told, answers)
        stands = self.oracle.tell_all(told, received_at=at)
        self.disagreed += [
            (one.event, answer)
            for one, answer, stand in zip(told, answers, stands, strict=True)
            if (answer.said, answer.why, answer.means) != (stand.said, stand.why, stand.means)
        ]
        return answers

    def _remember(self, told: Sequence[Told], answers: Sequence[Answer]) -> None:
        for one, answer in zip(told, answers, strict=True):
            name = (answer.device, answer.seq)
            if name not in self.acknowledged:
                self.acknowledged.add(name)
                event = one.event
                # Not its reference: the keys of sectors are drawn apart in each folder.
                lived = (*name, event.at, event.pt, event.dir, answer.said, answer.why)
                self._lived.update(repr(lived).encode())

    def top_up(self, asked: Sequence[AskedTopUp], *, at: int) -> None:
        """Put money on wallets."""
        billing.top_up(self.connection, asked, at=instant(at))
        self.top_ups += len(asked)
        for one in asked:
            owner = one.household_id if one.household_id else f"O{one.organisation_id}"
            self.oracle.top_up(f"WALLET:{owner}", one.cents, f"topup:{one.uid}", self._held_in(one))

    def _held_in(self, asked: AskedTopUp) -> str:
        if asked.means is PaymentMeans.CASH:
            return f"TILL_CASH:{self.tills[asked.sous_regie_id or 0]}"
        return HELD_IN[asked.means]

    def left(self) -> dict[str, int]:
        """Return what is left to spend, by the code of the account."""
        return dict(Cursor(self.connection).execute(LEFT).fetchall())

    def balances(self) -> dict[str, int]:
        """Return what the books say of every account, from their transfers alone."""
        rows = Cursor(self.connection).execute(BALANCES).fetchall()
        return {code: int(balance) for code, balance in rows}

    def recorded(self) -> tuple[int, int, int]:
        """Return how many events are kept as taps, are parked, and were only counted."""
        row = Cursor(self.connection).execute(RECORDED).fetchone()
        assert row is not None
        return int(row[0]), int(row[1]), int(row[2])
