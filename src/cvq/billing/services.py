"""What people do to the money of a family: top it up, and so pay what it owes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from psycopg import Connection, Cursor

from cvq.billing import charging
from cvq.kernel.local import at_ms, local
from cvq.ledger import books
from cvq.ledger.services import booking_day, digest_of
from cvq.payments.messages import AskedTopUp, Receipt
from cvq.payments.services import record_top_ups, wallets
from cvq.plumbing.again import again
from cvq.plumbing.batches import Batch, open_batch

SPILLS = "SELECT id, spill_id FROM ledger_account WHERE id = ANY(%s)"


def top_up(
    connection: Connection[Any], asked: Sequence[AskedTopUp], *, at: datetime
) -> list[Receipt]:
    """
    Fill wallets, and pay what their households owe first, oldest charge first.

    One transaction; each top-up counts once, whatever the number of times it is sent.

    :raises KeyReused: a uid that already names another top-up.
    """
    return again(connection, lambda: _top_up(connection, asked, at))


def _top_up(
    connection: Connection[Any], asked: Sequence[AskedTopUp], at: datetime
) -> list[Receipt]:
    batch = open_batch(connection, at)
    filled = sorted(set(wallets(connection, asked).values()))
    spills = dict(Cursor(connection).execute(SPILLS, (filled,)).fetchall())
    accounts = books.lock(connection, {*filled, *spills.values()})
    receipts = record_top_ups(connection, asked, batch=batch, accounts=accounts)
    pay_debts(connection, accounts, batch=batch, at=at)
    batch.write(Cursor(connection))
    return receipts


def pay_debts(
    connection: Connection[Any], accounts: dict[int, books.Locked], *, batch: Batch, at: datetime
) -> None:
    """Let the free money of these locked wallets pay what their households owe."""
    wallets_in_debt = [
        account.id
        for account in accounts.values()
        if account.floor is not None
        and account.spill in accounts
        and account.spendable > 0
        and accounts[account.spill].balance < 0
    ]
    if not wallets_in_debt:
        return
    cursor = Cursor(connection)
    owed = charging.outstanding(cursor, wallets_in_debt)
    day = booking_day(connection, local(at_ms(at), ZoneInfo(settings.TIME_ZONE)).day)
    entries, paid_by = [], []
    for wallet in sorted(wallets_in_debt):
        postings, paid = charging.repay(accounts, wallet, owed[wallet])
        key = f"pay:{batch.number}:{wallet}"
        entries.append(
            books.NewEntry(
                key=key, at=at_ms(at), booked_on=day, digest=digest_of(key), postings=postings
            )
        )
        paid_by.append(paid)
    ids = books.post_many(cursor, entries, batch=batch, accounts=accounts)
    charging.write_allocations(
        cursor,
        [
            (entry, charge, cents)
            for entry, paid in zip(ids, paid_by, strict=True)
            for charge, cents in paid
        ],
        batch,
    )
