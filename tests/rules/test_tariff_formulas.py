"""Formulas: exact to the last fraction, typed to the last unit, and never a float."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvq.rules.tariff.document import check
from cvq.rules.tariff.items import rate
from cvq.rules.tariff.outcome import RefusalKind, Refused
from cvq.rules.tariff.rounding import rounded
from written import cents, counted, finding, findings, priced_by, refused

UP = "round: {to: 0.01, how: half_up}"


@pytest.mark.parametrize(
    ("formula", "price"),
    [
        ("3.05 € + 0.05 €", 310),
        ("3 * 0.85 €", 255),
        ("0.40 €/kg * mass", 80),
        ("50% * 3.05 €", 153),
        ("10 € / 3", 333),
        ("(1 € + 2 €) * 3", 900),
        ("1 € + 2 € * 3", 700),
        ("-1 € + 3 €", 200),
        ("max(2.60 €, 1 €, 3 €)", 300),
        ("min(2.60 €, 1 €)", 100),
        ("if(mass > 1, 2 €, 3 €)", 200),
        ("euros(quotient) * 0.36%", 360),
        ("points(10 €) * 1 €", 1000),
        ("started(61, 30) * 1 €", 300),
        ("started(60 min, 30 min) * 1 €", 200),
        ("completed(59 min, 30 min) * 1 €", 100),
        ("started(1.01 €, 1 €) * 1 €", 200),
        ("round(1.23 €, 0.05 €, up)", 125),
        ("round(2.5, 1, half_even) * 1 €", 200),
        ("1 h / 30 min * 1 €", 200),
        ("if(2025-09-01 < 2025-09-02 and 18:30 > 9:10, 1 €, 2 €)", 100),
        ("if(not (1 = 2) or 1 != 1, 1 €, 2 €)", 100),
    ],
)
def test_a_formula_comes_to_what_a_clerk_would_find(formula, price):
    needs = [name for name in ("mass", "quotient") if name in formula]
    text = priced_by(formula, ", ".join(f"{name}: required" for name in needs), line=UP)

    assert cents(text, mass=2, quotient=1000) == price


@pytest.mark.parametrize(
    ("formula", "number"),
    [
        ("age(2015-09-02, 2025-09-01)", 9),
        ("age(2015-09-01, 2025-09-01)", 10),
        ("age(2012-02-29, 2025-02-28)", 12),
        ("age(2012-02-29, 2025-03-01)", 13),
        ("year(2025-09-01)", 2025),
        ("month(2025-09-01)", 9),
        ("school_year(2025-08-31)", 2024),
        ("school_year(2025-09-01)", 2025),
        ("days(2025-02-28, 2025-03-01)", 1),
        ("days(month_start(2025-12-15), next_month(2025-12-15))", 31),
        ("minutes(17:50, 18:30)", 40),
        ("minutes(moment(2025-09-01, 23:00), moment(2025-09-02, 1:00))", 120),
        ("minutes(18:00, 18:00 + 30 min)", 30),
        ("days(2025-09-01, 2025-09-01 + 3)", 3),
        ("days(weekday_before(2025-09-04, thursday), 2025-09-04)", 7),
        ("days(weekday_before(2025-09-05, thursday), 2025-09-05)", 1),
        ("if(weekday(2025-09-01) = monday, 1, 2)", 1),
        ("days(date(moment(2025-09-01, 23:59)), 2025-09-02)", 1),
        ("minutes(clock(moment(2025-09-01, 23:59)), 24:00)", 1),
    ],
)
def test_days_and_hours_count_as_on_a_calendar(formula, number):
    assert cents(counted(formula)) == 100 * number


@pytest.mark.parametrize(
    "formula",
    [
        "day + 3652059",
        "day - 800000",
        "next_month(day + 2913502)",
        "weekday_before(day - 739494, monday)",
    ],
)
def test_a_day_that_does_not_exist_is_refused(formula):
    text = priced_by(f"if(days(day, {formula}) > 0, 1 €, 2 €)", "day: required")

    assert refused(text, day="2025-08-31").kind is RefusalKind.WRONG_INPUT


def test_an_hour_beyond_midnight_is_refused():
    text = counted("minutes(left_at, left_at + 60 min)", "left_at: required")

    assert cents(text, left_at="23:00") == 6000
    assert refused(text, left_at="23:01").kind is RefusalKind.WRONG_INPUT


def test_a_child_who_is_not_born_has_no_age():
    result = refused(
        counted("age(born_on, day)", "born_on: required, day: required"),
        born_on="2025-09-02",
        day="2025-09-01",
    )

    assert (result.kind, result.reason) == (
        RefusalKind.WRONG_INPUT,
        "La date de naissance est après ce jour.",
    )


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("1 € + 1", "On ne peut pas additionner un montant et un nombre."),
        ("duration + mass", "On ne peut pas additionner des min et des kg."),
        ("if(duration > mass, 1, 2)", "On ne peut pas comparer des min et des kg."),
        ("max(duration, mass)", "On ne peut pas comparer des min et des kg."),
        ("1 € * 1 €", "On ne multiplie pas un montant par un montant."),
        ("0.40 €/kg * duration", "Un prix par kg ne se multiplie pas par des min."),
        ("2 / 1 €", "On ne divise pas"),
        ("booked + 1", "« + » ne s'applique pas à oui ou non."),
        ("not mass", "Une condition était attendue, voici un nombre (kg)."),
        ("if(residence = monday, 1, 2)", "n'est jamais"),
        ("if(residence > commune, 1, 2)", "« > » ne s'applique pas à un mot"),
        ("day + 0.5", "À une date s'ajoutent des jours entiers"),
        ("day + mass", "À une date s'ajoutent des jours"),
        ("minutes(left_at, booked_at)", "On ne peut pas comparer une heure et un moment."),
        ("days(day)", "« days » attend"),
        ("started(mass, duration)", "On ne peut pas diviser des kg et des min."),
        ("weekday_before(day, commune)", "Un jour est un de"),
        ("nothing", "n'est ni une entrée, ni une valeur, ni une table, ni un mot déclaré."),
        ("power(2, 3)", "La fonction « power » n'existe pas."),
        ("count(mass)", "attend une liste, voici un nombre (kg)."),
        ("shift(mass, 1, stay)", "attend d'abord une table"),
        ("round(mass, 1, nearest)", "« round » attend une valeur, un pas et une manière."),
        ("round(mass, mass, up)", "à un pas écrit en clair"),
        ("2024-02-30", "n'est pas un jour du calendrier"),
        ("cinq cents", "n'est ni un nombre ni un nom."),
        ("CAF", "un nom s'écrit en minuscules sans accent"),
        ("max(0,9 * 1 €, 3 €)", "une virgule entre deux chiffres"),
        ("4,20 € + 1 €", "une virgule entre deux chiffres"),
        ("25:00", "n'est pas une heure"),
    ],
)
def test_types_and_units_that_contradict_one_another_are_told(formula, said):
    names = ("duration", "mass", "booked", "residence", "day", "left_at", "booked_at")
    text = priced_by(formula, ", ".join(f"{name}: required" for name in names))
    item = len(text.splitlines())

    (wrong,) = findings(text)

    assert (wrong.line, said in wrong.sentence) == (item, True), wrong
    assert wrong.choices or "comme" in wrong.sentence or "un de" in wrong.sentence, wrong


def test_units_that_differ_are_told_in_the_plural():
    years = "a: {type: count, unit: an, missing: 1}, h: {type: count, unit: heure, missing: 1}"

    assert finding(priced_by("if(h > a, 1 €, 2 €)", years)).sentence == (
        "On ne peut pas comparer des heures et des ans."
    )
    assert finding(priced_by("0.40 €/kg * h", years)).sentence == (
        "Un prix par kg ne se multiplie pas par des heures."
    )


def test_two_units_are_told_with_what_to_write():
    priced = finding(priced_by("0.40 €/kg + 1 €"))
    kilos = finding(
        priced_by("if(duration > mass, 1 €, 2 €)", "duration: required, mass: required")
    )

    assert priced.sentence == "On ne peut pas additionner un montant par kg et un montant."
    assert priced.choices == ("multipliez d'abord le prix par kg par une quantité en kg",)
    assert kilos.choices == (
        "donnez la même unité aux deux entrées : « unit: min »",
        "comptez des unités de temps : « started(duration, 30 min) »",
    )


@pytest.mark.parametrize(
    "formula",
    ["1 +", "(1", "1)", "1 2", "f(", "a.b.c", "1 = 2 = 3", "x[0]", "__import__", "'a'", "1;2", "é",
     "lambda: 1", "1e3", "9999999999999999", "1" * 2001, "((" * 30 + "1" + "))" * 30],
)  # fmt: skip
def test_what_is_no_formula_is_shown_where_it_stops_being_one(formula):
    wrong = finding(priced_by(formula.replace('"', "")))

    assert "Formule illisible" in wrong.sentence or wrong.sentence.startswith(
        ("Une formule de plus", "«", "On ne peut pas", "un montant était attendu")
    ), wrong


@pytest.mark.parametrize("formula", ["1 € / quotient", "started(60, quotient) * 1 €"])
def test_a_division_by_zero_is_refused(formula):
    found, _ = check(priced_by(formula, "quotient: required", line=UP))
    assert found is not None

    result = rate(found.items["it"], {"quotient": 0})

    assert isinstance(result, Refused)
    assert result.kind is RefusalKind.WRONG_INPUT


def test_a_price_of_more_than_a_milliard_is_refused():
    text = priced_by("1 €", "quantity: required", line="times: quantity * quantity * quantity")

    assert refused(text, quantity=10**15).kind is RefusalKind.WRONG_INPUT
    assert cents(text, quantity=10) == 100_000


def test_formulas_that_read_one_another_too_much_are_told_and_not_run():
    chain = "".join(f"  v{n}: v{n - 1} + 1\n" for n in range(1, 400))
    squares = "".join(f"  v{n}: v{n - 1} * v{n - 1}\n" for n in range(1, 40))
    for values, last in ((chain, 399), (squares, 39)):
        text = counted(f"v{last}", "quantity: required", f"values:\n  v0: quantity\n{values}")
        assert "se lisent l'une l'autre" in findings(text)[0].sentence
    tables = "".join(
        f"  t{n}: {{when: [quantity], then: number, rows: [['*', "
        f"{f't{n - 1} + t{n - 1}' if n else 1}]]}}\n"
        for n in range(40)
    )
    text = counted("t39", "quantity: required", f"tables:\n{tables}")
    assert "se lisent l'une l'autre" in findings(text)[0].sentence
    lists = counted("sum(p, " * 6 + "age" + ")" * 6, "p: {list: {age: required}, missing: none}")
    assert "se lisent l'une l'autre" in finding(lists).sentence
    assert "se lisent l'une l'autre" in finding(counted("+".join(["1"] * 900))).sentence


def test_a_long_but_honest_chain_of_values_is_priced():
    chain = "".join(f"  v{n}: v{n - 1} + 1\n" for n in range(1, 50))

    assert (
        cents(counted("v49", "quantity: required", f"values:\n  v0: quantity\n{chain}"), quantity=1)
        == 5000
    )


def test_the_first_known_value_is_taken_and_unknown_ones_are_named():
    text = priced_by(
        "euros(first_known(quotient, points(yearly_income) / 12)) * 1%",
        "quotient: unknown, yearly_income: {type: money, missing: unknown}",
        line=UP,
    )

    assert cents(text, quotient=700) == 700
    assert cents(text, yearly_income="12000") == 1000
    assert refused(text).reason == "Il manque : revenu annuel."


def test_a_value_is_rounded_as_the_tariff_names_before_the_bands_are_read():
    text = """\
