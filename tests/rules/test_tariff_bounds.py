"""Floors and ceilings: one that does not hold is told before anybody pays beyond it."""

import pytest

from written import cents, finding, item, tariff


@pytest.mark.parametrize(
    ("key", "how", "safe"),
    [
        ("at_most", "up", "down"),
        ("at_most", "half_up", "down"),
        ("at_least", "down", "up"),
        ("at_least", "half_even", "up"),
    ],
)
@pytest.mark.parametrize("of", ["item", "line"])
def test_a_bound_that_the_rounding_after_it_can_pass_is_told(key, how, safe, of):
    def bounded(bound, how):
        step = f"{{to: 0.10, how: {how}}}"
        if of == "line":
            line = f"- {{label: A, amount: 4, times: quantity, {key}: {bound}, round: {step}}}"
            return item(line, head="inputs: {quantity: 1}\n")
        more = f"{key}: {bound}\nrounding: {{total: {step}}}"
        line = "- {label: A, amount: 4, times: quantity}"
        return item(line, more, "inputs: {quantity: 1}\n")

    wrong = finding(bounded("3.33", how))

    word = "Le plafond" if key == "at_most" else "Le plancher"
    assert wrong.line == (8 if of == "line" else 9)
    assert wrong.sentence == (
        f"{word} ({key}) de 3,33 € n'est pas un multiple de 0,10 €, et l'arrondi qui le suit peut "
        "passer outre."
    )
    assert wrong.choices == ("prenez 3,30 € ou 3,40 €", f"arrondissez avec « how: {safe} »")
    assert cents(bounded("3.30", how), quantity=1) == (330 if key == "at_most" else 400)
    tariff(bounded("3.33", safe))


def test_a_bound_that_is_worked_out_is_brought_to_the_step_of_its_rounding():
    text = item(
        '- {label: A, amount: 7 €, at_most: "BOUND", round: {to: 0.05, how: half_up}}',
        head="inputs: {quotient: required}\n",
    )

    wrong = finding(text.replace("BOUND", "0.01 € * quotient"))

    assert "de 0,05 €, et l'arrondi" in wrong.sentence
    assert wrong.choices[0] == "« at_most: round(…, 0.05 €, down) »"
    brought = text.replace("BOUND", "round(0.01 € * quotient, 0.05 €, down)")
    assert [cents(brought, quotient=one) for one in (103, 700, 800)] == [100, 700, 700]


def test_a_bound_between_two_cents_comes_to_the_cent_that_is_owed():
    one = "- {label: A, amount: 4, at_most: 10 € / 3, round: {to: 0.01, how: half_up}}"

    assert cents(item(one)) == 333


@pytest.mark.parametrize("low", ["5.00", "floor"])
def test_a_floor_above_its_ceiling_is_told(low):
    head = "inputs: {quantity: 1}\n" + ("values: {floor: 5 €}\n" if low == "floor" else "")
    line = "- {label: A, amount: 4, times: quantity}"
    of_all = item(line, f"at_least: {low}\nat_most: 3.00", head)
    of_line = item(line.replace("}", f", at_least: {low}, at_most: 3.00}}"), head=head)

    for text in (of_all, of_line):
        wrong = finding(text)
        assert wrong.sentence == (
            "Le plancher (at_least) de 5,00 € est au-dessus du plafond (at_most) de 3,00 € : le "
            "plafond seul compterait."
        )
        assert wrong.choices == ("échangez-les", "retirez l'un des deux")
        assert cents(text.replace("at_most: 3.00", "at_most: 5.00")) == 500
