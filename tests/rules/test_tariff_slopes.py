"""A table that must rise, or never jump far, is looked at at every place, along every column."""

import re
from itertools import product

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from cvq.rules.tariff.document import check
from cvq.rules.tariff.formula import Stop
from cvq.rules.tariff.kinds import UNKNOWN
from written import cents, finding, findings, table

RISING, LITTLE = "monotonic: increasing", "largest_jump: {}"
SUM = "hit: sum\n    otherwise: nothing"
BOTH = "quotient: {max: 40, missing: required}, hours: {max: 3, missing: required}"
TWO = "quotient, hours"


def test_a_formula_that_falls_inside_its_band_is_told_with_the_smallest_pair():
    falls = finding(
        table(
            '"< 600", 1.00, basse\n">= 600", "max(2 €, 3 € - euros(quotient - 700) * 0.1%)", haute',
            more=RISING,
        ).replace("lines: [{", "lines: [{round: {to: 0.01, how: half_up}, ")
    )

    assert falls.line == 10 + 1
    assert falls.sentence == "« Grille » devait être croissant : à l'intérieur de « haute »."
    assert falls.example == ("quotient familial 600 : 3,10 €, puis quotient familial 601 : 3,099 €")
    assert falls.choices == ("corrigez la formule", "retirez « monotonic »")


def test_a_formula_that_falls_far_away_and_for_a_moment_is_found():
    dip = "if(quotient = 812345678, 1 €, 2 €)"

    falls = finding(table(f'"*", "{dip}", tous', more=RISING))

    assert falls.example == (
        "quotient familial 812 345 677 : 2,00 €, puis quotient familial 812 345 678 : 1,00 €"
    )


def test_a_formula_that_rises_by_steps_is_proved_to_its_end():
    for formula in (
        "max(2.60 €, min(euros(quotient) * 0.36%, 6.50 €))",
        "round(euros(quotient) * 0.36%, 0.05 €, half_up)",
        "1 € * started(quotient, 100)",
        "if(quotient < 900, 1 €, euros(quotient) * 0.36%)",
    ):
        rows = f'"*", "{formula}", tous'
        text = table(rows, more=RISING).replace("amount: p", 'amount: "round(p, 0.01 €, down)"')
        assert findings(text) == [], formula
        falling = table(rows, more="monotonic: decreasing")
        said = check(falling.replace("amount: p", 'amount: "round(p, 0.01 €, down)"'))[1]
        assert ["décroissant" in one.sentence for one in said] == [True], formula


def test_a_step_inside_a_formula_is_a_jump():
    rows = '"*", "2 € * started(quotient, 100)", tous'

    assert findings(table(rows, more="largest_jump: 2.00")) == []
    jump = finding(table(rows, more="largest_jump: 1.99"))
    assert jump.sentence == "« Grille » saute de plus de 1,99 € : à l'intérieur de « tous »."
    assert jump.example == "quotient familial 0 : 0,00 €, puis quotient familial 1 : 2,00 €"


MATRIX = """\
tariff: essai
inputs: {quotient: required, rank_present: required}
tables:
  p:
    title: Grille
    when: [quotient, rank_present]
    across: ["1", "2", ">= 3"]
    then: €
    monotonic: increasing
    rows:
      - ["< 600", 1.00, 1.00, 0.50]
      - [">= 600", 3.00, 3.00, 3.00]
items: {it: {title: Prix, grain: meal, lines: [{label: Prix, amount: p}]}}
"""


