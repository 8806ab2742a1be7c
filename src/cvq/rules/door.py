"""The door of a building: open to the groups of the holder, at the hours of their schedules."""

from msgspec import Struct

from cvq.rules import admission
from cvq.rules.tap import Decision, Granted, Rule, Situation, Tap, first_objection, objected
from cvq.rules.vocabulary import Reason


class Window(Struct, frozen=True, gc=False):
    """
    The hours of a week in which a group may open a door.

    `weekdays` is a bit mask, Monday = 1; minutes are local, `until_minute` exclusive.
    """

    weekdays: int
    from_minute: int
    until_minute: int
    on_public_holidays: bool = False


class DoorSituation(Situation, frozen=True, gc=False, kw_only=True):
    """What a door knows of a holder, with the local weekday (Monday = 0) and minute of the tap."""

    windows: tuple[Window, ...] = ()
    weekday: int = 0
    minute: int = 0
    public_holiday: bool = False


def holder_has_door(tap: Tap, situation: DoorSituation) -> Reason | None:
    """Object to who belongs to no group that may open this door."""
    return None if situation.windows else Reason.NO_RIGHT


def hour_is_allowed(tap: Tap, situation: DoorSituation) -> Reason | None:
    """Object outside the hours of every group of the holder."""
    today = 1 << situation.weekday
    for window in situation.windows:
        if (
            window.weekdays & today
            and window.from_minute <= situation.minute < window.until_minute
            and (window.on_public_holidays or not situation.public_holiday)
        ):
            return None
    return Reason.OUTSIDE_SCHEDULE


RULES: tuple[Rule[DoorSituation], ...] = (
    admission.medium_is_usable,
    admission.medium_proves_itself,
    admission.medium_has_holder,
    holder_has_door,
    hour_is_allowed,
)


def decide(tap: Tap, situation: DoorSituation) -> Decision:
    """Return the answer of a door."""
    if reason := first_objection(RULES, tap, situation):
        return objected(tap, reason)
    return Granted()
