"""
Values as PostgreSQL sends them between its own programs: binary, whole columns at a time.

The spine sends lists of a few types by the thousand; reading and writing them as text would cost
more than deciding the taps.  Réf. PostgreSQL 15, « Formatting of Binary Data » and array_recv.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import chain, repeat
from struct import Struct, pack
from typing import Any
from uuid import UUID

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
EPOCH_ORDINAL = date(2000, 1, 1).toordinal()
MICROSECOND = timedelta(microseconds=1)
LENGTHS_REMEMBERED = 1024
NULL = pack(">i", -1)
JSONB_VERSION = b"\x01"

Encode = Callable[[Any], bytes]
_length = Struct(">i").pack


def _micros(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND


def _days(day: date) -> int:
    return day.toordinal() - EPOCH_ORDINAL


def _same(value: int) -> int:
    return value


def _text(value: str) -> bytes:
    return value.encode()


def _uuid(value: UUID) -> bytes:
    return value.bytes


def _bytes(value: bytes) -> bytes:
    return value


def _json(value: str) -> bytes:
    return JSONB_VERSION + value.encode()


# Types of one size: their number in pg_type and that of their arrays, a letter of `struct`, how
# many bytes, and what makes an integer of a value.
NUMBERS: dict[str, tuple[int, int, str, int, Callable[[Any], int]]] = {
    "boolean": (16, 1000, "?", 1, _same),
    "smallint": (21, 1005, "h", 2, _same),
    "int": (23, 1007, "i", 4, _same),
    "bigint": (20, 1016, "q", 8, _same),
    "date": (1082, 1182, "i", 4, _days),
    "timestamptz": (1184, 1185, "q", 8, _micros),
}
# Types of any size, with what makes bytes of a value, and whether a column of them says few things
# many times: each is then written once.
STRINGS: dict[str, tuple[int, int, Encode, bool]] = {
    "text": (25, 1009, _text, True),
    "bytea": (17, 1001, _bytes, False),
    "uuid": (2950, 2951, _uuid, False),
    "jsonb": (3802, 3807, _json, True),
}


@lru_cache(LENGTHS_REMEMBERED)
def _row_of(letter: str, count: int) -> Struct:
    return Struct(">" + f"i{letter}" * count)


def _head(oid: int, count: int, *, holes: bool) -> bytes:
    if not count:
        return pack(">iii", 0, 0, oid)
    return pack(">iiiii", 1, holes, oid, count, 1)


def _numbers(oid: int, letter: str, size: int, number: Callable[[Any], int]) -> Encode:
    one = Struct(f">i{letter}").pack

    def encode(values: Sequence[Any]) -> bytes:
        count, holes = len(values), values.count(None)
        head = _head(oid, count, holes=holes > 0)
        if holes == count:
            return head + NULL * count
        if holes:
            told = [NULL if value is None else one(size, number(value)) for value in values]
            return head + b"".join(told)
        integers = values if number is _same else map(number, values)
        flat = chain.from_iterable(zip(repeat(size), integers))
        return head + _row_of(letter, count).pack(*flat)

    return encode


def _strings(oid: int, string: Encode, *, repeats: bool) -> Encode:
    def written(value: Any) -> bytes:
        said = string(value)
        return _length(len(said)) + said

    def encode(values: Sequence[Any]) -> bytes:
        if repeats:
            once = {value: written(value) for value in set(values) if value is not None}
            once[None] = NULL
            if len(once) == 1:
                return _head(oid, len(values), holes=bool(values)) + NULL * len(values)
            told = [once[value] for value in values]
        else:
            told = [NULL if value is None else written(value) for value in values]
        return _head(oid, len(values), holes=NULL in told) + b"".join(told)

    return encode


def _number(letter: str, number: Callable[[Any], int]) -> Encode:
    one = Struct(f">{letter}").pack
    return lambda value: one(number(value))


def encoder(kind: str) -> tuple[int, Encode]:
    """
    Return the number of a type in pg_type, and what makes its bytes of a value.

    :raises KeyError: nothing here sends that type.
    """
    base, is_array = kind.removesuffix("[]"), kind.endswith("[]")
    if base in NUMBERS:
        oid, array_oid, letter, size, number = NUMBERS[base]
        if is_array:
            return array_oid, _numbers(oid, letter, size, number)
        return oid, _number(letter, number)
    oid, array_oid, string, repeats = STRINGS[base]
    return (array_oid, _strings(oid, string, repeats=repeats)) if is_array else (oid, string)