def test_every_column_that_has_an_order_is_looked_at_unless_one_is_named():
    falls = finding(MATRIX)

    assert falls.line == 11
    assert falls.sentence.startswith(
        "« Grille » devait être croissant selon rang par âge parmi les enfants présents : "
    )
    assert falls.choices[-1].startswith("nommez la colonne à suivre : « monotonic: {rank_present")
    named = MATRIX.replace("monotonic: increasing", "monotonic: {quotient: increasing}")
    assert findings(named) == []
    both = "monotonic: {quotient: increasing, rank_present: decreasing}"
    assert findings(MATRIX.replace("monotonic: increasing", both)) == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("monotonic: {residence: increasing}", "« residence » n'en est pas une"),
        ("monotonic: {quotient: up}", "« monotonic » est increasing ou decreasing."),
        ("largest_jump: {quotient: x}", "« largest_jump » : « x » n'est pas un montant"),
    ],
)
def test_a_direction_of_a_column_without_order_is_told(more, said):
    rows = '"*", "*", 1.00'
    both = "quotient: required, residence: required"

    assert said in finding(table(rows, both, "quotient, residence", more=more)).sentence
    words = table('"*", 1.00', "residence: required", "residence", more=RISING)
    assert "cette table n'en a pas" in finding(words).sentence


def test_a_formula_that_reads_another_entry_is_decided_over_its_bounds():
    rows = '"*", "euros(quotient) * 1% * (hours - 1)", tous'
    free = f"{BOTH.partition(',')[0]}, missing: required}}, hours: required"
    text = table(rows, free, more=RISING).replace("amount: p", 'amount: "max(p, 0 €)"')

    falls = finding(text)

    told, _, other = falls.example.partition(" (")
    assert told == "quotient familial 0 : 0,00 €, puis quotient familial 1 : -0,01 €"
    assert "0" in other
    bound = text.replace("hours: required", "hours: {min: 1, missing: required}")
    assert findings(bound) == []


def test_what_cannot_be_decided_is_never_silent():
    listed = "quotient: required, people: {list: {age: required}, missing: none}"
    rows = '"*", "euros(quotient) * (sum(people, age) - 3)", tous'

    told = finding(table(rows, listed, more=RISING).replace("amount: p", 'amount: "max(p, 0 €)"'))

    assert told.sentence == (
        "« Grille » : rien ne prouve que « monotonic » tienne, à l'intérieur de « tous »."
    )
    assert told.example == "la formule lit people"
    assert told.choices[0].startswith("donnez des bornes proches")
    apart = '"*", "euros(quotient) + 1 € * count(people)", tous'
    assert findings(table(apart, listed, more=RISING)) == []


def test_where_nothing_is_published_the_next_price_still_must_not_fall():
    rows = '"< 600", 2.00, a\n"600..999", not published, b\n">= 1000", 1.00, c'

    falls = finding(table(rows, more=RISING))

    assert falls.example == (
        "quotient familial 599 : 2,00 €, puis quotient familial 1 000 : 1,00 €"
    )
    assert findings(table(rows, more="largest_jump: 0.10")) == []


def test_rows_that_add_up_are_judged_together():
    rows = '">= 1", 1.00, a\n">= 10", 0.50, b'

    assert findings(table(rows, more=f"{SUM}\n    {RISING}")) == []
    jump = finding(table(rows, more=f"{SUM}\n    largest_jump: 0.90"))
    assert (jump.sentence, jump.line) == (
        "« Grille » saute de plus de 0,90 € : de « aucune ligne » à « a ».",
        12,
    )


def test_a_value_that_is_rounded_is_a_column_like_another():
    head = "values: {q: {is: monthly_income / 12, round: {to: 0.01, how: down}}}"
    rows = '"< 600", 1.00, a\n">= 600", 900 € - q, b'

    falls = finding(table(rows, "monthly_income: required", "q", more=RISING, head=head))

    assert falls.sentence == "« Grille » devait être croissant : à l'intérieur de « b »."
    assert falls.example == "q 600,00 € : 300,00 €, puis q 600,01 € : 299,99 €"


