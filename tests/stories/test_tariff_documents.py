"""A tariff goes from a draft to its day: two persons, a decision, and never a change after that."""

from datetime import date, time, timedelta
from itertools import product
from pathlib import Path

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from cvq.billing.payers import Payer
from cvq.catalog import documents, sold
from cvq.catalog.documents import (
    Moved,
    NotYours,
    OutOfState,
    SamePerson,
    StillWrong,
)
from cvq.catalog.gatine.grids import document as grid_of
from cvq.catalog.gatine.written import read_grids
from cvq.catalog.grid_in_words import in_words, item_name
from cvq.catalog.models import Service, Tariff, TariffDocument
from cvq.catalog.publication import BegunAlready, NoDecision, OtherDay, Retroactive
from cvq.catalog.versions import checked, digest, in_force, texts_before
from cvq.desk.tariffs.tables import tables_of
from cvq.desk.tariffs.trying import FAMILIES, asked_of, tried
from cvq.rules.tariff import Priced, compile_tariff, rate
from cvq.rules.tariff.document import check, compile_text
from drafts import AT, DECISION, FROM, NADIA, PAUL, approved, changed, drafted, pool, published
from town import TODAY, Town

CASES = Path(__file__).resolve().parents[2] / "docs" / "tariffs" / "cases"


def test_a_tariff_written_by_one_and_approved_by_another_counts_from_its_day(town: Town) -> None:
    town.family("Petit", card="p", topped_up="20,00")
    document = approved(town)

    (tariff,) = published(document)
    for day in (FROM - timedelta(days=1), FROM):
        town.today = day
        town.tap("p", where="GâtinéO", at="15:00")

    sentences, amounts = zip(*town.charges("Petit"), strict=True)
    assert amounts == ("4,50 €", "5,00 €")
    assert all(one.startswith("Entrée piscine, plein tarif") for one in sentences)
    assert (tariff.code, tariff.council_decision, tariff.valid_from) == (
        "POOL-ENTRY",
        DECISION,
        FROM,
    )


def test_an_agent_cannot_approve_what_they_wrote(town: Town) -> None:
    document = drafted(town)
    changed(document, "4.50", "5.00", by=PAUL)

    with pytest.raises(SamePerson):
        documents.approve(document=document, seen=digest(document), by=PAUL.upper(), at=AT)
    rows = TariffDocument.objects.filter(pk=document.pk)
    with pytest.raises(IntegrityError, match="document_is_approved_by"), transaction.atomic():
        rows.update(state="APPROVED", approved_by=PAUL, approved_at=AT)
    with pytest.raises(DatabaseError, match="only what was approved"), transaction.atomic():
        TariffDocument.objects.filter(pk=document.pk).update(state="PUBLISHED")

    assert Tariff.objects.filter(service=pool(town)).count() == 1


def test_an_agent_approves_the_text_that_they_read_and_no_other(town: Town) -> None:
    document = drafted(town)
    read = digest(document)
    changed(document, "4.50", "9.00")

    with pytest.raises(Moved):
        documents.approve(document=document, seen=read, by=PAUL, at=AT)
    with pytest.raises(Moved):
        documents.change(document=document, text="x", seen=read, by=PAUL, at=AT)


def test_a_tariff_that_leaves_somebody_without_a_price_is_not_approved(town: Town) -> None:
    document = drafted(town)
    changed(document, "[0, 5[", "[0, 4[")
    changed(document, '["*", "*", 5.40, "hors territoire"]', '["*", "[5, 99[", 5.40, "autres"]')

    with pytest.raises(StillWrong):
        documents.approve(document=document, seen=digest(document), by=PAUL, at=AT)

    assert checked(pool(town), document.text)[1] != []


def test_what_was_approved_changes_only_once_the_approval_is_taken_back(town: Town) -> None:
    document = approved(town)
    seen = digest(document)

    with pytest.raises(OutOfState):
        documents.change(document=document, text="x", seen=seen, by=NADIA, at=AT)
    with pytest.raises(DatabaseError, match="only what was approved"), transaction.atomic():
        TariffDocument.objects.filter(pk=document.pk).update(text="x")
    documents.reopen(document=document)
    changed(document, "5.00", "5.10")

    with pytest.raises(OutOfState):
        published(document)
    document.refresh_from_db()
    assert (document.state, document.approved_by) == ("DRAFT", "")


