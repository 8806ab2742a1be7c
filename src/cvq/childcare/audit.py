"""What must hold of childcare: each session charged once, and every such charge a session's."""

from collections.abc import Iterator
from typing import Any

from psycopg import Connection, Cursor

CHECKS = {
    """
    SELECT s.day, s.service_id, s.session FROM childcare_sessioncharge AS s
    LEFT JOIN billing_charge AS c ON c.entry_id = s.entry AND c.cents > 0
        AND c.holder = s.holder AND c.service_id = s.service_id AND c.occurred_on = s.day
    WHERE s.entry IS NOT NULL AND c.entry_id IS NULL ORDER BY 1, 2, 3
    """: "La séance du {} (service {}, {}) n'a pas sa facturation.",
    """
    SELECT e.key FROM ledger_entry AS e JOIN billing_charge AS c ON c.entry_id = e.id
    LEFT JOIN childcare_sessioncharge AS s ON s.entry = e.id
    LEFT JOIN billing_charge AS r ON r.reverses_id = e.id
    WHERE e.key LIKE 'charge:%' AND s.id IS NULL AND r.entry_id IS NULL ORDER BY e.id
    """: "La facturation {} n'est d'aucune séance.",
    """
    SELECT n.day, n.service_id, n.session, split_part(n.counter, ':', 1)
    FROM childcare_sessioncount AS n
    LEFT JOIN childcare_sessioncharge AS s ON s.day = n.day AND s.service_id = n.service_id
        AND s.holder = n.holder AND s.session = n.session
    WHERE s.id IS NULL ORDER BY 1, 2, 3, 4
    """: "La séance du {} (service {}, {}) a compté pour « {} » et n'a pas de prix.",
}


def culprits(connection: Connection[Any]) -> Iterator[str]:
    """Yield what is wrong, one sentence each; nothing when all is well."""
    for check, sentence in CHECKS.items():
        for row in Cursor(connection).execute(check):
            yield sentence.format(*row)


UNPRICED = """
SELECT day, unpriced FROM childcare_chargedday WHERE unpriced > 0 ORDER BY day
"""


def remarks(connection: Connection[Any]) -> Iterator[str]:
    """Yield what is right and yet asks for somebody: days with sessions that nobody pays."""
    for day, unpriced in Cursor(connection).execute(UNPRICED):
        yield f"Le {day:%d/%m/%Y}, {unpriced} séance(s) sans tarif ou sans payeur : à compléter."
