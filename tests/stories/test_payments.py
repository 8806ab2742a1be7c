"""Money that comes in, and where the regie holds it."""

import threading
from datetime import UTC, date, datetime

import pytest
from django.db import transaction
from psycopg import Cursor

import folk
from cvq.catalog.models import Authority, Regie, SousRegie
from cvq.kernel.ids import uuid7
from cvq.ledger import books
from cvq.ledger.models import Account, Entry, Transfer
from cvq.ledger.services import KeyReused, close_books
from cvq.payments import audit
from cvq.payments import services as payments
from cvq.payments.messages import AskedTopUp
from cvq.payments.models import Channel, PaymentMeans, ReceiptCounter, TopUp
from cvq.people import services as people
from cvq.people.messages import NewOrganisation
from cvq.people.models import OrganisationKind
from cvq.plumbing.batches import open_batch
from cvq.plumbing.connections import underneath

AT = datetime(2025, 3, 3, 12, 0, tzinfo=UTC)
in_one_transaction = pytest.mark.django_db


def regie(siren="200041333", means=tuple(PaymentMeans)):
    authority, _made = Authority.objects.get_or_create(
        siren=siren, defaults={"name": "Parthenay-Gâtine", "kind": "COMMUNITY"}
    )
    return Regie.objects.create(
        code=f"CARTE-{siren}",
        name="Carte",
        authority=authority,
        kind="RECETTES_AVANCES",
        founding_act="Délibération du 5 janvier 2014",
        founded_on=date(2014, 1, 5),
        revenue_types=[],
        payment_means=list(means),
    )


def till(of, code="POMPAIRE"):
    return SousRegie.objects.create(regie=of, authority=of.authority, code=code, name=code)


def by_card(household, collected_by, cents=5000, at=AT, **others):
    return AskedTopUp(
        **{
            "uid": uuid7(),
            "cents": cents,
            "channel": Channel.INTERNET,
            "means": PaymentMeans.PAYFIP_CARD,
            "regie_id": collected_by.pk,
            "household_id": household.pk if household else None,
            "at": at,
            **others,
        }
    )


def top_up(*asked):
    with transaction.atomic():
        connection = underneath()
        wallets = payments.wallets(connection, asked)
        accounts = books.lock(connection, wallets.values())
        batch = open_batch(connection, AT)
        receipts = payments.record_top_ups(connection, asked, batch=batch, accounts=accounts)
        batch.write(Cursor(connection))
        return receipts


def balance(account):
    account.refresh_from_db()
    return account.balance


def moved_to(code):
    debits = Transfer.objects.filter(debit__code=code).values_list("amount", flat=True)
    return sum(debits)


@in_one_transaction
def test_fifty_euros_by_payfip_wait_to_be_settled_and_are_in_the_wallet_at_once():
    petit, ours = folk.family("Petit", "Anne"), regie()
    asked = by_card(petit, ours)

    (receipt,) = top_up(asked)

    transfer = Transfer.objects.get()
    assert (transfer.debit.code, transfer.credit, transfer.amount) == (
        "CARD_IN_TRANSIT", petit.wallet, 5000,
    )  # fmt: skip
    assert balance(petit.wallet) == 5000
    assert transfer.entry.key == f"topup:{asked.uid}"
    assert (transfer.entry.occurred_at, transfer.entry.booked_on) == (AT, date(2025, 3, 3))
    assert receipt == (asked.uid, transfer.entry_id, 2025, 1)
    assert str(TopUp.objects.get()) == "2025-000001"


@pytest.mark.parametrize(
    ("channel", "means", "account"),
    [
        (Channel.COUNTER, PaymentMeans.CASH, "TILL_CASH:POMPAIRE"),
        (Channel.COUNTER, PaymentMeans.CHEQUE, "CHEQUES_IN_HAND"),
        (Channel.COUNTER, PaymentMeans.CARD_POS, "CARD_IN_TRANSIT"),
        (Channel.COUNTER, PaymentMeans.TRANSFER, "DFT"),
        (Channel.KIOSK, PaymentMeans.CASH, "TILL_CASH:POMPAIRE"),
        (Channel.KIOSK, PaymentMeans.CARD_POS, "CARD_IN_TRANSIT"),
        (Channel.INTERNET, PaymentMeans.PAYFIP_SDD, "CARD_IN_TRANSIT"),
        (Channel.UNSPECIFIED, PaymentMeans.CHEQUE, "CHEQUES_IN_HAND"),
    ],
)
@in_one_transaction
def test_the_regie_holds_money_where_its_means_puts_it(channel, means, account):
    petit, ours = folk.family("Petit", "Anne"), regie()
    where = till(ours)

    top_up(by_card(petit, ours, channel=channel, means=means, sous_regie_id=where.pk))

    assert moved_to(account) == balance(petit.wallet) == 5000


@in_one_transaction
def test_a_top_up_sent_again_counts_once_and_has_the_same_receipt():
    petit, ours = folk.family("Petit", "Anne"), regie()
    asked = by_card(petit, ours)

    first = top_up(asked)
    again = top_up(asked, asked)

    assert again == first * 2
    assert balance(petit.wallet) == 5000
    assert TopUp.objects.count() == Entry.objects.count() == 1


