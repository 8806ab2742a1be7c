"""What a tariff would take off beyond the price, or divide by zero, is told with a case."""

import pytest

from written import cents, finding, item, table, tariff

ROUNDED = "rounding: {total: {to: 0.01, how: half_up}}"


def price(amount: str, inputs: str, more: str = "") -> str:
    lines = f'- {{label: Repas, amount: "{amount}"}}\n{more}'
    return item(lines, more=ROUNDED, head=f"inputs: {{{inputs}}}\n")


@pytest.mark.parametrize(
    ("text", "example", "why"),
    [
        (
            price("5 € - euros(quotient) * 1%", "quotient: required"),
            "quotient familial 501",
            "donnerait un montant négatif",
        ),
        (
            price("5 € / n", "n: {type: count, missing: required, title: enfants}"),
            "enfants 0",
            "une division par zéro",
        ),
        (
            price(
                "1 € * n",
                "n: {type: count, min: 1, missing: required, title: repas}",
                "- {label: Réduction, nature: discount, amount: 2}\n",
            ),
            "repas 1",
            "les réductions dépassent le prix",
        ),
    ],
    ids=["negative", "divided", "discount"],
)
def test_the_smallest_case_that_has_no_price_is_told(text, example, why):
    wrong = finding(text)

    assert (wrong.example, why in wrong.sentence) == (example, True)


def test_what_is_bounded_stopped_or_refused_is_no_fault():
    tariff(price("5 € - euros(quotient) * 1%", "quotient: {max: 500, missing: required}"))
    tariff(price("max(0 €, 5 € - euros(quotient) * 1%)", "quotient: required"))
    tariff(price("5 € / n", "n: {type: count, min: 1, missing: required}"))
    tariff(price("if(n > 0, 5 € / n, 0 €)", "n: {type: count, missing: required}"))
    refuse = "refuse: [{when: n = 0, reason: Personne}]"
    one = price("5 € / n", "n: {type: count, missing: required}")
    tariff(one.replace(ROUNDED, f"{ROUNDED}\n    {refuse}"))


def test_a_discount_that_stops_at_what_stands_before_it_is_no_fault():
    less = "- {label: Réduction, nature: discount, amount: 2, at_most: subtotal}\n"
    text = price("1 € * n", "n: {type: count, min: 1, missing: required}", less)

    assert [cents(text, n=one) for one in (1, 2, 3)] == [0, 0, 100]


def test_the_order_of_two_moments_is_not_held_against_a_tariff():
    stay = "starts_on: {type: date, missing: required}, ends_on: {type: date, missing: required}"

    tariff(price("2 € * days(starts_on, ends_on)", stay))


HUGE = "999999999999999"


def test_a_price_that_is_too_large_in_every_case_is_told():
    wrong = finding(price(f"base_price * {HUGE}", "base_price: {min: 1, missing: required}"))

    assert (wrong.line, wrong.example) == (5, "prix fixé ailleurs 1,00 €")
    assert "même dans le plus petit cas : plus d'un milliard d'euros" in wrong.sentence


def test_a_price_that_is_too_large_in_some_cases_only_is_refused_there():
    free = "base_price: {min: 0, missing: required}"

    tariff(price(f"base_price * {HUGE}", free))
    text = price(f"base_price * {HUGE}", free.replace("0", "1"))
    assert cents(text.replace(ROUNDED, f"at_most: 20.00\n    {ROUNDED}"), base_price=300) == 2000


def test_a_discount_whose_rounding_goes_beyond_what_stands_before_it_is_told():
    less = (
        "- {label: Réduction, nature: discount, amount: 2, at_most: subtotal, "
        "round: {to: 0.10, how: up}}\n"
    )

    wrong = finding(price("1.33 € * n", "n: {type: count, min: 1, missing: required}", less))

    assert "les réductions dépassent le prix" in wrong.sentence


def test_a_cell_below_zero_is_told_at_its_row():
    text = table('"< 600", 1.00, basse\n">= 600", -2.50, haute')

    told = finding(text)

    assert told.line == 10
    assert "« haute » : un montant négatif" in told.sentence
