"""The taps of today by the quarter of an hour, against the same day of the weeks before."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from msgspec import Struct

from cvq.bocage.pages import Moment

FIRST_HOUR, END_HOUR = 5, 22
QUARTER_SECONDS = 900
QUARTERS = (END_HOUR - FIRST_HOUR) * 4
WEEKS_BEFORE = 4
# A day like the others, to so many in a hundred.
ALIKE_PERCENT = 10

TAPS = """
SELECT w.week, floor(extract(epoch FROM t.at - w.since) / %(quarter)s)::int AS quarter,
    count(*), count(*) FILTER (WHERE t.said = 0),
    count(*) FILTER (WHERE extract(epoch FROM t.at - w.since) <= %(elapsed)s),
    count(*) FILTER (WHERE t.said = 0 AND extract(epoch FROM t.at - w.since) <= %(elapsed)s)
FROM unnest(%(week)s::int[], %(since)s::timestamptz[], %(until)s::timestamptz[])
    AS w(week, since, until)
JOIN taps_tapevent AS t ON t.at >= w.since AND t.at < w.until
WHERE t.what = 'TAP' GROUP BY 1, 2
"""


class Day(Struct, frozen=True, kw_only=True):
    """
    The taps of today beside the mean of the same weekday, `weeks` of which are known.

    `quarters` ends with the quarter that is under way; so many of them are `done`.  What is usual
    `so far` is until this hour.
    """

    quarters: tuple[int, ...]
    done: int
    usual: tuple[float, ...]
    weeks: int
    taps: int
    refused: int
    usual_so_far: float
    usual_refused_so_far: float

    @property
    def refused_percent(self) -> float:
        """Return the share of refusals today."""
        return _percent(self.refused, self.taps)

    @property
    def usual_refused_percent(self) -> float | None:
        """Return the usual share of refusals at this hour; nothing if no such day is known."""
        return _percent(self.usual_refused_so_far, self.usual_so_far) if self.weeks else None

    @property
    def percent_more(self) -> int | None:
        """Return how many in a hundred there are more than usual; nothing if that says nothing."""
        if not self.usual_so_far:
            return None
        more = round((self.taps - self.usual_so_far) * 100 / self.usual_so_far)
        return 0 if abs(more) < ALIKE_PERCENT else more

    @property
    def drawn(self) -> tuple[int, ...]:
        """Return the quarters that are over: beside them the one under way always looks low."""
        return self.quarters[: self.done]

    @property
    def peak(self) -> float:
        """Return the most of any quarter that is drawn."""
        return max(*self.drawn, *self.usual, 1)

    @property
    def hours(self) -> list[tuple[int, int | None, int]]:
        """Return each hour, its taps today (nothing if it is to come), and the usual ones."""
        found: list[tuple[int, int | None, int]] = []
        for place in range(0, QUARTERS, 4):
            today = self.quarters[place : place + 4]
            usual = round(sum(self.usual[place : place + 4]))
            found.append((FIRST_HOUR + place // 4, sum(today) if today else None, usual))
        return found


def day(now: Moment) -> Day:
    """Return the taps of the day of a moment, since five in the morning."""
    mornings = [_morning(now.local - timedelta(weeks=week)) for week in range(WEEKS_BEFORE + 1)]
    elapsed = max(now.local - mornings[0], timedelta(0))
    with connection.cursor() as cursor:
        cursor.execute(
            TAPS,
            {
                "quarter": QUARTER_SECONDS,
                "elapsed": int(elapsed.total_seconds()),
                "week": list(range(WEEKS_BEFORE + 1)),
                "since": mornings,
                "until": [_midnight(morning) for morning in mornings],
            },
        )
        return _day(cursor.fetchall(), elapsed)


def _day(rows: Sequence[Any], elapsed: timedelta) -> Day:
    today: dict[int, int] = {}
    before = [0] * QUARTERS
    taps = refused = so_far = refused_so_far = 0
    weeks = len({row[0] for row in rows if row[0] > 0})
    for week, quarter, count, count_refused, until_now, refused_until_now in rows:
        if week == 0:
            today[quarter] = count
            taps += count
            refused += count_refused
            continue
        so_far += until_now
        refused_so_far += refused_until_now
        if quarter < QUARTERS:
            before[quarter] += count
    done = min(int(elapsed.total_seconds()) // QUARTER_SECONDS, QUARTERS)
    shown = min(done + 1, QUARTERS) if elapsed else 0
    return Day(
        quarters=tuple(today.get(place, 0) for place in range(shown)),
        done=done,
        usual=tuple(count / max(weeks, 1) for count in before),
        weeks=weeks,
        taps=taps,
        refused=refused,
        usual_so_far=so_far / max(weeks, 1),
        usual_refused_so_far=refused_so_far / max(weeks, 1),
    )


def _morning(local: datetime) -> datetime:
    return local.replace(hour=FIRST_HOUR, minute=0, second=0, microsecond=0)


def _midnight(morning: datetime) -> datetime:
    return (morning + timedelta(days=1)).replace(hour=0)


def _percent(part: float, whole: float) -> float:
    return part * 100 / whole if whole else 0.0
