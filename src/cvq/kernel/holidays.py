"""
The public holidays of France, computed.

Code du travail, article L3133-1; article L3134-13 for the two more days of Alsace-Moselle; loi
n° 83-550 du 30 juin 1983 and décret n° 83-1003 du 23 novembre 1983 for the overseas départements.
As the law stands: years in which it was otherwise are not told apart.
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
GOOD_FRIDAY, EASTER_MONDAY, ASCENSION, WHIT_MONDAY = -2, 1, 39, 50  # days after Easter

# Where there is a Protestant church or a shared one, says the article of Good Friday; no list of
# those communes is published, so the whole département keeps it.
ALSACE_MOSELLE = frozenset({"57", "67", "68"})

# The day on which slavery ended there.
ABOLITION = {"971": (5, 27), "972": (5, 22), "973": (6, 10), "974": (12, 20), "976": (4, 27)}


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
    found[sunday + timedelta(days=WHIT_MONDAY)] = "Lundi de Pentecôte"
    if department in ALSACE_MOSELLE:
        found[sunday + timedelta(days=GOOD_FRIDAY)] = "Vendredi saint"
        found[date(year, 12, 26)] = "Saint-Étienne"
    if department in ABOLITION:
        month, day = ABOLITION[department]
        found.setdefault(date(year, month, day), "Abolition de l'esclavage")
    return dict(sorted(found.items()))


def public_holidays(year: int, department: str = "") -> dict[date, str]:
    """Return each public holiday of a year with its name, those of one département included."""
    return dict(_public_holidays(year, department))


def is_public_holiday(day: date, department: str = "") -> bool:
    """Say whether nobody is expected to work that day."""
    return day in _public_holidays(day.year, department)
