"""
The sessions of past days, told to whoever rates those days again.

A session that cost nothing left no charge: what it stood on says which tariff priced it, how long
it was and whose wallet would have paid.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from psycopg import Connection, Cursor

from cvq.billing.uses import Kept, Month, Used
from cvq.catalog import selectors
from cvq.childcare.facts import facts_of_session
from cvq.childcare.seen import seen_on
from cvq.childcare.shares import Taken
from cvq.rules.sessions import DAY, Session, sessions, whole_day
from cvq.rules.vocabulary import Purpose

SETTLED = """
SELECT holder, service_id, session, basis, entry FROM childcare_sessioncharge
WHERE day = %s ORDER BY id
"""
FREE_BY = """
SELECT DISTINCT split_part(c.basis, ':', 1)::bigint FROM childcare_sessioncharge AS c
JOIN catalog_service AS s ON s.id = c.service_id
WHERE c.day >= %(first)s AND c.day < %(until)s AND c.entry IS NULL
    AND (%(service)s::text IS NULL OR s.code = %(service)s)
"""
# A day keeps how many sessions had no price, not where.
UNPRICED = """
SELECT coalesce(sum(unpriced), 0)::bigint FROM childcare_chargedday
WHERE day >= %(first)s AND day < %(until)s AND %(service)s::text IS NULL
"""
PURPOSES = "SELECT id, purpose FROM catalog_service WHERE purpose IS NOT NULL"


class SessionsAgain:
    """What childcare keeps of the days of a month."""

    def __init__(self, connection: Connection[Any], zone: ZoneInfo) -> None:
        """Read what each service is for, and when it is open."""
        self.connection = connection
        self.zone = zone
        self.calendar = selectors.calendar()
        rows = Cursor(connection).execute(PURPOSES).fetchall()
        self.purposes = {service: Purpose(purpose) for service, purpose in rows}

    def tariffs(self, month: Month) -> set[int]:
        """Return the tariffs by which a session of a month cost nothing."""
        asked = msgspec.structs.asdict(month)
        return {number for (number,) in Cursor(self.connection).execute(FREE_BY, asked)}

    def outside(self, month: Month) -> dict[str, int]:
        """Return how many sessions of a month had no price, or nobody to pay it."""
        row = Cursor(self.connection).execute(UNPRICED, msgspec.structs.asdict(month)).fetchone()
        return {"UNPRICED": row[0] if row else 0}

    def of_day(self, day: date) -> Kept:
        """Return the sessions of a day that cost nothing, and how long the charged ones were."""
        taken = seen_on(self.connection, day, self.zone)
        free: list[Used] = []
        facts: dict[int, dict[str, Any]] = {}
        for holder, service, code, basis, entry in Cursor(self.connection).execute(SETTLED, (day,)):
            told = self._facts(day, taken, (service, holder, code))
            if entry is None:
                free.append(_free(holder, service, basis, told))
            else:
                facts[entry] = told
        return Kept(free, facts)

    def _facts(
        self, day: date, taken: Mapping[UUID, Taken], name: tuple[int, UUID, str]
    ) -> dict[str, Any]:
        service, holder, code = name
        seen = taken.get(holder, {}).get(service, [])
        hours = self.calendar.open_intervals(service, day)
        found: tuple[Session, ...] = sessions(self.purposes[service], seen, hours)
        if code == DAY:
            found = whole_day(found)
        for session in found:
            if session.code == code:
                return facts_of_session(session, seen)
        return {}


def _free(holder: UUID, service: int, basis: str, told: Mapping[str, Any]) -> Used:
    tariff, _, half_hours, hours, wallet, *_ = basis.split(":", 5)
    inputs = {**told, "half_hours": int(half_hours), "hours": int(hours)}
    return Used(
        entry=0,
        payer=int(wallet),
        holder=holder,
        service=service,
        tariff=int(tariff),
        inputs=msgspec.json.encode(inputs).decode(),
        cents=0,
    )
