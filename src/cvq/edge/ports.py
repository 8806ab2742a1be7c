"""What a controller needs of the world: readers, actuators and, if it answers, the town hall."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from cvq.rules.vocabulary import Direction
from cvq.wire.events import Event
from cvq.wire.messages import Answer
from cvq.wire.words import Sound


class Presented(NamedTuple):
    """A medium held to a reader, as its reference in the sector of the point."""

    ref: str
    point: int
    direction: Direction = Direction.IN


class Turned(NamedTuple):
    """Somebody went through a turnstile."""

    point: int
    direction: Direction = Direction.IN


class Effect(NamedTuple):
    """What the door does and the reader says; `until` (milliseconds) ends a lease, 0 for none."""

    seq: int
    ref: str
    point: int
    direction: Direction
    opens: bool
    word: str
    sound: Sound
    sentence: str
    until: int = 0


class Reader(Protocol):
    """Gives what was presented since it was last asked, and never waits."""

    def poll(self) -> Sequence[Presented]:
        """Return the media presented since the last call, oldest first."""


class Actuator(Protocol):
    """Moves doors, lights and readers' screens, and never waits."""

    def do(self, effect: Effect) -> None:
        """Show the answer, and open if it opens."""

    def turned(self) -> Sequence[Turned]:
        """Return the rotations since the last call, oldest first."""


class Town(Protocol):
    """The town hall, asked while somebody stands at the door."""

    def is_reachable(self) -> bool:
        """Tell whether asking is worth the wait."""

    def ask(self, event: Event) -> Answer | None:
        """Return its answer, or nothing if it does not come in time."""


class Nobody:
    """A town hall that never answers: the box decides everything alone."""

    def is_reachable(self) -> bool:
        """Return no."""
        return False

    def ask(self, event: Event) -> Answer | None:
        """Return nothing."""
        return None
