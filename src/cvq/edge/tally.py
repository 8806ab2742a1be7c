"""
What a box saw itself: who is inside since this morning, and what it has let people spend.

It stands in memory, and is built again from the traces of the journal when the box starts.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cvq.edge.journal import Trace
from cvq.rules.vocabulary import Direction


class Seen(NamedTuple):
    """The last tap of somebody at a place today in one direction, and whether they are inside."""

    last_at: int | None
    inside: bool


_NEVER = Seen(None, inside=False)


class Tally:
    """The day so far, and the spending that the town hall has not counted yet."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self.day = 0
        self.heard = 0
        self._today: dict[tuple[str, str], list[Trace]] = {}
        self._inside: defaultdict[str, int] = defaultdict(int)
        self._spending: list[Trace] = []
        self._spent: defaultdict[str, int] = defaultdict(int)
        self._alone: dict[str, list[Trace]] = {}

    def begin(self, day: int) -> None:
        """Begin another day: nobody is inside any more, money stays spent."""
        if day == self.day:
            return
        self.day = day
        self._today.clear()
        self._inside.clear()

    def load(self, traces: Iterable[Trace]) -> None:
        """Take in what was seen before."""
        for trace in traces:
            self.add(trace)

    def add(self, trace: Trace) -> None:
        """Take in what went through."""
        if trace.day == self.day and trace.counts and trace.who:
            today = self._today.setdefault((trace.who, trace.place), [])
            before = _is_inside(today)
            today.append(trace)
            self._inside[trace.zone] += _is_inside(today) - before
        if trace.account and trace.units and trace.seq > self.heard:
            self._spending.append(trace)
            self._spent[trace.account] += trace.units
        if trace.cents and trace.alone:
            self._alone.setdefault(trace.ref, []).append(trace)

    def take_back(self, trace: Trace) -> None:
        """Take out a passage that did not happen."""
        today = self._today.get((trace.who, trace.place), [])
        if trace in today:
            before = _is_inside(today)
            today.remove(trace)
            self._inside[trace.zone] += _is_inside(today) - before
        if trace in self._spending:
            self._spending.remove(trace)
            self._spent[trace.account] -= trace.units
        if trace in self._alone.get(trace.ref, []):
            self._alone[trace.ref].remove(trace)

    def hear(self, heard: int) -> None:
        """Forget the spending that the allowances now count: events up to that number."""
        self.heard = heard
        kept = [trace for trace in self._spending if trace.seq > heard]
        self._spending, self._spent = [], defaultdict(int)
        for trace in kept:
            self._spending.append(trace)
            self._spent[trace.account] += trace.units

    def forget_alone(self, *, acked: int) -> None:
        """Forget the money of other days that the town hall knows."""
        for ref, traces in list(self._alone.items()):
            left = [trace for trace in traces if trace.seq > acked or trace.day == self.day]
            if left:
                self._alone[ref] = left
            else:
                del self._alone[ref]

    def seen(self, who: str, place: str, direction: Direction) -> Seen:
        """Return when somebody last came there today that way, and whether they are inside."""
        today = self._today.get((who, place))
        if not today:
            return _NEVER
        last = None
        for trace in today:
            if trace.direction is direction:
                last = trace.at
        return Seen(last, _is_inside(today))

    def inside(self, zone: str) -> int:
        """Return how many of those we know went in last today, and not out."""
        return self._inside.get(zone, 0)

    def spent(self, account: str) -> int:
        """Return what was taken from an account and is not in its allowance yet."""
        return self._spent.get(account, 0)

    def alone(self, ref: str, *, acked: int) -> tuple[int, int]:
        """Return the cents a card spent that the town hall has not heard, and its uses today."""
        traces = self._alone.get(ref)
        if not traces:
            return 0, 0
        cents = sum(trace.cents for trace in traces if trace.seq > acked)
        return cents, sum(1 for trace in traces if trace.day == self.day)


def _is_inside(today: Sequence[Trace]) -> bool:
    # The last passage says, as at the town hall: who goes out and was not in makes no room.
    """Tell whether the last passage that somebody made was on the way in."""
    return bool(today) and today[-1].direction is Direction.IN
