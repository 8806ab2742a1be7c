"""Deadlines as a tariff document states them."""

import msgspec

from cvq.rules.deadline import Deadline


def stated(**document: object) -> Deadline:
    """Return the deadline that a tariff states."""
    deadline: Deadline = msgspec.convert(document, Deadline)
    return deadline
