"""What the books of the town say, in the words of the oracle, and where the two differ."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar

from psycopg import Connection, Cursor

from cvq.twin.oracle_books import Told

K = TypeVar("K")

BALANCES = """
SELECT a.code, sum(m.amount)::bigint FROM (
    SELECT credit_id AS account, amount FROM ledger_transfer
    UNION ALL SELECT debit_id, -amount FROM ledger_transfer) AS m
JOIN ledger_account AS a ON a.id = m.account
GROUP BY a.code HAVING sum(m.amount) <> 0
"""
CHARGES = """
SELECT w.code, c.holder, c.service_id, c.occurred_on, c.cents FROM billing_charge AS c
JOIN ledger_account AS w ON w.id = c.payer_id
WHERE c.reverses_id IS NULL
    AND NOT EXISTS (SELECT FROM billing_charge AS r WHERE r.reverses_id = c.entry_id)
"""
PURSES = """
SELECT w.code, w.balance + r.balance FROM ledger_account AS w
JOIN ledger_account AS r ON r.id = w.spill_id
WHERE w.kind = 'WALLET' AND w.balance + r.balance <> 0
"""
QUOTAS = """
SELECT a.code, a.balance + o.balance FROM ledger_account AS a
JOIN ledger_account AS o ON o.id = a.spill_id WHERE a.kind = 'QUOTA'
"""
CARNETS = """
SELECT 'CARNET:' || h.holder, sum(a.balance + o.balance)::bigint FROM rights_right AS h
JOIN ledger_account AS a ON a.id = h.account_id JOIN ledger_account AS o ON o.id = a.spill_id
GROUP BY h.holder
"""
INSIDE = "SELECT zone, day, inside FROM pool_zonecount WHERE inside <> 0"


def balances(connection: Connection[Any]) -> dict[str, int]:
    """Return credits less debits of every account that has any, from the transfers."""
    return dict(Cursor(connection).execute(BALANCES).fetchall())


def charges(connection: Connection[Any]) -> Counter[Told]:
    """Return the charges that stand, each as many times as it was made."""
    return Counter(tuple(row) for row in Cursor(connection).execute(CHARGES).fetchall())


def positions(connection: Connection[Any]) -> dict[str, int]:
    """Return the net position of each wallet, from the running balances."""
    return dict(Cursor(connection).execute(PURSES).fetchall())


def counters(connection: Connection[Any]) -> dict[str, int]:
    """Return what is left of each quota, and of the carnets of each holder together."""
    cursor = Cursor(connection)
    quotas = dict(cursor.execute(QUOTAS).fetchall())
    return quotas | dict(cursor.execute(CARNETS).fetchall())


def inside(connection: Connection[Any]) -> dict[tuple[str, date], int]:
    """Return how many are in each zone of the pools, each day."""
    rows = Cursor(connection).execute(INSIDE).fetchall()
    return {(zone, day): count for zone, day, count in rows}


def differences(ours: Mapping[K, int], theirs: Mapping[K, int]) -> dict[K, tuple[int, int]]:
    """Return what two accounts of the same things do not agree on, one beside the other."""
    keys = ours.keys() | theirs.keys()
    pairs = {key: (ours.get(key, 0), theirs.get(key, 0)) for key in keys}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}
