"""Passes, carnets, quotas and the hours of doors."""

import threading
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from psycopg import Cursor

import folk
from cvq.catalog.models import AccessPoint, Authority, Service
from cvq.kernel.ids import uuid7
from cvq.ledger.models import Account, Entry, Transfer
from cvq.ledger.services import KeyReused
from cvq.people import services as people
from cvq.plumbing.batches import open_batch
from cvq.plumbing.connections import underneath
from cvq.plumbing.models import Batch
from cvq.rights import audit, selectors
from cvq.rights import services as rights
from cvq.rights.messages import NewRight, NewSchedule, QuotaTerms, WantedQuota
from cvq.rights.models import Derogation, Product, ProductKind, Right
from cvq.rules.door import Window
from cvq.rules.vocabulary import Purpose, Sector

AT = datetime(2025, 3, 3, 12, 0, tzinfo=UTC)
DAY = date(2025, 3, 3)
VISITS = QuotaTerms("WASTE-VISITS", "VISIT", 15)
in_one_transaction = pytest.mark.django_db


def swimmer():
    return people.holder_of(person=folk.person("Léa", "Petit"), sector=Sector.POOL)


def year_pass():
    return rights.define_products(
        [
            Product(
                code="POOL-YEAR",
                kind=ProductKind.PASS,
                name="Abonnement annuel",
                zone="GATINEO-BASSINS",
                validity_days=365,
                time_lock_minutes=60,
            )
        ]
    )[0]


def ten_entries():
    return rights.define_products(
        [
            Product(
                code="POOL-10",
                kind=ProductKind.CARNET,
                name="Carte 10 entrées",
                zone="GATINEO-BASSINS",
                unit="ENTRY",
                amount=10,
                validity_days=365,
            )
        ]
    )[0]


def opened(*wanted, at=AT):
    connection = underneath()
    batch = open_batch(connection, at)
    ids = rights.open_quotas(connection, wanted, batch=batch)
    batch.write(Cursor(connection))
    return ids


@in_one_transaction
def test_a_pass_opens_from_its_first_day_to_the_eve_of_its_end():
    lea, product = swimmer(), year_pass()

    granted = rights.grant_pass(holder=lea, product=product, on=DAY)

    end = date(2026, 3, 3)
    days = [DAY - timedelta(days=1), DAY, end - timedelta(days=1), end]
    found = selectors.rights_in_force([(lea, day) for day in days], underneath())
    assert [[each.product for each in each_day] for each_day in found] == [
        [], ["POOL-YEAR"], ["POOL-YEAR"], [],
    ]  # fmt: skip
    assert found[1][0] == (
        granted.pk, "POOL-YEAR", ProductKind.PASS, None, "GATINEO-BASSINS", None, 60,
    )  # fmt: skip


@in_one_transaction
def test_a_right_that_is_ended_stops_that_day():
    lea = swimmer()
    granted = rights.grant_pass(holder=lea, product=year_pass(), on=DAY)

    rights.end_right(right=granted, on=date(2025, 6, 1))

    asked = [(lea, date(2025, 5, 31)), (lea, date(2025, 6, 1))]
    assert [len(each) for each in selectors.rights_in_force(asked, underneath())] == [1, 0]
    with pytest.raises(rights.RightEnded):
        rights.end_right(right=granted, on=date(2025, 7, 1))
    with pytest.raises(rights.RightEnded):
        rights.end_right(right=granted, on=DAY)


@in_one_transaction
def test_a_carnet_is_an_account_of_entries():
    lea = swimmer()

    carnet = rights.sell_carnet(holder=lea, product=ten_entries(), on=DAY, at=AT)

    assert carnet.account.code == f"CARNET:{carnet.pk}"
    account = Account.objects.get(pk=carnet.account_id)
    assert (account.unit, account.balance, account.floor) == ("ENTRY", 10, 0)
    assert account.spill.code == f"OVERRUN:CARNET:{carnet.pk}"
    assert (account.spill.balance, account.spill.floor) == (0, None)
    grant = Transfer.objects.get(credit=account)
    assert (grant.entry.key, grant.debit.code) == (f"grant:CARNET:{carnet.pk}", "GRANTED:ENTRY")
    assert grant.entry.booked_on == DAY
    (found,) = selectors.rights_in_force([(lea, DAY)], underneath())
    assert found[0].account_id == account.pk


