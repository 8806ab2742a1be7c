"""A hall is booked months ahead: its price is that of its day, and the agent is told which."""

from datetime import date

from cvq.desk.prices.worked import Form
from halls import hall, voted
from town import TODAY, Town

NOW, LATER = date(2025, 6, 3), date(2026, 1, 1)
TEXT = """
tariff: salle
inputs:
  {inputs}
items:
  hire: {{title: Salle, grain: hire, lines: [{{label: Salle, amount: {amount}}}]}}
"""
PEOPLE = "people: {type: number, min: 0, max: 200, missing: required, title: personnes}"


def priced(town: Town, inputs: str = PEOPLE, amount: str = "{cents} € * people") -> Form:
    """Vote a price of today and another of January, and return the empty form."""
    service = hall(town)
    for since, cents in ((NOW, "4.00"), (LATER, "4.50")):
        told = amount.format(cents=cents)
        voted(service, TEXT.format(inputs=inputs, amount=told), since)
    return Form(service, day=TODAY, given={})


def cents(form: Form) -> int | None:
    return form.worked.priced.cents if form.worked else None


def test_the_price_of_a_hire_is_that_of_its_day(town: Town) -> None:
    service = priced(town).service

    said = {"f0.people": "2"}
    today = Form(service, day=TODAY, given=said)
    ahead = Form(service, day=TODAY, given=said | {"jour": "2026-02-13"})

    assert (cents(today), cents(ahead)) == (800, 900)
    assert (today.next is not None and today.next.valid_from, ahead.next) == (LATER, None)
    assert ahead.row is not None
    assert (ahead.day, ahead.row.valid_from) == (date(2026, 2, 13), LATER)
    assert not today.asks_its_day


def test_a_tariff_that_asks_for_the_day_is_that_of_the_day_that_was_answered(town: Town) -> None:
    service = priced(town, "day: required", '"if(month(day) = 2, {cents} €, 1.00 €)"').service

    typed = Form(service, day=TODAY, given={"f0.day": "13/02/2026"})

    assert typed.asks_its_day
    assert cents(typed) == 450
    assert typed.said[0][1] == "13/02/2026"
    assert [one.is_a_date for one in typed.questions] == [True]


def test_all_that_is_missing_is_said_at_once_and_a_wrong_answer_is_not_a_missing_one(
    town: Town,
) -> None:
    two = PEOPLE + "\n  kitchen: {type: yes_no, missing: required, title: cuisine}"
    service = priced(town, two, '"{cents} € * people + if(kitchen, 1.00 €, 0.00 €)"').service

    blank = Form(service, day=TODAY, given={"f0.people": "", "f0.kitchen": ""})
    wrong = Form(service, day=TODAY, given={"f0.people": "-1", "f0.kitchen": "no"})

    assert [one.title for one in blank.missing] == ["personnes", "cuisine"]
    assert (blank.has_a_wrong_answer, wrong.has_a_wrong_answer) == (False, True)
    assert wrong.missing == []
    assert [(one.bounds, one.is_missing) for one in blank.questions] == [
        ("de 0 à 200", True),
        ("", True),
    ]


def test_a_day_before_any_tariff_has_no_price_but_the_next_one_is_told(town: Town) -> None:
    service = priced(town).service

    before = Form(service, day=TODAY, given={"jour": "2020-01-01", "f0.people": "1"})

    assert (before.row, before.item) == (None, None)
    assert before.next is not None
    assert before.next.valid_from == NOW
