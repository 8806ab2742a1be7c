"""What an item charges: lines, natures, choices, packages, refusals, roundings, deposits."""

from fractions import Fraction

import pytest

from cvq.rules.tariff import compile_tariff
from cvq.rules.tariff.outcome import Nature, Priced, RefusalKind
from written import (
    cents,
    finding,
    findings,
    item,
    priced,
    priced_by,
    rated,
    refused,
    tariff,
)


def test_each_nature_adds_or_takes_off_and_a_deposit_is_never_in_the_price():
    text = item("""
        - {label: Salle, amount: 400.00}
        - {label: Chauffage, nature: supplement, amount: 50}
        - {label: Associations, nature: discount, amount: 100}
        - {label: Avoir, nature: credit, amount: 20.50}
        - {label: Retard, nature: penalty, amount: 10}
        - {label: Caution, nature: deposit, amount: 800}
    """)

    result = priced(text)

    assert result.cents == 33950
    assert [(line.cents, line.nature) for line in result.lines] == [
        (40000, Nature.PRICE),
        (5000, Nature.SUPPLEMENT),
        (-10000, Nature.DISCOUNT),
        (-2050, Nature.CREDIT),
        (1000, Nature.PENALTY),
        (80000, Nature.DEPOSIT),
    ]
    assert [(one.name, one.value) for one in result.amounts] == [("deposit", 80000)]
    assert "400" in result.sentence


def test_a_started_half_hour_is_due_in_whole():
    text = priced_by("0.85 €", "duration: required", line='times: "started(duration, 30 min)"')

    prices = [cents(text, duration=minutes) for minutes in (0, 1, 30, 31, 60, 61)]
    assert prices == [0, 85, 85, 170, 170, 255]


def test_the_first_choice_that_holds_is_charged():
    text = item(
        """
        - choose:
            - {label: PAI, when: medical_protocol, amount: 0.64}
            - {label: Occasionnel, when: not booked, amount: 3.70}
            - {label: Repas, amount: 3.05}
        """,
        head="inputs: {medical_protocol: no, booked: yes}\n",
    )

    assert cents(text) == 305
    assert cents(text, booked=False) == 370
    assert cents(text, booked=False, medical_protocol=True) == 64


def test_a_choice_after_one_that_always_holds_is_told():
    text = item("""
        - choose:
            - {label: Repas, amount: 3.05}
            - {label: Autre, amount: 3.70}
    """)

    wrong = finding(text)
    assert (wrong.line, "ne serviront jamais" in wrong.sentence) == (8, True)


PACKAGE = """
    - {label: Adhésion, amount: 10}
    - package: Forfait
      when: quantity >= 4
      asked: booked
      amount: 15
      CHEAPEST
      instead_of:
        - {label: Séance, amount: 4, times: quantity}
"""


def package(cheapest: str = "cheapest: no") -> str:
    return item(
        PACKAGE.replace("CHEAPEST", cheapest), head="inputs: {quantity: required, booked: no}\n"
    )


def test_a_package_replaces_the_sum_and_falls_back_to_it():
    assert cents(package(), quantity=4) == 2500
    assert cents(package(), quantity=3) == 2200
    fallen = priced(package(), quantity=3, booked=True)
    assert fallen.notes == ("« Forfait » ne s'applique pas, les prix sont additionnés",)
    assert fallen.notes[0] in fallen.sentence
    assert priced(package(), quantity=3).notes == ()


def test_the_cheapest_is_chosen_only_where_the_tariff_says_so():
    free = package().replace("quantity >= 4", "quantity >= 1")
    cheapest = package("cheapest: yes").replace("quantity >= 4", "quantity >= 1")

    assert [cents(free, quantity=n) for n in (1, 5)] == [2500, 2500]
    assert [cents(cheapest, quantity=n) for n in (1, 3, 4, 5)] == [1400, 2200, 2500, 2500]


