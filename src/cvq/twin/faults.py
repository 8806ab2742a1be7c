"""What goes wrong with boxes: lines go down, clocks lie, a tablet stays in a drawer."""

from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from cvq.kernel.local import MINUTE_MS
from cvq.rules.vocabulary import CHILDCARE
from cvq.twin.boxes import Box, Cut
from cvq.twin.days import Days
from cvq.twin.going import Going
from cvq.twin.places import SELLING, Spot

CUTS_A_DAY = 2.5
SUSPECT_A_YEAR, AHEAD_A_YEAR, MISPLACED_A_YEAR, DRAWERS_A_YEAR = 8, 8, 4, 8
AHEAD_MS = 40 * MINUTE_MS
DRAWER_MS = 33 * 24 * 60 * MINUTE_MS
YEAR_DAYS = 365
Fault = Callable[[int, Spot], None]


class Faults:
    """Draws what goes wrong on a day, at boxes that people use that day."""

    def __init__(
        self,
        days: Days,
        *,
        seed: int,
        cuts_a_day: float = CUTS_A_DAY,
        ahead_a_year: float = AHEAD_A_YEAR,
    ) -> None:
        """Take the days in which things go wrong."""
        self.days = days
        self.seed = seed
        self.cuts_a_day = cuts_a_day
        self.ahead_a_year = ahead_a_year

    def plan(self, day: object, going: Sequence[Going]) -> None:
        """Have things go wrong on a day."""
        rng = Random(f"{self.seed}:faults:{day}")
        cuts = int(self.cuts_a_day) + (rng.random() < self.cuts_a_day % 1)
        for _ in range(cuts):
            self._begin(rng, going, self._cut)
        for rate, what in (
            (SUSPECT_A_YEAR, self._doubt),
            (self.ahead_a_year, self._run_ahead),
            (MISPLACED_A_YEAR, self._misplace),
            (DRAWERS_A_YEAR, self._forget),
        ):
            if rng.random() < rate / YEAR_DAYS:
                self._begin(rng, going, what)

    def _begin(self, rng: Random, going: Sequence[Going], what: Fault) -> None:
        if going:
            one = rng.choice(going)
            # Just before somebody comes, so that somebody sees it.
            at = one.at - MINUTE_MS
            self.days.at(at, partial(what, rng.randint(40, 300) * MINUTE_MS, one.spot))

    def _box(self, spot: Spot) -> Box:
        return self.days.boxes[spot.device]

    def _cut(self, lasts: int, spot: Spot) -> None:
        """A line is down; the box goes on with what was left to spend before."""
        box, now = self._box(spot), self.days.now
        if box.is_cut(now):
            return
        self.days.answer()
        # Only where something is sold does a box look at what may still be spent.
        left = self.days.hall.left() if spot.purpose in SELLING else {}
        box.cut = Cut(since=now, until=now + lasts, left=left)

    def _forget(self, lasts: int, spot: Spot) -> None:
        """A tablet that is used every day is told of a month later, when its line is mended."""
        if spot.purpose in CHILDCARE:
            self._cut(DRAWER_MS, spot)

    def _doubt(self, lasts: int, spot: Spot) -> None:
        box = self._box(spot)
        self.days.answer()
        box.is_suspect = True
        self.days.at(self.days.now + lasts, partial(self._mend, box))

    def _run_ahead(self, lasts: int, spot: Spot) -> None:
        box = self._box(spot)
        self.days.answer()
        box.ahead_ms = AHEAD_MS
        self.days.at(self.days.now + lasts, partial(self._mend, box))

    def _misplace(self, lasts: int, spot: Spot) -> None:
        """A box is set up as another: what it tells is of a point that it does not guard."""
        others = [other for other in self.days.places.libraries if other.device != spot.device]
        box = self._box(spot)
        self.days.answer()
        box.misplaced = others[0]
        self.days.at(self.days.now + lasts, partial(self._mend, box))

    def _mend(self, box: Box) -> None:
        self.days.upload()
        box.is_suspect, box.ahead_ms, box.misplaced = False, 0, None
