"""The books: what may never leave an account, what is set aside, what is undone, what is closed."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection, Cursor, errors

from cvq.billing import holds
from cvq.ledger import books, services
from cvq.ledger.books import NewEntry, Posting
from cvq.ledger.models import Account, Entry, Hold, Transfer
from cvq.ledger.services import AccountShort, AccountUnknown, HoldEnded, KeyReused, NewAccount
from cvq.plumbing.batches import ENTRIES_PER_BATCH, open_batch
from cvq.plumbing.connections import underneath
from cvq.rules.vocabulary import Means
from town import Town, town_here

AT = datetime(2025, 6, 3, 10, 0, tzinfo=UTC)
DAY = date(2025, 6, 3)
FACTS = {
    "access_trace",
    "billing_allocation",
    "billing_charge",
    "cards_mediumstate",
    "cards_sectorref",
    "catalog_tariff",
    "catalog_tariffwithdrawal",
    "childcare_attendance",
    "ledger_closing",
    "ledger_entry",
    "ledger_transfer",
    "payments_topup",
    "people_quotientcall",
    "people_resourcescall",
    "plumbing_batch",
    "plumbing_head",
    "plumbing_seal",
    "taps_amendment",
    "taps_tapevent",
}
LOCKED_TABLES = """
SELECT c.relname FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
WHERE t.tgname = 'cvq_append_only'
"""
FIRST_COLUMN = """
SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 1
"""


class Purse:
    """A wallet with its debt, and somewhere that money comes from and goes to."""

    def __init__(self, connection: Connection[Any]) -> None:
        self.connection = connection
        ids = services.open_accounts(
            connection,
            [
                NewAccount("RECEIVABLE:x", "RECEIVABLE", "EUR", floor=None),
                NewAccount("WALLET:x", "WALLET", "EUR", spill="RECEIVABLE:x"),
                NewAccount("SALES", "SALES", "EUR", shared=True),
            ],
        )
        self.wallet, self.owes, self.sales = ids["WALLET:x"], ids["RECEIVABLE:x"], ids["SALES"]

    def move(self, key: str, debit: int, credit: int, amount: int) -> int:
        """Book one transfer."""
        accounts = books.lock(self.connection, [self.wallet, self.owes])
        postings = (Posting(debit, credit, amount),)
        books.carry(accounts, postings)
        entry = NewEntry(
            key=key, at=0, booked_on=DAY, digest=services.digest_of(key, amount), postings=postings
        )
        return services.post(self.connection, entries=[entry], recorded_at=AT, accounts=accounts)[0]

    def fill(self, amount: int) -> int:
        """Put money in the wallet."""
        return self.move("fill", self.sales, self.wallet, amount)

    def hold(self, key: str, amount: int, **terms: Any) -> None:
        """Set money aside."""
        services.hold(self.connection, key=key, account=self.wallet, amount=amount, at=AT, **terms)

    @property
    def spendable(self) -> int:
        """Return what may leave the wallet."""
        return books.lock(self.connection, [self.wallet])[self.wallet].spendable


@pytest.fixture
def purse(db: None) -> Purse:
    """Return an empty wallet, in a transaction that is rolled back."""
    return Purse(underneath())


def test_no_wallet_goes_under_its_floor_whoever_writes(purse: Purse) -> None:
    purse.fill(100)

    with pytest.raises(errors.CheckViolation, match="account_never_goes_under_its_floor"):
        purse.move("too-much", purse.wallet, purse.sales, 101)


@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(filled=st.integers(1, 500), price=st.integers(1, 500))
def test_a_price_is_paid_in_full_by_the_wallet_then_by_the_debt(
    purse: Purse, filled: int, price: int
) -> None:
    with transaction.atomic():
        purse.fill(filled)
        accounts = books.lock(purse.connection, [purse.wallet, purse.owes])
        postings = books.take(
            accounts, purse.wallet, price, paid_to=purse.sales, owed_to=purse.sales
        )
        batch = open_batch(purse.connection, AT)
        entry = NewEntry(key="use", at=0, booked_on=DAY, digest=bytes(16), postings=postings)
        books.post_many(Cursor(purse.connection), [entry], batch=batch, accounts=accounts)
        wallet, owes = (Account.objects.get(pk=pk).balance for pk in (purse.wallet, purse.owes))
        transaction.set_rollback(True)

    assert sum(posting.amount for posting in postings) == price
    assert wallet == max(0, filled - price)
    assert owes == min(0, filled - price)
    assert (accounts[purse.wallet].balance, accounts[purse.owes].balance) == (wallet, owes)


def test_what_is_given_back_pays_the_overrun_first(purse: Purse) -> None:
    purse.fill(1)
    accounts = books.lock(purse.connection, [purse.wallet, purse.owes])
    for _ in range(3):
        books.take(accounts, purse.wallet, 1, paid_to=purse.sales, owed_to=purse.sales)
    back = [books.give_back(accounts, purse.wallet, 1, taken_from=purse.sales) for _ in range(3)]

    assert [one[0].credit for one in back] == [purse.owes, purse.owes, purse.wallet]
    assert (accounts[purse.wallet].balance, accounts[purse.owes].balance) == (1, 0)


def test_an_entry_names_its_batch(purse: Purse) -> None:
    entry = purse.fill(100)

    assert entry % ENTRIES_PER_BATCH == 0
    assert Entry.objects.get(pk=entry).transfers.get().amount == 100


@pytest.mark.parametrize("amount", [0, -1])
def test_a_transfer_moves_something(purse: Purse, amount: int) -> None:
    with pytest.raises(errors.CheckViolation, match="transfer_moves_something"):
        purse.move("nothing", purse.sales, purse.wallet, amount)


def test_a_transfer_leaves_one_account_for_another(purse: Purse) -> None:
    with pytest.raises(errors.CheckViolation, match="transfer_leaves_one_account_for_another"):
        purse.move("round", purse.wallet, purse.wallet, 1)


def test_what_is_set_aside_cannot_be_spent(purse: Purse) -> None:
    purse.fill(100)
    purse.hold("lesson", 60)

    assert purse.spendable == 40
    with pytest.raises(AccountShort), transaction.atomic():
        purse.hold("other", 41)
    with pytest.raises(errors.CheckViolation, match="account_never_goes_under_its_floor"):
        purse.move("spend", purse.wallet, purse.sales, 41)


def test_a_hold_is_made_once_and_its_key_holds_nothing_else(purse: Purse) -> None:
    purse.fill(100)
    purse.hold("lesson", 60)
    purse.hold("lesson", 60)

    assert purse.spendable == 40
    with pytest.raises(KeyReused):
        purse.hold("lesson", 10)


def test_a_hold_is_captured_in_part_and_the_rest_is_free(purse: Purse) -> None:
    purse.fill(100)
    purse.hold("lesson", 60)

    entry = services.capture(
        purse.connection, key="lesson", credit=purse.sales, amount=45, at=AT, day=DAY
    )

    assert Entry.objects.get(pk=entry).key == "capture:lesson"
    assert purse.spendable == 55
    assert Hold.objects.get().captured == 45


def test_more_than_was_set_aside_is_not_captured(purse: Purse) -> None:
    purse.fill(100)
    purse.hold("lesson", 60)

    with pytest.raises(AccountShort), transaction.atomic():
        services.capture(
            purse.connection, key="lesson", credit=purse.sales, amount=61, at=AT, day=DAY
        )

    assert Hold.objects.get().state == Hold.HELD
    assert purse.spendable == 40


@pytest.mark.parametrize("first", ["capture", "release", "expire"])
@pytest.mark.parametrize("second", ["capture", "release"])
def test_a_hold_ends_once(purse: Purse, first: str, second: str) -> None:
    purse.fill(100)
    purse.hold("lesson", 60, expires_at=AT)

    def end(how: str) -> None:
        match how:
            case "capture":
                services.capture(
                    purse.connection, key="lesson", credit=purse.sales, amount=60, at=AT, day=DAY
                )
            case "release":
                services.release(purse.connection, key="lesson", at=AT)
            case _:
                assert holds.expire_holds(purse.connection, at=AT) == 1

    end(first)

    with pytest.raises(HoldEnded), transaction.atomic():
        end(second)
    assert holds.expire_holds(purse.connection, at=AT) == 0
    assert purse.spendable == (40 if first == "capture" else 100)


def test_only_what_has_passed_expires(purse: Purse) -> None:
    purse.fill(100)
    purse.hold("yesterday", 10, expires_at=AT - timedelta(days=1))
    purse.hold("tomorrow", 20, expires_at=AT + timedelta(days=1))
    purse.hold("never", 30)

    assert holds.expire_holds(purse.connection, at=AT) == 1
    assert purse.spendable == 50


def test_an_entry_is_reversed_once(purse: Purse) -> None:
    purse.fill(100)

    first, again = (
        services.reverse(purse.connection, key="fill", at=AT, day=DAY, reason="mistake")
        for _ in range(2)
    )

    assert first == again
    assert purse.spendable == 0
    assert Entry.objects.get(pk=first).key == "reverse:fill"
    assert Transfer.objects.count() == 2


def test_an_entry_is_not_reversed_for_two_reasons(purse: Purse) -> None:
    purse.fill(100)
    services.reverse(purse.connection, key="fill", at=AT, day=DAY, reason="mistake")

    with pytest.raises(KeyReused):
        services.reverse(purse.connection, key="fill", at=AT, day=DAY, reason="other")


def test_what_is_spent_is_not_taken_back(purse: Purse) -> None:
    purse.fill(100)
    purse.move("spend", purse.wallet, purse.sales, 1)

    with pytest.raises(AccountShort):
        services.reverse(purse.connection, key="fill", at=AT, day=DAY, reason="mistake")
    assert purse.spendable == 99


def test_what_was_never_booked_is_not_reversed(purse: Purse) -> None:
    with pytest.raises(AccountUnknown):
        services.reverse(purse.connection, key="ghost", at=AT, day=DAY, reason="mistake")


def test_a_key_names_one_act_for_ever(purse: Purse) -> None:
    entry = purse.fill(100)

    assert services.known(purse.connection, "fill", services.digest_of("fill", 100)) == entry
    assert services.known(purse.connection, "other", bytes(16)) is None
    with pytest.raises(KeyReused):
        services.known(purse.connection, "fill", services.digest_of("fill", 200))


def test_what_is_told_of_a_closed_day_is_booked_on_the_first_open_one(db: None) -> None:
    town: Town = town_here()
    town.family("Petit", card="petit", topped_up="20,00")
    services.close_books(town.connection, until=DAY, at=AT)

    town.tap("petit", where="GâtinéO", at="15:01")
    town.tap("petit", where="GâtinéO", at="2025-06-05 15:01")

    entries = Entry.objects.filter(key__startswith="tap:").order_by("occurred_at")
    assert [entry.booked_on for entry in entries] == [date(2025, 6, 4), date(2025, 6, 5)]
    assert [entry.occurred_at.day for entry in entries] == [3, 5]


def test_a_service_without_agreement_is_paid_and_its_income_waits(db: None) -> None:
    town: Town = town_here()
    town.family("Petit", card="petit", topped_up="20,00")
    town.points["GâtinéO"].service.authority = town.agreement.authority
    town.points["GâtinéO"].service.save()
    town.agreement.valid_until = DAY
    town.agreement.save()

    answer = town.tap("petit", where="GâtinéO", at="15:01")
    before = town.tap("petit", where="GâtinéO", at="2025-06-02 15:01")

    assert (answer.means, before.means) == (Means.WALLET, Means.WALLET)
    assert town.balance("UNALLOCATED:217902022:PISCINE") == "4,50 €"
    assert town.balance("THIRD_PARTY:217902022:PISCINE") == "4,50 €"


def test_every_table_of_facts_refuses_every_change(database: Any) -> None:
    def refused(role: str, table: str, change: str) -> bool:
        expected = errors.RestrictViolation if role == "cvq_owner" else errors.InsufficientPrivilege
        with database.connect(role) as connection, pytest.raises(expected):
            connection.execute(change)
        return True

    with database.connect("cvq_owner") as owner:
        tables = {row[0] for row in owner.execute(LOCKED_TABLES)}
        columns = {t: owner.execute(FIRST_COLUMN, (t,)).fetchone()[0] for t in tables}

    assert tables == FACTS
    for table, column in columns.items():
        for role in ("cvq_owner", "cvq_app"):
            assert refused(role, table, f"UPDATE {table} SET {column} = {column}")
            assert refused(role, table, f"DELETE FROM {table}")
            assert refused(role, table, f"TRUNCATE {table} CASCADE")
