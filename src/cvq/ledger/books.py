"""
The only writer of the books: plain SQL on whole lists, inside the caller's transaction.

Lock the accounts first (`lock`), in id order; what is decided after that cannot be refused by
the database, so the floor constraint firing is a bug of ours, never an answer.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

from msgspec import Struct
from psycopg import Connection, Cursor

from cvq.kernel.local import instant
from cvq.plumbing.batches import Batch, line
from cvq.plumbing.pipeline import Pipeline, Speaks
from cvq.rules import purse


class Locked(Struct, gc=False):
    """An account that this transaction holds still; `spendable` moves as entries are decided."""

    id: int
    code: str
    unit: str
    balance: int
    held: int
    floor: int | None
    spill: int | None

    @property
    def spendable(self) -> int:
        """Return what may leave the account: above the floor and not set aside."""
        assert self.floor is not None, f"{self.code} has no floor: nothing is spent from it"
        return self.balance - self.held - self.floor


class Posting(Struct, frozen=True, gc=False):
    """An amount that leaves the account `debit` for the account `credit`; ids, units alike."""

    debit: int
    credit: int
    amount: int


class NewEntry(Struct, frozen=True, gc=False, kw_only=True):
    """What is about to be booked; `digest` (16 bytes) is of what happened, under `key`."""

    key: str
    at: int
    booked_on: date
    digest: bytes
    postings: tuple[Posting, ...]


LOCK = """
SELECT id, code, unit, balance, held, floor, spill_id FROM ledger_account
WHERE id = ANY(%s::bigint[]) AND balance IS NOT NULL ORDER BY id FOR NO KEY UPDATE
"""
CLOSED = "SELECT max(closed_on) FROM ledger_closing"
SHARED = "SELECT code, id FROM ledger_account WHERE code = ANY(%s::text[]) AND balance IS NULL"

INSERT_ENTRIES = """
INSERT INTO ledger_entry (id, key, occurred_at, booked_on, recorded_at, digest)
SELECT id, key, occurred_at, booked_on, %s::timestamptz, digest FROM unnest(
    %s::bigint[], %s::text[], %s::timestamptz[], %s::date[], %s::bytea[]
) AS e(id, key, occurred_at, booked_on, digest)
"""
INSERT_TRANSFERS = """
INSERT INTO ledger_transfer (entry_id, line, debit_id, credit_id, amount)
SELECT * FROM unnest(%s::bigint[], %s::smallint[], %s::bigint[], %s::bigint[], %s::bigint[])
"""
MOVE_BALANCES = """
UPDATE ledger_account SET balance = balance + change FROM unnest(%s::bigint[], %s::bigint[])
AS moved(id, change) WHERE ledger_account.id = moved.id
"""


def locked(rows: Collection[Sequence[Any]]) -> dict[int, Locked]:
    """Return the rows of `LOCK` by account id."""
    return {row[0]: Locked(*row) for row in rows}


def lock(connection: Connection[Any], account_ids: Collection[int]) -> dict[int, Locked]:
    """Hold these accounts still until the transaction ends; name their spills too."""
    rows = Pipeline(connection).execute(LOCK, (sorted(account_ids),)).fetchall()
    return locked(rows)


def shared(connection: Connection[Any], codes: Collection[str], unit: str) -> dict[str, int]:
    """Return the ids of accounts that everybody shares, opening those that are missing."""
    cursor = Cursor(connection)
    known = dict(cursor.execute(SHARED, (list(codes),)).fetchall())
    missing = [code for code in codes if code not in known]
    if missing:
        cursor.execute(
            "INSERT INTO ledger_account (code, kind, unit, held)"
            " SELECT code, split_part(code, ':', 1), %s, 0 FROM unnest(%s::text[]) AS c(code)"
            " ON CONFLICT (code) DO NOTHING",
            (unit, sorted(missing)),
        )
        known = dict(cursor.execute(SHARED, (list(codes),)).fetchall())
    return known


def booking_day(day: date, closed_on: date | None) -> date:
    """Return the day a fact is booked on: its own, or the first open one if that is closed."""
    if closed_on is None or day > closed_on:
        return day
    return date.fromordinal(closed_on.toordinal() + 1)


def carry(accounts: dict[int, Locked], postings: Iterable[Posting]) -> None:
    """Move what the accounts can spend as if these were booked: the next decision sees it."""
    for posting in postings:
        if debited := accounts.get(posting.debit):
            debited.balance -= posting.amount
        if credited := accounts.get(posting.credit):
            credited.balance += posting.amount


def take(
    accounts: dict[int, Locked], account: int, amount: int, *, paid_to: int, owed_to: int
) -> tuple[Posting, ...]:
    """
    Return how an account pays an amount, what it cannot pay falling on its spill; carried.

    A request never spills: the rules refused it before.  A fact may.
    """
    held = accounts[account]
    split = purse.charge(amount=amount, spendable=held.spendable)
    postings = []
    if split.paid:
        postings.append(Posting(account, paid_to, split.paid))
    if split.owed:
        assert held.spill is not None, f"{held.code} has nothing to spill over to"
        postings.append(Posting(held.spill, owed_to, split.owed))
    carry(accounts, postings)
    return tuple(postings)


def give_back(
    accounts: dict[int, Locked], account: int, amount: int, *, taken_from: int
) -> tuple[Posting, ...]:
    """Return how an account gets back what it had paid, its spill first; carried."""
    spill = accounts[account].spill
    owed = -accounts[spill].balance if spill is not None else 0
    split = purse.repay(amount=amount, owed=owed)
    postings = []
    if split.owed and spill is not None:
        postings.append(Posting(taken_from, spill, split.owed))
    if split.paid:
        postings.append(Posting(taken_from, account, split.paid))
    carry(accounts, postings)
    return tuple(postings)


def post_many(
    cursor: Speaks, entries: Sequence[NewEntry], *, batch: Batch, accounts: Collection[int]
) -> list[int]:
    """
    Book the entries and return their ids; the balances of the locked `accounts` follow.

    Accounts that are not locked are shared ones, which have no balance to move.  Nothing here
    looks for a key that is already there: the caller did, after it locked.
    """
    if not entries:
        return []
    ids = [batch.next_entry_id() for _ in entries]
    moves = [
        (entry_id, number, posting.debit, posting.credit, posting.amount)
        for entry_id, entry in zip(ids, entries, strict=True)
        for number, posting in enumerate(entry.postings)
    ]
    changes: dict[int, int] = {}
    for _, _, debit, credit, amount in moves:
        changes[debit] = changes.get(debit, 0) - amount
        changes[credit] = changes.get(credit, 0) + amount
    batch.books["ledger_entry"] += map(entry_line, ids, entries)
    cursor.execute(
        INSERT_ENTRIES,
        (
            batch.recorded_at,
            ids,
            [entry.key for entry in entries],
            [instant(entry.at) for entry in entries],
            [entry.booked_on for entry in entries],
            [entry.digest for entry in entries],
        ),
    )
    if moves:
        cursor.execute(INSERT_TRANSFERS, [list(column) for column in zip(*moves, strict=True)])
    moved = sorted(id_ for id_, by in changes.items() if by and id_ in accounts)
    if moved:
        cursor.execute(MOVE_BALANCES, (moved, [changes[id_] for id_ in moved]))
    return ids


def entry_line(entry_id: int, entry: NewEntry) -> bytes:
    """Return the bytes under which an entry and its transfers are sealed."""
    moves = [(p.debit, p.credit, p.amount) for p in entry.postings]
    return line(entry_id, entry.key, entry.at, entry.booked_on, entry.digest.hex(), moves)
