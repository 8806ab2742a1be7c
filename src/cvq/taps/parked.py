"""What was put aside for the desk: settled as a fact that somebody vouches for, or dismissed."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import structlog
from msgspec import Struct
from psycopg import Connection, Cursor

from cvq.catalog import points as catalogue
from cvq.kernel.local import at_ms
from cvq.kernel.unable import Unable
from cvq.taps.believe import AHEAD_MS
from cvq.taps.faults import EVENT
from cvq.taps.models import ParkedFor
from cvq.taps.record import SETTLED
from cvq.taps.settle import settle
from cvq.taps.told import Answer, Told
from cvq.wire.events import Event

DISMISSED = "DISMISSED: "
WAITING = """
SELECT device, seq, reason, received_at, event->>'at', event->>'pt' FROM taps_parked
WHERE ended_at IS NULL ORDER BY device, seq
"""
LOCK = """
SELECT event::text FROM taps_parked WHERE device = %s AND seq = %s AND ended_at IS NULL FOR UPDATE
"""
END = "UPDATE taps_parked SET ended_at = %s, ending = %s WHERE device = %s AND seq = %s"

log = structlog.get_logger()


class NothingWaits(Unable):
    """Nothing waits under that name: it was never put aside, or somebody has seen to it."""


class NotYet(Unable):
    """What caused it is not put right: it cannot be settled now."""


class NoReason(Unable):
    """What is dismissed is dismissed for a reason."""


class Waiting(Struct, frozen=True):
    """An event that waits for the desk; `at` is when its box says that it happened (ms)."""

    device: int
    seq: int
    reason: ParkedFor
    received_at: datetime
    at: int
    point: int


def waiting(connection: Connection[Any]) -> list[Waiting]:
    """Return what waits, device by device."""
    return [
        Waiting(row[0], row[1], ParkedFor(row[2]), row[3], int(row[4]), int(row[5]))
        for row in Cursor(connection).execute(WAITING).fetchall()
    ]


def settle_parked(
    connection: Connection[Any], *, device: int, seq: int, at: datetime, zone: ZoneInfo
) -> Answer:
    """
    Settle an event that was put aside, as its door told it, and return what stands of it.

    Whoever does it vouches for its instant and its place: they are not doubted again.

    :raises NothingWaits: there is no such event.
    :raises NotYet: its point does not exist, its instant is to come, or it still breaks us.
    """
    try:
        with connection.transaction():
            event = _end(connection, device, seq, at, SETTLED)
            if event.at > at_ms(at) + AHEAD_MS:
                raise NotYet("Il est daté du futur : attendez cet instant, ou écartez-le.")
            if event.pt not in catalogue.refresh(connection).points:
                raise NotYet(f"Aucun point d'accès n° {event.pt} : créez-le, ou écartez-le.")
            told = Told(event=event, is_vouched=True)
            return settle(told=[told], received_at=at_ms(at), connection=connection, zone=zone)[0]
    except EVENT as error:
        log.error("event_broken", device=device, seq=seq, exc_info=error)
        raise NotYet(
            f"Nous ne savons toujours pas le traiter ({type(error).__name__}) : le journal dit où."
        ) from error


def dismiss(connection: Connection[Any], *, device: int, seq: int, at: datetime, why: str) -> None:
    """
    Leave an event aside for good; it stays stored, with the reason.

    :raises NothingWaits: there is no such event.
    :raises NoReason: no reason is given.
    """
    if not why.strip():
        raise NoReason("Dites pourquoi cet événement est écarté.")
    with connection.transaction():
        _end(connection, device, seq, at, DISMISSED + why.strip())


def _end(connection: Connection[Any], device: int, seq: int, at: datetime, ending: str) -> Event:
    cursor = Cursor(connection)
    row = cursor.execute(LOCK, (device, seq)).fetchone()
    if row is None:
        raise NothingWaits(f"Rien n'attend sous {device}/{seq}.")
    cursor.execute(END, (at, ending, device, seq))
    return msgspec.json.decode(row[0], type=Event)
