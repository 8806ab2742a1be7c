"""A day of childcare shared between two who charge it at once: no wallet is ever in both parts."""

from collections.abc import Set
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from cvq.billing.payers import Payer
from cvq.rules.vocabulary import Direction

Taken = dict[int, list[tuple[int, Direction]]]  # by service, the minutes of a child's day


class Charged(Struct, frozen=True):
    """How many entries were booked, and how many sessions had no price or nobody to pay."""

    entries: int = 0
    unpriced: int = 0


class Among(Struct, frozen=True, kw_only=True):
    """How many children of a wallet came to a service that day, and a child's rank by birth."""

    children: int
    rank: int


class Attended(Struct):
    """
    Children of a day to charge, in the order they came: what was seen of each, and who pays.

    `among` is told where a tariff in force asks for it.
    """

    day: date
    taken: dict[UUID, Taken]
    paying: dict[UUID, Payer]
    among: dict[UUID, dict[int, Among]] = {}


class Beside(Protocol):
    """Whoever charges some families of a day meanwhile, on a connection of their own."""

    def charge(self, attended: Attended, *, at: datetime) -> None:
        """Have these children charged."""

    def charged(self) -> Charged:
        """Wait until they are."""


def shared(attended: Attended) -> tuple[Attended, Attended]:
    """Return the children of every other wallet, and the others: a wallet is never in both."""
    # A wallet and what it owes are opened together: every other number is a wallet's.
    theirs = {child for child, payer in attended.paying.items() if payer.wallet // 2 % 2}
    mine = attended.taken.keys() - theirs
    return _only(attended, mine), _only(attended, theirs)


def _only(attended: Attended, children: Set[UUID]) -> Attended:
    return Attended(
        attended.day,
        {child: seen for child, seen in attended.taken.items() if child in children},
        {child: payer for child, payer in attended.paying.items() if child in children},
        {child: among for child, among in attended.among.items() if child in children},
    )
