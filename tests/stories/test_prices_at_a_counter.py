"""A hall is hired, a membership is taken: an agent works the price out, and nothing is charged."""

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import IntegrityError, transaction

from cvq.catalog import documents
from cvq.catalog.models import AccessPoint, Service, Tariff
from cvq.catalog.points import load
from cvq.catalog.publication import BegunAlready
from cvq.catalog.services import NameTaken, NoName, found_counter_service, vote_tariff
from cvq.catalog.sold import code_of
from cvq.catalog.versions import checked, digest, in_force, in_force_without, text_before
from cvq.desk.prices.worked import Form
from cvq.ledger.models import Entry
from cvq.rules.tariff.document import compile_text
from drafts import AT, DECISION, PAUL, published
from halls import CASES, hall, voted, written
from town import TODAY, Town

ONE_ITEM = """
tariff: salle
items:
  hire: {title: Salle, grain: hire, lines: [{label: Salle, amount: 100}]}
"""

MORE_DAYS = """
tariff: salle
inputs:
  residence: required
  extra_days: {type: count, unit: jour, missing: 0, title: jours en plus}
tables:
  hall:
    title: Salle
    when: [residence]
    then: €
    rows:
      - [commune, 150, commune]
      - [not commune, 250, hors commune]
items:
  hire:
    title: Salle
    grain: hire
    lines:
      - {label: Premier jour, amount: first_day}
      - {label: Jours en plus, nature: supplement, when: extra_days > 0,
         amount: 50% * first_day, times: extra_days, round: {to: 0.01, how: half_up}}
  first_day:
    title: Premier jour
    grain: hire
    lines:
      - {label: Salle, amount: hall}
      - {label: Caution, nature: deposit, amount: 800}
"""


def form(service: Service, **said: str) -> Form:
    """Return the form of a price, answered; « x_before » answers what was counted."""
    given = {f"f0.{name.replace('__', '.')}": value for name, value in said.items()}
    item = given.pop("f0.prix", "")
    return Form(service, day=TODAY, given=given | {"prix": item})


def test_an_agent_reads_what_a_hall_costs_its_deposit_and_what_is_due_on_booking(
    town: Town,
) -> None:
    service = hall(town)
    voted(service)
    moved = Entry.objects.count()

    answered = form(service, residence="outside", kitchen="yes", staff_hires__before="0")

    assert answered.worked is not None
    priced = answered.worked.priced
    assert (priced.cents, [one.cents for one in answered.worked.parts]) == (34000, [34000])
    assert [(one.told, one.cents) for one in answered.worked.deposits] == [
        ("Caution avec la cuisine", 40000)
    ]
    assert {one.name: one.value for one in priced.amounts}["on_booking"] == 17000
    assert "340,00 €" in priced.sentence
    assert ("cuisine", "oui") in answered.said
    assert answered.row is not None
    assert answered.row.council_decision == DECISION
    assert Entry.objects.count() == moved


def test_a_day_more_of_a_hall_costs_half_of_the_first_whose_deposit_is_paid_once(
    town: Town,
) -> None:
    service = hall(town)
    voted(service, MORE_DAYS)

    answered = form(service, prix="hire", residence="commune", extra_days="2")

    assert answered.worked is not None
    priced = answered.worked.priced
    assert priced.cents == 15000 + 2 * 7500
    assert priced.sentence == (
        "Salle, Premier jour 150,00 €, commune (habite la commune) : 150,00 € ; Jours en plus, "
        "2 jours × 50 % × Premier jour 150,00 € : 150,00 € ; total : 300,00 €"
    )
    assert len(answered.worked.deposits) == 0


def test_what_was_counted_before_is_asked_on_the_form(town: Town) -> None:
    service = hall(town)
    voted(service)
    said = {"residence": "commune", "kitchen": "no", "hirer": "staff"}

    first = form(service, **said, staff_hires__before="0")
    second = form(service, **said, staff_hires__before="1")

    assert first.worked is not None
    assert first.worked.priced.cents == 0
    assert second.worked is not None
    assert second.worked.priced.cents == 12000


def test_a_form_asks_what_its_item_reads_and_nothing_else(town: Town) -> None:
    service = hall(town)
    voted(service)

    asked = {one.fields[0].name: one.fields[0].value for one in form(service).asked}
    metered = form(service, prix="electricity")

    assert asked == {
        "f0.residence": "",
        "f0.hirer": "private",
        "f0.kitchen": "",
        "f0.staff_hires.before": "0",
    }
    assert [one.fields[0].name for one in metered.asked] == ["f0.energy", "f0.energy_price"]
    assert not metered.is_answered
    priced = form(service, prix="electricity", energy="30", energy_price="0.25").worked
    assert priced is not None
    assert priced.priced.cents == 750