def test_a_published_tariff_never_changes(town: Town) -> None:
    document = approved(town)
    (tariff,) = published(document)

    with pytest.raises(OutOfState):
        documents.reopen(document=document)
    for change in (
        lambda: TariffDocument.objects.filter(pk=document.pk).update(valid_from=TODAY),
        lambda: TariffDocument.objects.filter(pk=document.pk).delete(),
        lambda: Tariff.objects.filter(pk=tariff.pk).update(council_decision="x"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    document.refresh_from_db()

    assert (document.state, document.valid_from) == ("PUBLISHED", FROM)


def test_a_price_of_yesterday_cannot_be_changed_without_a_decision(town: Town) -> None:
    document = approved(town)
    yesterday = date(2025, 6, 2)

    for told in ("", "le maire est d'accord"):
        with pytest.raises(Retroactive):
            published(document, yesterday, retroactive_decision=told)
    assert Tariff.objects.filter(service=pool(town)).count() == 1
    published(document, yesterday, retroactive_decision="Délibération 2025-48 du 28 mai 2025")

    document.refresh_from_db()
    assert document.retroactive_decision == "Délibération 2025-48 du 28 mai 2025"
    found = in_force([pool(town)], yesterday)
    assert {row.valid_from for row in found if row.code == "POOL-ENTRY"} == {yesterday}


def test_a_tariff_without_a_decision_or_on_another_day_than_it_says_is_not_published(
    town: Town,
) -> None:
    document = drafted(town)
    changed(document, "inputs:", "from: 2025-09-01\ninputs:")
    documents.approve(document=document, seen=digest(document), by=PAUL, at=AT)

    with pytest.raises(NoDecision):
        published(document, council_decision=" ")
    with pytest.raises(OtherDay):
        published(document)
    published(document, date(2025, 9, 1))

    assert Tariff.objects.filter(service=pool(town)).count() == 2


def test_the_next_version_begins_where_the_last_one_ended(town: Town) -> None:
    first = approved(town)
    published(first)
    first.refresh_from_db()
    second = drafted(town)
    again = drafted(town)

    assert (second.versions.get().number, second.pk) == (2, again.pk)
    assert "5.00" in second.text
    assert texts_before(list(first.versions.all()), TODAY)[0].count("4.50") == 1
    changed(second, "5.00", "6.00")
    documents.approve(document=second, seen=digest(second), by=PAUL, at=AT)
    with pytest.raises(BegunAlready):
        published(second)


def test_a_tariff_prices_what_its_service_sells_from_what_the_service_knows(town: Town) -> None:
    service = town.points["GâtinéO"].service

    def said(text: str) -> list[str]:
        assert check(text)[1] == []
        return [one.sentence for one in checked(service, text)[1]]

    item = "{title: Bain, grain: visit, lines: [{label: Bain, amount: 3.00%s}]}"
    assert said(f"tariff: x\nitems:\n  pool_entry: {item % ''}\n") == []
    other, missing = sorted(said(f"tariff: x\nitems:\n  massage: {item % ''}\n"))
    assert other.startswith("Ce service ne vend pas « massage »")
    assert missing.startswith("« pool_entry » manque")
    needs = f"inputs: {{quotient: required}}\nitems:\n  pool_entry: {item % ', times: quotient'}\n"
    (unknown,) = said(f"tariff: x\n{needs}")
    assert unknown == (
        "« quotient familial » : ce service ne le sait pas encore, personne n'aurait de prix."
    )


def test_a_payer_tells_the_facts_that_a_tariff_may_lean_on() -> None:
    payer = Payer(wallet=1, owes=2, born_on=date(2017, 3, 2), resident=True, quotient=None)

    assert set(payer.inputs(TODAY)) <= sold.OF_A_CHILD


@pytest.mark.parametrize("name", sorted(read_grids()[1]))
def test_a_grid_costs_the_same_in_words(name: str) -> None:
    written = grid_of(read_grids()[1][name])
    grid = compile_tariff(written)
    code = name.upper().replace("_", "-")
    tariff = compile_text(in_words({code: written}, name=name, title=name))
    values: dict[str, list[object]] = {
        "quotient": [None, 0, 400, 401, 800, 801, 1000, 1001],
        **{one: [None, True, False] for one in ("resident", "booked", "reduced", "subscriber")},
        "school_level": [None, "nursery", "primary"],
        "age": [None, 0, 4, 5, 15, 16, 17, 18, 90],
        "starts_at": [None, *(time(*divmod(one, 60)) for one in (0, 1019, 1020, 1259, 1260))],
        "half_hours": [0, 1, 3],
        "hours": [0, 5],
    }

    for combined in product(*(values[one] for one in grid.reads)):
        inputs = dict(zip(grid.reads, combined, strict=True))
        asked, told = rate(grid, inputs), rate(tariff.items[item_name(code)], inputs)
        assert isinstance(asked, Priced)
        assert isinstance(told, Priced)
        assert (told.cents, inputs) == (asked.cents, inputs)


def test_a_service_that_sells_nothing_begins_with_nothing(town: Town) -> None:
    library = Service.objects.get(code="Médiathèque")

    document = documents.draft(service=library, by=NADIA, at=AT, day=TODAY).document

    (found,) = checked(library, document.text)[1]
    assert "aucun prix n'y est encore écrit" in found.sentence  # nobody votes 0,00 € unseen
    priced = document.text.replace("0.00", "12.00")
    assert priced != document.text
    assert checked(library, priced)[1] == []
    assert "library_year:" in document.text


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_published_tariff_is_drawn_and_tried_on_three_families(path: Path) -> None:
    text = path.read_text()
    tariff, findings = check(text)
    assert (tariff is not None, findings) == (True, [])
    assert tariff is not None

    asked = asked_of(tariff, {}, {}, TODAY)
    each = tried(tariff, {}, asked)

    assert [one.title for one in each] == [item.title for item in tariff.items.values()]
    assert all(len(one.answers) == FAMILIES for one in each)
    for answer in (answer for one in each for answer in one.answers):
        assert answer.why_after != ""  # a price explains itself, and so does a refusal
    tables = {table.name for table in tables_of(text, findings)}
    assert tables >= set(tariff.tables)


def test_who_wrote_a_part_does_not_approve_the_whole(town: Town) -> None:
    document = drafted(town)
    changed(document, "4.50", "5.00", by=PAUL)
    changed(document, "5.00", "5.10", by=NADIA)

    with pytest.raises(SamePerson):
        documents.approve(document=document, seen=digest(document), by=PAUL, at=AT)
    rows = TariffDocument.objects.filter(pk=document.pk)
    with pytest.raises(IntegrityError, match="approved_by_no_writer"), transaction.atomic():
        rows.update(state="APPROVED", approved_by=PAUL, approved_at=AT)


def test_a_fact_that_nobody_gives_keeps_a_tariff_from_its_service(town: Town) -> None:
    text = """
tariff: cantine
inputs: {medical_protocol: no}
items:
  meal:
    title: Repas
    grain: meal
    lines:
      - choose:
          - {label: Panier, when: medical_protocol, amount: 0.80}
          - {label: Repas, amount: 3}
"""
    _, findings = checked(town.points["Cantine"].service, text)

    assert [one.line for one in findings] == [3]
    assert "ce service ne le sait pas encore" in findings[0].sentence


def test_a_price_by_the_month_or_with_a_deposit_is_not_published_where_none_is_charged(
    town: Town,
) -> None:
    text = """
tariff: cantine
items:
  meal:
    title: Repas
    grain: month
    lines:
      - {label: Repas, amount: 30}
      - {label: Caution, nature: deposit, amount: 10}
"""
    _, findings = checked(town.points["Cantine"].service, text)

    assert [one.line for one in findings] == [5, 9]


def test_the_hours_of_an_old_grid_are_written_as_people_write_them() -> None:
    rows = [
        {"when": {"minute": [1020, 1260]}, "cents": 1000, "label": "pointe"},
        {"when": {}, "cents": 800, "label": "creuses"},
    ]
    grid = {"grid": 1, "item": "Court", "inputs": ["minute"], "rows": rows}

    text = in_words({"COURT-SLOT": grid}, name="court", title="Court")

    assert "starts_at: unknown" in text
    assert '["[17:00, 21:00[", 10.00, "pointe"]' in text
    assert check(text)[1] == []


def test_a_tariff_that_was_published_with_the_minute_of_the_day_still_has_its_price() -> None:
    text = (
        "tariff: court\ninputs: {minute: unknown}\nitems: {court_slot: {title: Court, grain: hire, "
        "lines: [{label: Court, amount: 'if(known(minute), 10 €, 8 €)'}]}}\n"
    )

    priced = rate(compile_text(text).items["court_slot"], {})

    assert isinstance(priced, Priced)
    assert priced.cents == 800


def test_the_mark_that_an_editor_puts_before_a_text_moves_no_amount(town: Town) -> None:
    document = drafted(town)
    text = document.text

    documents.change(
        document=document, text=f"\ufeff{text}\r\n", seen=digest(document), by=NADIA, at=AT
    )

    document.refresh_from_db()
    assert document.text == f"{text}\n"
    assert check(document.text)[1] == check(text)[1]


def test_two_authors_of_one_text_find_a_way_out_when_one_answers_for_all_of_it(town: Town) -> None:
    document = drafted(town)
    changed(document, "4.50", "5.00", by=NADIA)
    changed(document, "5.00", "5.10", by=PAUL)
    seen = digest(document)
    for who in (NADIA, PAUL):
        with pytest.raises(SamePerson):
            documents.approve(document=document, seen=seen, by=who, at=AT)

    with pytest.raises(NotYours):
        documents.take_over(document=document, seen=seen, by="zoe@exemple.fr", at=AT)
    with pytest.raises(Moved):
        documents.take_over(document=document, seen="x", by=NADIA, at=AT)
    documents.take_over(document=document, seen=seen, by=NADIA, at=AT)

    document.refresh_from_db()
    assert (document.writers, document.taken_from, document.written_by) == ([NADIA], [PAUL], NADIA)
    with pytest.raises(SamePerson):
        documents.approve(document=document, seen=seen, by=NADIA, at=AT)
    documents.approve(document=document, seen=seen, by=PAUL, at=AT)
    with pytest.raises(OutOfState):
        documents.take_over(document=document, seen=seen, by=NADIA, at=AT)


def test_who_writes_again_in_a_text_taken_over_is_its_author_again(town: Town) -> None:
    document = drafted(town)
    changed(document, "4.50", "5.00", by=NADIA)
    changed(document, "5.00", "5.10", by=PAUL)
    documents.take_over(document=document, seen=digest(document), by=NADIA, at=AT)
    changed(document, "5.10", "5.20", by=PAUL)

    assert (document.writers, document.taken_from) == ([NADIA, PAUL], [])
    with pytest.raises(SamePerson):
        documents.approve(document=document, seen=digest(document), by=PAUL, at=AT)


def test_nobody_who_wrote_a_tariff_is_forgotten(town: Town) -> None:
    document = drafted(town)
    changed(document, "4.50", "5.00", by=PAUL)
    changed(document, "5.00", "5.10", by=NADIA)
    rows = TariffDocument.objects.filter(pk=document.pk)

    with pytest.raises(DatabaseError, match="not forgotten"), transaction.atomic():
        rows.update(writers=[NADIA])
    for how in (
        {"writers": ["zoe"], "taken_from": [NADIA, PAUL]},
        {"writers": [NADIA], "taken_from": [PAUL], "text": "x"},
    ):
        with pytest.raises(DatabaseError, match="one person takes"), transaction.atomic():
            rows.update(**how)
    documents.approve(document=document, seen=digest(document), by="zoe@exemple.fr", at=AT)
    with pytest.raises(DatabaseError, match="a draft alone"), transaction.atomic():
        rows.update(writers=[NADIA], taken_from=[PAUL])
