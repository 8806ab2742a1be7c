"""
The rows of a policy: what a box must know to decide alone, and nothing more.

Never a balance, a quotient, a birth date, a name or a tariff: a product carries its price already
rated for that holder, and an account what a box may still take from it.  Holders and groups are
opaque and live in one sector.
"""

import hashlib
from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from cvq.rules.door import Window
from cvq.rules.slot import Booked
from cvq.rules.vocabulary import Direction, Means, MediumKind, MediumState, Purpose, Unit
from cvq.wire.events import canon

FOR_EVER = 2**53 - 1

RowRef = Annotated[str, Meta(pattern="^[0-9a-f]{32}$", max_length=32)]


class Offer(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """
    What a use in a zone may run on: pass, carnet, quota, wallet or nothing.

    `price` is the cents of one use, rated for this holder; `until` (milliseconds, exclusive) the
    day it changes; `account` the row that says what may still be taken, empty for none.
    """

    zone: str
    means: Means
    account: str = ""
    price: int = 0
    until: int = FOR_EVER
    lock: int = 0


class WindowAt(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The hours of a week in which the holder may open one door, until an instant (exclusive)."""

    point: int
    window: Window
    until: int = FOR_EVER


class SlotAt(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A slot that the holder booked behind one door."""

    point: int
    slot: Booked


class CardRow(
    Struct,
    frozen=True,
    gc=False,
    kw_only=True,
    omit_defaults=True,
    tag="card",
    tag_field="row",
):
    """
    A medium of a sector: its state, who holds it, what they may do.

    `holder` is empty when nobody holds it; `group` is the household where uses are counted for a
    household; `enrolled` lists services.
    """

    ref: RowRef
    state: MediumState
    kind: MediumKind
    holder: str = ""
    group: str = ""
    offers: tuple[Offer, ...] = ()
    windows: tuple[WindowAt, ...] = ()
    slots: tuple[SlotAt, ...] = ()
    enrolled: tuple[int, ...] = ()


class AccountRow(
    Struct,
    frozen=True,
    gc=False,
    kw_only=True,
    omit_defaults=True,
    tag="account",
    tag_field="row",
):
    """What a box may take from an account before it hears again: never what is on it."""

    ref: str
    unit: Unit
    allowance: Annotated[int, Meta(ge=0)] = 0


class PointRow(
    Struct,
    frozen=True,
    gc=False,
    kw_only=True,
    omit_defaults=True,
    tag="point",
    tag_field="row",
):
    """
    An access point: which rules it follows, when it is open (instants), how many it holds.

    `asks` when it asks the town hall first; `sensitive` when it refuses rather than trust a list
    past its date.
    """

    point: int
    purpose: Purpose
    service: int
    zone: str
    directions: tuple[Direction, ...] = (Direction.IN,)
    open: tuple[tuple[int, int], ...] = ()
    max_attendance: int | None = None
    asks: bool = False
    sensitive: bool = False


class PlaceRow(
    Struct,
    frozen=True,
    gc=False,
    kw_only=True,
    omit_defaults=True,
    tag="place",
    tag_field="row",
):
    """The time zone of the territory, and its public holidays (ISO dates) of these weeks."""

    time_zone: str
    holidays: tuple[str, ...] = ()


Row = CardRow | AccountRow | PointRow | PlaceRow

_MODULUS = 1 << 256
_ROW_DOMAIN = b"cc/row/v1\0"

read_row = msgspec.json.Decoder(Row).decode


def key_of(row: Row) -> str:
    """Return what names a row in a policy: a later row of the same key replaces it."""
    match row:
        case CardRow():
            return f"c:{row.ref}"
        case AccountRow():
            return f"a:{row.ref}"
        case PointRow():
            return f"p:{row.point}"
        case PlaceRow():
            return "t"


def row_digest(line: bytes) -> int:
    """Return what one row, as written, adds to the digest of the state."""
    return int.from_bytes(hashlib.sha256(_ROW_DOMAIN + line).digest(), "big")


def plus(state: int, line: bytes) -> int:
    """Return the digest of a state once a row is in it, in any order."""
    return (state + row_digest(line)) % _MODULUS


def minus(state: int, line: bytes) -> int:
    """Return the digest of a state once a row is out of it."""
    return (state - row_digest(line)) % _MODULUS


def state_of(rows: Iterable[Row]) -> int:
    """Return the digest of a whole state."""
    state = 0
    for row in rows:
        state = plus(state, canon(row))
    return state
