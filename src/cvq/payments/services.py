"""
Record top-ups: the entry of each, its row, and its gap-free receipt.

Nothing here pays a debt: that is for `billing`, which calls this in its own transaction, with the
batch that it will write and the wallets that it has locked.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from psycopg import Connection, Cursor

from cvq.kernel.local import at_ms, local
from cvq.kernel.unable import Unable
from cvq.ledger import books
from cvq.ledger.books import Locked, NewEntry, Posting
from cvq.ledger.services import KeyReused, booking_day, digest_of
from cvq.payments.messages import AskedTopUp, Receipt
from cvq.payments.models import Channel, PaymentMeans
from cvq.people.selectors import organisation_purses, purses
from cvq.plumbing.batches import Batch
from cvq.rules.vocabulary import Unit

TAKEN = {
    Channel.INTERNET: {PaymentMeans.PAYFIP_CARD, PaymentMeans.PAYFIP_SDD},
    Channel.KIOSK: {PaymentMeans.CARD_POS, PaymentMeans.CASH},
    Channel.COUNTER: {
        PaymentMeans.CASH,
        PaymentMeans.CHEQUE,
        PaymentMeans.CARD_POS,
        PaymentMeans.TRANSFER,
    },
    Channel.UNSPECIFIED: set(PaymentMeans),
}
# Where the money is until it is on the account of the régie at the Trésor (DFT).
HELD_IN = {
    PaymentMeans.CHEQUE: "CHEQUES_IN_HAND",
    PaymentMeans.CARD_POS: "CARD_IN_TRANSIT",
    PaymentMeans.PAYFIP_CARD: "CARD_IN_TRANSIT",
    PaymentMeans.PAYFIP_SDD: "CARD_IN_TRANSIT",
    PaymentMeans.TRANSFER: "DFT",
}

KNOWN = """
SELECT top_up.uid, entry.digest, top_up.entry_id, top_up.receipt_year, top_up.receipt_number
  FROM payments_topup AS top_up JOIN ledger_entry AS entry ON entry.id = top_up.entry_id
 WHERE top_up.uid = ANY(%s::uuid[])
"""
TILLS = "SELECT id, code FROM catalog_sousregie WHERE id = ANY(%s::bigint[])"
# What the founding act of a régie does not list, it may not take (CGCT, article R1617-7).
NOT_LISTED = """
SELECT asked.means FROM unnest(%s::bigint[], %s::text[]) AS asked(regie, means)
  LEFT JOIN catalog_regie AS regie ON regie.id = asked.regie
 WHERE NOT coalesce(jsonb_exists(regie.payment_means, asked.means), false) LIMIT 1
"""
TAKE_NUMBERS = """
INSERT INTO payments_receiptcounter (regie_id, year, last) VALUES (%s, %s, %s)
ON CONFLICT (regie_id, year)
DO UPDATE SET last = payments_receiptcounter.last + excluded.last
RETURNING last
"""
INSERT = """
INSERT INTO payments_topup (uid, household_id, organisation_id, cents, channel, means, regie_id,
                            sous_regie_id, entry_id, receipt_year, receipt_number, at)
SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[],
                     %s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::int[],
                     %s::timestamptz[])