@in_one_transaction
def test_a_form_is_not_used_for_another_top_up():
    petit, roux, ours = folk.family("Petit", "Anne"), folk.family("Roux", "Marc"), regie()
    asked = by_card(petit, ours)
    top_up(asked)

    for other in (
        by_card(petit, ours, cents=5001, uid=asked.uid),
        by_card(roux, ours, uid=asked.uid),
    ):
        with pytest.raises(KeyReused):
            top_up(other)
    fresh = by_card(petit, ours)
    with pytest.raises(KeyReused):
        top_up(fresh, by_card(petit, ours, cents=1, uid=fresh.uid))

    assert (balance(petit.wallet), balance(roux.wallet)) == (5000, 0)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"cents": 0}, payments.AmountNotPositive),
        ({"cents": -1}, payments.AmountNotPositive),
        ({"means": PaymentMeans.CASH}, payments.MeansNotTaken),
        ({"channel": Channel.COUNTER}, payments.MeansNotTaken),
        ({"channel": Channel.COUNTER, "means": PaymentMeans.CASH}, payments.TillUnknown),
        (
            {"channel": Channel.COUNTER, "means": PaymentMeans.CASH, "sous_regie_id": 99},
            payments.TillUnknown,
        ),
    ],
)
@in_one_transaction
def test_what_cannot_be_taken_moves_nothing(change, error):
    petit, ours = folk.family("Petit", "Anne"), regie()

    with pytest.raises(error):
        top_up(by_card(petit, ours, **change))

    assert balance(petit.wallet) == 0
    assert TopUp.objects.count() == 0


@in_one_transaction
def test_a_means_that_the_founding_act_does_not_list_is_refused():
    petit, ours = folk.family("Petit", "Anne"), regie(means=["CASH", "CHEQUE"])

    with pytest.raises(payments.MeansNotTaken, match="PayFiP"):
        top_up(by_card(petit, ours))

    assert balance(petit.wallet) == 0


@in_one_transaction
def test_receipts_have_no_gap_in_a_regie_and_a_year():
    petit, ours, theirs = folk.family("Petit", "Anne"), regie(), regie("217902029")
    new_year = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)  # already 2026 in Paris

    first = top_up(by_card(petit, ours), by_card(petit, theirs), by_card(petit, ours))
    with pytest.raises(payments.AmountNotPositive):
        top_up(by_card(petit, ours), by_card(petit, ours, cents=0))
    then = top_up(by_card(petit, ours), by_card(petit, ours, at=new_year))

    assert [(receipt.year, receipt.number) for receipt in first] == [
        (2025, 1), (2025, 1), (2025, 2),
    ]  # fmt: skip
    assert [(receipt.year, receipt.number) for receipt in then] == [(2025, 3), (2026, 1)]


@in_one_transaction
def test_money_told_after_the_books_are_closed_is_booked_on_the_first_open_day():
    petit, ours = folk.family("Petit", "Anne"), regie()
    close_books(underneath(), until=date(2025, 12, 31), at=AT)

    (receipt,) = top_up(by_card(petit, ours, at=datetime(2025, 12, 30, 9, 0, tzinfo=UTC)))

    assert Entry.objects.get().booked_on == date(2026, 1, 1)
    assert (receipt.year, receipt.number) == (2026, 1)


@in_one_transaction
def test_a_company_tops_up_its_own_wallet():
    mason = people.found_organisation(NewOrganisation(name="Gault", kind=OrganisationKind.COMPANY))

    top_up(by_card(None, regie(), organisation_id=mason.pk))

    assert balance(mason.wallet) == 5000


@in_one_transaction
def test_the_audit_names_a_top_up_that_is_not_in_the_books_and_a_missing_receipt():
    petit, ours = folk.family("Petit", "Anne"), regie()
    asked = by_card(petit, ours)
    top_up(asked, by_card(petit, ours))
    assert list(audit.culprits(underneath())) == []

    ReceiptCounter.objects.update(last=3)
    Transfer.objects.create(
        entry=Entry.objects.get(key=f"topup:{asked.uid}"),
        line=1,
        debit=petit.receivable,
        credit=petit.wallet,
        amount=1,
    )

    assert list(audit.culprits(underneath())) == [
        f"Le rechargement topup:{asked.uid} n'est pas celui des livres.",
        "Il manque des quittances dans la suite CARTE-200041333 2025.",
    ]


def test_counters_that_take_money_at_once_give_each_number_once(database):
    ours = regie()
    families = [folk.family("Petit", "Anne") for _ in range(4)]

    failures = at_once(
        database, [[by_card(each, ours, cents=100) for _ in range(5)] for each in families]
    )

    assert failures == []
    assert sorted(TopUp.objects.values_list("receipt_number", flat=True)) == list(range(1, 21))
    assert set(Account.objects.filter(kind="WALLET").values_list("balance", flat=True)) == {500}


def test_one_form_sent_eight_times_at_once_is_one_top_up(database):
    petit = folk.family("Petit", "Anne")
    asked = by_card(petit, regie())

    failures = at_once(database, [[asked]] * 8)

    assert failures == []
    assert TopUp.objects.get().receipt_number == 1
    assert balance(petit.wallet) == 5000


def at_once(database, asked_by_each):
    """Record the top-ups of each counter, all counters together; return what went wrong."""
    start, failures = threading.Barrier(len(asked_by_each)), []

    def take(several):
        try:
            start.wait(timeout=30)
            for asked in several:
                with database.connect() as connection, connection.transaction():
                    wallets = payments.wallets(connection, [asked])
                    accounts = books.lock(connection, wallets.values())
                    batch = open_batch(connection, AT)
                    payments.record_top_ups(connection, [asked], batch=batch, accounts=accounts)
                    batch.write(Cursor(connection))
        except Exception as failure:  # noqa: BLE001 - told to the test, which asserts on it
            failures.append(failure)

    threads = [threading.Thread(target=take, args=(each,)) for each in asked_by_each]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return failures
