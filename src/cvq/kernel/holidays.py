"""
The public holidays of France, computed.

Code du travail, article L3133-1, and loi n° 83-550 du 30 juin 1983 for the overseas
départements.  The two more days of Alsace-Moselle are not known here.
"""

from datetime import date, timedelta
from functools import lru_cache

FIXED = {
    (1, 1): "Jour de l'an",
    (5, 1): "Fête du Travail",
    (5, 8): "Victoire 1945",
    (7, 14): "Fête nationale",
    (8, 15): "Assomption",
    (11, 1): "Toussaint",
    (11, 11): "Armistice 1918",
    (12, 25): "Noël",
}
EASTER_MONDAY, ASCENSION, WHIT_MONDAY = 1, 39, 50  # days after Easter

# The day on which slavery ended there, a holiday since 1983.
ABOLITION = {"971": (5, 27), "972": (5, 22), "973": (6, 10), "974": (12, 20), "976": (4, 27)}
ABOLITION_SINCE = 1984

NO_VICTORY_DAY = frozenset({*range(1946, 1953), *range(1960, 1982)})
NO_WHIT_MONDAY = frozenset({2005, 2006, 2007})  # worked everywhere, « journée de solidarité »


def easter(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher's Computus)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    moon = (19 * golden + century - century // 4 - (8 * century + 13) // 25 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * late + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=256)
def _public_holidays(year: int, department: str) -> dict[date, str]:
    sunday = easter(year)
    found = {date(year, month, day): name for (month, day), name in FIXED.items()}
    found[sunday + timedelta(days=EASTER_MONDAY)] = "Lundi de Pâques"
    # Ascension falls on 1 May in some years: the day then has the name that changes.
    found[sunday + timedelta(days=ASCENSION)] = "Ascension"
    if year not in NO_WHIT_MONDAY:
        found[sunday + timedelta(days=WHIT_MONDAY)] = "Lundi de Pentecôte"
    if year in NO_VICTORY_DAY and found.get(date(year, 5, 8)) == FIXED[5, 8]:
        del found[date(year, 5, 8)]
    if department in ABOLITION and year >= ABOLITION_SINCE:
        month, day = ABOLITION[department]
        found.setdefault(date(year, month, day), "Abolition de l'esclavage")
    return dict(sorted(found.items()))


def public_holidays(year: int, department: str = "") -> dict[date, str]:
    """Return each public holiday of a year with its name, those of one département included."""
    return dict(_public_holidays(year, department))


def is_public_holiday(day: date, department: str = "") -> bool:
    """Say whether nobody is expected to work that day."""
    return day in _public_holidays(day.year, department)
