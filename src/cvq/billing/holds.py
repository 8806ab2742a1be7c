"""How money that was set aside is let go: what its household owes is paid with it first."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar

from psycopg import Connection, Cursor

from cvq.billing.services import SPILLS, pay_debts
from cvq.ledger import books
from cvq.ledger import services as ledger
from cvq.plumbing.again import again
from cvq.plumbing.batches import open_batch

T = TypeVar("T")


def capture(
    connection: Connection[Any], *, key: str, credit: int, amount: int, at: datetime, day: date
) -> int:
    """
    Turn what was set aside into an entry, and return it; the rest pays what is owed.

    :raises HoldEnded: it was already captured, released or expired.
    :raises AccountShort: more is asked than was set aside.
    """

    def end() -> int:
        return ledger.capture(connection, key=key, credit=credit, amount=amount, at=at, day=day)

    return _let_go(connection, key, at, end, credit)


def release(connection: Connection[Any], *, key: str, at: datetime) -> None:
    """
    Give back what was set aside: the use will not happen.

    :raises HoldEnded: it was already captured, released or expired.
    """
    _let_go(connection, key, at, lambda: ledger.release(connection, key=key, at=at))


def expire_holds(connection: Connection[Any], *, at: datetime) -> int:
    """
    Give back what was set aside until an instant that has passed; return how many were.

    Each in a transaction of its own: one that somebody ends meanwhile is theirs.
    """
    return sum(_expire(connection, key, at) for key in ledger.overdue(connection, at=at))


def _expire(connection: Connection[Any], key: str, at: datetime) -> bool:
    try:
        _let_go(connection, key, at, lambda: ledger.expire(connection, key=key, at=at))
    except ledger.HoldEnded:
        return False
    return True


def _let_go(
    connection: Connection[Any], key: str, at: datetime, end: Callable[[], T], *more: int
) -> T:
    def work() -> T:
        account = ledger.held_on(connection, key)
        spills = Cursor(connection).execute(SPILLS, ([account],)).fetchall()
        touched = {account, *more, *(spill for _, spill in spills if spill is not None)}
        books.lock(connection, touched)
        ended = end()
        batch = open_batch(connection, at)
        pay_debts(connection, books.lock(connection, touched), batch=batch, at=at)
        batch.write(Cursor(connection))
        return ended

    return again(connection, work)
