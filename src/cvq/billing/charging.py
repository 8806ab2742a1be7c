"""
Charges on the spine: plain SQL on whole lists, with the entries already decided and carried.

Three moves, each an entry: charge a wallet, give a charge back, pay what is owed.  None of them
ever leaves free money beside a debt.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from cvq.ledger import books
from cvq.ledger.books import Locked, NewEntry, Posting
from cvq.plumbing.batches import Batch, line
from cvq.plumbing.pipeline import Speaks
from cvq.rules import purse

_json = msgspec.json.Encoder().encode


class Revenue(Struct, frozen=True, gc=False):
    """Where the income of a service goes: once paid, and while it is owed; account ids."""

    paid: int
    owed: int


class NewCharge(Struct, frozen=True, gc=False, kw_only=True):
    """A charge about to be written, beside the entry that books it."""

    payer: int
    holder: UUID
    service: int
    tariff: int
    day: date
    inputs: dict[str, Any]
    lines: tuple[tuple[str, int], ...]
    sentence: str
    cents: int
    owed: int
    revenue: Revenue
    reverses: int | None = None


class Outstanding(Struct, gc=False):
    """A charge and what is still owed of it."""

    entry: int
    payer: int
    holder: UUID
    service: int
    tariff: int
    day: date
    sentence: str
    cents: int
    revenue: int
    accrued: int
    owed: int


INSERT_CHARGES = """
INSERT INTO billing_charge (entry_id, payer_id, holder, service_id, tariff_id, occurred_on,
    inputs, lines, sentence, cents, owed_cents, revenue_id, accrued_id, reverses_id)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::uuid[], %s::bigint[], %s::bigint[],
    %s::date[], %s::jsonb[], %s::jsonb[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[],
    %s::bigint[], %s::bigint[])
"""
INSERT_ALLOCATIONS = """
INSERT INTO billing_allocation (entry_id, charge_id, cents)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[])
"""
_OUTSTANDING = """
SELECT c.entry_id, c.payer_id, c.holder, c.service_id, c.tariff_id, c.occurred_on, c.sentence,
    c.cents, c.revenue_id, c.accrued_id,
    c.owed_cents - coalesce((SELECT sum(cents) FROM billing_allocation AS a
                             WHERE a.charge_id = c.entry_id), 0)::bigint
