"""
The school holidays of zones A, B and C, and the file by which any other calendar comes in.

The package `vacances-scolaires-france` leaves out some Ascension bridges: those of the years that
our tariffs cover are added here.
"""

import csv
import io
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from vacances_scolaires_france import SchoolHolidayDates

from cvq.kernel.periods import ONE_DAY
from cvq.kernel.unable import Unable

ZONES = ("A", "B", "C")
COLUMNS = ["zone", "label", "starts_on", "ends_on"]
BRIDGE = "Pont de l'Ascension"
# Arrêté du 7 décembre 2022, calendars 2023-2024 to 2025-2026.
BRIDGES = (date(2024, 5, 9), date(2025, 5, 29), date(2026, 5, 14))
BRIDGE_DAYS = 4


class CalendarUnreadable(Unable):
    """The file is not a calendar of school holidays."""


class Holiday(NamedTuple):
    """A holiday of a zone; the end is the day classes begin again."""

    zone: str
    label: str
    starts_on: date
    ends_on: date


@lru_cache(maxsize=1)
def published() -> tuple[Holiday, ...]:
    """Return every holiday of zones A, B and C that the package knows, with the missing bridges."""
    known = SchoolHolidayDates()
    found = []
    for zone in ZONES:
        days = sorted(day for day in known.data if known.is_holiday_for_zone(day, zone))
        labelled = [(day, known.data[day]["nom_vacances"]) for day in days]
        # Days that follow one another under one name are one holiday.
        runs = groupby(
            enumerate(labelled), lambda item: (item[1][0] - ONE_DAY * item[0], item[1][1])
        )
        for (_, label), run in runs:
            inside = [day for _, (day, _) in run]
            found.append(Holiday(zone, label, inside[0], inside[-1] + ONE_DAY))
        found += [
            Holiday(zone, BRIDGE, thursday, thursday + timedelta(days=BRIDGE_DAYS))
            for thursday in BRIDGES
        ]
    return tuple(sorted(found))


def read(text: str) -> list[Holiday]:
    """
    Return the holidays of a file `zone;label;starts_on;ends_on`, the end being the first day back.

    :raises CalendarUnreadable: the line at fault and what is wrong with it.
    """
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";")
    if next(rows, None) != COLUMNS:
        raise CalendarUnreadable(f"La première ligne doit être « {';'.join(COLUMNS)} ».")
    return [_holiday(row, number) for number, row in enumerate(rows, start=2) if row]


def _holiday(row: list[str], number: int) -> Holiday:
    where = f"Ligne {number} (« {';'.join(row)} »)"
    if len(row) != len(COLUMNS):
        raise CalendarUnreadable(f"{where} : il y faut {len(COLUMNS)} colonnes.")
    zone, label, *dates = (cell.strip() for cell in row)
    try:
        starts_on, ends_on = map(date.fromisoformat, dates)
    except ValueError as error:
        raise CalendarUnreadable(f"{where} : une date s'écrit 2025-07-05.") from error
    if not zone or not label or ends_on <= starts_on:
        raise CalendarUnreadable(
            f"{where} : il faut une zone, un nom, et que la reprise suive le début."
        )
    return Holiday(zone, label, starts_on, ends_on)
