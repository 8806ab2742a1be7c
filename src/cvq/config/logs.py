"""What our processes say of themselves: one JSON object a line, on the error output.

Never a name, a card, an amount or a key: what happened to whom is in the books.
"""

import logging
import sys
from typing import Any

import structlog


def configure(process: str) -> None:
    """Make this process log under its name."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _named(process),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def _named(process: str) -> Any:
    def add(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
        event["process"] = process
        return event

    return add
