"""The audit of the whole house: every package that owns facts says what is wrong with them."""

from collections.abc import Iterator
from typing import Any

from psycopg import Connection

from cvq.billing import audit as billing
from cvq.cards import audit as cards
from cvq.catalog import points
from cvq.childcare import audit as childcare
from cvq.ledger import audit as ledger
from cvq.payments import audit as payments
from cvq.people import audit as people
from cvq.plumbing import audit as plumbing
from cvq.pool import audit as pool
from cvq.rights import audit as rights
from cvq.taps import audit as taps
from cvq.waste import audit as waste


def culprits(connection: Connection[Any]) -> Iterator[str]:
    """Yield what is wrong, gravest first, one sentence each; nothing when all is well."""
    yield from ledger.culprits(connection)
    yield from plumbing.culprits(
        connection,
        taps={"taps_tapevent": taps.sealed_taps, "taps_amendment": taps.sealed_amendments},
        books={
            "ledger_entry": ledger.sealed,
            "billing_charge": billing.sealed_charges,
            "billing_allocation": billing.sealed_allocations,
        },
    )
    for package in (billing, payments, rights, pool, waste, childcare, taps, people, cards):
        yield from package.culprits(connection)


def remarks(connection: Connection[Any]) -> Iterator[str]:
    """Yield what is right and yet asks for somebody."""
    yield from billing.remarks(connection)
    yield from childcare.remarks(connection)
    yield from taps.remarks(connection)
    for number, code, why in points.unreadable_tariffs(connection):
        yield f"Le tarif {number} ({code}) est illisible et ne compte pas : {why}"
