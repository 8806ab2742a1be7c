"""
The accounts of what runs out, and the entry that fills each of them once.

An account has its overrun beside it, which takes what a door let in when nothing was left.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from psycopg import Connection, Cursor

from cvq.kernel.local import at_ms, local, ms_at
from cvq.ledger import books
from cvq.ledger.books import NewEntry, Posting
from cvq.ledger.services import NewAccount, digest_of, open_accounts
from cvq.plumbing.batches import Batch

ENTRIES_AT_ONCE = 4000  # a batch holds 4,096
GRANTED_ALREADY = "SELECT key FROM ledger_entry WHERE key = ANY(%s::text[])"


class Counted(NamedTuple):
    """An account to open, filled with so much of a unit on a day."""

    code: str
    unit: str
    amount: int
    on: date


def open_filled(
    connection: Connection[Any], wanted: Sequence[Counted], *, batch: Batch
) -> dict[str, int]:
    """
    Open and fill the accounts that are not, and return the id of each by its code.

    Two transactions may open the same one: the second waits for the first, then finds it filled.
    The order of the codes keeps them from waiting for each other.  An account is filled by whoever
    opens it, so only those that this transaction opened are locked: the caller, which locks what
    it uses in the order of ids, holds nothing that another waits for.
    """
    ordered = sorted({each.code: each for each in wanted}.values())
    ids = open_accounts(connection, [account for each in ordered for account in _accounts(each)])
    cursor = Cursor(connection)
    keys = [_key(each) for each in ordered]
    filled = {key for (key,) in cursor.execute(GRANTED_ALREADY, [keys])}
    empty = [each for each in ordered if _key(each) not in filled]
    locked = books.lock(connection, [ids[each.code] for each in empty])
    sources = _sources(connection, {each.unit for each in empty})
    (closed_on,) = cursor.execute(books.CLOSED).fetchone() or (None,)
    entries = [_grant(each, ids[each.code], sources, closed_on) for each in empty]
    books.post_many(cursor, entries, batch=batch, accounts=locked)
    return {each.code: ids[each.code] for each in ordered}


def start_of(day: date) -> int:
    """Return the first instant of a day of the territory."""
    return ms_at(day, 0, ZoneInfo(settings.TIME_ZONE))


def day_of(at: datetime) -> date:
    """Return the day of an instant in the territory."""
    return local(at_ms(at), ZoneInfo(settings.TIME_ZONE)).day


def granted_from(connection: Connection[Any], unit: str) -> int:
    """Return the shared account that every grant of a unit comes from."""
    code = f"GRANTED:{unit}"
    return books.shared(connection, [code], unit)[code]


def _sources(connection: Connection[Any], units: set[str]) -> dict[str, int]:
    return {unit: granted_from(connection, unit) for unit in sorted(units)}


def _accounts(each: Counted) -> tuple[NewAccount, NewAccount]:
    overrun = f"OVERRUN:{each.code}"
    kind = each.code.partition(":")[0]
    return (
        NewAccount(overrun, "OVERRUN", each.unit, floor=None),
        NewAccount(each.code, kind, each.unit, floor=0, spill=overrun),
    )


def _key(each: Counted) -> str:
    return f"grant:{each.code}"


def _grant(
    each: Counted, account: int, sources: dict[str, int], closed_on: date | None
) -> NewEntry:
    return NewEntry(
        key=_key(each),
        at=start_of(each.on),
        booked_on=books.booking_day(each.on, closed_on),
        digest=digest_of("grant", each.code, each.amount),
        postings=(Posting(sources[each.unit], account, each.amount),),
    )
