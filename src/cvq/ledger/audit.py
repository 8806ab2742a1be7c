"""What must hold of the books: balanced in each unit, each running total equal to its transfers."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from psycopg import Connection, Cursor

from cvq.kernel.local import at_ms
from cvq.plumbing.audit import Row
from cvq.plumbing.batches import ENTRIES_PER_BATCH, line

MOVED = """
SELECT account, sum(amount)::bigint AS total FROM (
    SELECT credit_id AS account, amount FROM ledger_transfer
    UNION ALL SELECT debit_id, -amount FROM ledger_transfer) AS m GROUP BY account
"""
CHECKS = {
    f"""
    SELECT a.unit, sum(m.total) FROM ({MOVED}) AS m LEFT JOIN ledger_account AS a
        ON a.id = m.account GROUP BY a.unit HAVING sum(m.total) <> 0 OR a.unit IS NULL
    """: "Les comptes en {} ne s'équilibrent pas : leur somme est {}, pas 0.",
    """
    SELECT e.key FROM ledger_transfer AS t JOIN ledger_entry AS e ON e.id = t.entry_id
    JOIN ledger_account AS d ON d.id = t.debit_id JOIN ledger_account AS c ON c.id = t.credit_id
    WHERE d.unit <> c.unit ORDER BY e.id
    """: "L'écriture {} mêle deux unités.",
    f"""
    SELECT a.code, a.balance, coalesce(m.total, 0) FROM ledger_account AS a
    LEFT JOIN ({MOVED}) AS m ON m.account = a.id
    WHERE a.balance IS NOT NULL AND a.balance <> coalesce(m.total, 0) ORDER BY a.id
    """: "Le compte {} affiche {}, ses mouvements font {}.",
    """
    SELECT a.code, a.held, coalesce(h.total, 0) FROM ledger_account AS a
    LEFT JOIN (SELECT account_id, sum(amount) AS total FROM ledger_hold WHERE state = 'HELD'
        GROUP BY account_id) AS h ON h.account_id = a.id
    WHERE a.held <> coalesce(h.total, 0) ORDER BY a.id
    """: "Le compte {} réserve {}, ses réserves font {}.",
    """
    SELECT a.code, a.balance - a.held, a.floor FROM ledger_account AS a
    WHERE a.balance - a.held < a.floor ORDER BY a.id
    """: "Le compte {} est à {}, sous son plancher de {}.",
    """
    SELECT a.code FROM ledger_account AS a JOIN ledger_account AS s ON s.id = a.spill_id
    WHERE a.kind IN ('WALLET', 'QUOTA', 'CARNET') AND a.balance > a.held AND s.balance < 0
    ORDER BY a.id
    """: "Le compte {} a de quoi payer et un débord à la fois.",
    """
    SELECT e.key FROM ledger_entry AS e WHERE NOT EXISTS (
        SELECT FROM ledger_transfer AS t WHERE t.entry_id = e.id) ORDER BY e.id
    """: "L'écriture {} ne déplace rien.",
    """
    SELECT t.entry_id, t.line FROM ledger_transfer AS t WHERE NOT EXISTS (
        SELECT FROM ledger_entry AS e WHERE e.id = t.entry_id) ORDER BY 1, 2
    """: "Le mouvement {}/{} n'a pas d'écriture.",
    """
    SELECT e.key, e.id FROM ledger_entry AS e WHERE e.id < 0 OR e.id >= 1::bigint << 62
    ORDER BY e.id
    """: "L'écriture {} porte le numéro {}, qui n'est d'aucun lot.",
    """
    SELECT e.key FROM ledger_entry AS e JOIN plumbing_batch AS b ON b.id = e.id / 4096
    WHERE e.recorded_at <> b.recorded_at ORDER BY e.id
    """: "L'écriture {} ne dit plus quand elle a été portée.",
    """
    SELECT e.key, e.booked_on FROM ledger_entry AS e WHERE EXISTS (
        SELECT FROM ledger_closing AS c
        WHERE c.closed_on >= e.booked_on AND c.closed_at < e.recorded_at) ORDER BY e.id
    """: "L'écriture {} est portée au {}, jour déjà clos.",
}
SEALED = """
SELECT e.id, e.key, e.occurred_at, e.booked_on, e.digest, t.debit_id, t.credit_id, t.amount
FROM ledger_entry AS e LEFT JOIN ledger_transfer AS t ON t.entry_id = e.id
WHERE e.id >= %s AND e.id < %s ORDER BY e.id, t.line
"""


def culprits(connection: Connection[Any]) -> Iterator[str]:
    """Yield what is wrong, one sentence each; nothing when all is well."""
    for check, sentence in CHECKS.items():
        for row in Cursor(connection).execute(check):
            yield sentence.format(*row)


def sealed(connection: Connection[Any], first: int, last: int) -> Iterator[Row]:
    """Return the entries of these batches with the bytes under which they were sealed."""
    bounds = (first * ENTRIES_PER_BATCH, (last + 1) * ENTRIES_PER_BATCH)
    rows = Cursor(connection).execute(SEALED, bounds, binary=True)
    for entry, lines in groupby(rows, key=itemgetter(slice(0, 5))):
        id_, key, at, booked_on, told = entry
        moves = [tuple(one[5:8]) for one in lines if one[5] is not None]
        bytes_ = line(id_, key, at_ms(at), booked_on, bytes(told).hex(), moves)
        yield id_ // ENTRIES_PER_BATCH, key, bytes_
