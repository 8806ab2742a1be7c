"""
The order of precedence that every tap follows.

A tap at an access point is decided by a tuple of rules; the first that objects wins.  Medium, then
place, then holder, then repetition, then what runs out.  At a childcare point an objection is
only noted: staff are called and no child is turned away.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec import Struct

from cvq.rules.vocabulary import (
    CHILDCARE,
    Direction,
    Means,
    MediumKind,
    MediumState,
    Purpose,
    Reason,
)

# Two taps closer than this are one gesture: people tap again when the light is slow.
RETAP_GRACE_MS = 60_000


class Tap(Struct, frozen=True, gc=False, kw_only=True):
    """A medium presented at an access point; `at` in milliseconds since 1970, UTC."""

    at: int
    purpose: Purpose
    direction: Direction = Direction.IN


class Granted(Struct, frozen=True, gc=False, tag=True):
    """
    The door opens; `means` and `cents` say what the use runs on.

    `until` (milliseconds, 0 for none) ends the lease of a door and its light.  `repeats` marks a
    second tap of the same passage, which costs nothing.
    """

    means: Means = Means.FREE
    cents: int = 0
    until: int = 0
    repeats: bool = False


class Noted(Struct, frozen=True, gc=False, tag=True):
    """The child goes in; staff are told why we would have objected."""

    reason: Reason


class Refused(Struct, frozen=True, gc=False, tag=True):
    """The door stays shut."""

    reason: Reason


Decision = Granted | Noted | Refused


class Situation(Struct, frozen=True, gc=False, kw_only=True):
    """What every rule may know: the medium and the place, at the instant of the tap."""

    medium: MediumState | None
    kind: MediumKind | None = None
    held: bool = True
    open: bool = True
    last_at: int | None = None


S = TypeVar("S", bound=Situation)
Rule = Callable[[Tap, S], Reason | None]


def first_objection(rules: Sequence[Rule[S]], tap: Tap, situation: S) -> Reason | None:
    """Return the objection of the first rule that has one."""
    for rule in rules:
        if reason := rule(tap, situation):
            return reason
    return None


def objections(rules: Sequence[Rule[S]], tap: Tap, situation: S) -> tuple[Reason, ...]:
    """Return every objection, in order of precedence: what an agent is shown."""
    return tuple(reason for rule in rules if (reason := rule(tap, situation)))


def objected(tap: Tap, reason: Reason) -> Noted | Refused:
    """Return the answer to an objection: a child is noted, anybody else refused."""
    return Noted(reason) if tap.purpose in CHILDCARE else Refused(reason)
