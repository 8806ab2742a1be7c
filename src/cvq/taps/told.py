"""What the spine is given, and what it answers."""

from msgspec import Struct

from cvq.rules.vocabulary import Means, Reason, Verdict
from cvq.wire.events import Event


class Told(Struct, frozen=True, gc=False, kw_only=True):
    """
    An event, and whether its door waits for our answer or tells what it already did.

    `previous_at` is the instant (milliseconds) of the event before it in the same journal, if any.
    `is_vouched` when somebody at the desk vouches for what could not be believed.
    """

    event: Event
    asks: bool = False
    previous_at: int | None = None
    is_vouched: bool = False


class Answer(Struct, frozen=True, gc=False, kw_only=True):
    """
    What stands of an event.

    `known` when it had been told before; `parked` why it could not be believed; `forked` when its
    name already names something else.  `objection` is ours to what a door did alone.
    """

    device: int
    seq: int
    said: Verdict
    why: Reason | None = None
    means: Means = Means.FREE
    until: int = 0
    known: bool = False
    parked: str | None = None
    forked: bool = False
    objection: Reason | None = None
