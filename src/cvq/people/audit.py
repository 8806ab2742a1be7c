"""
What must hold of whoever pays: each has its own two accounts, and each account its owner.

Its quotients and its resources follow one another, and what a fund told is what the trace of the
call says.
"""

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
QUOTIENTS_AT_ONCE = """
SELECT one.household_id, other.valid_from
  FROM people_quotient AS one JOIN people_quotient AS other
    ON other.household_id = one.household_id
   AND (other.valid_from, other.id) > (one.valid_from, one.id)
   AND (one.valid_until IS NULL OR other.valid_from < one.valid_until)
 ORDER BY 1, 2
"""
NOT_AS_TOLD = """
SELECT quotient.household_id, quotient.valid_from
  FROM people_quotient AS quotient JOIN people_quotientcall AS call ON call.id = quotient.call_id
 WHERE (quotient.household_id, quotient.value) IS DISTINCT FROM (call.household_id, call.value)
 ORDER BY 1, 2
"""
RESOURCES_AT_ONCE = """
SELECT one.household_id, other.valid_from
  FROM people_crecheresources AS one JOIN people_crecheresources AS other
    ON other.household_id = one.household_id
   AND (other.valid_from, other.id) > (one.valid_from, one.id)
   AND (one.valid_until IS NULL OR other.valid_from < one.valid_until)
 ORDER BY 1, 2
"""
RESOURCES_NOT_AS_TOLD = """
SELECT kept.household_id, kept.valid_from
  FROM people_crecheresources AS kept JOIN people_resourcescall AS call ON call.id = kept.call_id
 WHERE (kept.household_id, kept.yearly_cents, kept.of_year, kept.children, kept.disabled_children)
       IS DISTINCT FROM
       (call.household_id, call.yearly_cents, call.of_year, call.children, call.disabled_children)
 ORDER BY 1, 2
"""


def culprits(connection: Connection[Any]) -> Iterator[str]:
    """Yield what is wrong, one sentence each; nothing when all is well."""
    for (code,) in Cursor(connection).execute(OWNERS):
        yield f"Le compte {code} n'est pas celui d'un foyer ou d'un organisme, ou se règle mal."
    for household, day in Cursor(connection).execute(QUOTIENTS_AT_ONCE):
        yield f"Le foyer {household} a deux quotients le {day:%d/%m/%Y}."
    for household, day in Cursor(connection).execute(NOT_AS_TOLD):
        yield (
            f"Le quotient du foyer {household} au {day:%d/%m/%Y} n'est pas celui que sa caisse "
            "a donné."
        )
    for household, day in Cursor(connection).execute(RESOURCES_AT_ONCE):
        yield f"Le foyer {household} a deux fois des ressources le {day:%d/%m/%Y}."
    for household, day in Cursor(connection).execute(RESOURCES_NOT_AS_TOLD):
        yield (
            f"Les ressources du foyer {household} au {day:%d/%m/%Y} ne sont pas celles que sa "
            "caisse a données."
        )
