"""Facts of a day that a tariff may ask of whoever came, under the names of the vocabulary."""

from collections.abc import Collection, Hashable, Mapping
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from cvq.catalog.sold import CONSTANT
from cvq.kernel.holidays import is_public_holiday
from cvq.rules.days import WEEKDAYS

Together = TypeVar("Together", bound=Hashable)


def facts_of_day(day: date, department: str) -> dict[str, Any]:
    """Return what the calendar of the wall says, and that somebody came."""
    return {
        "day": day.isoformat(),
        "weekday": WEEKDAYS[day.weekday()].value,
        "public_holiday": is_public_holiday(day, department),
        "present": CONSTANT["present"],
    }


def residence(*, home: int | None, site: int | None, resident: bool) -> str:
    """Return where a household lives, by its commune and that of the site."""
    if home is not None and home == site:
        return "commune"
    return "community" if resident else "outside"


def ranks(
    together: Mapping[Together, Collection[tuple[date, UUID]]],
) -> dict[tuple[Together, UUID], tuple[int, int]]:
    """Return the rank by birth of each child among those it came with, and how many they are."""
    # Twins have no order of birth: the random name keeps theirs the same every day.
    return {
        (key, holder): (rank, len(children))
        for key, children in together.items()
        for rank, (_, holder) in enumerate(sorted(children), start=1)
    }
