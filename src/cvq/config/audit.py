"""The audit of the whole house: every package that owns facts says what is wrong with them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
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

OTHERS = (billing, payments, rights, pool, waste, childcare, taps, people, cards)


def culprits(connection: Connection[Any]) -> Iterator[str]:
    """Yield what is wrong, gravest first, one sentence each; nothing when all is well."""
    yield from ledger.culprits(connection)
    yield from _seals(connection)
    yield from _others(connection)


def culprits_by_two(connection: Connection[Any]) -> list[str]:
    """
    Return the same of books that nobody writes any more, in little more than half the time.

    PostgreSQL is asked here while the seals are computed on a connection of their own.
    """
    info = connection.info
    with (
        psycopg.connect(info.dsn, password=info.password, autocommit=True) as beside,
        ThreadPoolExecutor(1) as thread,
    ):
        seals = thread.submit(lambda: list(_seals(beside)))
        gravest, others = list(ledger.culprits(connection)), list(_others(connection))
        return gravest + seals.result() + others


def _seals(connection: Connection[Any]) -> Iterator[str]:
    return plumbing.culprits(
        connection,
        taps={"taps_tapevent": taps.sealed_taps, "taps_amendment": taps.sealed_amendments},
        books={
            "ledger_entry": ledger.sealed,
            "billing_charge": billing.sealed_charges,
            "billing_allocation": billing.sealed_allocations,
        },
    )


def _others(connection: Connection[Any]) -> Iterator[str]:
    for package in OTHERS:
        yield from package.culprits(connection)


def remarks(connection: Connection[Any]) -> Iterator[str]:
    """Yield what is right and yet asks for somebody."""
    yield from billing.remarks(connection)
    yield from childcare.remarks(connection)
    yield from taps.remarks(connection)
    for number, code, why in points.unreadable_tariffs(connection):
        yield f"Le tarif {number} ({code}) est illisible et ne compte pas : {why}"
