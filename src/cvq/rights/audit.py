"""What must hold of what runs out: each account was filled once, and each derogation booked."""

from collections.abc import Iterator
from typing import Any

from psycopg import Connection, Cursor

CHECKS = {
    """
    SELECT account.code FROM ledger_account AS account
      LEFT JOIN ledger_entry AS entry ON entry.key = 'grant:' || account.code
      LEFT JOIN ledger_transfer AS given
             ON given.entry_id = entry.id AND given.credit_id = account.id
     WHERE account.kind IN ('QUOTA', 'CARNET') AND given.entry_id IS NULL ORDER BY 1
    """: "Le compte {} n'a jamais été crédité de ce qu'il accorde.",
    """
    SELECT held.id FROM rights_right AS held
      JOIN rights_product AS product ON product.id = held.product_id
      LEFT JOIN ledger_account AS account ON account.id = held.account_id
     WHERE CASE WHEN product.kind = 'CARNET' THEN 'CARNET:' || held.id END
           IS DISTINCT FROM account.code ORDER BY 1
    """: "Le droit n° {} n'a pas le compte qu'il lui faut.",
    """
    SELECT derogation.uid FROM rights_derogation AS derogation
      JOIN ledger_account AS account ON account.id = derogation.account_id
      LEFT JOIN ledger_entry AS entry ON entry.key = 'derogation:' || derogation.uid
     WHERE (SELECT sum(amount) FROM ledger_transfer AS given WHERE given.entry_id = entry.id
               AND given.credit_id IN (account.id, account.spill_id))
           IS DISTINCT FROM derogation.amount ORDER BY 1
    """: "La dérogation {} n'est pas celle des livres.",
}


def culprits(connection: Connection[Any]) -> Iterator[str]:
    """Yield what is wrong, one sentence each; nothing when all is well."""
    for check, sentence in CHECKS.items():
        for (name,) in Cursor(connection).execute(check):
            yield sentence.format(name)
