"""The doors of buildings on the spine: the hours of the holder's groups.  The tap is the fact."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection, Cursor

from cvq.billing.packing import Packing
from cvq.billing.presented import Presented
from cvq.kernel.holidays import is_public_holiday
from cvq.plumbing.pipeline import Speaks
from cvq.rights.selectors import WINDOWS
from cvq.rules import door
from cvq.rules.door import DoorSituation, Window
from cvq.rules.tap import Decision
from cvq.wire.rows import WindowAt

Windows = dict[int, tuple[Window, ...]]  # by tap


def gather(pipeline: Speaks, taps: Sequence[Presented]) -> Callable[[], Windows]:
    """Ask at what hours each holder opens each door; the answer is read later."""
    held = [number for number, tap in enumerate(taps) if tap.holder is not None]
    cursor = pipeline.execute(
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


MEMBERS = """
SELECT member.holder, member.valid_until, hours.point_id, hours.weekdays, hours.from_minute,
    hours.until_minute, hours.on_public_holidays
FROM rights_groupmember AS member JOIN rights_schedule AS hours
    ON hours.group_id = member.group_id AND hours.point_id = ANY(%s)
WHERE member.valid_from <= %s AND (member.valid_until IS NULL OR %s < member.valid_until)
ORDER BY member.holder, hours.point_id, hours.id
"""


def pack(connection: Connection[Any], packing: Packing) -> None:
    """List who may open these doors, at what hours and until which day."""
    asked = ([point.point for point in packing.points], packing.day, packing.day)
    found: dict[UUID, list[WindowAt]] = {}
    for holder, ends, point, *hours in Cursor(connection).execute(MEMBERS, asked).fetchall():
        window = WindowAt(point=point, window=Window(*hours), until=packing.ends(ends))
        found.setdefault(holder, []).append(window)
    for one in packing.carried:
        if windows := found.get(one.holder):
            one.listed = True
            one.windows = tuple(windows)
