"""Rules that hold at every access point: the medium is usable, the place is open."""

from cvq.rules.tap import Situation, Tap
from cvq.rules.vocabulary import MediumKind, MediumState, Reason

_OBJECTION: dict[MediumState, Reason] = {
    MediumState.ISSUED: Reason.MEDIUM_NOT_ACTIVE,
    MediumState.BLOCKED: Reason.MEDIUM_BLOCKED,
    MediumState.LOST: Reason.MEDIUM_LOST,
    MediumState.STOLEN: Reason.MEDIUM_STOLEN,
    MediumState.DEAD: Reason.MEDIUM_DEAD,
}


def medium_is_usable(tap: Tap, situation: Situation) -> Reason | None:
    """Object to a medium that is unknown or not in use."""
    if situation.medium is MediumState.ACTIVE:
        return None
    if situation.medium is None:
        return Reason.UNKNOWN_MEDIUM
    return _OBJECTION[situation.medium]


def medium_has_holder(tap: Tap, situation: Situation) -> Reason | None:
    """Object to a medium that nobody held at that instant."""
    return None if situation.held else Reason.NO_HOLDER


def medium_proves_itself(tap: Tap, situation: Situation) -> Reason | None:
    # A bare serial number can be copied with a phone: it opens no door.
    """Object to a medium that anybody could copy."""
    weak = situation.kind is MediumKind.LEGACY_UID or situation.kind is MediumKind.PLATE
    return Reason.MEDIUM_TOO_WEAK if weak else None


def place_is_open(tap: Tap, situation: Situation) -> Reason | None:
    """Object outside the opening hours of the service."""
    return None if situation.open else Reason.PLACE_CLOSED
