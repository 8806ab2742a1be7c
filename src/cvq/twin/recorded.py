"""
The town hall of a replay: the spine and the books, with a witness told the same beside them.
"""

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
from cvq.twin.heard import Saw, ToppedUp
from cvq.twin.lane import Lane
from cvq.twin.witness import Beside
from cvq.wire.events import Event

LEFT = """
SELECT code, balance - held FROM ledger_account
WHERE kind IN ('WALLET', 'CARNET', 'QUOTA') AND balance IS NOT NULL
"""
LEFT_OF = "SELECT code, balance - held FROM ledger_account WHERE code = ANY(%s::text[])"
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
    """Settles what it is told, and has the witness hear of it."""

    def __init__(
        self,
        connection: Connection[Any],
        witness: Beside,
        *,
        zone: ZoneInfo,
        tills: dict[int, str],
        lane: Lane | None = None,
    ) -> None:
        """Take a connection of the processes, in autocommit; and a lane for quiet journals."""
        self.connection = connection
        self.witness = witness
        self.zone = zone
        self.tills = tills
        self.lane = lane

    def ask(self, events: Sequence[Event], *, at: int) -> Sequence[Said | None]:
        """Answer doors that wait."""
        told = [Told(event=event, asks=True) for event in events]
        return [Said(one.said, one.why, one.means) for one in self._settle(told, at)]

    def tell(self, told: Sequence[Told], *, at: int) -> bool:
        """Take stretches of journals."""
        if self.lane is None:
            self._settle(told, at)
            return True
        quiet = [one for one in told if self.lane.takes(one)]
        moving = [one for one in told if not self.lane.takes(one)]
        if quiet:
            self.lane.settle(quiet, at=at)
        if moving:
            self._settle(moving, at)
        return True

    def wait(self) -> None:
        """Wait until everything that was told is settled."""
        if self.lane is not None:
            self.lane.wait()

    def deliver_all(self, *, at: int) -> None:
        """Deliver what is on its way: nothing ever is."""

    def _settle(self, told: Sequence[Told], at: int) -> list[Answer]:
        answers = settle(told=told, received_at=at, connection=self.connection, zone=self.zone)
        self.witness.hear(Saw(list(told), answers, at))
        return answers

    def top_up(self, asked: Sequence[AskedTopUp], *, at: int) -> None:
        """Put money on wallets."""
        billing.top_up(self.connection, asked, at=instant(at))
        for one in asked:
            owner = one.household_id if one.household_id else f"O{one.organisation_id}"
            self.witness.hear(
                ToppedUp(f"WALLET:{owner}", one.cents, f"topup:{one.uid}", self._held_in(one))
            )

    def _held_in(self, asked: AskedTopUp) -> str:
        if asked.means is PaymentMeans.CASH:
            return f"TILL_CASH:{self.tills[asked.sous_regie_id or 0]}"
        return HELD_IN[asked.means]

    def left(self) -> dict[str, int]:
        """Return what is left to spend, by the code of the account."""
        return dict(Cursor(self.connection).execute(LEFT).fetchall())

    def left_of(self, codes: Sequence[str]) -> dict[str, int]:
        """Return what is left to spend on these accounts."""
        return dict(Cursor(self.connection).execute(LEFT_OF, (list(codes),)).fetchall())

    def balances(self) -> dict[str, int]:
        """Return what the books say of every account, from their transfers alone."""
        rows = Cursor(self.connection).execute(BALANCES).fetchall()
        return {code: int(balance) for code, balance in rows}

    def recorded(self) -> tuple[int, int, int]:
        """Return how many events are kept as taps, are parked, and were only counted."""
        row = Cursor(self.connection).execute(RECORDED).fetchone()
        assert row is not None
        return int(row[0]), int(row[1]), int(row[2])