def test_what_is_missing_or_wrong_is_said_in_words_and_costs_nothing(town: Town) -> None:
    service = hall(town)
    voted(service)

    missing = form(service, residence="commune", staff_hires__before="0")
    wrong = form(service, residence="commune", kitchen="yes", staff_hires__before="une")

    assert (missing.worked, missing.lacks_an_answer) == (None, True)
    assert missing.refused is not None
    assert "cuisine" in missing.refused.reason
    assert wrong.refused is not None
    assert "« une » n'est pas un nombre" in wrong.refused.reason


def test_a_price_that_is_not_published_is_refused_as_the_tariff_says(town: Town) -> None:
    service = hall(town, "Tennis")
    voted(service, (CASES / "magenta-tennis-51.yaml").read_text().replace("from: 2014-09-01", ""))

    refused = form(service, prix="senior_hour", residence="outside", age="40")

    assert refused.refused is not None
    assert refused.refused.reason == "L'heure senior est réservée aux personnes de 65 ans et plus."
    assert not refused.lacks_an_answer


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_published_tariff_can_be_voted_for_a_counter_and_its_form_filled(
    town: Town, path: Path
) -> None:
    service = hall(town)

    tariff, findings = checked(service, path.read_text())

    assert (tariff is not None, findings) == (True, [])
    since = tariff.since if tariff else ""
    voted(service, path.read_text().replace(f"from: {since}\n", "") if since else path.read_text())
    for item in Form(service, day=TODAY, given={}).items:
        answered = form(service, prix=item.name, x="")
        assert answered.item is not None
        assert answered.item.name == item.name
        assert answered.is_answered


def filled(example: dict[str, Any]) -> dict[str, str]:
    """Return an example of a case as an agent fills it in."""
    given = {"prix": example["item"]}
    for name, value in {**example.get("given", {})}.items():
        if isinstance(value, list):
            given[f"n.{name}"] = str(len(value))
            for place, line in enumerate(value):
                for field, told in line.items():
                    given[f"f0.{name}:{place}:{field}"] = told
        else:
            given[f"f0.{name}"] = value
    for name, value in example.get("before", {}).items():
        given[f"f0.{name}.before"] = value
    return given | {"f0.": ""}


def simple_examples(text: str) -> list[dict[str, Any]]:
    """Return the examples of a case that are one rating with one price, and no silent lines."""
    found = yaml.load(text, yaml.BaseLoader)["examples"]
    several = {"each", "uses", "times", "ask", "calendar"}
    return [
        one
        for one in found
        if "item" in one and not several & set(one) and "price" in (one.get("expect") or ())
        if {} not in [line for value in one.get("given", {}).values() for line in value]
    ]


def long_ago(service: Service, name: str, text: str) -> None:
    vote_tariff(
        service=service,
        code=code_of(name),
        document={"text": text, "item": name},
        council_decision="Délibération d'alors",
        since=date(2000, 1, 1),
    )


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_examples_of_a_published_tariff_cost_at_a_counter_what_was_published(
    town: Town, path: Path
) -> None:
    text = re.sub(r"(?m)^from: .*\n", "", path.read_text())
    service = hall(town)
    written_by_nadia = written(service, text)
    documents.approve(document=written_by_nadia, seen=digest(written_by_nadia), by=PAUL, at=AT)
    for name in compile_text(text).items:  # in force on the days of the examples, long ago
        long_ago(service, name, text)

    for example in simple_examples(text):
        answered = Form(service, day=TODAY, given=filled(example))
        assert answered.worked is not None, (example, answered.refused)
        expected = round(float(example["expect"]["price"]) * 100)
        assert (example["id"], answered.worked.priced.cents) == (example["id"], expected)


