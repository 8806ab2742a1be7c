"""A council votes one price for all its canteens: one text, one approval, one publication."""

from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from cvq.catalog import documents
from cvq.catalog.documents import (
    Moved,
    OtherKind,
    OutOfState,
    PreparedElsewhere,
    SamePerson,
)
from cvq.catalog.models import Service, Tariff, TariffDocument, TariffVersion
from cvq.catalog.publication import BegunAlready
from cvq.catalog.versions import checked_for, digest, names_of, services_of
from cvq.desk.tariffs.page import Page
from drafts import AT, DECISION, FROM, NADIA, PAUL, changed, drafted, published
from town import TODAY, Town
from town_plan import MEAL


def canteen(town: Town, name: str = "Cantine Jules-Ferry", cents: int = 350) -> Service:
    """Open a second canteen of the commune, with the prices of the first or others."""
    first = town.points["Cantine"].service
    opened = Service.objects.create(
        code=name, name=name, purpose="CANTEEN", authority=first.authority, site=first.site
    )
    grid: dict[str, Any] = MEAL
    low, full = grid["rows"]
    town.tariff(opened, grid | {"rows": [low, {**full, "cents": cents}]})
    return opened


def covered(document: TariffDocument, *services: Service, by: str = NADIA) -> None:
    document.refresh_from_db()
    seen = digest(document)
    documents.cover(document=document, services=services, seen=seen, by=by, at=AT)


def for_both(town: Town) -> tuple[TariffDocument, Service, Service]:
    """Return a draft of the canteen that is for another as well."""
    mine, other = town.points["Cantine"].service, canteen(town)
    document = drafted(town, "Cantine")
    covered(document, mine, other)
    return document, mine, other


def test_one_decision_fixes_the_price_of_several_canteens(town: Town) -> None:
    document, mine, other = for_both(town)
    changed(document, "3.50", "3.60")
    documents.approve(document=document, seen=digest(document), by=PAUL, at=AT)

    voted = published(document)

    assert [(one.service, one.code, one.valid_from) for one in voted] == [
        (mine, "MEAL", FROM),
        (other, "MEAL", FROM),
    ]
    assert {one.council_decision for one in voted} == {DECISION}
    assert [str(one) for one in document.versions.order_by("pk")] == [
        "Cantine, version 1",
        "Cantine Jules-Ferry, version 1",
    ]
    assert not document.versions.filter(is_prepared=True).exists()


def test_each_service_numbers_its_own_versions(town: Town) -> None:
    alone = drafted(town, "Cantine")
    documents.approve(document=alone, seen=digest(alone), by=PAUL, at=AT)
    published(alone)

    document, mine, other = for_both(town)

    numbers = document.versions.values_list("service__code", "number")
    assert dict(numbers) == {mine.code: 2, other.code: 1}
    begun = documents.draft(service=other, by=PAUL, at=AT, day=TODAY)
    assert (begun.document, begun.number) == (document, 1)


def test_a_service_that_prepares_another_tariff_is_refused_by_name(town: Town) -> None:
    mine, other = town.points["Cantine"].service, canteen(town)
    document = drafted(town, "Cantine")
    theirs = documents.draft(service=other, by=PAUL, at=AT, day=TODAY)

    with pytest.raises(PreparedElsewhere, match="Cantine Jules-Ferry prépare déjà un autre tarif"):
        covered(document, mine, other)
    assert services_of(document) == [mine]
    with pytest.raises(IntegrityError, match="one_version_at_a_time"), transaction.atomic():
        TariffVersion.objects.create(document=document, service=other, number=9)
    documents.discard(document=theirs.document, seen=digest(theirs.document))
    covered(document, mine, other)

    assert services_of(document) == [mine, other]


def test_one_decision_is_of_one_authority_and_for_one_kind_of_service(town: Town) -> None:
    document = drafted(town, "Cantine")
    mine = town.points["Cantine"].service
    others = [town.points[where].service for where in ("Garderie", "GâtinéO")]
    elsewhere = Service.objects.create(
        code="x", name="Cantine du SMC", purpose="CANTEEN", authority=others[1].authority
    )

    for other in [*others, elsewhere]:
        with pytest.raises(OtherKind):
            covered(document, mine, other)
        with pytest.raises(IntegrityError, match="one authority"), transaction.atomic():
            TariffVersion.objects.create(document=document, service=other, number=1)
    with pytest.raises(OtherKind):
        covered(document)
    assert services_of(document) == [mine]


def test_who_adds_a_service_does_not_approve_and_who_read_before_does_not_either(
    town: Town,
) -> None:
    mine, other = town.points["Cantine"].service, canteen(town)
    document = drafted(town, "Cantine")
    read = digest(document)
    covered(document, mine, other, by=PAUL)
    document.refresh_from_db()

    with pytest.raises(SamePerson):
        documents.approve(document=document, seen=digest(document), by=PAUL, at=AT)
    with pytest.raises(Moved):
        documents.approve(document=document, seen=read, by="zoe@exemple.fr", at=AT)
    documents.approve(document=document, seen=digest(document), by="zoe@exemple.fr", at=AT)


