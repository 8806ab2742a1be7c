"""
A day of the territory: people tap in the order of the clock, doors answer, journals go up.

What the town hall is stays outside: a database in a replay, a gateway in a demonstration.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import count
from random import Random
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from cvq.kernel.local import MINUTE_MS, local, ms_at
from cvq.payments.messages import AskedTopUp
from cvq.rules.vocabulary import Direction, Means, MediumState, Reason, Verdict
from cvq.taps.told import Told
from cvq.twin.alone import Alone, Shown, payer_of, where_counts, who_counts
from cvq.twin.boxes import Box
from cvq.twin.going import Going, Holder
from cvq.twin.habits import Habits
from cvq.twin.places import SELLING, Places, Spot
from cvq.twin.purses import Purses
from cvq.twin.real import RealBox
from cvq.twin.residents import Card, Firm, Resident
from cvq.wire.events import MAX_EVENTS, Event

UPLOADS = (9 * 60 + 10, 13 * 60 + 30, 17 * 60, 19 * 60 + 20, 22 * 60 + 40)
EVENING = 20 * 60 + 15
NIGHT = 24 * 60 - 1
# Whoever comes out is answered before that; others have nothing to do that hangs on the answer.
ANSWERED_WITHIN_MS = 120 * MINUTE_MS
ROTATION_MS = 8_000
TOP_UPS_AT_ONCE = 1000
GONE = frozenset({MediumState.LOST, MediumState.STOLEN, MediumState.DEAD})


class Said(NamedTuple):
    """What the town hall told a door that asked."""

    said: Verdict
    why: Reason | None
    means: Means


class TownHall(Protocol):
    """What devices and families speak to."""

    def ask(self, events: Sequence[Event], *, at: int) -> Sequence[Said | None]:
        """Return the answer to each door that waits, nothing where none came in time."""

    def tell(self, told: Sequence[Told], *, at: int) -> bool:
        """Take these stretches of journals; tell whether they were acknowledged."""

    def top_up(self, asked: Sequence[AskedTopUp], *, at: int) -> None:
        """Put money on wallets."""

    def left(self) -> dict[str, int]:
        """Return what is left to spend, by the code of the account."""

    def left_of(self, codes: Sequence[str]) -> dict[str, int]:
        """Return what is left to spend on these accounts."""


class Watcher(Protocol):
    """Whoever looks at the doors."""

    def __call__(self, spot: Spot, event: Event, said: Verdict, why: Reason | None) -> None:
        """See an answer."""


class Pace(Protocol):
    """How time goes by."""

    def __call__(self, at: int) -> None:
        """Return once it is that instant."""


def at_once(at: int) -> None:
    """Let time go by at once."""


def unseen(spot: Spot, event: Event, said: Verdict, why: Reason | None) -> None:
    """Look at nothing."""


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """How time goes by, who looks on, how many asks wait for one another, when journals go up."""

    pace: Pace = at_once
    watch: Watcher = unseen
    asks_at_once: int = MAX_EVENTS
    uploads: Sequence[int] = UPLOADS


class Days:
    """The days of a population, one after the other."""

    def __init__(
        self,
        *,
        habits: Habits,
        purses: Purses,
        alone: Alone,
        hall: TownHall,
        zone: ZoneInfo,
        rhythm: Rhythm,
    ) -> None:
        """Put a box at every point."""
        self.habits = habits
        self.places: Places = habits.places
        self.purses = purses
        self.alone = alone
        self.hall = hall
        self.zone = zone
        self.rhythm = rhythm
        devices = sorted({spot.device for spot in self.places.spots.values()})
        self.boxes = {number: Box(number) for number in devices}
        selling = {s.device for s in self.places.spots.values() if s.purpose in SELLING}
        self._selling = [box for number, box in self.boxes.items() if number in selling]
        self._others = [box for number, box in self.boxes.items() if number not in selling]
        self.now = 0
        self.top_ups = 0
        self._rng = Random(0)
        self._agenda: list[tuple[int, int, Callable[[], None]]] = []
        self._turns = count()
        self._asking: list[tuple[Going, Box, Event]] = []
        self._answered_by = 0
        self._real: dict[int, RealBox] = {}

    def at(self, at: int, act: Callable[[], None]) -> None:
        """Have something done at an instant of the day that is lived."""
        heapq.heappush(self._agenda, (max(at, self.now), next(self._turns), act))

    def open(self, day: date, *, since: int = 0) -> list[Going]:
        """Begin a day, or what is left of it, and return what people mean to do."""
        self._rng = Random(f"{self.habits.seed}:day:{day}")
        self.now = max(ms_at(day, 0, self.zone), since)
        for box in self.boxes.values():
            box.sleep()
        plan = [going for going in self.habits.plan(day) if going.at >= since]
        for going in plan:
            self.at(going.at, partial(self.go, going))
        self._plan_uploads(day)
        self._later_today(day, EVENING, self._evening)
        return plan

    def _plan_uploads(self, day: date) -> None:
        for minute in self.rhythm.uploads:
            self._later_today(day, minute, partial(self._upload_of, self.rhythm))

    def _upload_of(self, rhythm: Rhythm) -> None:
        if rhythm is self.rhythm:
            self.upload()

    def _later_today(self, day: date, minute: int, act: Callable[[], None]) -> None:
        at = ms_at(day, minute, self.zone)
        if at >= self.now:
            self.at(at, act)

    def live(self, until: int) -> None:
        """Live until an instant, the last of what was planned; whoever still waits is answered."""
        self.live_until(until)
        self._agenda.clear()

    def live_until(self, until: int) -> None:
        """Live until an instant, from which the day goes on; whoever still waits is answered."""
        while self._agenda and self._agenda[0][0] < until:
            at, _, act = heapq.heappop(self._agenda)
            self.rhythm.pace(at)
            self.now = at
            act()
        self.answer()

    def go_on(
        self, hall: TownHall, rhythm: Rhythm, at: int, *, real: Sequence[RealBox] = ()
    ) -> None:
        """
        Go on from an instant of the day through another town hall, at another rhythm.

        Boxes that are real have told all that they had; they go on by themselves.
        """
        self.hall, self.rhythm, self.now = hall, rhythm, at
        self._real = {box.device: box for box in real}
        self._plan_uploads(local(at, self.zone).day)

    def top_up_first(self, at: int) -> None:
        """Let everybody put something on their wallet before the first day begins."""
        self._rng = Random(f"{self.habits.seed}:first top-ups")
        self._top_up(self.purses.first(self._rng, at), at)

    def mend_all(self, at: int) -> None:
        """Mend every box, and let it tell what it still has to tell."""
        self.now = at
        for box in self.boxes.values():
            box.mend()
        self.answer()
        self.upload()

    def end_of(self, day: date) -> int:
        """Return the last minute of a day."""
        return ms_at(day, NIGHT, self.zone)

    def is_cut(self, device: int, at: int) -> bool:
        """Tell whether the line of a box is down."""
        return device in self.boxes and self.boxes[device].is_cut(at)

    # -- at a door -----------------------------------------------------------------------------
    def go(self, going: Going) -> None:
        """Let somebody come to a door."""
        who, spot = going.who, going.spot
        card = going.card or _in_the_pocket(who, self.now)
        if card is None and not going.stranger:
            return
        ref = going.stranger or (card.refs[spot.sector] if card else "")
        if real := self._real.get(spot.device):
            way, turns = going.direction, going.walks_through
            self._after(going, None, real.present(spot, ref, self.now, way, turns=turns))
            return
        box = self.boxes[spot.device]
        if not spot.online or not box.may_ask(self.now):
            if any(asked is box for _, asked, _ in self._asking):
                self.answer()  # a journal is in the order of its numbers
            self._alone(going, box, card, ref)
            return
        event = box.asks(spot, ref, self.now, going.direction)
        self._asking.append((going, box, event))
        self._answer_by(self.now + (going.stay or ANSWERED_WITHIN_MS))
        if len(self._asking) >= self.rhythm.asks_at_once or not going.walks_through:
            self.answer()

    def answer(self) -> None:
        """Ask the town hall for those who wait."""
        if not self._asking:
            return
        asking, self._asking = self._asking, []
        self._answered_by = 0
        answers = self.hall.ask([event for _, _, event in asking], at=self.now)
        for (going, box, event), said in zip(asking, answers, strict=True):
            if said is None:
                # Too late: the door decides alone, under the same number.
                shown = self._shown(going, going.card or _in_the_pocket(going.who, event.at))
                decided = box.amends(event, self.alone.decide(box, shown))
                self._after(going, box, decided)
            else:
                self._after(going, box, box.keeps(event, said.said, said.why, said.means))

    def _answer_by(self, at: int) -> None:
        """See that those who wait are answered by an instant."""
        if not self._answered_by or at < self._answered_by:
            self._answered_by = at
            self.at(at, partial(self._answer_if_due, at))

    def _answer_if_due(self, at: int) -> None:
        if self._answered_by == at:
            self.answer()

    def _alone(self, going: Going, box: Box, card: Card | None, ref: str) -> None:
        shown = self._shown(going, card)
        decision = self.alone.decide(box, shown)
        event = box.does(going.spot, ref, self.now, going.direction, decision)
        self._after(going, box, event)

    def _shown(self, going: Going, card: Card | None) -> Shown:
        return Shown(
            spot=going.spot, at=self.now, direction=going.direction, card=card, who=going.who
        )

    def _after(self, going: Going, box: Box | None, event: Event) -> None:
        self.rhythm.watch(going.spot, event, event.said, event.why)
        if event.said is Verdict.REFUSED:
            self._turned_away(going, event.why)
            return
        shown = self._shown(going, None)
        if box is not None:
            box.see(who_counts(shown), where_counts(going.spot), event.at, event.dir)
        if going.out is None:
            return
        if not going.walks_through:
            if box is not None:
                self.at(event.at + ROTATION_MS, partial(self._not_passed, box, event))
            self._again(going, self._rng.randint(20_000, 60_000))
            return
        out = event.at + going.stay
        self.at(out, partial(self.go, _way_out(going, going.out, out)))
        if going.comes_back:
            later = out + self._rng.randint(3, 9) * MINUTE_MS
            self.at(later, partial(self.go, _way_in(going, later)))
        if going.lends:
            over = event.at + self._rng.randint(20_000, 90_000)
            self.at(over, partial(self.go, _way_in(going, over)))

    def _not_passed(self, box: Box, granted: Event) -> None:
        self.answer()  # a journal is in the order of its numbers
        box.not_passed(granted, self.now)
        if not box.is_cut(self.now):
            self._tell(box.take(MAX_EVENTS))

    def _again(self, going: Going, later_ms: int) -> None:
        again = Going(
            at=self.now + later_ms,
            who=going.who,
            spot=going.spot,
            card=going.card,
            out=going.out,
            stay=going.stay,
            tries=going.tries + 1,
        )
        self.at(again.at, partial(self.go, again))

    def _turned_away(self, going: Going, why: Reason | None) -> None:
        if going.tries >= 2 or not isinstance(going.who, Resident | Firm):
            return
        if why is Reason.PLACE_FULL:
            self._again(going, 15 * MINUTE_MS)
        payer = payer_of(going.who, local(self.now, self.zone).day)
        if payer is None or not payer.uses_wallet:
            return
        if why is Reason.NOT_ENOUGH and self._rng.random() < 0.6:
            # By phone on the pavement, or at the kiosk in the hall.
            asked = self.purses.ask(self._rng, payer, self.now, now=True)
            self.answer()
            self._top_up([asked], self.now)
            self._again(going, self._rng.randint(2, 8) * MINUTE_MS)

    # -- through the line ----------------------------------------------------------------------
    def upload(self) -> None:
        """Let every box whose line is up tell its journal."""
        for boxes in (self._selling, self._others):
            waiting: list[Told] = []
            for box in boxes:
                if box.is_cut(self.now):
                    continue
                while some := box.take(MAX_EVENTS - len(waiting)):
                    waiting += some
                    if len(waiting) == MAX_EVENTS:
                        self._tell(waiting)
                        waiting = []
            self._tell(waiting)

    def _tell(self, told: Sequence[Told]) -> None:
        if told and not self.hall.tell(told, at=self.now):
            for one in reversed(told):
                self.boxes[one.event.dev].put_back(one)

    def _evening(self) -> None:
        self.answer()
        left = self.hall.left_of(self.purses.codes)
        self._top_up(self.purses.evening(self._rng, left, self.now), self.now)

    def _top_up(self, asked: Sequence[AskedTopUp], at: int) -> None:
        self.top_ups += len(asked)
        for first in range(0, len(asked), TOP_UPS_AT_ONCE):
            self.hall.top_up(asked[first : first + TOP_UPS_AT_ONCE], at=at)


def _in_the_pocket(who: Holder | None, at: int) -> Card | None:
    """Return the card that somebody has, nothing if it is lost and not replaced yet."""
    if who is None or not who.cards:
        return None
    card = who.cards[-1]
    return None if card.state(at) in GONE else card


def _way_out(going: Going, spot: Spot, at: int) -> Going:
    return Going(at=at, who=going.who, spot=spot, direction=Direction.OUT, card=going.card)


def _way_in(going: Going, at: int) -> Going:
    return Going(at=at, who=going.who, spot=going.spot, card=going.card, tries=2)
