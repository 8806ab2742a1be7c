"""Names for what people do: a UUIDv7 (RFC 9562, §5.7) drawn into the form beforehand."""

import secrets
import time
from collections.abc import Callable
from uuid import UUID

NANOSECONDS = 1_000_000


def uuid7(at_ms: int | None = None, draw: Callable[[int], bytes] = secrets.token_bytes) -> UUID:
    """
    Return a name that nobody drew before and that sorts by the millisecond it was drawn.

    The clock is read here when the caller has none; the twin gives its own time and its own draw.
    """
    if at_ms is None:
        at_ms = time.time_ns() // NANOSECONDS
    value = at_ms << 80 | int.from_bytes(draw(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
