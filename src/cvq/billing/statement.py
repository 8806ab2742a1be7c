"""
What a family reads of its account: the operations of a period, and an equation that adds up.

An operation is what an entry changed of the family's position, its wallet less what it owes; what
only moves money between the two is nothing to read.  Days are those of the books.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _
from msgspec import Struct

from cvq.payments.models import Channel
from cvq.people.models import Household
from cvq.rules.sessions import EVENING, MORNING
from cvq.rules.vocabulary import CHILDCARE

OPERATIONS = """
WITH moved AS (
    SELECT t.entry_id,
        sum(CASE WHEN t.credit_id = ANY(%(ours)s::bigint[]) THEN t.amount ELSE 0 END)
        - sum(CASE WHEN t.debit_id = ANY(%(ours)s::bigint[]) THEN t.amount ELSE 0 END) AS cents
    FROM ledger_transfer AS t
    WHERE t.debit_id = ANY(%(ours)s::bigint[]) OR t.credit_id = ANY(%(ours)s::bigint[])
    GROUP BY t.entry_id
)
SELECT e.id, e.occurred_at, e.booked_on, m.cents, c.sentence, c.reverses_id IS NOT NULL,
    s.id, s.name, s.purpose,
    substring(coalesce(before.key, e.key) from '^charge:[^:]+:[0-9]+[.]([A-Z]+):'),
    site.name, n.person_id, p.uid, p.channel, p.means, p.receipt_year, p.receipt_number,
    e.recorded_at, coalesce(c.inputs -> 'quotient' = 'null'::jsonb, FALSE)
FROM moved AS m
JOIN ledger_entry AS e ON e.id = m.entry_id
LEFT JOIN billing_charge AS c ON c.entry_id = e.id
LEFT JOIN ledger_entry AS before ON before.id = c.reverses_id
LEFT JOIN catalog_service AS s ON s.id = c.service_id
LEFT JOIN catalog_site AS site ON site.id = s.site_id
LEFT JOIN people_sectoridentifier AS n ON n.holder = c.holder
LEFT JOIN payments_topup AS p ON p.entry_id = e.id
WHERE m.cents <> 0 AND e.booked_on >= %(first)s::date
    AND (%(entry)s::bigint IS NULL OR e.id = %(entry)s::bigint)
ORDER BY e.booked_on DESC, e.occurred_at DESC, e.id DESC
"""


class Operation(Struct, frozen=True, kw_only=True):
    """
    One line of a statement: an entry, and what it changed of the family's position, in cents.

    A charge has its `sentence` and service, a top-up its channel and receipt.  That of childcare
    has the `session` that its key names: a morning and an evening are one service.
    `lacks_quotient` where its tariff asked for one and there was none.
    """

    entry: int
    at: datetime
    booked_on: date
    cents: int
    sentence: str | None
    takes_back: bool
    service: int | None
    name: str | None
    purpose: str | None
    session: str | None
    site: str | None
    person: int | None
    top_up: UUID | None
    channel: str | None
    means: str | None
    receipt_year: int | None
    receipt_number: int | None
    recorded_at: datetime
    lacks_quotient: bool

    @property
    def receipt(self) -> str:
        """Return the number of the receipt as people read it, or nothing."""
        if self.receipt_year is None:
            return ""
        return f"{self.receipt_year}-{self.receipt_number:06}"

    @property
    def title(self) -> str:
        """Return what happened, in a few words."""
        if self.channel is not None:
            return _("Rechargement")
        if self.takes_back:
            return _("Remboursement : %(service)s") % {"service": self._service}
        return self._service or _("Correction")

    @property
    def is_evening(self) -> bool:
        """Tell whether it is the evening of a service that has a morning too."""
        return self.session == EVENING

    @property
    def _service(self) -> str:
        what, comma, where = (self.name or "").partition(",")
        if self.session == MORNING:
            what = _("%(service)s du matin") % {"service": what}
        elif self.session == EVENING:
            what = _("%(service)s du soir") % {"service": what}
        return what + comma + where

    @property
    def detail(self) -> str:
        """Return what explains it: the sentence of a charge, the receipt of a top-up."""
        if self.channel is not None:
            return _("%(channel)s · reçu n° %(receipt)s") % {
                "channel": Channel(self.channel).label,
                "receipt": self.receipt,
            }
        return self.sentence or ""

    @property
    def has_hour(self) -> bool:
        """Tell whether it happened at an hour: childcare is charged for a day."""
        return self.purpose not in CHILDCARE


class Day(Struct, frozen=True):
    """The operations of a day, the last first, and the position that it ends on."""

    day: date
    balance: int
    operations: tuple[Operation, ...]


class Statement(Struct, frozen=True, kw_only=True):
    """A period of a family's account: ``opening + came_in - spent == closing``, in cents."""

    first: date
    last: date
    opening: int
    came_in: int
    spent: int
    closing: int
    operations: tuple[Operation, ...]

    def days(self, shown: Sequence[Operation] | None = None) -> tuple[Day, ...]:
        """Return the days of these operations, or of all, with the balance that each ends on."""
        ends = dict(self._ends())
        wanted = self.operations if shown is None else shown
        return tuple(
            Day(day, ends[day], tuple(lines))
            for day, lines in groupby(wanted, key=lambda one: one.booked_on)
        )

    def _ends(self) -> Iterator[tuple[date, int]]:
        balance = self.closing
        for day, lines in groupby(self.operations, key=lambda one: one.booked_on):
            yield day, balance
            balance -= sum(line.cents for line in lines)


def position(household: Household) -> int:
    """Return the cents that a family has, or owes when negative."""
    return (household.wallet.balance or 0) + (household.receivable.balance or 0)


def statement(household: Household, first: date, last: date) -> Statement:
    """Return the statement of a family from a day to another, both included."""
    since = _operations(household, first)
    later = sum(one.cents for one in since if one.booked_on > last)
    wanted = tuple(one for one in since if one.booked_on <= last)
    came_in = sum(one.cents for one in wanted if one.cents > 0)
    spent = -sum(one.cents for one in wanted if one.cents < 0)
    closing = position(household) - later
    return Statement(
        first=first,
        last=last,
        opening=closing - came_in + spent,
        came_in=came_in,
        spent=spent,
        closing=closing,
        operations=wanted,
    )


def operation(household: Household, entry: int) -> Operation | None:
    """Return one operation of a family, or nothing if it changed nothing of what it has."""
    return next(iter(_operations(household, date.min, entry)), None)


def _operations(household: Household, first: date, entry: int | None = None) -> list[Operation]:
    ours = [household.wallet_id, household.receivable_id]
    with connection.cursor() as cursor:
        cursor.execute(OPERATIONS, {"ours": ours, "first": first, "entry": entry})
        names = Operation.__struct_fields__
        return [Operation(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