@in_one_transaction
def test_the_carnet_that_ends_first_comes_first():
    lea, product = swimmer(), ten_entries()
    newer = rights.sell_carnet(holder=lea, product=product, on=DAY, at=AT)
    older = rights.sell_carnet(holder=lea, product=product, on=date(2025, 1, 1), at=AT)

    (found,) = selectors.rights_in_force([(lea, DAY)], underneath())

    assert [each.right_id for each in found] == [older.pk, newer.pk]


@in_one_transaction
def test_a_pass_is_not_sold_as_a_carnet():
    with pytest.raises(rights.NotACarnet):
        rights.sell_carnet(holder=uuid4(), product=year_pass(), on=DAY, at=AT)

    assert Right.objects.count() == Entry.objects.count() == 0


@in_one_transaction
def test_a_right_belongs_to_a_holder_a_household_or_an_organisation():
    petit = folk.family("Petit", "Anne")

    with (
        pytest.raises(IntegrityError, match="right_belongs_to_one_alone"),
        transaction.atomic(),
    ):
        rights.grant_many(
            [NewRight(product=year_pass(), holder=uuid4(), household_id=petit.pk, valid_from=DAY)]
        )
    rights.grant_many([NewRight(product=year_pass(), household_id=petit.pk, valid_from=DAY)])

    assert petit.rights.count() == 1


@in_one_transaction
def test_the_quota_of_a_household_opens_once_with_its_fifteen_visits():
    petit = folk.family("Petit", "Anne")
    wanted = WantedQuota(VISITS, petit.pk, DAY)

    first = opened(wanted, wanted._replace(day=date(2025, 12, 31)))
    again = opened(wanted)

    code = f"QUOTA:WASTE-VISITS:{petit.pk}:2025-01-01"
    account = Account.objects.get(code=code)
    assert first == [account.pk, account.pk]
    assert again == [account.pk]
    assert (account.unit, account.balance, account.floor) == ("VISIT", 15, 0)
    assert account.spill.code == f"OVERRUN:{code}"
    entry = Entry.objects.get()
    assert (entry.key, entry.booked_on) == (f"grant:{code}", date(2025, 1, 1))
    assert entry.occurred_at == datetime(2024, 12, 31, 23, 0, tzinfo=UTC)  # midnight in Paris
    assert Batch.objects.count() == 1  # nothing is written when all are open


@in_one_transaction
def test_the_visit_of_the_31_december_told_in_january_is_of_the_old_year():
    petit = folk.family("Petit", "Anne")

    new, old = opened(
        WantedQuota(VISITS, petit.pk, date(2026, 1, 2)),
        WantedQuota(VISITS, petit.pk, date(2025, 12, 31)),
        at=datetime(2026, 1, 2, 8, 0, tzinfo=UTC),
    )

    assert Account.objects.get(pk=old).code.endswith(":2025-01-01")
    assert Account.objects.get(pk=new).code.endswith(":2026-01-01")


@in_one_transaction
def test_the_quotas_of_a_year_are_opened_by_lists():
    families = [folk.family("Petit", "Anne").pk for _ in range(3)]
    missing = range(10**9, 10**9 + 5000)  # an account asks for no household

    rights.open_quotas_ahead(terms=VISITS, household_ids=[*families, *missing], day=DAY, at=AT)
    rights.open_quotas_ahead(terms=VISITS, household_ids=families, day=DAY, at=AT)

    assert Account.objects.filter(kind="QUOTA", balance=15).count() == 5003
    assert Entry.objects.count() == 5003
    assert Batch.objects.count() == 2


