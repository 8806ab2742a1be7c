"""What must hold of stays: what a carnet lost is what was swum, what counts is booked."""

from collections.abc import Iterator
from typing import Any

from psycopg import Connection

from cvq.billing.passages import passage_culprits


def culprits(connection: Connection[Any]) -> Iterator[str]:
    """Yield what is wrong, one sentence each; nothing when all is well."""
    yield from passage_culprits(connection, table="pool_stay", kind="CARNET")
