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
    AND (%(service)s::text IS NULL OR s.code = %(service)s)
    AND NOT EXISTS (SELECT FROM billing_charge AS r WHERE r.reverses_id = c.entry_id)
"""
CHARGES = (
    "SELECT c.occurred_on, c.entry_id, c.payer_id, c.holder, c.service_id, c.tariff_id, "
    "c.inputs::text, c.cents" + _STANDING + "ORDER BY c.occurred_on, c.entry_id"
)
CHARGED_BY = "SELECT DISTINCT c.tariff_id" + _STANDING
CODES = "SELECT id, code FROM catalog_tariff WHERE id = ANY(%s::bigint[]) ORDER BY code"
OF_SERVICE = "SELECT id FROM catalog_service WHERE code = %s"
ROWS_AT_ONCE = 10_000


class Month(Struct, frozen=True, kw_only=True):
    """Which uses: from a day on, until a day that is out, of one service if its code is told."""

    first: date
    until: date
    service: str | None = None


def month_of(day: date, service: str | None = None) -> Month:
    """Return the month of a day."""
    first = day.replace(day=1)
    until = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return Month(first=first, until=until, service=service)


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
    asked = msgspec.structs.asdict(month)
    tariffs = {number for (number,) in Cursor(connection).execute(CHARGED_BY, asked)}
    for keeper in keepers:
        tariffs |= keeper.tariffs(month)
    rows = Cursor(connection).execute(CODES, (sorted(tariffs),)).fetchall()
    return list(dict.fromkeys(code for _, code in rows))


def days(
    connection: Connection[Any], month: Month, keepers: Sequence[Keeper], told: Told
) -> Iterator[tuple[date, Sequence[Used], Mapping[int, Mapping[str, Any]]]]:
    """Yield what was used each day of a month, and what the services know of it by entry."""
    wanted = _service(connection, month)
    with ServerCursor(connection, "charges_of_a_month") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        rows = cursor.execute(CHARGES, msgspec.structs.asdict(month))
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


def _numbered(free: Sequence[Used], before: Sequence[Used], wanted: int | None) -> list[Used]:
    first = 1 + sum(one.is_free for one in before)
    some = [one for one in free if wanted in (None, one.service)]
    return [msgspec.structs.replace(one, entry=-n) for n, one in enumerate(some, first)]


def _each(month: Month) -> Iterator[date]:
    for number in range((month.until - month.first).days):
        yield month.first + timedelta(days=number)


def _service(connection: Connection[Any], month: Month) -> int | None:
    """Return the service that is told by its code, None for all of them; 0 is none of them."""
    if month.service is None:
        return None
    row = Cursor(connection).execute(OF_SERVICE, (month.service,)).fetchone()
    return row[0] if row else 0
