"""What is authentic but cannot be believed: it is kept, acknowledged and parked for the desk."""

from cvq.catalog.points import Points
from cvq.taps.models import ParkedFor
from cvq.taps.told import Told

AHEAD_MS = 2 * 60_000
OLD_MS = 30 * 24 * 3_600_000
BACK_MS = 5 * 60_000


def doubt(told: Told, *, points: Points, received_at: int) -> ParkedFor | None:
    """Return why an event cannot be believed, if it cannot and nobody vouches for it."""
    if told.is_vouched:
        return None
    event, previous_at = told.event, told.previous_at
    point = points.points.get(event.pt)
    if point is None or event.dev not in point.devices:
        return ParkedFor.UNKNOWN_POINT
    if event.cq:
        return ParkedFor.CLOCK_SUSPECT
    if event.at > received_at + AHEAD_MS:
        return ParkedFor.FUTURE
    if event.at < received_at - OLD_MS or event.at < points.enrolled.get(event.dev, 0):
        return ParkedFor.TOO_OLD
    if previous_at is not None and event.at < previous_at - BACK_MS:
        return ParkedFor.BACKWARDS
    return None
