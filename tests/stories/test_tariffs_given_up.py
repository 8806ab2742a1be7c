"""A price published for a day to come is corrected, or given up, before anybody paid it."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from cvq.catalog import documents
from cvq.catalog.models import Tariff, TariffDocument, TariffWithdrawal
from cvq.catalog.publication import (
    BegunAlready,
    DecidedAfter,
    NoReason,
    TooLate,
    publish,
    replaced_by,
    withdraw,
)
from cvq.catalog.selectors import tariff_in_force
from cvq.catalog.versions import digest, in_force, text_before, texts_before
from cvq.desk.tariffs.page import Page
from drafts import AT, DECISION, FROM, PAUL, approved, changed, drafted, pool, published
from halls import hall, voted
from town import TODAY, Town

ONE_ITEM = """
tariff: salle
items:
  hire: {title: Salle, grain: hire, lines: [{label: Salle, amount: 100}]}
"""


def corrected(town: Town) -> tuple[TariffDocument, TariffDocument]:
    """Publish 5,00 € for a day to come, and approve 4,80 € for that same day."""
    typo = approved(town)
    published(typo)
    right = drafted(town)
    changed(right, "5.00", "4.80")
    documents.approve(document=right, seen=digest(right), by=PAUL, at=AT)
    return typo, right


def versions_in_force(town: Town) -> list[int]:
    rows = in_force([pool(town)], FROM)
    return [row.document["version"] for row in rows if row.code == "POOL-ENTRY"]


def test_a_typo_seen_before_its_day_is_replaced_for_that_day(town: Town) -> None:
    town.family("Petit", card="p", topped_up="20,00")
    typo, right = corrected(town)
    (wrong,) = replaced_by(right, FROM, TODAY)

    published(right, replacing=[wrong.pk])
    for day in (FROM - timedelta(days=1), FROM):
        town.today = day
        town.tap("p", where="GâtinéO", at="15:00")

    assert [amount for _why, amount in town.charges("Petit")] == ["4,50 €", "4,80 €"]
    assert (wrong.document_id, wrong.number) == (typo.pk, 1)
    kept = TariffWithdrawal.objects.get()
    assert kept.version == wrong
    assert (kept.withdrawn_on, kept.withdrawn_by, kept.because) == (
        TODAY,
        PAUL,
        "Remplacé par la version 2, pour le même jour.",
    )
    assert kept.replaced_by == right.versions.get()
    assert Tariff.objects.filter(valid_from=FROM).count() == 2
    assert versions_in_force(town) == [2]
    charged = tariff_in_force(pool(town).pk, FROM, "POOL-ENTRY").id
    assert Tariff.objects.get(pk=charged).document["version"] == 2
    assert text_before(pool(town), TODAY) == right.text
    (before,) = texts_before(list(right.versions.all()), TODAY)
    assert "4.50" in before
    assert "5.00" not in before


def test_nothing_is_replaced_that_its_author_was_not_shown(town: Town) -> None:
    _typo, right = corrected(town)

    with pytest.raises(BegunAlready, match="GâtinéO"):
        published(right)
    assert not TariffWithdrawal.objects.exists()


def test_what_has_begun_is_not_replaced_and_not_given_up(town: Town) -> None:
    typo, right = corrected(town)
    wrong = typo.versions.get()

    for day in (FROM, FROM + timedelta(days=1)):
        with pytest.raises(BegunAlready):
            publish(
                document=right,
                since=FROM,
                council_decision=DECISION,
                retroactive_decision=DECISION,
                replacing=[wrong.pk],
                by=PAUL,
                day=day,
            )
        with pytest.raises(TooLate):
            withdraw(document=typo, because="une faute", by=PAUL, day=day)
    row = Tariff.objects.get(valid_from=FROM)
    told = {"tariff": row, "withdrawn_by": PAUL, "because": "x"}
    with pytest.raises(DatabaseError, match="before the day"), transaction.atomic():
        TariffWithdrawal.objects.create(**told, version=wrong, withdrawn_on=FROM)
    with pytest.raises(DatabaseError, match="before the day"), transaction.atomic():
        TariffWithdrawal.objects.create(**told, version=right.versions.get(), withdrawn_on=TODAY)


def test_a_price_given_up_before_it_begins_leaves_the_one_before(town: Town) -> None:
    town.family("Petit", card="p", topped_up="20,00")
    document = approved(town)
    published(document)

    with pytest.raises(NoReason):
        withdraw(document=document, because=" ", by=PAUL, day=TODAY)
    withdraw(document=document, because="Le conseil a voté autre chose.", by=PAUL, day=TODAY)
    with pytest.raises(TooLate):
        withdraw(document=document, because="Encore une fois.", by=PAUL, day=TODAY)
    town.today = FROM
    town.tap("p", where="GâtinéO", at="15:00")

    assert [amount for _why, amount in town.charges("Petit")] == ["4,50 €"]
    assert "4.50" in text_before(pool(town), TODAY)
    with pytest.raises(DatabaseError), transaction.atomic():
        TariffWithdrawal.objects.all().delete()
    again = drafted(town)
    changed(again, "4.50", "4.70")
    documents.approve(document=again, seen=digest(again), by=PAUL, at=AT)
    published(again)
    assert versions_in_force(town) == [2]


def test_an_item_of_a_price_given_up_is_not_sold_at_the_counter(town: Town) -> None:
    service = hall(town)
    voted(service)
    tomorrow = TODAY + timedelta(days=1)
    later = voted(service, ONE_ITEM, tomorrow)
    assert {row.code for row in in_force([service], tomorrow)} == {"HIRE"}

    withdraw(document=later, because="La salle reste comme avant.", by=PAUL, day=TODAY)

    assert {row.code for row in in_force([service], tomorrow)} == {"HIRE", "ELECTRICITY"}


def test_a_decision_that_is_not_taken_yet_fixes_no_price(town: Town) -> None:
    document = approved(town)

    with pytest.raises(DecidedAfter, match="10/12/2025"):
        published(document, council_decision="Conseil, délibération 9 du 10 décembre 2025")
    published(document, council_decision="Délibération du 12 mai 2025, à compter du 10 juin 2025")

    assert Tariff.objects.get(valid_from=FROM).valid_from > date(2025, 6, 3)


def test_a_version_in_force_is_compared_with_what_it_replaced(town: Town) -> None:
    first = approved(town)
    published(first)
    second = drafted(town)
    changed(second, "5.00", "5.50")
    documents.approve(document=second, seen=digest(second), by=PAUL, at=AT)
    later = FROM + timedelta(days=30)
    published(second, later)

    for document, change in ((first, "4,50 € devient 5,00 €"), (second, "5,00 € devient 5,50 €")):
        document.refresh_from_db()
        for day in (TODAY, later + timedelta(days=9)):
            page = Page(document.versions.get(), day=day, given={"f0.age": "40"})
            assert [change in one for changes in page.changes for one in changes.sentences] == [
                True
            ]
            (compared,) = page.compared
            before, after = compared.tried[0].answers[0].before, compared.tried[0].answers[0].after
            assert (before, after) == ((450, 500) if document == first else (500, 550))