tariff: essai
inputs: {yearly_income: required, tax_shares: required}
values:
  quotient_used: {is: points(yearly_income) / 12 / tax_shares, round: {to: 1, how: HOW}, title: QF}
tables:
  p: {title: Grille, when: [quotient_used], then: €, rows: [["< 600", 1.00], [">= 600", 2.00]]}
items: {it: {title: Prix, grain: meal, lines: [{label: Prix, amount: p}]}}
"""
    income = {"yearly_income": "17985", "tax_shares": "2.5"}  # 599.5

    assert cents(text.replace("HOW", "down"), **income) == 100
    assert cents(text.replace("HOW", "half_up"), **income) == 200
    assert cents(text.replace("HOW", "half_even"), **income) == 200
    assert cents(text.replace("HOW", "up"), yearly_income="17971", tax_shares="2.5") == 200


def test_a_value_rounded_below_its_lowest_still_finds_its_band():
    text = """\
tariff: essai
inputs: {tax_shares: required}
values: {whole: {is: tax_shares, round: {to: 1, how: down}}}
tables:
  p: {title: Grille, when: [whole], then: €, rows: [["< 1", 1.00], [">= 1", 2.00]]}
items: {it: {title: Prix, grain: meal, lines: [{label: Prix, amount: p}]}}
"""

    assert [cents(text, tax_shares=s) for s in ("0.5", "1")] == [100, 200]


@pytest.mark.parametrize(
    ("value", "how", "expected"),
    [
        (Fraction(5, 2), "half_up", 3), (Fraction(-5, 2), "half_up", -3),
        (Fraction(5, 2), "half_even", 2), (Fraction(7, 2), "half_even", 4),
        (Fraction(-5, 2), "half_even", -2),
        (Fraction(29, 10), "down", 2), (Fraction(-29, 10), "down", -2),
        (Fraction(21, 10), "up", 3), (Fraction(-21, 10), "up", -3),
        (3, "up", 3), (3, "down", 3),
    ],
)  # fmt: skip
def test_each_manner_of_rounding_above_and_below_zero(value, how, expected):
    assert rounded(value, Fraction(1), how) == expected


@settings(deadline=None)
@given(
    value=st.fractions(-10_000, 10_000, max_denominator=400),
    step=st.sampled_from([Fraction(1), Fraction(5), Fraction(10), Fraction(1, 4)]),
    how=st.sampled_from(["half_up", "down", "up", "half_even"]),
)
def test_rounding_moves_by_less_than_a_step_and_its_opposite_mirrors_it(value, step, how):
    found = rounded(value, step, how)

    assert found % step == 0
    assert abs(found - value) < step
    assert rounded(-value, step, how) == -found
    assert rounded(found, step, how) == found
    if how.startswith("half"):
        assert abs(found - value) <= step / 2


def test_a_wrong_formula_is_told_once_and_not_by_those_who_read_it():
    text = counted("a + b", "quantity: required", "values: {a: nothing, b: a + quantity}\n")

    assert ["nothing" in one.sentence for one in check(text)[1]] == [True]
