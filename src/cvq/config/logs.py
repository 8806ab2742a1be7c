"""
What our processes say of themselves: one JSON object a line, on the error output.

Never a name, a card, an amount or a key: what happened to whom is in the books.
"""

import logging
import sys
import traceback
from typing import Any

import psycopg
import structlog

# What PostgreSQL says of a value that it cannot take quotes it.
DATA_EXCEPTION = "22"


def configure(process: str) -> None:
    """Make this process log under its name."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(_told),
            _named(process),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=_ErrorOutput,
        cache_logger_on_first_use=True,
    )


def failed(error: Exception) -> None:
    """Say that this process ends by something that nobody foresaw."""
    structlog.get_logger().critical("failed", exc_info=error)


class _ErrorOutput:
    """The error output as it is when something is said, even if it was turned elsewhere since."""

    def __init__(self, *names: Any) -> None:
        """Take the name of who logs, which we do not say."""

    def msg(self, message: str) -> None:
        """Write one line."""
        print(message, file=sys.stderr, flush=True)

    debug = info = warning = error = critical = msg


def _named(process: str) -> Any:
    def add(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
        event["process"] = process
        return event

    return add


def _told(exc_info: Any) -> str:
    """
    Tell what failed and where, and what led to it.

    Never what the exception says: PostgreSQL shows the row that it refuses, and Python the key
    that it does not find.  Nor what the variables held.
    """
    error: BaseException | None = exc_info[1]
    parts: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        where = "".join(traceback.format_tb(error.__traceback__))
        parts.append(f"{where}{type(error).__module__}.{type(error).__qualname__}{_why(error)}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n\n".join(reversed(parts))


def _why(error: BaseException) -> str:
    match error:
        case psycopg.Error(sqlstate=str(state), diag=diag):
            said = None if state.startswith(DATA_EXCEPTION) else diag.message_primary
            named = (diag.table_name, diag.column_name, diag.constraint_name)
            return f": {' '.join(filter(None, (state, *named, said)))}"
        case psycopg.OperationalError() | OSError():  # no server answered: it says where
            return f": {error}"
        case _:
            return ""
