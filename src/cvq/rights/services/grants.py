"""Define products, grant passes and sell carnets."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from psycopg import Cursor

from cvq.kernel.unable import Unable
from cvq.plumbing.batches import open_batch
from cvq.plumbing.connections import numbers, underneath
from cvq.rights.messages import NewRight
from cvq.rights.models import Product, ProductKind, Right
from cvq.rights.services.counted import ENTRIES_AT_ONCE, Counted, open_filled

ROWS_AT_ONCE = 2000


class NotACarnet(Unable):
    """A product that does not run out like a carnet."""


class RightEnded(Unable):
    """A right that ends before the day it should."""


def define_products(products: Sequence[Product]) -> list[Product]:
    """Write down products; one whose code is known stays as it is."""
    Product.objects.bulk_create(products, ignore_conflicts=True)
    codes = [product.code for product in products]
    return list(Product.objects.filter(code__in=codes).order_by("code"))


def grant_many(rights: Sequence[NewRight]) -> list[Right]:
    """Grant passes, memberships and free access, in the order given."""
    assert all(new.product.kind != ProductKind.CARNET for new in rights), "carnets are sold"
    return Right.objects.bulk_create((_right(new) for new in rights), batch_size=ROWS_AT_ONCE)


def grant_pass(*, holder: UUID, product: Product, on: date) -> Right:
    """Grant a product to one holder from a day, for as long as it lasts."""
    return grant_many([NewRight(product=product, holder=holder, valid_from=on)])[0]


@transaction.atomic
def sell_carnets(carnets: Sequence[NewRight], *, at: datetime) -> list[Right]:
    """
    Open carnets with all their entries, in the order given.

    :raises NotACarnet: one of the products does not run out.
    """
    if any(new.product.kind != ProductKind.CARNET for new in carnets):
        raise NotACarnet(_("Ce produit n'est pas un carnet."))
    sold: list[Right] = []
    remaining = iter(carnets)
    while some := list(islice(remaining, ENTRIES_AT_ONCE)):
        sold += _sell(some, at)
    return sold


def sell_carnet(*, holder: UUID, product: Product, on: date, at: datetime) -> Right:
    """
    Open a carnet for one holder.

    :raises NotACarnet: the product does not run out.
    """
    new = NewRight(product=product, holder=holder, valid_from=on)
    return sell_carnets([new], at=at)[0]


@transaction.atomic
def end_right(*, right: Right, on: date) -> Right:
    """
    End a right: `on` is the first day without it.

    :raises RightEnded: it ends earlier, or had not begun.
    """
    row = Right.objects.select_for_update().get(pk=right.pk)
    if on <= row.valid_from or (row.valid_until is not None and row.valid_until < on):
        raise RightEnded(_("Ce droit n'est pas en cours à cette date."))
    row.valid_until = on
    row.save(update_fields=["valid_until"])
    return row


def _sell(carnets: Sequence[NewRight], at: datetime) -> list[Right]:
    connection = underneath()
    ids = numbers(Right, len(carnets))
    batch = open_batch(connection, at)
    accounts = open_filled(
        connection,
        [
            Counted(f"CARNET:{number}", *_unit_and_amount(new.product), new.valid_from)
            for number, new in zip(ids, carnets, strict=True)
        ],
        batch=batch,
    )
    batch.write(Cursor(connection))
    rights = [_right(new) for new in carnets]
    for number, right in zip(ids, rights, strict=True):
        right.pk, right.account_id = number, accounts[f"CARNET:{number}"]
    return Right.objects.bulk_create(rights, batch_size=ROWS_AT_ONCE)


def _unit_and_amount(product: Product) -> tuple[str, int]:
    assert product.unit is not None, product.code
    assert product.amount is not None, product.code
    return product.unit, product.amount


def _right(new: NewRight) -> Right:
    lasts = new.product.validity_days
    return Right(
        product=new.product,
        holder=new.holder,
        household_id=new.household_id,
        organisation_id=new.organisation_id,
        valid_from=new.valid_from,
        valid_until=None if lasts is None else new.valid_from + timedelta(days=lasts),
    )
