"""The last thing that a box did, for the screen beside it."""

from datetime import datetime, timedelta

from msgspec import Struct

from cvq.catalog.models import AccessPoint, Device
from cvq.kiosk.reader.answers import Answer, at_point
from cvq.rules.vocabulary import Direction, Happening, Reason, Verdict
from cvq.taps.models import Amendment, TapEvent

# What is older comes from the journal of a box that was cut off: nobody stands there any more.
MINUTES_SHOWN = 2


class Last(Struct, frozen=True):
    """An answer, and the number of the event that it answered; nothing is shown without one."""

    seq: int
    answer: Answer | None


def last(device: Device, at: datetime) -> Last:
    """Return what the door of a box did last, if somebody may still stand before it."""
    since = at - timedelta(minutes=MINUTES_SHOWN)
    event = TapEvent.objects.filter(device=device.pk).order_by("-seq").first()
    if event is None:
        return Last(0, None)
    if event.at < since or event.what != Happening.TAP:
        return Last(event.seq, None)
    point = AccessPoint.objects.select_related("service").filter(pk=event.point).first()
    if point is None:
        return Last(event.seq, None)
    # What the door did in the end, where our answer came too late for it.
    amended = Amendment.objects.filter(device=event.device, seq=event.seq).first()
    did = amended or event
    answer = at_point(
        point.purpose,
        Verdict(did.said),
        Reason(did.why) if did.why else None,
        Direction(event.direction),
    )
    return Last(event.seq, answer)
