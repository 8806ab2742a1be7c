"""The conditions of a table: bounds, words, days of the year, and what nobody told."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvq.rules.tariff.outcome import RefusalKind
from written import cents, finding, refused, table

ONE_ROW = '"{}", 1.00\n"not {}", 2.00'


@pytest.mark.parametrize(
    ("cell", "inside", "outside"),
    [
        ("< 600", [0, 599], [600]),
        ("<= 600", [600], [601]),
        ("≤ 600", [600], [601]),
        ("> 600", [601], [600]),
        (">= 600", [600], [599]),
        ("600..999", [600, 999], [599, 1000]),
        ("[600, 1000[", [600, 999], [599, 1000]),
        ("]600, 1000]", [601, 1000], [600, 1001]),
        ("[600; 1000]", [600, 1000], [599, 1001]),
        ("600", [600], [599, 601]),
        ("1 or 3 or 5..7", [1, 3, 5, 7], [0, 2, 4, 8]),
        ("< 0.5", [0], [1]),
        ("[ 600 ,  1000 [", [600, 999], [1000]),
    ],
)
def test_a_condition_says_which_of_its_ends_are_in(cell, inside, outside):
    text = table(ONE_ROW.format(cell, cell))

    assert [cents(text, quotient=one) for one in inside] == [100] * len(inside)
    assert [cents(text, quotient=one) for one in outside] == [200] * len(outside)


def test_a_season_may_pass_the_new_year():
    text = table(
        ONE_ROW.format("10-15..04-15", "10-15..04-15"),
        inputs="day: required",
        when="season",
        head="values: {season: year_day(day)}",
    )

    for day, price in [
        ("2024-10-14", 200),
        ("2024-10-15", 100),
        ("2024-12-31", 100),
        ("2025-01-01", 100),
        ("2024-02-29", 100),
        ("2025-04-15", 100),
        ("2025-04-16", 200),
    ]:
        assert cents(text, day=day) == price, day


def test_the_29th_of_february_is_between_the_28th_and_the_first_of_march():
    text = table(
        '"02-29", 1.00\n"not 02-29", 2.00',
        inputs="day: required",
        when="season",
        head="values: {season: year_day(day)}",
    )

    days = ("2024-02-28", "2024-02-29", "2024-03-01", "2025-03-01")
    assert [cents(text, day=day) for day in days] == [200, 100, 200, 200]


def test_hours_dates_moments_and_words_have_their_conditions():
    clock = table('"<= 18:30", 1.00\n"> 18:30", 2.00', "left_at: required", "left_at")
    day = table('"< 2025-09-01", 1.00\n">= 2025-09-01", 2.00', "day: required", "day")
    word = table("commune or community, 1.00\noutside, 2.00", "residence: required", "residence")
    truth = table("oui, 1.00\nnon, 2.00", "booked: required", "booked")

    assert [cents(clock, left_at=at) for at in ("18:30", "18:31", "24:00")] == [100, 200, 200]
    assert [cents(day, day=on) for on in ("2025-08-31", "2025-09-01")] == [100, 200]
    assert [cents(word, residence=w) for w in ("community", "outside")] == [100, 200]
    assert [cents(truth, booked=b) for b in (True, "no")] == [100, 200]


def test_unknown_is_a_value_that_a_star_holds_and_a_bound_does_not():
    text = table('"< 600", 1.00\n">= 600", 2.00\nunknown, 3.00', "quotient: unknown")
    star = table('"< 600", 1.00\n"*", 3.00', "quotient: unknown", more="hit: first")
    denied = table('"not < 600", 2.00\n"< 600 or unknown", 1.00', "quotient: unknown")

    assert [cents(text, quotient=q) for q in (None, "unknown", 0, 600)] == [300, 300, 100, 200]
    assert cents(star) == 300
    assert [cents(denied), cents(denied, quotient=600)] == [100, 200]


def test_a_required_input_that_is_missing_is_named():
    text = table(
        '"< 600", 1.00\n">= 600", 2.00', "quotient: {title: coefficient, missing: required}"
    )

    result = refused(text)

    assert (result.kind, result.reason) == (
        RefusalKind.MISSING_INPUT,
        "Il manque : coefficient.",
    )


def test_what_nobody_gave_is_not_missed_where_no_row_looks_at_it():
    text = table(
        'outside, "*", 4.00\nnot outside, "< 600", 1.00\nnot outside, ">= 600", 2.00',
        "quotient: required, residence: required",
        "residence, quotient",
    )

    assert cents(text, residence="outside") == 400
    assert refused(text, residence="commune").reason == "Il manque : quotient familial."


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("6OO", "n'est pas un nombre"),
        ("[1000, 600[", "ne contient rien"),
        ("]600, 600[", "ne contient rien"),
        ("not *", "n'est pas un nombre"),
        ("unknown", "n'est jamais inconnu ici"),
        ("[1, 2", "n'est pas un nombre"),
        ("1 or", "n'est pas un nombre"),
        (" or ".join(["1"] * 201), "Plus de 200 valeurs"),
        ("1 or " * 500 + "1", "Une case de plus de 2000 signes"),
        ("9" * 16, "n'est pas un nombre"),
    ],
)
def test_a_condition_that_is_none_is_told_with_its_line(cell, said):
    found = finding(table(f'"{cell}", 1.00'))

    assert (found.line, said in found.sentence) == (9, True), found


def test_a_cell_of_a_thousand_spaces_is_read_at_once():
    assert cents(table(f'"[0,{" " * 100_000}600[", 1.00\n">= 600", 2.00'), quotient=3) == 100


def test_a_word_that_nobody_declared_is_told_with_the_words_that_exist():
    found = finding(table("comune, 1.00", "residence: required", "residence"))

    assert "n'est pas un de ces mots : commune, community, outside" in found.sentence


def test_a_bound_beyond_what_the_input_may_be_holds_for_nothing():
    text = table('"<= 130", 1.00\n"> 130", 2.00', "age: required", "age")

    assert "ne contient rien" in finding(text).sentence


@settings(deadline=None)
@given(
    edges=st.lists(st.integers(0, 3000), min_size=1, max_size=8, unique=True),
    quotient=st.integers(0, 3100),
)
def test_bands_that_follow_one_another_give_each_quotient_its_own_price(edges, quotient):
    edges = sorted({0, *edges})
    ends = [*(str(edge) for edge in edges[1:]), ""]
    rows = [
        f'"[{low}, {high}[", {place}.00' if high else f'">= {low}", {place}.00'
        for place, (low, high) in enumerate(zip(edges, ends, strict=True), start=1)
    ]

    assert cents(table("\n".join(rows)), quotient=quotient) == 100 * sum(
        edge <= quotient for edge in edges
    )


def test_a_computed_column_says_to_what_step_it_is_rounded():
    text = table(
        '"*", 1.00',
        "yearly_income: required, tax_shares: 1",
        "v",
        head="values: {v: yearly_income / tax_shares}",
    )

    assert "les trous de la table ne se jugent pas" in finding(text).sentence
    rounded = "{v: {is: yearly_income / tax_shares, round: {to: 1, how: down}}}"
    with_step = text.replace("{v: yearly_income / tax_shares}", rounded)
    assert cents(with_step, yearly_income=700) == 100


def test_an_input_with_cents_has_its_own_step():
    text = table(
        '"< 600", 1.00\n"[600, 700[", 2.00\n">= 700", 3.00',
        "quotient: {step: 0.01, missing: required}",
    )

    assert [cents(text, quotient=q) for q in ("599.99", "600", "699.99", "700")] == [
        100,
        200,
        200,
        300,
    ]
    gap = finding(
        table('"<= 599", 1.00\n">= 600", 2.00', "quotient: {step: 0.01, missing: required}")
    )
    assert gap.example == "quotient familial 599,01"
