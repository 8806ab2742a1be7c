"""
The sessions of past days, told to whoever rates those days again.

A session that cost nothing left no charge: what it stood on says which tariff priced it, how long
it was and whose wallet would have paid; what a tariff asks of families is read again.
"""

from collections.abc import Collection, Iterable, Mapping, Set
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from psycopg import Connection, Cursor

from cvq.billing.payers import payers
from cvq.billing.uses import Kept, Month, Used
from cvq.catalog import points as catalogue
from cvq.childcare.counting import name_of
from cvq.childcare.due import AT, BEFORE
from cvq.childcare.facts import facts_of_session
from cvq.childcare.families import Stay, asked_of_families, facts_of_stays, known_of_families
from cvq.childcare.seen import seen_on
from cvq.childcare.shares import Taken
from cvq.rules.sessions import DAY, Session, sessions, whole_day
from cvq.rules.vocabulary import CHILDCARE, Purpose, Sector

SETTLED = """
SELECT holder, service_id, session, basis, entry FROM childcare_sessioncharge
WHERE day = %s AND basis <> '' AND (%s::bigint[] IS NULL OR service_id = ANY(%s::bigint[]))
ORDER BY id
"""
FREE_BY = """
SELECT DISTINCT split_part(c.basis, ':', 1)::bigint FROM childcare_sessioncharge AS c
JOIN catalog_service AS s ON s.id = c.service_id
WHERE c.day >= %(first)s AND c.day < %(until)s AND c.entry IS NULL AND c.basis <> ''
    AND (%(services)s::text[] IS NULL OR s.code = ANY(%(services)s))
"""
# A day keeps how many sessions had no price, not where.
UNPRICED = """
SELECT coalesce(sum(unpriced), 0)::bigint FROM childcare_chargedday
WHERE day >= %(first)s AND day < %(until)s AND %(services)s::text[] IS NULL
"""
COUNTED = """
SELECT service_id, holder, session, counter, before FROM childcare_sessioncount WHERE day = %s
"""
PURPOSES = "SELECT id, purpose FROM catalog_service WHERE purpose IS NOT NULL"


class Settled(NamedTuple):
    """A session of a charged day, and what it stood on; without an entry it cost nothing."""

    holder: UUID
    service: int
    session: str
    basis: str
    entry: int | None


class SessionsAgain:
    """
    What childcare keeps of the days of a month, for whoever asks these facts.

    Without `asked`, what the tariffs in force ask of the families of those who paid nothing;
    without `wanted`, those of all services.
    """

    def __init__(
        self,
        connection: Connection[Any],
        zone: ZoneInfo,
        asked: Set[str] | None = None,
        wanted: Set[int] | None = None,
    ) -> None:
        """Read what each service is for, and when it is open."""
        self.connection = connection
        self.zone = zone
        self.asked = asked
        self.wanted = None if wanted is None else sorted(wanted)
        self.points = catalogue.refresh(connection)
        rows = Cursor(connection).execute(PURPOSES).fetchall()
        self.purposes = {service: Purpose(purpose) for service, purpose in rows}

    def tariffs(self, month: Month) -> set[int]:
        """Return the tariffs by which a session of a month cost nothing."""
        return {number for (number,) in Cursor(self.connection).execute(FREE_BY, month.asked)}

    def outside(self, month: Month) -> dict[str, int]:
        """Return how many sessions of a month had no price, or nobody to pay it."""
        row = Cursor(self.connection).execute(UNPRICED, month.asked).fetchone()
        return {"UNPRICED": row[0] if row else 0}

    def of_day(self, day: date) -> Kept:
        """Return the sessions of a day that cost nothing, and how long the charged ones were."""
        rows = Cursor(self.connection).execute(SETTLED, (day, self.wanted, self.wanted)).fetchall()
        if not rows:
            return Kept()
        settled = [Settled(*row) for row in rows]
        taken = seen_on(self.connection, day, self.zone)
        families = self._families(day, settled)
        counted = self._counted(day)
        free: list[Used] = []
        facts: dict[int, dict[str, Any]] = {}
        for one in settled:
            told = self._facts(day, taken, one)
            told |= families.get((one.holder, one.service), {})
            if one.entry is None:
                told |= counted.get((one.service, one.holder, one.session), {})
                free.append(_free(one, told))
            else:
                facts[one.entry] = told
        return Kept(free, facts)

    def _facts(self, day: date, taken: Mapping[UUID, Taken], one: Settled) -> dict[str, Any]:
        seen = taken.get(one.holder, {}).get(one.service, [])
        hours = self.points.calendar.open_intervals(one.service, day)
        found: tuple[Session, ...] = sessions(self.purposes[one.service], seen, hours)
        if one.session == DAY:
            found = whole_day(found)
        for session in found:
            if session.code == one.session:
                return facts_of_session(session, seen)
        return {}

    def _families(self, day: date, settled: Collection[Settled]) -> Mapping[Any, dict[str, Any]]:
        if self.asked is None:
            asked = asked_of_families(self.points, day)
            settled = [one for one in settled if one.entry is None]
        else:
            asked = {
                service: names
                for service, purpose in self.purposes.items()
                if purpose in CHILDCARE and (names := known_of_families(purpose) & self.asked)
            }
        some = [(one.holder, one.service) for one in settled if one.service in asked]
        return facts_of_stays(self.connection, self._stays(day, some), day, asked) if some else {}

    def _stays(self, day: date, some: Iterable[tuple[UUID, int]]) -> list[Stay]:
        several = dict.fromkeys(some)
        wanted = [(holder, day) for holder in {holder for holder, _ in several}]
        paying = payers(self.connection, Sector.SCHOOL, wanted)
        return [
            Stay(holder, service, paying[holder, day])
            for holder, service in several
            if (holder, day) in paying
        ]

    def _counted(self, day: date) -> dict[tuple[int, UUID, str], dict[str, Any]]:
        """Return how each session found the counters of its tariff, under the names it reads."""
        found: dict[tuple[int, UUID, str], dict[str, Any]] = {}
        for *name, counter, before in Cursor(self.connection).execute(COUNTED, (day,)):
            found.setdefault(tuple(name), {})[f"{name_of(counter)}{BEFORE}"] = _written(before)
        return found


def _free(one: Settled, told: Mapping[str, Any]) -> Used:
    tariff, _, half_hours, hours, wallet, *_ = one.basis.partition(AT)[0].split(":")
    inputs = {**told, "half_hours": int(half_hours), "hours": int(hours)}
    return Used(
        entry=0,
        payer=int(wallet),
        holder=one.holder,
        service=one.service,
        tariff=int(tariff),
        inputs=msgspec.json.encode(inputs).decode(),
        cents=0,
    )


def _written(before: Decimal) -> int | str:
    whole = int(before)
    return whole if whole == before else f"{before.normalize():f}"