def test_the_cheapest_counts_what_was_charged_before_it():
    text = item(
        """
        - {label: Adhésion, amount: 10}
        - package: Forfait
          when: booked
          amount: 18
          cheapest: yes
          instead_of:
            - {label: Séance, amount: 10}
            - {label: Moitié du reste, amount: 50% * subtotal, round: {to: 0.01, how: up}}
        """,
        head="inputs: {booked: yes}\n",
    )

    assert cents(text) == 2800  # apart: 10 + 50% of 20


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{label: A}", "n'a pas de montant"),
        ("{amount: 1}", "a un nom que les familles lisent"),
        ("{label: A, amount: 1, nature: gift}", "n'est pas une nature"),
        ("{label: A, amount: 1, wages: 2}", "« wages » ne dit rien d'une ligne."),
        ("{label: A, amount: 1, when: 3}", "était attendu"),
        ("{label: A, amount: quantity}", "un montant était attendu, voici un nombre"),
        ("{label: A, amount: 1, times: 1 €}", "un nombre était attendu, voici un montant"),
        ("{label: A, amount: 1, deductible: 50}", "« deductible » est yes, no, ou comme 50%."),
        ("{label: A, amount: 1, deductible: 101%}", "« deductible » est yes, no, ou comme 50%."),
        ("{label: A, amount: 0.333}", "peut tomber sur une fraction de centime"),
        ("{label: A, amount: 10 € / 3}", "peut tomber sur une fraction de centime"),
        ('{label: A, amount: "0.36% * 10.01 €"}', "peut tomber sur une fraction de centime"),
        ("{label: A, amount: 0.40 €/kg}", "est un prix par kg, à multiplier par une quantité."),
        ("{label: A, amount: 0.40 €/kg, times: quantity / 3}", "fraction de centime"),
        ("{label: A, amount: 1, at_most: 10 € / 3}", "plafond (at_most) peut tomber sur une fr"),
        ("{label: A, amount: 1, at_least: 0.001}", "plancher (at_least) peut tomber sur une f"),
        ("{label: A, amount: 1 € / 3, round: {to: 0.001, how: up}}", "fraction de centime"),
        ("{label: A, amount: 1, round: {to: 0, how: up}}", "un pas positif"),
        ("{label: A, amount: 1, round: {to: 0.05, how: near}}", "n'est pas une manière"),
        ("{label: A, amount: 1, round: 0.05}", "Un arrondi dit à quoi et comment"),
        ("{package: A, amount: 1}", "Un forfait dit quand il vaut"),
        ("{choose: []}", "« choose » est une liste"),
    ],
)
def test_what_a_line_cannot_say_is_told_with_its_line(line, said):
    text = item(f"- {line}", head="inputs: {quantity: 1}\n").replace("\n    lines:", "\n    lines:")

    found = [one for one in findings(text) if "ne sert à rien" not in one.sentence]

    assert [(one.line, said in one.sentence) for one in found] == [(8, True)], found


@pytest.mark.parametrize("key", ["at_least", "at_most"])
def test_a_floor_or_ceiling_of_the_whole_that_can_be_a_fraction_of_a_cent_is_told(key):
    text = item("- {label: A, amount: 1}", f"{key}: 10 € / 3")

    assert "fraction de centime" in finding(text).sentence
    rounded = item(
        "- {label: A, amount: 1}", f"{key}: 10 € / 3\nrounding: {{total: {{to: 0.01, how: up}}}}"
    )
    assert cents(rounded) == (334 if key == "at_least" else 100)


def test_a_price_by_the_kilo_is_multiplied_even_where_the_total_is_rounded():
    text = item("- {label: A, amount: 0.40 €/kg}", "rounding: {total: {to: 0.05, how: up}}")

    assert "à multiplier par une quantité" in finding(text).sentence


def test_a_floor_and_a_ceiling_have_their_own_line():
    text = item(
        "- {label: A, amount: 1, times: quantity}",
        "at_least: 3\nat_most: 8",
        "inputs: {quantity: 1}\n",
    )

    assert [cents(text, quantity=n) for n in (1, 3, 8, 9)] == [300, 300, 800, 800]
    assert [line.cents for line in priced(text, quantity=9).lines] == [900, -100]


@pytest.mark.parametrize(
    ("how", "unit", "line", "total"),
    [
        # 7 × 0,333 € and 7 × 0,338 € at each level, to 5 cents.
        ("half_up", 245 + 245, 235 + 235, 470),
        ("down", 210 + 210, 230 + 235, 465),
        ("up", 245 + 245, 235 + 240, 470),
        ("half_even", 245 + 245, 235 + 235, 470),
    ],
)
def test_a_rounding_is_made_where_and_how_the_tariff_says(how, unit, line, total):
    lines = "- {label: A, amount: 0.333, times: 7}\n- {label: B, amount: 0.338, times: 7}"
    step = f"{{to: 0.05, how: {how}}}"

    prices = [
        cents(item(lines, f"rounding: {{{level}: {step}}}")) for level in ("unit", "line", "total")
    ]

    assert prices == [unit, line, total]


def test_a_rounded_total_has_its_own_line():
    text = item("- {label: A, amount: 1.23}", "rounding: {total: {to: 0.10, how: down}}")

    lines = priced(text).lines
    assert [(line.cents, line.nature) for line in lines] == [
        (123, Nature.PRICE),
        (-3, Nature.ROUNDING),
    ]


def test_a_total_rounded_below_a_cent_is_told():
    text = item("- {label: A, amount: 1}", "rounding: {total: {to: 0.001, how: down}}")

    assert finding(text).sentence == "Un total s'arrondit à un centime au moins."


def test_a_credit_is_rounded_in_the_same_manner_as_a_price():
    text = item("""
        - {label: A, amount: 5}
        - {label: B, nature: credit, amount: 1 € / 3, round: {to: 0.01, how: up}}
    """)

    assert cents(text) == 466


