"""
What a device tells: its journal of happenings, chained so that nothing can be taken out.

Every number is an integer, so that two languages write the same bytes; instants are milliseconds
since 1970, UTC.
"""

import hashlib
from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from cvq.rules.vocabulary import By, Direction, Happening, Means, Reason, Verdict

MAX_EVENTS = 250
REF_BYTES = 16

_EVENT_DOMAIN = b"cc/ev/v1\0"
_GENESIS_DOMAIN = b"cc/genesis\0"
_HAPPENING_DOMAIN = b"cc/happening/v1\0"


# The integers that every language writes exactly; a device number fits the database's.
MAX_INTEGER = 2**53 - 1
Number = Annotated[int, Meta(ge=0, le=MAX_INTEGER)]
Positive = Annotated[int, Meta(ge=1, le=MAX_INTEGER)]
DeviceNumber = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Flag = Annotated[int, Meta(ge=0, le=1)]
Ref = Annotated[str, Meta(pattern="^([0-9a-f]{32})?$", max_length=2 * REF_BYTES)]
Boot = Annotated[str, Meta(pattern="^[0-9a-f-]*$", max_length=36)]


class Event(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """
    One line of a device's journal: what happened, then what was decided, and by whom.

    `dev` and `seq` name it for ever.  `ref` is the medium in the sector of the point (32 hex
    characters, empty for NOT_PASSED, where `of` is the `seq` of the grant nobody walked through).
    `cq` is 1 when the clock is suspect; `boot` and `mono` (milliseconds since boot) order events
    when the clock is not.  `pol` is the snapshot that decided.
    """

    dev: DeviceNumber
    seq: Positive
    at: Number
    pt: Positive
    what: Happening = Happening.TAP
    ref: Ref = ""
    dir: Direction = Direction.IN
    of: Number = 0
    cq: Flag = 0
    boot: Boot = ""
    mono: Number = 0
    by: By = By.DOOR
    said: Verdict = Verdict.REFUSED
    why: Reason | None = None
    means: Means = Means.FREE
    pol: Number = 0


_encoder = msgspec.json.Encoder(order="sorted")


def canon(value: object) -> bytes:
    """Return the only bytes that a value has on the wire: JSON, sorted keys, no spaces."""
    return _encoder.encode(value)


def genesis(device: int) -> bytes:
    """Return what a device's chain begins on."""
    return hashlib.sha256(_GENESIS_DOMAIN + str(device).encode()).digest()


def chained(previous: bytes, event: Event) -> bytes:
    """Return the hash of the chain once the event is on it."""
    return hashlib.sha256(_EVENT_DOMAIN + previous + canon(event)).digest()


def head_after(previous: bytes, events: Iterable[Event]) -> bytes:
    """Return the hash of the chain once all these events are on it."""
    for event in events:
        previous = chained(previous, event)
    return previous


def happening(event: Event) -> bytes:
    """
    Return the digest (16 bytes) of what happened, never of what was decided.

    The same key with another digest is a fork: two boxes speak under one name.
    """
    numbers = f"{event.dev}|{event.seq}|{event.at}|{event.pt}"
    told = "|".join((numbers, event.what, event.ref, event.dir, str(event.of)))
    return hashlib.sha256(_HAPPENING_DOMAIN + told.encode()).digest()[:16]
