"""
The one place where time begins: everything else is told it.

A demonstration lives at another time, and faster; all its processes then count from the same
instant of the real clock, which the environment tells them.
"""

import os
import time
from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from cvq.kernel.local import instant
from cvq.kernel.unable import Unable

VARIABLE = "CVQ_CLOCK"
NS_PER_MS = 1_000_000


class ClockUnreadable(Unable):
    """The environment tells a time that cannot be understood."""


def real_ms() -> int:
    """Return what the clock of this machine shows, in milliseconds since 1970."""
    return time.time_ns() // NS_PER_MS


class Clock(Struct, frozen=True, kw_only=True):
    """
    The time of the territory: `begins` when the real clock shows `real`, then `speed` times faster.

    Without a shift it is the real clock.
    """

    real: int = 0
    begins: int = 0
    speed: int = 1
    read: Callable[[], int] = real_ms

    def now_ms(self) -> int:
        """Return the instant in milliseconds."""
        return self.begins + (self.read() - self.real) * self.speed

    def now(self) -> datetime:
        """Return the instant."""
        return instant(self.now_ms())

    def seconds(self, duration_ms: int) -> float:
        """Return how long a duration of the territory lasts for real."""
        return duration_ms / (1000 * self.speed)

    def told(self) -> str:
        """Return what another process needs to live at the same time, as the environment has it."""
        return f"{self.real}:{self.begins}:{self.speed}"


def shifted(begins: int, *, speed: int = 1) -> Clock:
    """Return a clock that shows `begins` now, and goes on `speed` times faster."""
    return Clock(real=real_ms(), begins=begins, speed=speed)


def from_environment() -> Clock:
    """
    Return the clock that this process lives by: the real one if nothing else is told.

    :raises ClockUnreadable: what is told is no clock.
    """
    told = os.environ.get(VARIABLE, "")
    if not told:
        return Clock()
    try:
        real, begins, speed = map(int, told.split(":"))
    except ValueError as error:
        raise ClockUnreadable(f"{VARIABLE}={told} : écrivez réel:début:vitesse.") from error
    if speed < 1:
        raise ClockUnreadable(f"{VARIABLE}={told} : la vitesse est au moins 1.")
    return Clock(real=real, begins=begins, speed=speed)
