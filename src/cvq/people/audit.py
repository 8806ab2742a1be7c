"""What must hold of whoever pays: each has its own two accounts, and each account its owner."""

from collections.abc import Iterator
from typing import Any

from psycopg import Connection, Cursor

OWNERS = """
WITH owner AS (
    SELECT 'WALLET:' || id AS code, wallet_id, receivable_id FROM people_household
    UNION ALL
    SELECT 'WALLET:O' || id, wallet_id, receivable_id FROM people_organisation
)
SELECT coalesce(owner.code, wallet.code)
  FROM owner FULL JOIN ledger_account AS wallet ON wallet.id = owner.wallet_id
 WHERE (owner.code IS NOT NULL OR wallet.kind = 'WALLET')
   AND (wallet.code, wallet.kind, wallet.unit, wallet.floor, wallet.spill_id)
       IS DISTINCT FROM (owner.code, 'WALLET', 'EUR', 0::bigint, owner.receivable_id)
 ORDER BY 1
"""


def culprits(connection: Connection[Any]) -> Iterator[str]:
    """Yield what is wrong, one sentence each; nothing when all is well."""
    for (code,) in Cursor(connection).execute(OWNERS):
        yield f"Le compte {code} n'est pas celui d'un foyer ou d'un organisme, ou se règle mal."