HEAD = """\
values:
  third: quotient / 3
  whole: {is: quotient * 0.7 + 1, round: {to: 1, how: half_up}}
  asked: rate.share
"""
RATE = """\
  rate:
    when: [quotient]
    then: {share: number}
    rows: [["< 5", 3], [">= 5", 1]]
"""
INPUTS = (
    "quotient: {unit: '', max: 12, missing: required}, evening: required, "
    "hours: {unit: '', max: 2, missing: unknown}, residence: required"
)
atoms = st.sampled_from(
    [
        *("quotient", "quotient", "hours", "1", "2", "0.5", "third", "whole", "asked"),
        *("first_known(hours, 4)", "first_known(hours, third)", "1 / (quotient + 1)"),
        *("within(hours, quotient, 2, 6)", "beyond(quotient, 1, 5)"),
        *("if(evening, 3, quotient)", "if(residence = commune, quotient, 5)"),
        *("if(known(hours) and hours > 1, 2, quotient)", "days(2024-01-01, 2024-01-09)"),
    ]
)


def joined(inner):
    two = st.tuples(inner, inner)
    manner = st.sampled_from(["half_up", "down", "up", "half_even"])
    return st.one_of(
        st.tuples(two, st.sampled_from("+-*")).map(
            lambda one: f"({one[0][0]} {one[1]} {one[0][1]})"
        ),
        st.tuples(two, st.sampled_from(["min", "max"])).map(
            lambda one: f"{one[1]}({one[0][0]}, {one[0][1]})"
        ),
        inner.map(lambda one: f"({one} / 4)"),
        st.tuples(inner, manner).map(lambda one: f"round({one[0]}, 3, {one[1]})"),
        inner.map(lambda one: f"started({one}, 6)"),
        st.tuples(inner, inner, inner).map(lambda one: f"if({one[0]} < 9, {one[1]}, {one[2]})"),
    )


formulas = st.recursive(atoms, joined, max_leaves=5)
WANTED = {
    "monotonic: {quotient: increasing}": lambda change: change >= 0,
    "monotonic: {quotient: decreasing}": lambda change: change <= 0,
    "largest_jump: {quotient: 2}": lambda change: abs(change) <= 200,
}


def steps(tariff):
    """Yield each place of the quotient and by how much a price moves to the next one."""
    for q, h, e, r in product(
        range(12), (UNKNOWN, 0, 1, 2), (True, False), ("commune", "community", "outside")
    ):
        known = {"hours": h, "evening": e, "residence": r}
        try:
            first, second = (
                tariff.tables["p"].value({"quotient": one, **known}, 0) for one in (q, q + 1)
            )
        except Stop:
            continue
        yield q, second - first


@settings(max_examples=150, deadline=None)
@given(formulas, formulas, st.sampled_from(sorted(WANTED)))
@example("within(hours, quotient, 2, 6)", "quotient", "monotonic: {quotient: decreasing}")
def test_what_is_found_is_what_looking_at_every_place_finds(low, high, more):
    rows = f'"< 6", "1 € * ({low})", a\n">= 6", "1 € * ({high})", b'
    text = table(rows, INPUTS, more=more, head=HEAD.rstrip())
    text = text.replace("tables:\n", f"tables:\n{RATE}", 1)
    tariff, found = check(text)
    assume(tariff is not None and "p" in tariff.tables)

    said = [one for one in found if "devait être" in one.sentence or "saute" in one.sentence]
    wrong = [place for place, change in steps(tariff) if not WANTED[more](change)]

    assert not any("rien ne prouve" in one.sentence for one in found)
    assert bool(said) == bool(wrong), text
    places = {int(re.findall(r"quotient familial (\d+)", one.example)[0]) for one in said}
    assert min(wrong, default=None) == min(places, default=None)


def test_the_price_is_what_the_finding_says():
    text = table('"*", "max(1 €, 3 € - euros(quotient) * 1%)", tous', more=RISING)
    falls = finding(text)

    calm = text.replace(f"    {RISING}\n", "")
    assert falls.example == "quotient familial 0 : 3,00 €, puis quotient familial 1 : 2,99 €"
    assert [cents(calm, quotient=q) for q in (0, 1)] == [300, 299]
