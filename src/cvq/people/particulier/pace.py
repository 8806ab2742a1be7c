"""
How fast the API may be asked: what it documents, and what its own headers say.

Réf. particulier.api.gouv.fr/developpeurs: 20 calls a second for a token, 1000 a minute for an
address; `RateLimit-Remaining` and `RateLimit-Reset` in each answer, `Retry-After` with a 429.
"""

from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

CALLS_A_SECOND = 16  # under both limits at once: 1000 a minute is 16.6 a second
PERIOD_SECONDS = 60


class Pace:
    """When the next call may leave, on a clock that only goes forward."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin with nothing to wait for."""
        self._clock = clock
        self._next = clock()

    def wait_seconds(self) -> float:
        """Return how long to wait before the next call."""
        return max(0.0, self._next - self._clock())

    def called(self) -> None:
        """Count a call that leaves now."""
        self._next = self._clock() + 1 / CALLS_A_SECOND

    def told(self, headers: Mapping[str, str]) -> None:
        """Hear what is left of the period, and until when."""
        if headers.get("ratelimit-remaining", "") == "0":
            self.rest(self._until_reset(headers))

    def rest(self, seconds: float) -> None:
        """Let nothing leave for so long."""
        self._next = max(self._next, self._clock() + seconds)

    @staticmethod
    def _until_reset(headers: Mapping[str, str]) -> float:
        # By their clock on both sides: ours may be wrong.
        try:
            now = parsedate_to_datetime(headers["date"]).timestamp()
            left = int(headers["ratelimit-reset"]) - now
        except (KeyError, ValueError):
            return PERIOD_SECONDS
        return min(max(left, 1), PERIOD_SECONDS)
