"""What a life ends with, in names that are the same in two databases: to compare two lives."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from psycopg import Connection, Cursor

from cvq.twin import oracle_ledger

# Whose name each is: names in a sector are drawn anew in each database.
NAMES = """
SELECT holder, coalesce('habitant ' || person_id, 'professionnel ' || organisation_id)
FROM people_sectoridentifier
"""


class Ended(Struct, frozen=True, kw_only=True):
    """
    The charges that stand, what is left of what runs out, what each wallet comes to.

    `balances` are those of all accounts: two lives that were told the same in the same order have
    the same, where others may have paid another charge first.
    """

    charges: Counter[tuple[Any, ...]]
    counters: dict[str, int]
    positions: dict[str, int]
    balances: dict[str, int]


def read(connection: Connection[Any]) -> Ended:
    """Read what a life ended with."""
    names = dict(Cursor(connection).execute(NAMES).fetchall())
    by_name = {f"CARNET:{holder}": f"CARNET:{name}" for holder, name in names.items()}
    charges: Counter[tuple[Any, ...]] = Counter()
    for (wallet, holder, *rest), times in oracle_ledger.charges(connection).items():
        charges[wallet, names[holder], *rest] += times
    counters = oracle_ledger.counters(connection)
    return Ended(
        charges=charges,
        counters={by_name.get(code, code): left for code, left in counters.items()},
        positions=oracle_ledger.positions(connection),
        balances=oracle_ledger.balances(connection),
    )


def differences(first: Ended, second: Ended) -> Iterator[str]:
    """Yield what two lives do not agree on, in French."""
    for what, found in (
        ("charge", oracle_ledger.differences(first.charges, second.charges)),
        ("compteur", oracle_ledger.differences(first.counters, second.counters)),
        ("position", oracle_ledger.differences(first.positions, second.positions)),
    ):
        yield from (
            f"{what} {key} : {ours}, puis {theirs}" for key, (ours, theirs) in found.items()
        )


def books(first: Ended, second: Ended) -> Iterator[str]:
    """Yield what the accounts of two lives do not agree on, in French."""
    found = oracle_ledger.differences(first.balances, second.balances)
    yield from (f"compte {code} : {one}, puis {two}" for code, (one, two) in found.items())
