"""Facts that a tariff may ask for and that follow from others."""

from datetime import date

from cvq.kernel.periods import school_year

NURSERY, PRIMARY = "nursery", "primary"
LAST_NURSERY_AGE = 5


def school_level(born_on: date, day: date) -> str:
    """
    Return the level of a child in a school year: French classes go by the year of birth.

    A child is in nursery school until the school year in whose September it is five or under,
    counted in whole calendar years.
    """
    return NURSERY if school_year(day) - born_on.year <= LAST_NURSERY_AGE else PRIMARY