def test_what_was_approved_is_for_the_services_that_were_read(town: Town) -> None:
    document, mine, other = for_both(town)
    documents.approve(document=document, seen=digest(document), by=PAUL, at=AT)
    version = document.versions.get(service=other)
    third = canteen(town, "Cantine Prévert")

    def left() -> None:
        with pytest.raises(OutOfState):
            covered(document, mine)
        with pytest.raises(OutOfState):
            documents.discard(document=document, seen=digest(document))
        for change in (
            lambda: TariffVersion.objects.filter(pk=version.pk).delete(),
            lambda: TariffVersion.objects.filter(pk=version.pk).update(number=7),
            lambda: TariffVersion.objects.create(document=document, service=third, number=1),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()
        assert services_of(document) == [mine, other]

    left()
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        TariffVersion.objects.filter(pk=version.pk).update(is_prepared=False)
    published(document)
    left()
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        TariffVersion.objects.filter(pk=version.pk).update(is_prepared=True)


def test_a_document_of_no_service_is_never_published(town: Town) -> None:
    document = drafted(town, "Cantine")
    document.versions.all().delete()
    rows = TariffDocument.objects.filter(pk=document.pk)
    rows.update(state="APPROVED", approved_by=PAUL, approved_at=AT)
    told: dict[str, Any] = {"valid_from": FROM, "published_on": TODAY, "council_decision": "x"}

    with pytest.raises(DatabaseError, match="that of a service"), transaction.atomic():
        rows.update(state="PUBLISHED", published_by=PAUL, **told)


def test_a_day_on_which_one_of_them_begins_a_tariff_is_refused_for_all(town: Town) -> None:
    document, mine, other = for_both(town)
    documents.approve(document=document, seen=digest(document), by=PAUL, at=AT)
    town.tariff(other, MEAL, since=FROM)

    with pytest.raises(BegunAlready, match="Cantine Jules-Ferry"):
        published(document)

    assert not Tariff.objects.filter(service=mine, valid_from=FROM).exists()
    document.refresh_from_db()
    assert document.state == "APPROVED"


def test_a_fact_that_one_of_them_does_not_know_is_said_with_its_name(town: Town) -> None:
    document, mine, other = for_both(town)
    other.site = None
    other.save()
    text = document.text.replace("inputs:", "inputs:\n  residence: required").replace(
        "amount: meal_price}", 'amount: "if(residence = commune, meal_price, 9 €)"}'
    )

    _, (found,) = checked_for([mine, other], text)
    assert found.sentence == (
        "Cantine Jules-Ferry : « lieu d'habitation » : ce service ne le sait pas encore, "
        "personne n'aurait de prix."
    )
    assert found.line == text.splitlines().index("  residence: required") + 1
    assert checked_for([mine], text)[1] == []
    _, (said,) = checked_for([other], text)
    assert said.sentence.startswith("« lieu d'habitation »")


def test_what_changes_is_told_apart_where_two_services_charge_apart_today(town: Town) -> None:
    document, mine, _other = for_both(town)
    covered(document, mine, canteen(town, "Cantine Prévert", 400), services_of(document)[1])
    changed(document, "3.50", "3.60")

    page = Page(document.versions.get(service=mine), day=TODAY, given={})

    told = {one.whose: " / ".join(one.sentences) for one in page.changes}
    assert set(told) == {"Cantine, Cantine Jules-Ferry", "Cantine Prévert"}
    assert told["Cantine, Cantine Jules-Ferry"] == "Repas, plein tarif : 3,50 € devient 3,60 €"
    assert told["Cantine Prévert"] == "Repas, plein tarif : 4,00 € devient 3,60 €"
    before = {
        one.whose: [answer.before for answer in one.tried[0].answers] for one in page.compared
    }
    assert before == {
        "Cantine, Cantine Jules-Ferry": [200, 350, 350],
        "Cantine Prévert": [200, 400, 400],
    }


def test_services_that_charge_the_same_are_compared_once(town: Town) -> None:
    document, mine, _other = for_both(town)
    changed(document, "3.50", "3.60")

    page = Page(document.versions.get(service=mine), day=TODAY, given={})

    assert [one.whose for one in page.changes] == [""]
    assert [one.whose for one in page.compared] == [""]


def test_many_services_are_named_by_the_first_three() -> None:
    services = [Service(name=name) for name in "ABCDE"]

    told = [names_of(services[:number]) for number in (1, 3, 4, 5)]

    assert told == ["A", "A, B, C", "A, B, C et une autre", "A, B, C et 2 autres"]


def test_a_draft_that_is_thrown_away_leaves_its_services_free(town: Town) -> None:
    document, _mine, other = for_both(town)
    read = digest(document)
    changed(document, "3.50", "3.60")

    with pytest.raises(Moved):
        documents.discard(document=document, seen=read)
    documents.discard(document=document, seen=digest(document))

    assert not TariffDocument.objects.exists()
    again = documents.draft(service=other, by=NADIA, at=AT, day=date(2025, 6, 4))
    assert again.number == 1
