"""
Quotas: an account per household and year, filled the first time somebody needs it.

There is no counter to reset: the visit of 31 December that a box tells on 2 January is taken from
the account of the old year, which opens then if it never did.
"""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from psycopg import Connection, Cursor

from cvq.kernel.local import at_ms
from cvq.kernel.unable import Unable
from cvq.ledger import books
from cvq.ledger.books import NewEntry, Posting
from cvq.ledger.models import Account
from cvq.ledger.services import booking_day, digest_of, known, post
from cvq.plumbing.batches import Batch, open_batch
from cvq.plumbing.connections import underneath
from cvq.plumbing.pipeline import Pipeline
from cvq.rights.messages import QuotaTerms, WantedQuota
from cvq.rights.models import Derogation, Product, ProductKind
from cvq.rights.services.counted import ENTRIES_AT_ONCE, Counted, day_of, granted_from, open_filled
from cvq.rules.vocabulary import Unit

WASTE = "DECHETTERIE"
WASTE_VISITS = 15  # a year and household, in Parthenay-Gâtine

OPENED = """
SELECT code, id FROM ledger_account WHERE code = ANY(%s::text[])
"""


class DerogationUnknown(Unable):
    """An account that counts nothing which a derogation could add to."""


def waste_visits() -> Product:
    """Return the quota of the waste centres, not written yet."""
    return Product(
        code=WASTE,
        kind=ProductKind.QUOTA,
        name="Passages en déchèterie, par foyer et par an",
        unit=Unit.VISIT,
        amount=WASTE_VISITS,
    )


def open_quotas(
    connection: Connection[Any], wanted: Sequence[WantedQuota], *, batch: Batch
) -> list[int]:
    """
    Return the account of each quota wanted, opening and filling in `batch` those that are not.

    On the spine, before the lock: one statement when all are open, as they are after the first
    visit of a household in a year.
    """
    if not wanted:
        return []
    codes = {quota.code for quota in wanted}
    opened = dict(Pipeline(connection).execute(OPENED, (list(codes),)).fetchall())
    missing = [
        Counted(quota.code, quota.terms.unit, quota.terms.amount, quota.starts_on)
        for quota in wanted
        if quota.code not in opened
    ]
    if missing:
        opened |= open_filled(connection, missing, batch=batch)
    return [opened[quota.code] for quota in wanted]


@transaction.atomic
def open_quotas_ahead(
    *, terms: QuotaTerms, household_ids: Sequence[int], day: date, at: datetime
) -> None:
    """Open the quotas of many households for the year of a day."""
    connection = underneath()
    remaining = iter(household_ids)
    while some := list(islice(remaining, ENTRIES_AT_ONCE)):
        batch = open_batch(connection, at)
        open_quotas(connection, [WantedQuota(terms, each, day) for each in some], batch=batch)
        batch.write(Cursor(connection))


@transaction.atomic
def derogate(
    *,
    account: Account,
    amount: int,
    reason: str,
    until: date,
    by: str,
    uid: UUID,
    at: datetime,
) -> Derogation:
    """
    Add to what runs out, for a reason and until a day; once for each `uid`.

    :raises DerogationUnknown: the account counts no entries, visits or minutes.
    :raises KeyReused: the uid names another derogation.
    """
    if account.kind not in {"QUOTA", "CARNET"}:
        raise DerogationUnknown(_("On ne déroge qu'à un quota ou à un carnet."))
    connection = underneath()
    accounts = books.lock(connection, [id_ for id_ in (account.pk, account.spill_id) if id_])
    key = f"derogation:{uid}"
    digest = digest_of("derogation", account.code, amount, reason, until)
    if known(connection, key, digest) is not None:
        return Derogation.objects.get(uid=uid)
    # What was let in beyond the quota is covered first: never an overrun beside something left.
    postings = books.give_back(
        accounts, account.pk, amount, taken_from=granted_from(connection, account.unit)
    )
    entry = NewEntry(
        key=key,
        at=at_ms(at),
        booked_on=booking_day(connection, day_of(at)),
        digest=digest,
        postings=postings,
    )
    post(connection, entries=[entry], recorded_at=at, accounts=accounts)
    return Derogation.objects.create(
        uid=uid,
        account=account,
        amount=amount,
        reason=reason,
        by=by,
        given_at=at,
        until_on=until,
    )


def end_derogations(*, on: date, at: datetime) -> int:
    """Take back what is unused of derogations that are over on that day; say how many."""
    over = Derogation.objects.filter(until_on__lte=on, ended_at__isnull=True).order_by("id")
    ended = 0
    for pk in list(over.values_list("pk", flat=True)[:ENTRIES_AT_ONCE]):
        ended += _end(pk, on, at)
    return ended


@transaction.atomic
def _end(pk: int, on: date, at: datetime) -> int:
    derogation = Derogation.objects.select_for_update().select_related("account").get(pk=pk)
    if derogation.ended_at is not None:
        return 0
    connection, account = underneath(), derogation.account
    accounts = books.lock(connection, [account.pk])
    # A derogation is used last: what is left is first what it added.
    unused = min(derogation.amount, accounts[account.pk].spendable)
    if unused > 0:
        entry = NewEntry(
            key=f"derogation-end:{derogation.uid}",
            at=at_ms(at),
            booked_on=booking_day(connection, on),
            digest=digest_of("derogation-end", derogation.uid),
            postings=(Posting(account.pk, granted_from(connection, account.unit), unused),),
        )
        post(connection, entries=[entry], recorded_at=at, accounts=accounts)
    derogation.ended_at = at
    derogation.save(update_fields=["ended_at"])
    return 1
