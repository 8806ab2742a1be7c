"""What of a price can be deducted from tax: its lines say so, deposits and penalties never."""

import pytest

from cvq.rules.tariff.outcome import Line, Nature, Priced
from written import finding, item, priced


def test_the_deductible_part_of_a_line_stands_beside_it():
    text = item(
        "- {label: A, amount: 1.01, deductible: 50%}\n- {label: B, amount: 2, deductible: yes}"
    )

    assert [line.deductible_cents for line in priced(text).lines] == [50, 200]


@pytest.mark.parametrize("nature", ["deposit", "penalty"])
def test_neither_a_deposit_nor_a_penalty_can_be_deducted_from_tax(nature):
    line = f"- {{label: A, nature: {nature}, amount: 10, deductible: SHARE}}"
    text = item(f"- {{label: Salle, amount: 50}}\n{line}")

    wrong = finding(text.replace("SHARE", "50%"))

    assert wrong.line == 8
    assert wrong.sentence.startswith(f"« A » est une ligne « {nature} » : rien n'en est déductible")
    assert wrong.choices[0] == "retirez « deductible »"
    assert priced(text.replace("SHARE", "no")).deductible_cents == 0


def test_what_is_deductible_of_a_price_leaves_deposits_and_penalties_out():
    paid = [
        Line(label="Garde", cents=5000, deductible_cents=5000),
        Line(label="Retard", cents=300, deductible_cents=300, nature=Nature.PENALTY),
        Line(label="Caution", cents=1000, deductible_cents=1000, nature=Nature.DEPOSIT),
    ]
    less = Line(label="Aide", cents=-1000, nature=Nature.DISCOUNT)

    assert Priced(cents=5300, lines=tuple(paid)).deductible_cents == 5000
    assert Priced(cents=4300, lines=(*paid, less)).deductible_cents == 4000
