"""
The weather of the twin: as mild and wet as the Gâtine is, by a seed.

Each day is worked out alone from draws of the days around it, so that it is the same in whatever
order days are lived.
"""

import math
from datetime import date, timedelta
from functools import lru_cache
from random import Random

from msgspec import Struct

COLDEST_DAY = 20  # of the year
MEAN_DEGREES, SWING_DEGREES = 15.5, 8.5  # of the afternoon, over a year
SPELL_DAYS = 4  # a fine or foul spell lasts about that long
SPELL_DEGREES = 6.5
WET_SHARE = 0.36
YEAR_DAYS = 365.25


class Sky(Struct, frozen=True):
    """An afternoon: its degrees, and whether it rained."""

    degrees: float
    is_wet: bool


class Weather:
    """The weather of every day."""

    def __init__(self, seed: int) -> None:
        """Take the seed of all skies."""
        self._seed = seed
        self._drawn = lru_cache(maxsize=2 * SPELL_DAYS)(self._draw)

    def of(self, day: date) -> Sky:
        """Return the weather of a day."""
        spell = [self._drawn(day - timedelta(days=back)) for back in range(SPELL_DAYS)]
        warmer = sum(warm for warm, _ in spell) / math.sqrt(SPELL_DAYS)
        season = math.cos((day.timetuple().tm_yday - COLDEST_DAY) / YEAR_DAYS * 2 * math.pi)
        degrees = MEAN_DEGREES - SWING_DEGREES * season + SPELL_DEGREES / 2 * warmer
        return Sky(degrees=degrees, is_wet=spell[0][1] < WET_SHARE)

    def _draw(self, day: date) -> tuple[float, float]:
        rng = Random(f"{self._seed}:weather:{day}")
        return rng.gauss(0, 1), rng.random()
