"""
The boxes of the twin: each keeps its journal in memory and tells it when its line is up.

A box that is cut off knows what it knew when the line went down, and remembers its own taps.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from msgspec import structs

from cvq.rules.tap import Decision, Granted, Noted, Refused
from cvq.rules.vocabulary import By, Direction, Happening, Means, Reason, Verdict
from cvq.taps.told import Told
from cvq.twin.places import Spot
from cvq.wire.events import Event

SYNC_MS = 10 * 60_000  # how long ago a box last heard of cards, when its line is up
NO_END = 1 << 62

Visit = tuple[int, Direction]


@dataclass(kw_only=True, slots=True)
class Cut:
    """A line that is down from an instant until another, with what was left to spend before."""

    since: int
    until: int
    left: dict[str, int] = field(default_factory=dict)


class Box:
    """A device: its numbers, its journal, what it saw today, and what is wrong with it."""

    def __init__(self, number: int) -> None:
        """Take a box out of its carton."""
        self.number = number
        self.seq = 0
        self.journal: list[Event] = []
        self.previous_at: int | None = None
        self.cut: Cut | None = None
        self.ahead_ms = 0
        self.misplaced: Spot | None = None
        self.is_suspect = False
        self.seen: dict[tuple[object, str], list[Visit]] = defaultdict(list)

    def is_cut(self, at: int) -> bool:
        """Tell whether the line is down."""
        return self.cut is not None and self.cut.since <= at < self.cut.until

    def may_ask(self, at: int) -> bool:
        """Tell whether the town hall can be asked, and would believe."""
        is_sound = not self.ahead_ms and not self.is_suspect and self.misplaced is None
        return is_sound and not self.is_cut(at)

    def heard_until(self, at: int) -> int:
        """Return up to when this box knows what became of cards."""
        heard = at - SYNC_MS
        return min(heard, self.cut.since) if self.cut is not None and self.is_cut(at) else heard

    def asks(self, spot: Spot, ref: str, at: int, direction: Direction) -> Event:
        """Return a tap as it stands while the town hall is asked."""
        return self._event(spot, at, ref=ref, direction=direction, by=By.TOWN)

    def does(
        self, spot: Spot, ref: str, at: int, direction: Direction, decision: Decision
    ) -> Event:
        """Write down a tap that this box decided alone, and return it."""
        said, why, means = _said(decision)
        event = self._event(
            spot, at, ref=ref, direction=direction, by=By.DOOR, said=said, why=why, means=means
        )
        self.journal.append(event)
        return event

    def keeps(self, event: Event, said: Verdict, why: Reason | None, means: Means) -> Event:
        """Write down a tap as the town hall answered it, and return it."""
        kept = structs.replace(event, said=said, why=why, means=means)
        self.journal.append(kept)
        return kept

    def amends(self, event: Event, decision: Decision) -> Event:
        """Write down a tap that the town hall was asked about, and did not answer in time."""
        said, why, means = _said(decision)
        kept = structs.replace(event, by=By.DOOR, said=said, why=why, means=means)
        self.journal.append(kept)
        return kept

    def not_passed(self, granted: Event, at: int) -> Event:
        """Write down that nobody walked through after a grant."""
        self.seq += 1
        event = Event(
            dev=self.number,
            seq=self.seq,
            at=at,
            pt=granted.pt,
            what=Happening.NOT_PASSED,
            of=granted.seq,
        )
        self.journal.append(event)
        return event

    def see(self, who: object, where: str, at: int, direction: Direction) -> None:
        """Remember who passed here today."""
        self.seen[who, where].append((at, direction))

    def take(self, most: int) -> list[Told]:
        """Take the next events of the journal to be told, oldest first."""
        some, self.journal = self.journal[:most], self.journal[most:]
        told = []
        for event in some:
            told.append(Told(event=event, previous_at=self.previous_at))
            self.previous_at = event.at
        return told

    def put_back(self, told: Told) -> None:
        """Keep an event that was not acknowledged, to be told again."""
        self.journal.insert(0, told.event)
        self.previous_at = told.previous_at

    def mend(self) -> None:
        """Put everything right."""
        self.cut, self.ahead_ms, self.misplaced, self.is_suspect = None, 0, None, False

    def sleep(self) -> None:
        """Forget who passed: a new day begins."""
        self.seen.clear()

    def _event(
        self,
        spot: Spot,
        at: int,
        *,
        ref: str,
        direction: Direction,
        by: By,
        said: Verdict = Verdict.REFUSED,
        why: Reason | None = None,
        means: Means = Means.FREE,
    ) -> Event:
        self.seq += 1
        return Event(
            dev=self.number,
            seq=self.seq,
            at=at + self.ahead_ms,
            pt=(self.misplaced or spot).point,
            ref=ref,
            dir=direction,
            cq=int(self.is_suspect),
            by=by,
            said=said,
            why=why,
            means=means,
        )


def _said(decision: Decision) -> tuple[Verdict, Reason | None, Means]:
    match decision:
        case Granted():
            return Verdict.GRANTED, None, decision.means
        case Noted():
            return Verdict.NOTED, decision.reason, Means.FREE
        case Refused():
            return Verdict.REFUSED, decision.reason, Means.FREE
