"""The values of a rating: a compiled tariff, a price that explains itself, or why there is none."""

from enum import StrEnum

import msgspec

Scalar = bool | int | str


class Line(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One part of a price."""

    label: str
    cents: int


class Priced(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What is owed, line by line, and the sentence that the family will read: no name in it."""

    cents: int
    lines: tuple[Line, ...]
    sentence: str


class NoPrice(StrEnum):
    """Why a price cannot be told."""

    NO_QUANTITY = "NO_QUANTITY"
    WRONG_INPUT = "WRONG_INPUT"


class NotPriced(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Why there is no price, for the one who asked."""

    kind: NoPrice
    reason: str


class Is(msgspec.Struct, frozen=True, gc=False):
    """The input is that value."""

    name: str
    value: Scalar


class Between(msgspec.Struct, frozen=True, gc=False):
    """The input is at least `low` and under `high`; no bound is no limit."""

    name: str
    low: int | None
    high: int | None


Condition = Is | Between


class Row(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A price and when it holds; `missing` says that an unknown input meets its conditions."""

    when: tuple[Condition, ...]
    cents: int
    label: str
    missing: bool


class Tariff(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """
    A grid: the first row that holds is the price, and every adder that holds comes on top.

    `per` names the input that multiplies the row, `unit` says by what in French.
    """

    item: str
    inputs: tuple[str, ...]
    rows: tuple[Row, ...]
    adders: tuple[Row, ...]
    per: str | None
    unit: str