def test_a_refusal_comes_before_any_price_and_says_its_kind():
    text = item(
        "- {label: A, amount: 1}",
        """
        refuse:
          - {when: age < 3, reason: Trop jeune.}
          - {when: age > 90, kind: no_price, reason: Sur devis.}
        """.replace("          -", "  -"),
        "inputs: {age: required}\n",
    ).replace("    - {when", "      - {when")

    young, old, nobody = refused(text, age=2), refused(text, age=91), refused(text)

    assert (young.kind, young.reason) == (RefusalKind.NOT_ALLOWED, "Trop jeune.")
    assert (old.kind, old.reason) == (RefusalKind.NO_PRICE, "Sur devis.")
    assert (nobody.kind, nobody.reason) == (
        RefusalKind.MISSING_INPUT,
        "Il manque : âge le jour du service.",
    )
    assert cents(text, age=3) == 100


def test_an_amount_of_another_date_is_worked_out_from_the_total():
    text = (
        item(
            "- {label: A, amount: 10.01}",
            """
        amounts:
          on_booking: {amount: 50% * total, round: {to: 0.01, how: half_up}}
          balance: {amount: total - 5 €}
        """,
        )
        .replace("    on_booking", "      on_booking")
        .replace("    balance", "      balance")
    )

    result = priced(text)

    assert result.cents == 1001
    assert [(one.name, one.value) for one in result.amounts] == [
        ("on_booking", 501),
        ("balance", 501),
    ]


CARD = """\
tariff: essai
inputs: {quantity: required}
items:
  card:
    title: Carte
    grain: purchase
    lines:
      - {label: Carte, amount: 25}
    amounts:
      entries: {label: Entrées, unit: ENTRY, amount: quantity / 4, round: {to: 1, how: up}}
"""


def test_a_card_gives_whole_entries():
    result = rated(CARD, "card", quantity=41)

    assert isinstance(result, Priced)
    assert [(one.value, one.told()) for one in result.amounts] == [(11, "11 entrées")]


@pytest.mark.parametrize(
    ("changed", "said", "choice"),
    [
        (", round: {to: 1, how: up}", "une fraction d'unité", "round: {to: 1, how: half_up}"),
        ("unit: ENTRY", "un montant était attendu", ""),
        ("entries:", "« deposit » est déjà un montant de chaque prix.", "renommez-le"),
    ],
)
def test_what_an_amount_beside_cannot_say_is_told(changed, said, choice):
    to = {"unit: ENTRY": "unit: EUR", "entries:": "deposit:"}.get(changed, "")

    wrong = finding(CARD.replace(changed, to))

    assert wrong.line == 10
    assert said in wrong.sentence
    assert any(choice in one for one in wrong.choices) or not choice
    assert "{{" not in wrong.told()


def test_a_line_read_by_name_and_the_subtotal_so_far():
    text = item("""
        - {label: A, id: base, amount: 10}
        - {label: B, amount: 5}
        - {label: C, nature: discount, amount: "10% * subtotal", round: {to: 0.01, how: up}}
        - {label: D, amount: "50% * base", round: {to: 0.01, how: up}}
    """)

    assert cents(text) == 1000 + 500 - 150 + 500


def test_a_line_cannot_take_the_name_of_something_else():
    text = item(
        "- {label: A, id: quantity, amount: 1, times: quantity}", head="inputs: {quantity: 1}\n"
    )

    assert "ne peut pas nommer cette ligne" in finding(text).sentence


def test_an_item_without_a_grain_or_with_too_many_lines_is_told():
    no_grain = item("- {label: A, amount: 1}").replace("    grain: meal\n", "")
    many = item("\n        ".join(["- {label: A, amount: 1}"] * 201).replace("        -", "-"))

    assert "(grain)" in finding(no_grain).sentence
    assert "de 200 lignes au plus" in finding(many).sentence


def test_a_tariff_reads_only_what_its_item_needs():
    two = """\
tariff: essai
inputs: {quotient: required, age: required}
items:
  a: {title: A, grain: meal, lines: [{label: A, amount: 1, times: quotient}]}
  b: {title: B, grain: meal, lines: [{label: B, amount: 1, times: age}]}
"""

    assert tariff(two).items["a"].reads == ("quotient",)
    assert cents(two, "a", quotient=2) == 200


def test_a_price_by_the_kilo_is_exact_to_the_gram():
    text = priced_by(
        "0.405 €/kg", "mass: required", line="times: mass, round: {to: 0.01, how: half_up}"
    )

    assert cents(text, mass=Fraction(1, 2)) == 20
    assert cents(text, mass="1000.01") == 40500


def test_a_text_that_several_services_charge_is_read_once() -> None:
    text = item("- {label: Prix, amount: 1}")

    first, second = (compile_tariff({"text": text, "item": "it", "version": n}) for n in (1, 7))

    assert first is second
