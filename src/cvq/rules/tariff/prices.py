"""The simplest tariff, compiled: a grid whose first row that holds is the price."""

import msgspec

Scalar = bool | int | str


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

    @property
    def grain(self) -> str:
        """Return what one rating covers: a grid sees one thing at a time."""
        return "session"

    @property
    def reads(self) -> tuple[str, ...]:
        """Return the names of what it has to know."""
        return self.inputs if self.per is None else (*self.inputs, self.per)

    @property
    def counts(self) -> tuple[()]:
        """Return what it counts: a grid counts nothing."""
        return ()
