"""Several people or things at once: lists, and what is looked for in them."""

import pytest

from cvq.rules.tariff.outcome import Priced, RefusalKind
from written import PEOPLE, cents, finding, findings, item, priced, rated, refused

FAMILY = [{"age": 40}, {"age": "8", "rate": "half"}, {"age": 2}]


@pytest.mark.parametrize(
    ("formula", "number"),
    [
        ("count(people)", 3),
        ("count(people, age >= 3)", 2),
        ("sum(people, age)", 50),
        ("sum(people, if(rate = half, 1, 2))", 5),
        ("sum(people, position)", 6),
        ("lowest(people, age)", 2),
        ("highest(people, age)", 40),
        ("if(any(people, age < 3), 7, 8)", 7),
        ("if(all(people, age < 3), 7, 8)", 8),
        ("count(people, count(people, age > 10) = 1)", 3),
    ],
)
def test_a_list_is_counted_summed_and_looked_over(formula, number):
    text = item(f'- {{label: A, amount: 1, times: "{formula}"}}', head=PEOPLE)

    result = rated(text, people=FAMILY)
    assert isinstance(result, Priced), result
    assert result.cents == 100 * number


def test_an_empty_list_counts_nothing_and_has_no_lowest():
    every = item('- {label: A, amount: 1, times: "count(people) + sum(people, age)"}', head=PEOPLE)
    lowest = item('- {label: A, amount: 1, times: "lowest(people, age)"}', head=PEOPLE)

    assert cents(every, people=[]) == 0
    assert refused(lowest, people=[]).reason == "La liste est vide."
    assert refused(every).reason == "Il manque : people."


def test_a_list_gives_one_line_for_each_record():
    text = item(
        '- {label: Entrée, each: people, when: age >= 3, amount: "if(rate = half, 2 €, 4 €)"}',
        more="otherwise: nothing",
        head=PEOPLE,
    )

    result = priced(text, people=FAMILY)
    assert [(line.label, line.cents) for line in result.lines] == [
        ("Entrée (1)", 400),
        ("Entrée (2)", 200),
    ]


def test_each_record_sees_the_subtotal_of_those_before_it():
    text = item(
        '- {label: Entrée, each: people, amount: "if(subtotal >= 8 €, 1 €, 4 €)"}', head=PEOPLE
    )

    assert [line.cents for line in priced(text, people=FAMILY + FAMILY).lines] == [
        400, 400, 100, 100, 100, 100,
    ]  # fmt: skip


def test_a_record_that_lacks_a_field_is_refused_by_the_name_that_people_read():
    text = item('- {label: A, amount: 1, times: "sum(people, age)"}', head=PEOPLE)

    assert refused(text, people=[{"rate": "half"}]).reason == "Il manque : âge le jour du service."
    for wrong in ([{"wages": 1}], ["x"], [{"age": -1}], "x", {"age": 3}):
        assert refused(text, people=wrong).kind is RefusalKind.WRONG_INPUT


def test_a_table_asked_for_each_record_is_told_record_by_record():
    text = item(
        '- {label: A, amount: "sum(people, p)"}',
        head=PEOPLE
        + "tables:\n  p: {when: [age], then: €, rows: [['< 3', 0], ['>= 3', age * 1 €]]}\n",
    )
    each = text.replace(
        '{label: A, amount: "sum(people, p)"}', "{label: A, each: people, amount: p}"
    )

    assert cents(text, people=FAMILY) == 4800
    assert cents(each, people=FAMILY) == 4800


@pytest.mark.parametrize(
    "text",
    [
        item("- {label: A, amount: 1, times: age}", head=PEOPLE),
        item("- {label: A, amount: 1, when: age > 3}", head=PEOPLE),
        item("- {label: A, amount: 1, at_most: age * 1 €}", head=PEOPLE),
        item("- {label: A, amount: 1}", "at_most: age * 1 €", PEOPLE),
        item("- {label: A, amount: 1}", "amounts: {x: {amount: age * 1 €}}", PEOPLE),
        item("- {label: A, amount: 1}", "refuse: [{when: age > 3, reason: x}]", PEOPLE),
        item(
            "- {package: A, when: age > 3, amount: 1, instead_of: [*]}",
            head=PEOPLE,
        ),
        item(
            "- choose: [{label: A, each: people, when: age > 3, amount: 1}, {label: B, amount: 1}]",
            head=PEOPLE,
        ),
        item(
            "- {package: A, each: people, when: age > 3, amount: 1, instead_of: [*]}",
            head=PEOPLE,
        ),
        item(
            "- {package: A, when: 1 = 1, asked: age > 3, amount: 1, instead_of: [*]}",
            head=PEOPLE,
        ),
        item("- {label: A, amount: v}", head=PEOPLE + "values: {v: age * 1 €}\n"),
        item(
            "- {label: A, amount: 1, when: d = late}",
            head="inputs: {day: 2025-09-01, p: {list: {booked_at: required}, missing: none}}\n"
            "deadlines: {d: {of: booked_at, kind: days_before, days: 1, at: '10:00'}}\n",
        ),
    ],
)
def test_a_field_is_read_only_inside_its_list(text):
    said = [one.sentence for one in findings(text.replace("[*]", "[{label: B, amount: 1}]"))]

    assert any("à l'intérieur de sa liste" in one or "Un forfait dit" in one for one in said), said


def test_two_lists_may_share_a_field_only_if_it_means_the_same():
    one = (
        "inputs: {a: {list: {age: required}, missing: none}, "
        "b: {list: {age: required}, missing: none}}\n"
    )
    other = one.replace(
        "b: {list: {age: required}", "b: {list: {age: {words: [young, old], missing: young}}"
    )
    line = '- {label: A, amount: 1, times: "count(a, age > 1) + count(b)"}'

    assert cents(item(line, head=one), a=[{"age": 3}], b=[{"age": 1}]) == 200
    assert "est aussi un nom au-dehors" in finding(item(line, head=other)).sentence


def test_a_list_of_more_than_five_hundred_is_refused():
    text = item('- {label: A, amount: 1, times: "count(people)"}', head=PEOPLE)

    assert cents(text, people=[{"age": 3}] * 500) == 50_000
    assert refused(text, people=[{"age": 3}] * 501).kind is RefusalKind.WRONG_INPUT