def test_a_family_takes_out_a_membership_person_by_person(town: Town) -> None:
    service = hall(town, "Adhésion")
    voted(service, (CASES / "cournonterral-34.yaml").read_text())
    two = {
        "n.people": "2",
        "f0.people:0:age": "40",
        "f0.people:1:age": "38",
        "f0.people:0:in_couple": "yes",
        "f0.people:1:in_couple": "yes",
    }

    blank = Form(service, day=TODAY, given={})
    couple = Form(service, day=TODAY, given=two)
    third = Form(service, day=TODAY, given=two | {"ajouter": "people"})

    assert [one.fields[0].value for one in blank.asked] == ["", "", "", ""]
    assert couple.worked is not None
    assert couple.worked.priced.cents == 1800
    assert ("personnes à inscrire 2, âge", "38") in couple.said
    assert [lines.many for lines in third.lists] == [3]
    assert third.worked is not None
    assert third.worked.priced.cents == 1800  # a line that says nothing is nobody


def test_a_group_of_which_nothing_is_told_is_missing_and_never_free(town: Town) -> None:
    service = hall(town, "Bassin")
    text = re.sub(r"(?m)^from: .*\n", "", (CASES / "chatillon-en-diois-26.yaml").read_text())
    voted(service, text)

    group = {"prix": "entry", "n.people": "12", "f0.day": TODAY.isoformat()}
    answered = Form(service, day=TODAY, given=group)

    assert answered.worked is None


def test_an_item_that_the_next_version_no_longer_names_has_no_price(town: Town) -> None:
    service = hall(town)
    voted(service)
    document = voted(service, ONE_ITEM, TODAY + timedelta(days=1))

    tomorrow = {row.code for row in in_force([service], TODAY + timedelta(days=1))}

    assert {row.code for row in in_force([service], TODAY)} == {"HIRE", "ELECTRICITY"}
    assert tomorrow == {"HIRE"}
    (before,) = in_force_without(list(document.versions.all()), TODAY + timedelta(days=1))
    assert {row.code for row in before} == {"HIRE", "ELECTRICITY"}
    assert text_before(service, TODAY) == ONE_ITEM


def test_two_versions_of_a_counter_do_not_begin_the_same_day(town: Town) -> None:
    service = hall(town)
    voted(service)
    other = ONE_ITEM.replace("hire:", "rent:")

    with pytest.raises(BegunAlready):
        voted(service, other)
    assert not Tariff.objects.filter(code="RENT").exists()


def test_a_counter_has_no_tariff_until_one_is_published(town: Town) -> None:
    service = hall(town)
    document = written(service)

    empty = Form(service, day=TODAY, given={})

    assert (empty.row, empty.item, empty.asked, empty.is_answered) == (None, None, [], False)
    assert document.versions.get().number == 1


def test_one_decision_may_fix_the_prices_of_two_halls(town: Town) -> None:
    from cvq.catalog import documents
    from cvq.catalog.versions import digest
    from drafts import AT, NADIA, PAUL

    big, small = hall(town), hall(town, "Petite salle")
    document = written(big)
    told: dict[str, Any] = {"by": NADIA, "at": AT, "seen": digest(document)}
    documents.cover(document=document, services=[big, small], **told)
    document.refresh_from_db()
    documents.approve(document=document, seen=digest(document), by=PAUL, at=AT)

    published(document, TODAY)

    said = {"residence": "commune", "kitchen": "no", "staff_hires__before": "0"}
    both = [form(one, **said).worked for one in (big, small)]
    assert [one.priced.cents for one in both if one] == [12000, 12000]


def test_no_reader_stands_where_prices_are_worked_out_at_a_counter(town: Town) -> None:
    service = hall(town)
    point = town.points["GâtinéO"]

    with pytest.raises(IntegrityError, match="purpose of its service"), transaction.atomic():
        AccessPoint.objects.create(code="x", name="x", service=service, zone="x")
    with pytest.raises(IntegrityError, match="purpose of its service"), transaction.atomic():
        Service.objects.filter(pk=point.service_id).update(purpose=None)
    voted(service)

    assert set(load(town.connection).points) == {one.pk for one in town.points.values()}


def test_a_service_is_founded_under_a_name_that_its_authority_has_once(town: Town) -> None:
    first = hall(town, "  Salle   polyvalente ")
    commune = town.points["Cantine"].service.authority

    with pytest.raises(NameTaken):
        hall(town, "salle polyvalente")
    for name in ("", " a ", "x" * 121):
        with pytest.raises(NoName):
            hall(town, name)
    theirs = found_counter_service(name="Salle polyvalente", authority=commune)

    assert (first.name, first.code, first.purpose) == (
        "Salle polyvalente",
        "SALLE-POLYVALENTE",
        None,
    )
    assert theirs.code == "SALLE-POLYVALENTE-2"
    assert hall(town, "§§§").code == "SERVICE"