FROM billing_charge AS c
"""
OWED_BY = _OUTSTANDING + "WHERE c.payer_id = ANY(%s::bigint[]) AND c.owed_cents > 0"
BY_ENTRY = _OUTSTANDING + "WHERE c.entry_id = ANY(%s::bigint[])"


def charge(
    accounts: dict[int, Locked], wallet: int, cents: int, revenue: Revenue
) -> tuple[tuple[Posting, ...], int]:
    """Return how a wallet pays a price, and what of it is owed; carried."""
    postings = books.take(accounts, wallet, cents, paid_to=revenue.paid, owed_to=revenue.owed)
    owed = sum(posting.amount for posting in postings if posting.credit == revenue.owed)
    return postings, owed


def write_charges(cursor: Speaks, charges: Sequence[tuple[int, NewCharge]], batch: Batch) -> None:
    """Insert the charges beside their entries, given by id."""
    if not charges:
        return
    rows = [
        (
            entry,
            new.payer,
            new.holder,
            new.service,
            new.tariff,
            new.day,
            _json(new.inputs).decode(),
            _json(new.lines).decode(),
            new.sentence,
            new.cents,
            new.owed,
            new.revenue.paid,
            new.revenue.owed,
            new.reverses,
        )
        for entry, new in charges
    ]
    cursor.execute(INSERT_CHARGES, [list(column) for column in zip(*rows, strict=True)])
    batch.books["billing_charge"] += [charge_line(entry, new) for entry, new in charges]


def charge_line(entry: int, new: NewCharge) -> bytes:
    """Return the bytes under which a charge is sealed."""
    return line(
        entry, new.payer, new.holder, new.service, new.tariff, new.day, new.inputs, new.lines,
        new.sentence, new.cents, new.owed, new.revenue.paid, new.revenue.owed, new.reverses,
    )  # fmt: skip


def write_allocations(
    cursor: Speaks, allocations: Sequence[tuple[int, int, int]], batch: Batch
) -> None:
    """Insert `(entry, charge, cents)`: what each entry paid of each charge."""
    if not allocations:
        return
    cursor.execute(INSERT_ALLOCATIONS, [list(column) for column in zip(*allocations, strict=True)])
    batch.books["billing_allocation"] += [line(*row) for row in sorted(allocations)]


def outstanding(cursor: Speaks, payers: Collection[int]) -> dict[int, list[Outstanding]]:
    """Return what each wallet owes, charge by charge, oldest first."""
    result: dict[int, list[Outstanding]] = {payer: [] for payer in payers}
    if payers:
        for row in cursor.execute(OWED_BY, (list(payers),)).fetchall():
            if row[-1] > 0:
                result[row[1]].append(Outstanding(*row))
    for owed in result.values():
        owed.sort(key=lambda one: (one.day, one.entry))
    return result


def charges_of(cursor: Speaks, entries: Collection[int]) -> dict[int, Outstanding]:
    """Return the charges of these entries, with what is still owed of each."""
    if not entries:
        return {}
    rows = cursor.execute(BY_ENTRY, (list(entries),)).fetchall()
    return {row[0]: Outstanding(*row) for row in rows}


def refund(accounts: dict[int, Locked], given: Outstanding) -> tuple[Posting, ...]:
    """
    Return how a charge is given back: its debt first, then what was paid; carried.

    What comes free in the wallet must then pay what the household owes elsewhere (`repay`).
    """
    wallet = accounts[given.payer]
    assert wallet.spill is not None
    postings = []
    if given.owed:
        postings.append(Posting(given.accrued, wallet.spill, given.owed))
    if given.cents > given.owed:
        postings.append(Posting(given.revenue, given.payer, given.cents - given.owed))
    books.carry(accounts, postings)
    return tuple(postings)


def taken_back(given: Outstanding) -> NewCharge:
    """Return the opposite of a charge, to be written beside the entry that gives it back."""
    return NewCharge(
        payer=given.payer,
        holder=given.holder,
        service=given.service,
        tariff=given.tariff,
        day=given.day,
        inputs={},
        lines=((given.sentence, -given.cents),),
        sentence=f"Annulation : {given.sentence}",
        cents=-given.cents,
        owed=0,
        revenue=Revenue(given.revenue, given.accrued),
        reverses=given.entry,
    )


def repay(
    accounts: dict[int, Locked], wallet: int, owed: Iterable[Outstanding]
) -> tuple[tuple[Posting, ...], list[tuple[int, int]]]:
    """
    Return how the free money of a wallet pays its debt, oldest charge first; carried.

    The second value is `(charge, cents)` for each charge that was paid, in whole or in part.
    """
    held = accounts[wallet]
    assert held.spill is not None
    debt = -accounts[held.spill].balance
    pays = purse.repay(amount=max(held.spendable, 0), owed=debt).owed
    if not pays:
        return (), []
    postings = [Posting(wallet, held.spill, pays)]
    paid: list[tuple[int, int]] = []
    left = pays
    for charged in owed:
        cents = min(left, charged.owed)
        if cents:
            postings.append(Posting(charged.accrued, charged.revenue, cents))
            paid.append((charged.entry, cents))
            charged.owed -= cents
            left -= cents
    assert not left, f"{held.code} owes {left} cents that no charge explains"
    books.carry(accounts, postings)
    return tuple(postings), paid


def repayment(
    key: str, at: int, booked_on: date, digest: bytes, postings: tuple[Posting, ...]
) -> NewEntry:
    """Return the entry by which a credit pays a debt, named after the credit."""
    return NewEntry(key=f"pay:{key}", at=at, booked_on=booked_on, digest=digest, postings=postings)