def test_two_barriers_open_the_quota_of_one_household_once(database):
    petit = folk.family("Petit", "Anne")
    others = [folk.family("Roux", "Marc").pk for _ in range(5)]
    wanted = [WantedQuota(VISITS, each, DAY) for each in [petit.pk, *others]]
    start, failures = threading.Barrier(4), []

    def open_them(order):
        try:
            with database.connect() as connection:
                batch = open_batch(connection, AT)
                start.wait(timeout=30)
                ids = rights.open_quotas(connection, order, batch=batch)
                assert len(set(ids)) == 6
                batch.write(Cursor(connection))
        except Exception as failure:  # noqa: BLE001 - told to the test, which asserts on it
            failures.append(failure)

    orders = [wanted, wanted[::-1], wanted[3:] + wanted[:3], wanted[::2] + wanted[1::2]]
    threads = [threading.Thread(target=open_them, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert failures == []
    assert set(Account.objects.filter(kind="QUOTA").values_list("balance", flat=True)) == {15}
    assert Entry.objects.count() == 6


@in_one_transaction
def test_a_derogation_adds_visits_once_and_takes_back_those_unused():
    petit = folk.family("Petit", "Anne")
    (number,) = opened(WantedQuota(VISITS, petit.pk, DAY))
    account = Account.objects.get(pk=number)
    given = {"account": account, "amount": 5, "until": date(2025, 5, 1), "uid": uuid7(), "at": AT}

    rights.derogate(**given, reason="déménagement", by="accueil")
    rights.derogate(**given, reason="déménagement", by="accueil")
    with pytest.raises(KeyReused):
        rights.derogate(**given, reason="inondation", by="accueil")

    account.refresh_from_db()
    assert account.balance == 20
    assert rights.end_derogations(on=date(2025, 4, 30), at=AT) == 0
    assert rights.end_derogations(on=date(2025, 5, 1), at=AT) == 1
    assert rights.end_derogations(on=date(2025, 5, 1), at=AT) == 0
    account.refresh_from_db()
    assert account.balance == 15
    assert Derogation.objects.get().reason == "déménagement"


@in_one_transaction
def test_a_derogation_is_only_for_what_runs_out():
    petit = folk.family("Petit", "Anne")

    with pytest.raises(rights.DerogationUnknown):
        rights.derogate(
            account=petit.wallet,
            amount=500,
            reason="geste",
            until=date(2025, 5, 1),
            by="accueil",
            uid=uuid7(),
            at=AT,
        )

    petit.wallet.refresh_from_db()
    assert petit.wallet.balance == 0


@in_one_transaction
def test_the_audit_names_what_was_never_filled():
    petit, product = folk.family("Petit", "Anne"), ten_entries()
    (number,) = opened(WantedQuota(VISITS, petit.pk, DAY))
    rights.sell_carnet(holder=uuid4(), product=product, on=DAY, at=AT)
    rights.derogate(
        account=Account.objects.get(pk=number),
        amount=5,
        reason="déménagement",
        until=date(2025, 5, 1),
        by="accueil",
        uid=uuid7(),
        at=AT,
    )
    assert list(audit.culprits(underneath())) == []

    Derogation.objects.update(amount=6)
    Account.objects.create(code="QUOTA:X", kind="QUOTA", unit="VISIT", balance=15, floor=0)
    lent = Right.objects.create(product=product, holder=uuid4(), valid_from=DAY)

    assert list(audit.culprits(underneath())) == [
        "Le compte QUOTA:X n'a jamais été crédité de ce qu'il accorde.",
        f"Le droit n° {lent.pk} n'a pas le compte qu'il lui faut.",
        f"La dérogation {Derogation.objects.get().uid} n'est pas celle des livres.",
    ]


@in_one_transaction
def test_a_group_opens_a_door_at_its_hours_for_those_who_are_in_it_that_day():
    point, agent = door(), uuid4()
    group = rights.create_group(code="AGENTS", name="Agents")
    rights.join_group(group=group, holder=agent, on=DAY)
    hours = NewSchedule(point_id=point.pk, weekdays=0b11111, from_minute=420, until_minute=1200)
    rights.set_schedules(group=group, schedules=[hours])
    rights.set_schedules(group=group, schedules=[hours])  # in place of the first ones
    eve, left = DAY - timedelta(days=1), DAY + timedelta(days=30)

    assert rights.leave_group(group=group, holder=agent, on=left) == 1
    asked = [(agent, point.pk, day) for day in (eve, DAY, left)]
    found = selectors.windows([*asked, (uuid4(), point.pk, DAY)], underneath())

    assert found == [(), (Window(0b11111, 420, 1200, on_public_holidays=False),), (), ()]


def door():
    authority = Authority.objects.create(siren="200041333", name="CCPG", kind="COMMUNITY")
    service = Service.objects.create(
        code="DOORS", name="Bâtiments", purpose=Purpose.DOOR, authority=authority
    )
    return AccessPoint.objects.create(
        code="DOOR-1", name="Porte", service=service, zone="DOOR-1", online=False
    )
