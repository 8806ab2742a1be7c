"""The rights of a family as pages tell them: what each is, whose, and what is left of it."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from django.db import connection
from msgspec import Struct

from cvq.rights.models import ProductKind

HELD = """
SELECT r.id, p.name, p.kind, p.unit, p.amount, r.holder, p.service_id, s.purpose, a.balance,
    r.valid_until
FROM rights_right AS r
JOIN rights_product AS p ON p.id = r.product_id
LEFT JOIN catalog_service AS s ON s.id = p.service_id
LEFT JOIN ledger_account AS a ON a.id = r.account_id
WHERE (r.holder = ANY(%(holders)s::uuid[]) OR r.household_id = %(household)s)
    AND r.valid_from <= %(day)s AND (r.valid_until IS NULL OR r.valid_until > %(day)s)
ORDER BY p.name, r.id
"""


class Held(Struct, frozen=True):
    """A right of a day; `left` is NULL where nothing runs out, `holder` where all share it."""

    id: int
    name: str
    kind: ProductKind
    unit: str | None
    amount: int | None
    holder: UUID | None
    service: int | None
    purpose: str | None
    left: int | None
    until: date | None

    @property
    def used(self) -> int:
        """Return how much of a quota is used up."""
        return (self.amount or 0) - (self.left or 0)


def held(holders: Collection[UUID], household: int, day: date) -> list[Held]:
    """Return the rights of these holders and of this household on a day, by name."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, {"holders": list(holders), "household": household, "day": day})
        return [
            Held(number, name, ProductKind(kind), *rest)
            for number, name, kind, *rest in cursor.fetchall()
        ]
