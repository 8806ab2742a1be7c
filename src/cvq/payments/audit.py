"""What must hold of top-ups: each is its entry in the books, and no receipt is missing."""

from collections.abc import Iterator
from typing import Any

from psycopg import Connection, Cursor

from cvq.ledger.services import digest_of

CHECKS = {
    """
    SELECT coalesce('topup:' || top_up.uid, entry.key)
      FROM payments_topup AS top_up
      FULL JOIN (SELECT id, key FROM ledger_entry WHERE key LIKE 'topup:%') AS entry
             ON entry.key = 'topup:' || top_up.uid
      LEFT JOIN people_household AS household ON household.id = top_up.household_id
      LEFT JOIN people_organisation AS organisation ON organisation.id = top_up.organisation_id
     WHERE (SELECT array_agg((credit_id, amount) ORDER BY line)
              FROM ledger_transfer WHERE entry_id = entry.id)
           IS DISTINCT FROM
           ARRAY[(coalesce(household.wallet_id, organisation.wallet_id), top_up.cents)]
        OR top_up.entry_id IS DISTINCT FROM entry.id
     ORDER BY 1
    """: "Le rechargement {} n'est pas celui des livres.",
    """
    SELECT regie.code || ' ' || counter.year
      FROM payments_receiptcounter AS counter
      JOIN catalog_regie AS regie ON regie.id = counter.regie_id
     WHERE counter.last <> (SELECT count(*) FROM payments_topup AS top_up
                             WHERE top_up.regie_id = counter.regie_id
                               AND top_up.receipt_year = counter.year
                               AND top_up.receipt_number BETWEEN 1 AND counter.last)
     ORDER BY 1
    """: "Il manque des quittances dans la suite {}.",
}

# What the sealed entry keeps of what was asked, in the order of `services`.
TOLD = """
SELECT entry.key, entry.digest, top_up.household_id, top_up.organisation_id, top_up.cents,
       top_up.channel, top_up.means, top_up.regie_id, top_up.sous_regie_id
  FROM payments_topup AS top_up JOIN ledger_entry AS entry ON entry.id = top_up.entry_id
 ORDER BY entry.id
"""


def culprits(connection: Connection[Any]) -> Iterator[str]:
    """Yield what is wrong, one sentence each; nothing when all is well."""
    for check, sentence in CHECKS.items():
        for (name,) in Cursor(connection).execute(check):
            yield sentence.format(name)
    for key, digest, *told in Cursor(connection).execute(TOLD):
        if digest_of("topup", *told) != bytes(digest):
            yield f"Le rechargement {key} n'est plus ce qui a été payé, par qui, où ou comment."
