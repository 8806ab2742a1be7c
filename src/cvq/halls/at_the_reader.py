"""The doors of courts on the spine: the slot that the holder booked, the lease that a tap takes."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection, Cursor

from cvq.billing.packing import Packing
from cvq.billing.presented import Presented, Stood
from cvq.kernel.local import at_ms, instant
from cvq.plumbing.pipeline import Speaks
from cvq.rules import slot
from cvq.rules.slot import EARLY_MS, LATE_MS, Booked, CourtSituation
from cvq.rules.tap import Decision
from cvq.wire.rows import SlotAt

Slots = dict[int, tuple[Booked, ...]]  # by tap

SLOTS = """
SELECT w.n, s.starts_at, s.ends_at
FROM unnest(%s::int[], %s::uuid[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
    AS w(n, holder, space, early, late)
JOIN halls_slot AS s ON s.holder = w.holder AND s.space_id = w.space
    AND s.starts_at <= w.early AND s.ends_at > w.late
"""
INSERT = """
INSERT INTO halls_lease (device, seq, point, holder, from_at, until_at)
SELECT * FROM unnest(%s::int[], %s::bigint[], %s::int[], %s::uuid[], %s::timestamptz[],
    %s::timestamptz[])
"""
END = """
UPDATE halls_lease AS l SET until_at = l.from_at
FROM unnest(%s::int[], %s::bigint[]) AS w(device, seq)
WHERE l.device = w.device AND l.seq = w.seq
"""


def gather(pipeline: Speaks, taps: Sequence[Presented]) -> Callable[[], Slots]:
    """Ask for the slots around each tap; the answer is read later."""
    held = [number for number, tap in enumerate(taps) if tap.holder is not None]
    cursor = pipeline.execute(
        SLOTS,
        (
            held,
            [taps[n].holder for n in held],
            [taps[n].point.space for n in held],
            [instant(taps[n].event.at + EARLY_MS) for n in held],
            [instant(taps[n].event.at - LATE_MS) for n in held],
        ),
    )

    def read() -> Slots:
        found: dict[int, list[Booked]] = {}
        for number, starts_at, ends_at in cursor.fetchall():
            found.setdefault(id(taps[number]), []).append(Booked(at_ms(starts_at), at_ms(ends_at)))
        return {key: tuple(slots) for key, slots in found.items()}

    return read


def decide(tap: Presented, slots: Slots) -> Decision:
    """Return our answer at the door of a court."""
    return slot.decide(
        tap.tap,
        CourtSituation(
            medium=tap.medium,
            kind=tap.kind,
            held=tap.holder is not None,
            slots=slots.get(id(tap), ()),
        ),
    )


def apply(cursor: Speaks, fresh: Sequence[Stood]) -> None:
    """Insert the leases of doors and lights that were taken; end those that the door denies."""
    rows = [
        (
            stood.tap.event.dev,
            stood.tap.event.seq,
            stood.tap.event.pt,
            stood.tap.holder,
            instant(stood.tap.event.at),
            instant(stood.until),
        )
        for stood in fresh
        if stood.went_in and stood.until and stood.tap.holder is not None
    ]
    if rows:
        cursor.execute(INSERT, [list(column) for column in zip(*rows, strict=True)])
    denied = [stood.tap.event for stood in fresh if stood.tap.amends and not stood.went_in]
    if denied:
        cursor.execute(END, ([event.dev for event in denied], [event.seq for event in denied]))


BOOKED = """
SELECT holder, space_id, starts_at, ends_at FROM halls_slot
WHERE space_id = ANY(%s) AND starts_at < %s AND ends_at > %s
ORDER BY holder, starts_at, space_id
"""


def pack(connection: Connection[Any], packing: Packing) -> None:
    """List who booked the courts behind these doors, and when."""
    doors = {point.space: point.point for point in packing.points if point.space is not None}
    asked = (
        sorted(doors),
        instant(packing.midnight(packing.until)),
        instant(packing.now - LATE_MS),
    )
    found: dict[UUID, list[SlotAt]] = {}
    for holder, space, starts_at, ends_at in Cursor(connection).execute(BOOKED, asked).fetchall():
        slot_at = SlotAt(point=doors[space], slot=Booked(at_ms(starts_at), at_ms(ends_at)))
        found.setdefault(holder, []).append(slot_at)
    for one in packing.carried:
        if slots := found.get(one.holder):
            one.listed = True
            one.slots = tuple(slots)
