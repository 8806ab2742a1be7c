"""What an item charges: lines, natures, choices, packages, refusals, roundings, deposits."""

from fractions import Fraction
from textwrap import dedent

import pytest

from cvq.rules.tariff.outcome import Nature, Priced, RefusalKind
from written import cents, finding, findings, priced_by, rated, refused, tariff

HEAD = "tariff: essai\n"
PEOPLE = (
    "inputs: {people: {list: {age: required, rate: {words: [full, half], missing: full}}, "
    "missing: required}}\n"
)


def item(lines: str, more: str = "", head: str = "") -> str:
    said = "\n".join(f"      {line}" for line in dedent(lines).strip().splitlines())
    rest = "".join(f"    {line.strip()}\n" for line in more.strip().splitlines())
    return (
        f"{HEAD}{head}items:\n  it:\n    title: Prix\n    grain: meal\n    lines:\n{said}\n{rest}"
    )


def priced(text: str, **given: object) -> Priced:
    result = rated(text, **given)
    assert isinstance(result, Priced), result
    return result


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
          amount: 6
          cheapest: yes
          instead_of:
            - {label: Moitié du reste, amount: 50% * subtotal, round: {to: 0.01, how: up}}
        """,
        head="inputs: {booked: yes}\n",
    )

    assert cents(text) == 1500


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
        ("{label: A, amount: 1, at_most: 10 € / 3}", "« at_most » peut tomber sur une fraction"),
        ("{label: A, amount: 1, at_least: 0.001}", "« at_least » peut tomber sur une fraction"),
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


def test_the_deductible_part_of_a_line_stands_beside_it():
    text = item(
        "- {label: A, amount: 1.01, deductible: 50%}\n- {label: B, amount: 2, deductible: yes}"
    )

    assert [line.deductible_cents for line in priced(text).lines] == [50, 200]


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


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ("quotient: maybe", "La valeur par défaut de « quotient »"),
        ("quotient:", "ne dit pas ce que son absence veut dire"),
        ("wages: required", "n'est pas un fait du vocabulaire"),
        ("w: {type: count}", "ne dit pas ce que son absence veut dire"),
        ("w: {missing: required}", "ne dit pas son type"),
        ("w: {type: float, missing: 1}", "Le type « float » n'existe pas."),
        ("w: {type: count, missing: -1}", "sort des bornes"),
        ("w: {type: count, missing: 1.5}", "n'est pas un multiple"),
        ("w: {type: count, step: 0, missing: 1}", "est un nombre positif"),
        ("w: {type: count, min: 3, max: 2, missing: required}", "« min » dépasse « max »"),
        ("w: {words: [a], missing: a}", "au moins deux mots différents"),
        ("w: {words: [a, a], missing: a}", "au moins deux mots différents"),
        ("w: {words: [petite salle, b], missing: b}", "n'est pas un mot"),
        ("w: {words: [unknown, b], missing: b}", "n'est pas un mot"),
        ("w: {words: [a, b], missing: c}", "n'est pas un de ces mots : a, b"),
        ("w: {list: {}, missing: none}", "est une liste"),
        ("w: {list: {x: {list: {y: required}, missing: none}}, missing: none}", "« y » n'est pas"),
        ("w: [a]", "s'écrit « w: required » ou"),
    ],
)
def test_what_an_input_cannot_be_is_told_with_its_line(inputs, said):
    text = item("- {label: A, amount: 1}", head=f"inputs:\n  {inputs}\n")

    found = findings(text)

    assert [(one.line, said in one.sentence) for one in found] == [(3, True)], found


@pytest.mark.parametrize("name", ["monday", "late", "subtotal", "position", "commune"])
def test_a_word_that_clashes_with_a_name_is_told(name):
    text = item(
        f"- {{label: A, amount: 1, times: {name}}}",
        head=f"inputs: {{residence: commune, {name}: {{type: count, missing: 1}}}}\n",
    )

    assert f"« {name} » est aussi un mot." in [one.sentence for one in findings(text)]


def test_two_things_of_one_name_are_told_at_both_places():
    text = item(
        "- {label: A, amount: 1, times: x}",
        head="inputs: {x: {type: count, missing: 1}}\nvalues: {x: 3}\n",
    )

    assert [
        (one.line, one.sentence) for one in findings(text) if "deux choses" in one.sentence
    ] == [(2, "« x » est le nom de deux choses."), (3, "« x » est le nom de deux choses.")]


def test_a_deadline_reads_as_a_word():
    text = item(
        '- {label: A, amount: "if(booking = late, 5 €, if(booking = none, 9 €, 3 €))"}',
        head="inputs: {day: required, booked_at: unknown}\n"
        "deadlines: {booking: {of: booked_at, kind: days_before, days: 2, at: '12:00', "
        "skip: [weekends]}}\n",
    )

    monday = {"day": "2025-09-08"}  # two working days before is Thursday the 4th, at noon
    assert cents(text, booked_at="2025-09-04 12:00", **monday) == 300
    assert cents(text, booked_at="2025-09-04 12:01", **monday) == 500
    assert cents(text, **monday) == 900
    assert refused(text, booked_at="0001-01-01 00:00", day="0001-01-01").kind is (
        RefusalKind.WRONG_INPUT
    )


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ("{kind: days_before, days: 1, at: '10:00'}", "dit quel moment il juge"),
        ("{of: day, kind: anytime}", "compare un moment (of) et un jour"),
        ("{of: booked_at, kind: soon}", "n'est pas un délai"),
        ("{of: booked_at, kind: days_before, days: 9999, at: '10:00'}", "n'est pas un délai"),
        (
            "{of: booked_at, kind: hours_before, hours: 2, starts_at: day}",
            "« starts_at » est une heure",
        ),
    ],
)
def test_what_is_no_deadline_is_told(stated, said):
    text = item(
        "- {label: A, amount: 1, when: d = late}",
        head=f"inputs: {{day: required, booked_at: unknown}}\ndeadlines:\n  d: {stated}\n",
    )

    assert [(one.line, said in one.sentence) for one in findings(text)] == [(4, True)]


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
