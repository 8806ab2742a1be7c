"""What a compiled formula is, and how a rating stops when a value is missing."""

from collections.abc import Callable
from typing import Any

import msgspec

from cvq.rules.tariff.grammar import Tree
from cvq.rules.tariff.kinds import Kind
from cvq.rules.tariff.outcome import RefusalKind

Env = dict[str, Any]
# What a closure returns was checked against its Kind when it was compiled.
Run = Callable[[Env], Any]
HITS = "#hits"


class Formula(msgspec.Struct, frozen=True, kw_only=True):
    """
    A closure, its type, and what it reads.

    `needs` are the names of inputs behind it, `fields` those of a list's records, `tables` the
    tables that it asks.  `run` refuses an unknown value; `raw` hands it over.  `weight` is how many
    values it reads at most, `depth` how many closures call one another: both are limited.
    """

    kind: Kind
    run: Run
    raw: Run
    tree: Tree | None = None
    needs: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()
    weight: int = 1
    depth: int = 1

    @property
    def constant(self) -> bool:
        """Return whether it reads nothing."""
        return not (self.needs or self.fields or self.tables)


class Stop(Exception):
    """There is no price; becomes a `Refused`, never leaves the package."""

    def __init__(self, kind: RefusalKind, reason: str, line: int = 0) -> None:
        self.kind, self.reason, self.line = kind, reason, line
        super().__init__(reason)


class Unsound(Stop):
    """There is no price by the tariff's own fault: it takes off too much, or divides by zero."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(RefusalKind.WRONG_INPUT, reason, line)


def missing(title: str) -> Stop:
    """Return the stop for a value that nobody gave."""
    return Stop(RefusalKind.MISSING_INPUT, f"Il manque : {title}.")
