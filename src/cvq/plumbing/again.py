"""Run a transaction again when somebody else came between: three times at most."""

from collections.abc import Callable
from typing import Any, TypeVar

from psycopg import Connection
from psycopg.errors import (
    DeadlockDetected,
    InvalidSqlStatementName,
    SerializationFailure,
    UniqueViolation,
)

from cvq.plumbing.pipeline import forget

MAX_RUNS = 3
# Somebody else wrote the same key or locked the other way round, or a rollback took with it what
# was prepared: look again.
LOOK_AGAIN = (UniqueViolation, DeadlockDetected, SerializationFailure, InvalidSqlStatementName)

T = TypeVar("T")


def again(connection: Connection[Any], work: Callable[[], T]) -> T:
    """Return what `work` gives in a transaction of its own; it must begin by looking."""
    for run in range(MAX_RUNS):
        try:
            with connection.transaction():
                return work()
        except LOOK_AGAIN:
            forget(connection)
            if run == MAX_RUNS - 1:
                raise
    raise AssertionError("unreachable")
