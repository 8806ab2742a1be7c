"""
What a holder may use on a day.

What a tap needs takes a psycopg connection and is one statement for the whole batch.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection, Cursor

from cvq.plumbing.pipeline import Pipeline
from cvq.rights.messages import QuotaTerms
from cvq.rights.models import Product, ProductKind
from cvq.rules.door import Window

# What ends first is used first.
IN_FORCE = """
SELECT wanted.position, held.id, product.code, product.kind, product.service_id, product.zone,
       held.account_id, product.time_lock_minutes
  FROM unnest(%s::uuid[], %s::date[]) WITH ORDINALITY AS wanted(holder, day, position)
  JOIN rights_right AS held
    ON held.holder = wanted.holder AND held.valid_from <= wanted.day
   AND (held.valid_until IS NULL OR wanted.day < held.valid_until)
  JOIN rights_product AS product ON product.id = held.product_id
 ORDER BY wanted.position, held.valid_until NULLS LAST, held.id
"""
WINDOWS = """
SELECT wanted.position, hours.weekdays, hours.from_minute, hours.until_minute,
       hours.on_public_holidays
  FROM unnest(%s::uuid[], %s::bigint[], %s::date[])
       WITH ORDINALITY AS wanted(holder, point, day, position)
  JOIN rights_groupmember AS member
    ON member.holder = wanted.holder AND member.valid_from <= wanted.day
   AND (member.valid_until IS NULL OR wanted.day < member.valid_until)
  JOIN rights_schedule AS hours
    ON hours.group_id = member.group_id AND hours.point_id = wanted.point
 ORDER BY wanted.position, hours.id
"""


class RightInForce(NamedTuple):
    """A right that a holder has on a day; what is left of it is in the account."""

    right_id: int
    product: str
    kind: ProductKind
    service_id: int | None
    zone: str
    account_id: int | None
    time_lock_minutes: int


def rights_in_force(
    holders_and_days: Sequence[tuple[UUID, date]], connection: Connection[Any]
) -> list[list[RightInForce]]:
    """Return the rights of each holder each day, what ends first coming first."""
    found: list[list[RightInForce]] = [[] for _asked in holders_and_days]
    wanted = [holder for holder, _ in holders_and_days], [day for _, day in holders_and_days]
    for position, right, product, kind, *where in (
        Pipeline(connection).execute(IN_FORCE, wanted).fetchall()
    ):
        found[position - 1].append(RightInForce(right, product, ProductKind(kind), *where))
    return found


def windows(
    asked: Sequence[tuple[UUID, int, date]], connection: Connection[Any]
) -> list[tuple[Window, ...]]:
    """Return the hours at which each holder opens each access point each day."""
    found: list[list[Window]] = [[] for _asked in asked]
    wanted = (
        [holder for holder, _point, _day in asked],
        [point for _holder, point, _day in asked],
        [day for _holder, _point, day in asked],
    )
    for position, *hours in Cursor(connection).execute(WINDOWS, wanted):
        found[position - 1].append(Window(*hours))
    return [tuple(each) for each in found]


def quota_terms(code: str) -> QuotaTerms:
    """Return a quota as its product gives it today."""
    product = Product.objects.get(code=code, kind=ProductKind.QUOTA)
    assert product.unit is not None, code
    assert product.amount is not None, code
    return QuotaTerms(product.code, product.unit, product.amount)
