"""
What people do to the books, one act at a time: open accounts, post, reverse, hold and its ends.

Each function runs inside the transaction of the connection that it is given and locks before it
looks.  The spine calls `books.post_many` itself, on whole batches.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg import Connection, Cursor

from cvq.kernel.local import at_ms
from cvq.kernel.unable import Unable
from cvq.ledger import books
from cvq.ledger.books import Locked, NewEntry, Posting
from cvq.plumbing.batches import open_batch


class KeyReused(Unable):
    """The key already names another act: two different acts cannot share it."""


class AccountShort(Unable):
    """The account cannot cover what is asked."""


class AccountUnknown(Unable):
    """No account has this code."""


class HoldEnded(Unable):
    """What was set aside has already been captured or released."""


class NewAccount(NamedTuple):
    """
    An account to open.

    `floor` is None where nothing limits it; `shared` accounts keep no balance; `spill` is the
    code of the account that takes its overflow, opened before it or in the same call.
    """

    code: str
    kind: str
    unit: str
    floor: int | None = 0
    spill: str | None = None
    shared: bool = False


OPEN = """
INSERT INTO ledger_account (code, kind, unit, balance, held, floor)
SELECT code, kind, unit, CASE WHEN shared THEN NULL ELSE 0 END, 0, floor
FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::boolean[])
AS a(code, kind, unit, floor, shared)
ON CONFLICT (code) DO NOTHING
"""
LINK_SPILLS = """
UPDATE ledger_account AS a SET spill_id = s.id
FROM unnest(%s::text[], %s::text[]) AS w(code, spill), ledger_account AS s
WHERE a.code = w.code AND s.code = w.spill AND a.spill_id IS NULL
"""


def open_accounts(connection: Connection[Any], accounts: Sequence[NewAccount]) -> dict[str, int]:
    """Open the accounts that are missing and return the id of each by its code."""
    cursor = Cursor(connection)
    cursor.execute(
        OPEN,
        (
            [a.code for a in accounts],
            [a.kind for a in accounts],
            [a.unit for a in accounts],
            [None if a.shared else a.floor for a in accounts],
            [a.shared for a in accounts],
        ),
    )
    spills = [a for a in accounts if a.spill]
    if spills:
        cursor.execute(LINK_SPILLS, ([a.code for a in spills], [a.spill for a in spills]))
    return ids_of(connection, [a.code for a in accounts])


def ids_of(connection: Connection[Any], codes: Collection[str]) -> dict[str, int]:
    """
    Return the id of each account by its code.

    :raises AccountUnknown: one of them has no account.
    """
    found = dict(
        Cursor(connection)
        .execute("SELECT code, id FROM ledger_account WHERE code = ANY(%s)", (list(codes),))
        .fetchall()
    )
    if missing := set(codes) - set(found):
        raise AccountUnknown(f"Comptes inconnus : {', '.join(sorted(missing))}.")
    return found


def digest_of(*told: object) -> bytes:
    """Return the digest (16 bytes) of an act, which its key keeps for ever."""
    return hashlib.sha256("|".join(str(part) for part in told).encode()).digest()[:16]


def known(connection: Connection[Any], key: str, digest: bytes) -> int | None:
    """
    Return the entry that already has this key, if any.  Call it after `books.lock`.

    :raises KeyReused: the key names another act.
    """
    row = (
        Cursor(connection)
        .execute("SELECT id, digest FROM ledger_entry WHERE key = %s", (key,))
        .fetchone()
    )
    if row is None:
        return None
    if bytes(row[1]) != digest:
        raise KeyReused(f"La clé {key} désigne déjà une autre opération.")
    return int(row[0])


def booking_day(connection: Connection[Any], day: date) -> date:
    """Return the day on which a fact of that local day is booked now."""
    row = Cursor(connection).execute(books.CLOSED).fetchone()
    return books.booking_day(day, row[0] if row else None)


def close_books(connection: Connection[Any], *, until: date, at: datetime) -> None:
    """Close the books up to a day, that day included; what comes later is booked after it."""
    Cursor(connection).execute(
        "INSERT INTO ledger_closing (closed_on, closed_at) VALUES (%s, %s)"
        " ON CONFLICT (closed_on) DO NOTHING",
        (until, at),
    )


def post(
    connection: Connection[Any],
    *,
    entries: Sequence[NewEntry],
    recorded_at: datetime,
    accounts: dict[int, Locked],
) -> list[int]:
    """Book these entries in a batch of their own; the accounts are locked and carried."""
    batch = open_batch(connection, recorded_at)
    cursor = Cursor(connection)
    ids = books.post_many(cursor, entries, batch=batch, accounts=accounts)
    batch.write(cursor)
    return ids


def reverse(connection: Connection[Any], *, key: str, at: datetime, day: date, reason: str) -> int:
    """
    Book the opposite of an entry under `reverse:<key>` and return its id; once.

    Money that a household paid or owes is given back by `billing`, which knows what was paid
    since; this is for the entries that nobody's debt depends on.

    :raises AccountUnknown: no entry has this key.
    :raises AccountShort: an account has already spent what would be taken back.
    """
    cursor = Cursor(connection)
    rows = cursor.execute(
        "SELECT t.debit_id, t.credit_id, t.amount FROM ledger_entry AS e"
        " JOIN ledger_transfer AS t ON t.entry_id = e.id WHERE e.key = %s ORDER BY t.line",
        (key,),
    ).fetchall()
    if not rows:
        raise AccountUnknown(f"Aucune écriture ne porte la clé {key}.")
    postings = tuple(Posting(credit, debit, amount) for debit, credit, amount in rows)
    accounts = books.lock(connection, {a for p in postings for a in (p.debit, p.credit)})
    digest = digest_of("reverse", key, reason)
    if (done := known(connection, f"reverse:{key}", digest)) is not None:
        return done
    refuse_short(accounts, postings)
    entry = NewEntry(
        key=f"reverse:{key}",
        at=at_ms(at),
        booked_on=booking_day(connection, day),
        digest=digest,
        postings=postings,
    )
    return post(connection, entries=[entry], recorded_at=at, accounts=accounts)[0]


def refuse_short(accounts: dict[int, Locked], postings: Iterable[Posting]) -> None:
    """
    Carry the postings of a request, or refuse it whole.

    :raises AccountShort: one of the accounts would go under its floor.
    """
    books.carry(accounts, postings)
    for account in accounts.values():
        if account.floor is not None and account.spendable < 0:
            raise AccountShort(f"Il manque {-account.spendable} sur le compte {account.code}.")


def hold(
    connection: Connection[Any],
    *,
    key: str,
    account: int,
    amount: int,
    at: datetime,
    expires_at: datetime | None = None,
) -> None:
    """
    Set an amount aside, so that nothing else can spend it; the same key holds once.

    :raises AccountShort: less than that is left.
    :raises KeyReused: the key holds another amount or account.
    """
    accounts = books.lock(connection, [account])
    cursor = Cursor(connection)
    row = cursor.execute(
        "SELECT account_id, amount FROM ledger_hold WHERE key = %s", (key,)
    ).fetchone()
    if row is not None:
        if tuple(row) != (account, amount):
            raise KeyReused(f"La réserve {key} existe déjà pour un autre montant.")
        return
    if accounts[account].spendable < amount:
        raise AccountShort(
            f"Il manque {amount - accounts[account].spendable} sur le compte"
            f" {accounts[account].code}."
        )
    cursor.execute(
        "INSERT INTO ledger_hold (key, account_id, amount, state, held_at, expires_at)"
        " VALUES (%s, %s, %s, 'HELD', %s, %s)",
        (key, account, amount, at, expires_at),
    )
    cursor.execute("UPDATE ledger_account SET held = held + %s WHERE id = %s", (amount, account))


# What follows frees money, and who frees it pays first what is owed: `billing.holds` does both.


def capture(
    connection: Connection[Any], *, key: str, credit: int, amount: int, at: datetime, day: date
) -> int:
    """
    Turn what was set aside into an entry `capture:<key>`, and free the rest; return the entry.

    :raises HoldEnded: it was already captured, released or expired.
    :raises AccountShort: more is asked than was set aside.
    """
    account = held_on(connection, key)
    accounts = books.lock(connection, [account, credit])
    held = _end_hold(connection, key, "CAPTURED", at, amount)
    if amount > held:
        raise AccountShort(f"La réserve {key} est de {held}, pas de {amount}.")
    entry = NewEntry(
        key=f"capture:{key}",
        at=at_ms(at),
        booked_on=booking_day(connection, day),
        digest=digest_of("capture", key, credit, amount),
        postings=(Posting(account, credit, amount),),
    )
    return post(connection, entries=[entry], recorded_at=at, accounts=accounts)[0]


def release(connection: Connection[Any], *, key: str, at: datetime) -> None:
    """
    Give back what was set aside: the use will not happen.

    :raises HoldEnded: it was already captured, released or expired.
    """
    books.lock(connection, [held_on(connection, key)])
    _end_hold(connection, key, "RELEASED", at, None)


def expire(connection: Connection[Any], *, key: str, at: datetime) -> None:
    """
    Give back what was set aside: its time has passed.

    :raises HoldEnded: it was already captured, released or expired.
    """
    books.lock(connection, [held_on(connection, key)])
    _end_hold(connection, key, "EXPIRED", at, None)


def overdue(connection: Connection[Any], *, at: datetime, most: int = 1000) -> list[str]:
    """Return the keys of what was set aside until an instant that has passed."""
    rows = Cursor(connection).execute(
        "SELECT key FROM ledger_hold WHERE state = 'HELD' AND expires_at <= %s"
        " ORDER BY id LIMIT %s",
        (at, most),
    )
    return [key for (key,) in rows.fetchall()]


def held_on(connection: Connection[Any], key: str) -> int:
    """
    Return the account on which this is set aside.

    :raises AccountUnknown: nothing was ever set aside under this key.
    """
    row = (
        Cursor(connection)
        .execute("SELECT account_id FROM ledger_hold WHERE key = %s", (key,))
        .fetchone()
    )
    if row is None:
        raise AccountUnknown(f"Aucune réserve ne porte la clé {key}.")
    return int(row[0])


def _end_hold(
    connection: Connection[Any], key: str, state: str, at: datetime, captured: int | None
) -> int:
    """End what is set aside on an account that is locked; return how much it was."""
    cursor = Cursor(connection)
    ended = cursor.execute(
        "UPDATE ledger_hold SET state = %s, ended_at = %s, captured = least(%s, amount)"
        " WHERE key = %s AND state = 'HELD' RETURNING account_id, amount",
        (state, at, captured, key),
    ).fetchone()
    if ended is None:
        raise HoldEnded(f"La réserve {key} n'est plus en attente.")
    cursor.execute("UPDATE ledger_account SET held = held - %s WHERE id = %s", ended[::-1])
    return int(ended[1])
