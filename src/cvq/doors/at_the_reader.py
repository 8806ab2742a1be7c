"""The doors of buildings on the spine: the hours of the holder's groups.  The tap is the fact."""

from collections.abc import Callable, Sequence
from typing import Any

from psycopg import Connection, Cursor

from cvq.billing.presented import Presented
from cvq.kernel.holidays import is_public_holiday
from cvq.rights.selectors import WINDOWS
from cvq.rules import door
from cvq.rules.door import DoorSituation, Window
from cvq.rules.tap import Decision

Windows = dict[int, tuple[Window, ...]]  # by tap


def gather(connection: Connection[Any], taps: Sequence[Presented]) -> Callable[[], Windows]:
    """Ask at what hours each holder opens each door; the answer is read later."""
    held = [number for number, tap in enumerate(taps) if tap.holder is not None]
    cursor = Cursor(connection).execute(
        WINDOWS,
        (
            [taps[n].holder for n in held],
            [taps[n].point.point for n in held],
            [taps[n].day for n in held],
        ),
    )

    def read() -> Windows:
        found: dict[int, list[Window]] = {}
        for position, *hours in cursor.fetchall():
            found.setdefault(id(taps[held[position - 1]]), []).append(Window(*hours))
        return {key: tuple(windows) for key, windows in found.items()}

    return read


def decide(tap: Presented, windows: Windows) -> Decision:
    """Return our answer at a door."""
    return door.decide(
        tap.tap,
        DoorSituation(
            medium=tap.medium,
            kind=tap.kind,
            held=tap.holder is not None,
            windows=windows.get(id(tap), ()),
            weekday=tap.local.weekday,
            minute=tap.local.minute,
            public_holiday=is_public_holiday(tap.day, tap.point.department),
        ),
    )
