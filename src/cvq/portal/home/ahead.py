"""The three weeks around today, day by day: what will probably be spent, and what is covered."""

from datetime import date, timedelta

from msgspec import Struct

from cvq.billing.forecast import Forecast

WEEKS = 3
DAYS = 5  # Monday to Friday


class Cell(Struct, frozen=True):
    """A day: `state` is `passe`, `rien`, `ok` or `hors`, as the styles name them."""

    day: date
    cents: int
    state: str


def weeks(ahead: Forecast, has: int, today: date) -> list[list[Cell]]:
    """Return three weeks from this Monday."""
    monday = today - timedelta(days=today.weekday())
    covered = ahead.covered_until(has)
    return [
        [
            _cell(ahead, covered, monday + timedelta(days=7 * week + day), today)
            for day in range(DAYS)
        ]
        for week in range(WEEKS)
    ]


def _cell(ahead: Forecast, covered: date | None, day: date, today: date) -> Cell:
    cents = ahead.on(day)
    if day < today:
        return Cell(day, 0, "passe")
    if cents == 0:
        return Cell(day, 0, "rien")
    return Cell(day, cents, "ok" if covered is None or day <= covered else "hors")
