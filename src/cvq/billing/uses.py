"""
What was used in a month, day after day: what was charged, and what the tariff let through free.

Charges are read here; what cost nothing left none, and is told by the services that keep it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Protocol
from uuid import UUID

import msgspec
from msgspec import Struct
from psycopg import Connection, Cursor, ServerCursor

_STANDING = """
FROM billing_charge AS c JOIN catalog_service AS s ON s.id = c.service_id
WHERE c.occurred_on >= %(first)s AND c.occurred_on < %(until)s AND c.cents > 0
    AND (%(services)s::text[] IS NULL OR s.code = ANY(%(services)s))
    AND NOT EXISTS (SELECT FROM billing_charge AS r WHERE r.reverses_id = c.entry_id)
"""
CHARGES = (
    "SELECT c.occurred_on, c.entry_id, c.payer_id, c.holder, c.service_id, c.tariff_id, "
    "c.inputs::text, c.cents" + _STANDING + "ORDER BY c.occurred_on, c.entry_id"
)
CHARGED_BY = "SELECT DISTINCT c.tariff_id" + _STANDING
CODES = "SELECT id, code FROM catalog_tariff WHERE id = ANY(%s::bigint[]) ORDER BY code"
OF_SERVICES = "SELECT id FROM catalog_service WHERE code = ANY(%s::text[])"
KNOWN = """
SELECT DISTINCT t.code FROM catalog_tariff AS t JOIN catalog_service AS s ON s.id = t.service_id
WHERE %(services)s::text[] IS NULL OR s.code = ANY(%(services)s) ORDER BY t.code
"""
CHARGED_IN = """
SELECT date_trunc('month', c.occurred_on)::date AS month, count(*) FROM billing_charge AS c
JOIN catalog_service AS s ON s.id = c.service_id JOIN catalog_tariff AS t ON t.id = c.tariff_id
WHERE c.cents > 0 AND t.code = ANY(%(codes)s::text[]) AND c.occurred_on < %(until)s
    AND (%(services)s::text[] IS NULL OR s.code = ANY(%(services)s))
GROUP BY month ORDER BY month
"""
ROWS_AT_ONCE = 10_000


class Month(Struct, frozen=True, kw_only=True):
    """Which uses: from a day on, until a day that is out, of some services by code, or of all."""

    first: date
    until: date
    services: tuple[str, ...] | None = None

    @property
    def asked(self) -> dict[str, Any]:
        """Return what a query of its uses is given."""
        services = None if self.services is None else list(self.services)
        return {"first": self.first, "until": self.until, "services": services}


def month_of(day: date, services: Sequence[str] | None = None) -> Month:
    """Return the month of a day."""
    first = day.replace(day=1)
    until = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    named = None if services is None else tuple(services)
    return Month(first=first, until=until, services=named)


class Used(Struct, frozen=True, gc=False):
    """
    A use that stands: which entry, who paid, who for, by which tariff, what it was given.

    What cost nothing has no entry: its number is below zero, and means nothing.
    """

    entry: int
    payer: int
    holder: UUID
    service: int
    tariff: int
    inputs: str  # JSON, as it was written; of what cost nothing, as its service would write it
    cents: int

    @property
    def is_free(self) -> bool:
        """Tell whether the tariff asked nothing for it."""
        return self.entry < 0


class Kept(Struct, frozen=True):
    """What a service keeps of a day: the uses that cost nothing, and facts of charges by entry."""

    free: Sequence[Used] = ()
    facts: Mapping[int, Mapping[str, Any]] = {}


class Keeper(Protocol):
    """A service that keeps what its charges do not say."""

    def tariffs(self, month: Month) -> Set[int]:
        """Return the tariffs by which something cost nothing in a month."""

    def outside(self, month: Month) -> Mapping[str, int]:
        """Return how many uses of a month no tariff prices, by what they ran on."""

    def of_day(self, day: date) -> Kept:
        """Return what is kept of a day."""


Told = Callable[[date], None]


def codes(connection: Connection[Any], month: Month, keepers: Sequence[Keeper]) -> list[str]:
    """Return the codes of the tariffs by which something of a month was priced, free or not."""
    rows = Cursor(connection).execute(CHARGED_BY, month.asked).fetchall()
    tariffs = {number for (number,) in rows}
    for keeper in keepers:
        tariffs |= keeper.tariffs(month)
    rows = Cursor(connection).execute(CODES, (sorted(tariffs),)).fetchall()
    return list(dict.fromkeys(code for _, code in rows))


def known_codes(connection: Connection[Any], services: Sequence[str] | None) -> list[str]:
    """Return the codes of all tariffs of some services, or of all of them, whatever their day."""
    asked = {"services": None if services is None else list(services)}
    return [code for (code,) in Cursor(connection).execute(KNOWN, asked)]


def charged_months(
    connection: Connection[Any],
    codes: Sequence[str],
    services: Sequence[str] | None,
    *,
    until: date,
) -> dict[date, int]:
    """Return how many charges some tariffs made in each month that has any, the oldest first."""
    asked = {
        "codes": list(codes),
        "services": None if services is None else list(services),
        "until": until,
    }
    return dict(Cursor(connection).execute(CHARGED_IN, asked).fetchall())


def services_of(connection: Connection[Any], month: Month) -> Set[int] | None:
    """Return the services of which uses are asked for, None for all of them."""
    if month.services is None:
        return None
    rows = Cursor(connection).execute(OF_SERVICES, (list(month.services),)).fetchall()
    return {service for (service,) in rows}


def days(
    connection: Connection[Any], month: Month, keepers: Sequence[Keeper], told: Told
) -> Iterator[tuple[date, Sequence[Used], Mapping[int, Mapping[str, Any]]]]:
    """Yield what was used each day of a month, and what the services know of it by entry."""
    wanted = services_of(connection, month)
    with ServerCursor(connection, "charges_of_a_month") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        rows = cursor.execute(CHARGES, month.asked)
        charged = groupby(rows, key=itemgetter(0))
        charged_on, some = next(charged, (None, iter(())))
        for day in _each(month):
            used: list[Used] = []
            if charged_on == day:
                used = [Used(*row[1:]) for row in some]
                charged_on, some = next(charged, (None, iter(())))
            facts: dict[int, Mapping[str, Any]] = {}
            for keeper in keepers:
                kept = keeper.of_day(day)
                used += _numbered(kept.free, used, wanted)
                facts |= kept.facts
            if used:
                told(day)
                yield day, used, facts


def _numbered(free: Sequence[Used], before: Sequence[Used], wanted: Set[int] | None) -> list[Used]:
    first = 1 + sum(one.is_free for one in before)
    some = [one for one in free if wanted is None or one.service in wanted]
    return [msgspec.structs.replace(one, entry=-n) for n, one in enumerate(some, first)]


def _each(month: Month) -> Iterator[date]:
    for number in range((month.until - month.first).days):
        yield month.first + timedelta(days=number)