"""


class AmountNotPositive(Unable):
    """A top-up of nothing, or of less."""


class MeansNotTaken(Unable):
    """A means of payment that this channel, or this régie, does not take."""


class TillUnknown(Unable):
    """Cash that no till would hold."""


def record_top_ups(
    connection: Connection[Any],
    asked: Sequence[AskedTopUp],
    *,
    batch: Batch,
    accounts: dict[int, Locked],
) -> list[Receipt]:
    """
    Book top-ups in `batch` and return their receipts; `accounts` are locked and carried.

    Each counts once, whatever its number of sendings: who sends it again gets its receipt.

    :raises KeyReused: a uid that already names another top-up.
    :raises AmountNotPositive: a top-up of nothing.
    :raises MeansNotTaken: a means that its channel or its régie does not take.
    :raises TillUnknown: cash in no till.
    """
    cursor = Cursor(connection)
    receipts = _known(cursor, asked)
    new = list({each.uid: each for each in asked if each.uid not in receipts}.values())
    _check(cursor, new)
    entries = _entries(connection, new)
    ids = books.post_many(cursor, entries, batch=batch, accounts=accounts)
    for entry in entries:
        assert entry.postings[0].credit in accounts, f"{entry.key} fills a wallet not locked"
        books.carry(accounts, entry.postings)
    for each, entry, entry_id, number in zip(
        new, entries, ids, _numbers(cursor, new, entries), strict=True
    ):
        receipts[each.uid] = Receipt(each.uid, entry_id, entry.booked_on.year, number)
    _insert(cursor, new, receipts)
    return [receipts[each.uid] for each in asked]


def record_top_up(
    connection: Connection[Any],
    asked: AskedTopUp,
    *,
    batch: Batch,
    accounts: dict[int, Locked],
) -> Receipt:
    """Book one top-up; see `record_top_ups`."""
    return record_top_ups(connection, [asked], batch=batch, accounts=accounts)[0]


def wallets(connection: Connection[Any], asked: Collection[AskedTopUp]) -> dict[UUID, int]:
    """Return the wallet that each top-up fills, by uid: what the caller locks."""
    of_households = purses({each.household_id for each in asked if each.household_id}, connection)
    of_organisations = organisation_purses(
        {each.organisation_id for each in asked if each.organisation_id}, connection
    )
    return {
        each.uid: (
            of_households[each.household_id]
            if each.household_id
            else of_organisations[each.organisation_id or 0]
        ).wallet_id
        for each in asked
    }


def _digest(each: AskedTopUp) -> bytes:
    # Not `at`: who sends again sends later.
    whose = each.household_id, each.organisation_id
    where = each.channel, each.means, each.regie_id, each.sous_regie_id
    return digest_of("topup", *whose, each.cents, *where)


def _known(cursor: Cursor[Any], asked: Sequence[AskedTopUp]) -> dict[UUID, Receipt]:
    digests: dict[UUID, bytes] = {}
    found: dict[UUID, Receipt] = {}
    for uid, digest, *receipt in cursor.execute(KNOWN, [[each.uid for each in asked]]):
        digests[uid] = bytes(digest)
        found[uid] = Receipt(uid, *receipt)
    for each in asked:
        if digests.setdefault(each.uid, _digest(each)) != _digest(each):
            raise KeyReused(_("Ce formulaire a déjà servi pour un autre rechargement."))
    return found


def _check(cursor: Cursor[Any], asked: Sequence[AskedTopUp]) -> None:
    for each in asked:
        if each.cents <= 0:
            raise AmountNotPositive(_("Indiquez un montant à recharger."))
        if each.means not in TAKEN[each.channel]:
            raise _not_taken(each.means)
        if each.means is PaymentMeans.CASH and each.sous_regie_id is None:
            raise TillUnknown(_("Les espèces vont dans une caisse : dites laquelle."))
    acts = [each.regie_id for each in asked], [each.means.value for each in asked]
    if (row := cursor.execute(NOT_LISTED, acts).fetchone()) is not None:
        raise _not_taken(PaymentMeans(row[0]))


def _not_taken(means: PaymentMeans) -> MeansNotTaken:
    return MeansNotTaken(_("On ne paie pas ici par ce moyen : %(means)s.") % {"means": means.label})


def _entries(connection: Connection[Any], new: Sequence[AskedTopUp]) -> list[NewEntry]:
    held_in = _held_in(connection, new)
    ids = books.shared(connection, sorted(set(held_in.values())), Unit.EUR)
    filled = wallets(connection, new)
    zone = ZoneInfo(settings.TIME_ZONE)
    days = {each.uid: local(at_ms(each.at), zone).day for each in new}
    booked_on = {day: booking_day(connection, day) for day in set(days.values())}
    return [
        NewEntry(
            key=f"topup:{each.uid}",
            at=at_ms(each.at),
            booked_on=booked_on[days[each.uid]],
            digest=_digest(each),
            postings=(Posting(ids[held_in[each.uid]], filled[each.uid], each.cents),),
        )
        for each in new
    ]


def _held_in(connection: Connection[Any], new: Sequence[AskedTopUp]) -> dict[UUID, str]:
    tills = [each.sous_regie_id or 0 for each in new if each.means is PaymentMeans.CASH]
    codes = dict(Cursor(connection).execute(TILLS, [tills]).fetchall()) if tills else {}
    if missing := set(tills) - set(codes):
        raise TillUnknown(_("Aucune caisse n'a le numéro %(ids)s.") % {"ids": sorted(missing)})
    return {
        each.uid: (
            f"TILL_CASH:{codes[each.sous_regie_id or 0]}"
            if each.means is PaymentMeans.CASH
            else HELD_IN[each.means]
        )
        for each in new
    }


def _numbers(
    cursor: Cursor[Any], new: Sequence[AskedTopUp], entries: Sequence[NewEntry]
) -> list[int]:
    # The row of the counter stays locked until the end: who fails gives the numbers back.
    wanted: dict[tuple[int, int], list[int]] = defaultdict(list)
    for position, (each, entry) in enumerate(zip(new, entries, strict=True)):
        wanted[each.regie_id, entry.booked_on.year].append(position)
    numbers = [0] * len(new)
    for (regie, year), positions in sorted(wanted.items()):
        row = cursor.execute(TAKE_NUMBERS, (regie, year, len(positions))).fetchone()
        assert row is not None
        for number, position in enumerate(positions, start=row[0] - len(positions) + 1):
            numbers[position] = number
    return numbers


def _insert(
    cursor: Cursor[Any], new: Sequence[AskedTopUp], receipts: Mapping[UUID, Receipt]
) -> None:
    if not new:
        return
    rows = [
        (
            each.uid,
            each.household_id,
            each.organisation_id,
            each.cents,
            each.channel.value,
            each.means.value,
            each.regie_id,
            each.sous_regie_id,
            receipts[each.uid].entry_id,
            receipts[each.uid].year,
            receipts[each.uid].number,
            each.at,
        )
        for each in new
    ]
    cursor.execute(INSERT, [list(column) for column in zip(*rows, strict=True)])
