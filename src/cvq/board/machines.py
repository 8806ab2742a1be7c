"""
The machines of the territory, one by one, and what state each is in.

A box that is connected fetches its policy every thirty seconds: one that is not heard of for ten
minutes has no line, or no power.  It decides alone meanwhile.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from django.db import connection
from msgspec import Struct

from cvq.catalog.kinds import DeviceProfile, DeviceState
from cvq.taps.models import ParkedFor

SILENT = timedelta(minutes=10)
LATELY = timedelta(hours=1)
LAST = timedelta(minutes=1)
# Of so many taps lately, a share of refusals that is no chance.
REFUSING_TAPS_MIN = 10
REFUSING_PERCENT_MIN = 10
# What says that a box is not at the time of day: what it tells is not believed.
CLOCK = (ParkedFor.FUTURE, ParkedFor.TOO_OLD, ParkedFor.BACKWARDS, ParkedFor.CLOCK_SUSPECT)

# A tap was heard when its batch was recorded; the key of the taps gives the last one of each box.
MACHINES = """
SELECT d.id, d.code, d.name, d.profile, d.state, s.name, c.insee, c.name, k.at, last.recorded_at,
    coalesce(p.doubted, 0), coalesce(p.parked, 0)
FROM catalog_device AS d JOIN catalog_site AS s ON s.id = d.site_id
JOIN catalog_commune AS c ON c.id = s.commune_id LEFT JOIN taps_contact AS k ON k.device = d.id
LEFT JOIN LATERAL (SELECT b.recorded_at FROM taps_tapevent AS t
    JOIN plumbing_batch AS b ON b.id = t.batch WHERE t.device = d.id
    ORDER BY t.seq DESC LIMIT 1) AS last ON true
LEFT JOIN (SELECT device, count(*) FILTER (WHERE reason = ANY(%(clock)s)) AS doubted,
    count(*) FILTER (WHERE reason <> ALL(%(clock)s)) AS parked
    FROM taps_parked WHERE ended_at IS NULL GROUP BY device) AS p ON p.device = d.id
WHERE d.state <> 'RETIRED' AND (%(number)s::int IS NULL OR d.id = %(number)s::int)
ORDER BY c.name, s.name, d.name, d.id
"""
LATELY_AT = """
SELECT device, count(*), count(*) FILTER (WHERE said = 0), count(*) FILTER (WHERE at > %(minute)s)
FROM taps_tapevent WHERE at > %(hour)s AND at <= %(now)s AND what = 'TAP' GROUP BY device
"""


class State(StrEnum):
    """How a machine is, from the one that holds people up to the one that was never plugged in."""

    QUARANTINED = "QUARANTINED"
    SILENT = "SILENT"
    WATCH = "WATCH"
    WELL = "WELL"
    NEVER = "NEVER"


class Busy(NamedTuple):
    """What a machine saw in the last hour, and in the last minute."""

    taps: int = 0
    refused: int = 0
    just_now: int = 0

    @property
    def percent(self) -> int:
        """Return the share of refusals."""
        return self.refused * 100 // self.taps if self.taps else 0

    @property
    def refuses(self) -> bool:
        """Tell whether it refuses more than chance would."""
        return self.taps >= REFUSING_TAPS_MIN and self.percent >= REFUSING_PERCENT_MIN


class Machine(Struct, frozen=True, kw_only=True):
    """A device as those who watch it see it."""

    number: int
    code: str
    name: str
    profile: DeviceProfile
    state: State
    site: str
    insee: str
    commune: str
    heard: datetime | None
    doubted: int
    parked: int
    busy: Busy

    @property
    def is_off(self) -> bool:
        """Tell whether it no longer speaks, or is no longer listened to."""
        return self.state in {State.SILENT, State.QUARANTINED}


def machines(now: datetime) -> list[Machine]:
    """Return every device that is not retired, commune by commune."""
    with connection.cursor() as cursor:
        cursor.execute(LATELY_AT, {"now": now, "hour": now - LATELY, "minute": now - LAST})
        busy = {row[0]: Busy(*row[1:]) for row in cursor.fetchall()}
    return _read(now, busy, None)


def machine(number: int, now: datetime) -> Machine | None:
    """Return one device."""
    return next(iter(_read(now, {}, number)), None)


def _read(now: datetime, busy: Mapping[int, Busy], number: int | None) -> list[Machine]:
    with connection.cursor() as cursor:
        cursor.execute(MACHINES, {"clock": [reason.value for reason in CLOCK], "number": number})
        rows = cursor.fetchall()
    found = []
    for row in rows:
        heard = max((at for at in row[8:10] if at is not None), default=None)
        seen = busy.get(row[0], Busy())
        has_trouble = bool(row[10] or row[11] or seen.refuses)
        found.append(
            Machine(
                number=row[0],
                code=row[1],
                name=row[2],
                profile=DeviceProfile(row[3]),
                state=_state(DeviceState(row[4]), heard, now, has_trouble=has_trouble),
                site=row[5],
                insee=row[6],
                commune=row[7],
                heard=heard,
                doubted=row[10],
                parked=row[11],
                busy=seen,
            )
        )
    return found


def _state(
    state: DeviceState, heard: datetime | None, now: datetime, *, has_trouble: bool
) -> State:
    if state is DeviceState.QUARANTINED:
        return State.QUARANTINED
    if heard is None:
        return State.NEVER
    if now - heard > SILENT:
        return State.SILENT
    return State.WATCH if has_trouble else State.WELL
