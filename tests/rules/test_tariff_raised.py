"""The amounts of a tariff moved by a percentage: exact decimals, and nothing else of the text."""

from decimal import Decimal

import pytest

from cvq.rules.tariff.document import check
from cvq.rules.tariff.raising import Nothing, items_of, raised

CENT, FIVE, TEN = Decimal("0.01"), Decimal("0.05"), Decimal("0.10")
TEXT = """\
tariff: cantine
title: Cantine
inputs: {quotient: unknown, resident: no}
tables:
  repas:
    when: [quotient, resident]
    then: €
    rows:
      - ["< 600", yes, 1.00, petit quotient] # voté en 2024
      - ["< 600", no, "0.01 * quotient"]
      - ["*", yes, 3.50]
      - ["*", no, 4.15]
  sortie:
    when: [resident]
    then: {jour: €, rabais: "%"}
    rows:
      - [yes, 12.00, 10]
      - [no, 15.00, 20]
items:
  meal:
    title: Repas
    grain: meal
    lines:
      - {label: Repas, amount: repas}
      - {label: Sans réservation, nature: supplement, when: resident, amount: 1.5}
  outing:
    title: Sortie
    grain: session
    lines:
      - {label: Repas de la sortie, amount: sortie.jour}
"""


def test_the_amounts_of_one_price_rise_and_nothing_else_of_the_text_moves() -> None:
    found = raised(TEXT, {"meal"}, Decimal(3), CENT)

    # 3,50 × 1,03 = 3,605 and 1,5 × 1,03 = 1,545: a half goes up.
    assert found.text == (
        TEXT.replace("1.00, petit", "1.03, petit")
        .replace("yes, 3.50]", "yes, 3.61]")
        .replace("no, 4.15]", "no, 4.27]")
        .replace("amount: 1.5}", "amount: 1.55}")
    )
    assert (found.changed, found.left) == (4, 1)
    assert (found.before, found.after) == (Decimal("10.15"), Decimal("10.46"))


def test_another_price_has_its_own_table_and_a_rate_is_no_amount() -> None:
    found = raised(TEXT, {"outing"}, Decimal("-2.5"), TEN)

    assert found.text == TEXT.replace("yes, 12.00, 10]", "yes, 11.70, 10]").replace(
        "no, 15.00, 20]", "no, 14.60, 20]"
    )
    assert items_of(TEXT) == {"meal": "Repas", "outing": "Sortie"}


@pytest.mark.parametrize(
    ("amount", "percent", "step", "now"),
    [
        ("2.50", "1", FIVE, "2.55"),
        ("2.45", "1", FIVE, "2.45"),
        ("0.0125", "4", FIVE, "0.0130"),
        ("-1.00", "50", CENT, '"-1.50"'),
        ("2.20 €", "10", CENT, "2.42 €"),
        ("7", "3", CENT, "7.21"),
    ],
)
def test_an_amount_is_rounded_half_up_to_the_step(
    amount: str, percent: str, step: Decimal, now: str
) -> None:
    text = TEXT.replace("amount: 1.5}", f"amount: {amount}}}").replace("3.50]", "500.00]")

    assert f"amount: {now}}}" in raised(text, {"meal"}, Decimal(percent), step).text


def test_what_would_become_free_or_would_not_change_is_refused() -> None:
    with pytest.raises(Nothing, match=r"« 1\.00 » deviendrait gratuit"):
        raised(TEXT, {"meal"}, Decimal(-99), TEN)
    with pytest.raises(Nothing, match="Aucun montant ne change"):
        raised(TEXT, {"meal"}, Decimal("0.1"), CENT)
    with pytest.raises(Nothing, match="Aucun montant ne change"):
        raised(TEXT, {"unknown"}, Decimal(3), CENT)


def test_amounts_under_heads_that_are_opened_across_rise_too() -> None:
    text = """\
tariff: grille
title: Grille
inputs: {quotient: required, resident: required}
tables:
  prix:
    when: [quotient, resident]
    then: €
    across: [yes, no]
    rows:
      - ["< 600", 1.00, 2.00]
      - [">= 600", 3.00, 4.00]
items:
  meal:
    title: Repas
    grain: meal
    lines:
      - {label: Repas, amount: prix}
"""

    found = raised(text, {"meal"}, Decimal(10), CENT)

    assert check(text)[1] == []
    assert [row.strip() for row in found.text.splitlines()[9:11]] == [
        '- ["< 600", 1.10, 2.20]',
        '- [">= 600", 3.30, 4.40]',
    ]


def test_an_amount_within_a_formula_or_a_value_rises_and_a_bound_does_not() -> None:
    text = """\
tariff: garderie
title: Garderie
inputs: {half_hours: required}
values:
  gouter: {title: Goûter, is: 0.50 €}
  autre: {title: Autre, is: 9.00 €}
items:
  care:
    title: Garderie
    grain: session
    at_least: 1.00
    lines:
      - {label: Temps, amount: 0.90 € * half_hours}
      - {label: Goûter, amount: gouter}
"""

    found = raised(text, {"care"}, Decimal(10), CENT)

    assert check(text)[0] is not None
    assert found.text == text.replace("0.90 €", "0.99 €").replace("0.50 €", "0.55 €")
    assert (found.changed, found.left) == (2, 1)
