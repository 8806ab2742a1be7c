"""Several at once: what the tests of races share."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import date
from typing import Any, TypeVar

from psycopg import Connection, Cursor

from books.crowd import RECEIVED, Flow
from cvq.config import audit
from cvq.people import services as people
from cvq.people.messages import NewPerson
from cvq.people.models import Role
from cvq.taps.settle import settle
from cvq.taps.told import Answer, Told
from town import ZONE
from town_plan import FOUNDED

T = TypeVar("T")
Work = Callable[[Connection[Any]], T]

OVERDRAWN = """
SELECT code FROM ledger_account
WHERE balance < floor OR (kind = 'WALLET' AND balance > 0
    AND (SELECT balance FROM ledger_account AS r WHERE r.id = ledger_account.spill_id) < 0)
"""
UNBALANCED = """
SELECT a.unit, sum(m.amount) FROM (SELECT credit_id AS account, amount FROM ledger_transfer
    UNION ALL SELECT debit_id, -amount FROM ledger_transfer) AS m
JOIN ledger_account AS a ON a.id = m.account GROUP BY a.unit HAVING sum(m.amount) <> 0
"""
ADRIFT = """
SELECT a.code FROM ledger_account AS a WHERE a.balance <> (
    SELECT coalesce(sum(CASE WHEN t.credit_id = a.id THEN t.amount ELSE -t.amount END), 0)
    FROM ledger_transfer AS t WHERE a.id IN (t.credit_id, t.debit_id))
"""


def settling(told: Sequence[Told]) -> Work[list[Answer]]:
    """Return the settling of a batch."""
    return lambda connection: settle(
        told=told, received_at=RECEIVED, connection=connection, zone=ZONE
    )


def is_sound(connection: Connection[Any]) -> bool:
    """Say that the books balance, that nobody is overdrawn and that the audit is clean."""
    for wrong in (OVERDRAWN, UNBALANCED, ADRIFT):
        assert Cursor(connection).execute(wrong).fetchall() == []
    assert list(audit.culprits(connection)) == []
    return True


def count(connection: Connection[Any], sql: Any) -> int:
    """Return the one number that a query gives."""
    row = Cursor(connection).execute(sql).fetchone()
    assert row is not None
    return int(row[0])


def cousins(flow: Flow, family: str, how_many: int) -> list[str]:
    """Give a family more members, each with a card."""
    cards = [f"{family}-{number}" for number in range(how_many)]
    for card in cards:
        member = people.register_person(
            NewPerson(first_name=card, birth_name="Cousin", born_on=date(1990, 1, 1))
        )
        people.add_member(
            household=flow.town.households[family],
            person=member,
            role=Role.ADULT,
            is_main=True,
            on=FOUNDED,
        )
        flow.town.card(card, member)
    return cards


def wait_for_lock(flow: Flow, work: Future[Any]) -> None:
    """Wait until somebody waits for somebody else, or the work is done without."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    while not count(flow.town.connection, waiting) and not work.done():
        time.sleep(0.01)
