"""What must hold of charges: each is its entry, what is owed is explained, what is paid is not."""

from collections.abc import Iterator
from typing import Any

from msgspec import json
from psycopg import Connection, Cursor

from cvq.plumbing.audit import Row
from cvq.plumbing.batches import ENTRIES_PER_BATCH, line

CHECKS = {
    """
    SELECT e.key, c.cents, c.owed_cents FROM billing_charge AS c
    LEFT JOIN ledger_entry AS e ON e.id = c.entry_id
    LEFT JOIN ledger_account AS w ON w.id = c.payer_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(t.amount) FILTER (WHERE t.debit_id = w.id), 0) AS paid,
               coalesce(sum(t.amount) FILTER (WHERE t.debit_id = w.spill_id), 0) AS owed
        FROM ledger_transfer AS t WHERE t.entry_id = c.entry_id) AS m
    WHERE c.cents > 0 AND (m.paid <> c.cents - c.owed_cents OR m.owed <> c.owed_cents)
    ORDER BY c.entry_id
    """: "La facturation de {} ({} c, dont {} dus) n'est pas celle de son écriture.",
    """
    SELECT e.key, c.cents FROM billing_charge AS c
    LEFT JOIN ledger_entry AS e ON e.id = c.entry_id
    LEFT JOIN ledger_account AS w ON w.id = c.payer_id
    LEFT JOIN billing_charge AS o ON o.entry_id = c.reverses_id
    WHERE c.cents < 0 AND (o.cents IS DISTINCT FROM -c.cents OR -c.cents IS DISTINCT FROM (
        SELECT sum(t.amount)::bigint FROM ledger_transfer AS t
        WHERE t.entry_id = c.entry_id AND t.credit_id IN (w.id, w.spill_id)))
    ORDER BY c.entry_id
    """: "L'annulation {} ({} c) n'est pas celle de son écriture.",
    """
    SELECT e.key FROM billing_charge AS c JOIN ledger_entry AS e ON e.id = c.entry_id
    LEFT JOIN billing_allocation AS a ON a.charge_id = c.entry_id
    GROUP BY e.id, e.key, c.owed_cents HAVING coalesce(sum(a.cents), 0) > c.owed_cents
    ORDER BY e.id
    """: "La facturation {} a reçu plus qu'elle ne devait.",
    """
    SELECT w.code, -r.balance, coalesce(sum(c.owed_cents - coalesce(a.paid, 0)), 0)
    FROM ledger_account AS w JOIN ledger_account AS r ON r.id = w.spill_id AND r.kind = 'RECEIVABLE'
    LEFT JOIN billing_charge AS c ON c.payer_id = w.id AND c.owed_cents > 0
    LEFT JOIN (SELECT charge_id, sum(cents) AS paid FROM billing_allocation GROUP BY 1) AS a
        ON a.charge_id = c.entry_id
    WHERE w.kind = 'WALLET' GROUP BY w.id, w.code, r.balance
    HAVING -r.balance <> coalesce(sum(c.owed_cents - coalesce(a.paid, 0)), 0) ORDER BY w.id
    """: "Le compte {} doit {} c, ses facturations en expliquent {}.",
    """
    SELECT sum(m.total) FILTER (WHERE a.kind = 'ACCRUED'),
           -sum(m.total) FILTER (WHERE a.kind = 'RECEIVABLE')
    FROM (SELECT account, sum(amount) AS total FROM (
        SELECT credit_id AS account, amount FROM ledger_transfer
        UNION ALL SELECT debit_id, -amount FROM ledger_transfer) AS t GROUP BY 1) AS m
    JOIN ledger_account AS a ON a.id = m.account
    HAVING coalesce(sum(m.total) FILTER (WHERE a.kind IN ('ACCRUED', 'RECEIVABLE')), 0) <> 0
    """: "Les produits constatés ({} c) ne sont pas les créances ({} c).",
    """
    SELECT e.key, c.tariff_id, c.service_id FROM billing_charge AS c
    LEFT JOIN ledger_entry AS e ON e.id = c.entry_id
    LEFT JOIN catalog_service AS s ON s.id = c.service_id
    LEFT JOIN catalog_tariff AS t ON t.id = c.tariff_id AND t.service_id = s.id
    WHERE t.id IS NULL ORDER BY c.entry_id
    """: "La facturation de {} cite un tarif ({}) qui n'est pas celui de son service ({}).",
}
UNALLOCATED = """
SELECT a.code, sum(t.amount) FROM ledger_account AS a
JOIN ledger_transfer AS t ON t.credit_id = a.id
WHERE a.kind = 'UNALLOCATED' GROUP BY a.code ORDER BY a.code
"""
CHARGES = """
SELECT entry_id, payer_id, holder, service_id, tariff_id, occurred_on, inputs::text, lines::text,
    sentence, cents, owed_cents, revenue_id, accrued_id, reverses_id FROM billing_charge
WHERE entry_id >= %s AND entry_id < %s ORDER BY entry_id
"""
ALLOCATIONS = """
SELECT entry_id, charge_id, cents FROM billing_allocation
WHERE entry_id >= %s AND entry_id < %s ORDER BY entry_id, charge_id, cents
"""


def culprits(connection: Connection[Any]) -> Iterator[str]:
    """Yield what is wrong, one sentence each; nothing when all is well."""
    for check, sentence in CHECKS.items():
        for row in Cursor(connection).execute(check):
            yield sentence.format(*row)


def remarks(connection: Connection[Any]) -> Iterator[str]:
    """Yield what is right and yet asks for somebody: money whose agreement lapsed."""
    for code, cents in Cursor(connection).execute(UNALLOCATED):
        yield f"{code} : {cents} c sans convention en vigueur, à ventiler."


def sealed_charges(connection: Connection[Any], first: int, last: int) -> Iterator[Row]:
    """Return the charges of these batches with the bytes under which they were sealed."""
    for row in Cursor(connection).execute(CHARGES, _bounds(first, last), binary=True):
        inputs, lines = (json.decode(text) for text in row[6:8])
        bytes_ = line(*row[:6], inputs, lines, *row[8:])
        yield row[0] // ENTRIES_PER_BATCH, f"{row[0]} « {row[8]} »", bytes_


def sealed_allocations(connection: Connection[Any], first: int, last: int) -> Iterator[Row]:
    """Return the allocations of these batches with the bytes under which they were sealed."""
    for row in Cursor(connection).execute(ALLOCATIONS, _bounds(first, last)):
        yield row[0] // ENTRIES_PER_BATCH, f"{row[0]} → {row[1]}", line(*row)


def _bounds(first: int, last: int) -> tuple[int, int]:
    return (first * ENTRIES_PER_BATCH, (last + 1) * ENTRIES_PER_BATCH)
