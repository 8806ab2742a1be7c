"""
What the oracle is told while a territory lives: what doors told, money, nights, and the desk.

Plain data, so that it hears the same whether it listens here or in a process of its own.
"""

from collections.abc import Callable
from datetime import date
from uuid import UUID

from msgspec import Struct

from cvq.rules.vocabulary import MediumKind, MediumState, Sector
from cvq.taps.told import Answer, Told


class Saw(Struct, frozen=True, tag=True):
    """
    A batch that the spine settled, and what it answered.

    What another process settled says after how many things of the teller it was: it may come
    before them.
    """

    told: list[Told]
    answers: list[Answer]
    at: int
    after: int | None = None


class ToppedUp(Struct, frozen=True, tag=True):
    """Money on a wallet, by its key; `held_in` is the account that holds it."""

    wallet: str
    cents: int
    key: str
    held_in: str


class DaysCharged(Struct, frozen=True, tag=True):
    """The days of childcare were charged, up to that one."""

    until: date


class CardChanged(Struct, frozen=True, tag=True):
    """A medium, by what one sector sees of it, is in another state."""

    sector: Sector
    ref: str
    state: MediumState
    at: int


class CardReplaced(Struct, frozen=True, tag=True):
    """Somebody holds another medium than that one."""

    sector: Sector
    ref: str
    kind: MediumKind
    refs: dict[Sector, str]
    person: int
    at: int


class HomeMoved(Struct, frozen=True, tag=True):
    """A household lives elsewhere from a day."""

    household: int
    commune: int
    on: date


class QuotientTold(Struct, frozen=True, tag=True):
    """A household has another quotient from a day."""

    household: int
    value: int
    on: date


class RightEnded(Struct, frozen=True, tag=True):
    """The right that an account belongs to ends."""

    holder: UUID
    account: str
    until: date | None


class CarnetSold(Struct, frozen=True, tag=True):
    """Somebody has a new carnet."""

    holder: UUID
    service: int | None
    zone: str
    account: str
    amount: int
    since: date
    until: date | None


class Asked(Struct, frozen=True, tag=True):
    """Somebody wants to know what it all comes to."""


News = CardChanged | CardReplaced | HomeMoved | QuotientTold | RightEnded | CarnetSold
Heard = Saw | ToppedUp | DaysCharged | News
Hears = Callable[[Heard], None]
