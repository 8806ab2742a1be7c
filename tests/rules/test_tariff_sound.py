"""What the lines of a price say holds, somewhere: no case forgotten, no condition always false."""

from pathlib import Path

import pytest

from cvq.rules.tariff.document import check
from written import cents, finding, item, tariff

CASES = Path(__file__).resolve().parents[2] / "docs" / "tariffs"
NOBODY = "rien ne serait dû sans que personne l'ait dit"


def prices(*conditions: str, inputs: str = "quotient: required", more: str = "") -> str:
    lines = "\n".join(f"- {{label: L{one}, when: {one}, amount: 5.00}}" for one in conditions)
    return item(lines, more=more, head=f"inputs: {{{inputs}}}\n")


def test_a_case_that_no_line_has_is_told_with_the_smallest_one():
    wrong = finding(prices("quotient < 500", "quotient > 500"))

    assert (wrong.line, wrong.example) == (5, "quotient familial 500")
    assert wrong.sentence == f"« Prix » : pour un cas aucune ligne ne vaut, et {NOBODY}."
    assert "otherwise: nothing" in wrong.choices[-1]


def test_it_is_enough_to_say_that_nothing_is_due():
    text = prices("quotient < 500", "quotient > 500", more="otherwise: nothing")

    assert [cents(text, quotient=one) for one in (499, 500, 501)] == [500, 0, 500]


def test_lines_that_have_every_case_are_proved_to():
    tariff(prices("quotient < 500", "quotient >= 500"))
    tariff(prices("not booked", "booked", inputs="booked: required"))
    tariff(prices("known(age) and age < 18", "not known(age) or age >= 18", inputs="age: unknown"))


def test_a_value_that_nobody_told_is_a_case():
    wrong = finding(
        prices("known(age) and age < 9", "known(age) and age > 8", inputs="age: unknown")
    )

    assert wrong.example == "âge le jour du service inconnu"


def test_what_is_refused_is_no_forgotten_case():
    refuse = "refuse: [{when: quotient = 500, reason: Aucun prix}]"

    tariff(prices("quotient < 500", "quotient > 500", more=refuse))


def test_a_line_left_out_where_there_is_none_of_it_leaves_nothing_out():
    some = "{type: count, missing: 0}"
    text = item(
        """
        - {label: Chaises, when: chairs > 0, amount: 0.40, times: chairs}
        - {label: Tables, when: tables_hired > 0, amount: 1.60, times: tables_hired}
        """,
        head=f"inputs: {{chairs: {some}, tables_hired: {some}}}\n",
    )

    assert cents(text, chairs=0) == 0


def test_a_list_has_a_price_for_each_of_its_records():
    lines = """
        - {label: Enfants, each: people, when: age < 12, amount: 2}
        - {label: Adultes, each: people, when: age OVER 12, amount: 3}
    """

    head = "inputs: {people: {list: {age: required}, missing: required}}\n"

    tariff(item(lines.replace("OVER", ">="), head=head))
    assert finding(item(lines.replace("OVER", ">"), head=head)).example == "12 ans"


def test_a_package_has_a_case_where_it_or_what_it_replaces_has_one():
    package = """
        - package: Matin et soir
          when: morning and evening
          amount: 3
          instead_of:
            - {label: Matin, when: morning, amount: 2}
            - {label: Soir, when: EVENING, amount: 2}
    """
    head = "inputs: {morning: {type: yes_no, missing: no}, evening: {type: yes_no, missing: no}}\n"

    wrong = finding(item(package.replace("EVENING", "evening"), head=head))
    assert wrong.example == "venu le soir : non, venu le matin : non"
    tariff(item(package.replace("EVENING", "evening or not morning"), head=head))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("booking = in_time", "not (booking = in_time)"),
        ("booking != in_time", "booking = in_time"),
        ("not in_advance", "in_advance"),
    ],
)
def test_a_condition_and_its_contrary_have_every_case_whatever_they_read(one, other):
    head = """\
inputs: {day: required, booked_at: unknown}
deadlines:
  booking: {of: booked_at, kind: days_before, days: 2, at: "12:00", skip: [weekends]}
values: {in_advance: booking = in_time}
"""
    text = item(
        f"""
        - {{label: Un, when: {one}, amount: 3}}
        - {{label: Deux, when: {other}, amount: 4}}
        """,
        head=head if "in_advance" in one else head.replace("values", "notes"),
    )

    tariff(text)
    near = finding(text.replace(f"when: {other}", "when: booking = late and day > 2026-01-01"))
    assert "rien ne serait dû" in near.sentence


def test_a_condition_on_the_sum_so_far_and_its_contrary_may_both_be_false():
    text = item(
        """
        - {label: Peu, when: subtotal > 5 €, amount: 1}
        - {label: Option, nature: supplement, when: booked, amount: 9}
        - {label: Beaucoup, when: not (subtotal > 5 €), amount: 2}
        """,
        head="inputs: {booked: required}\n",
    )

    assert "rien ne serait dû" in finding(text).sentence


def test_how_many_there_are_is_no_case_of_a_condition_that_does_not_read_it():
    number = "{type: number, min: 0, missing: DEFAULT}"
    text = item(
        """
        - {label: Un, when: kind = full, amount: 3.10, times: n}
        - {label: Deux, when: kind = half, amount: 1, times: n}
        - {label: Trois, when: kind = free AND_MORE, amount: 2, times: n}
        - {label: Option, nature: supplement, when: medical_protocol, amount: 0.50, times: n}
        """,
        head="inputs: {medical_protocol: required, "
        f"kind: {{words: [full, half, free], missing: required}}, n: {number}}}\n",
    )

    for default in ("1", "required"):
        forgets = text.replace("DEFAULT", default)
        tariff(forgets.replace(" AND_MORE", ""))
        more = forgets.replace("AND_MORE", "and booked").replace("kind:", "booked: required, kind:")
        assert finding(more).example == "kind free, réservé : non"


def test_what_cannot_be_proved_is_told_as_such():
    lines = """
        - {label: Un, when: "count(people, age < 9) > 3", amount: 2}
        - {label: Deux, when: "count(people, age < 10) <= 3", amount: 3}
    """
    head = "inputs: {people: {list: {age: required}, missing: required}}\n"

    wrong = finding(item(lines, head=head))
    assert "rien ne prouve qu'une ligne vaille toujours" in wrong.sentence


@pytest.mark.parametrize(
    "never",
    ["quotient > 10 and quotient < 5", "quotient < 0", "not (quotient >= 5 or quotient < 6)"],
)
def test_a_condition_that_never_holds_is_told(never):
    wrong = finding(prices(never, "quotient >= 0"))

    assert (wrong.line, "ne vaut jamais" in wrong.sentence) == (8, True)


@pytest.mark.parametrize("named", ["subtotal", "base"])
def test_a_condition_on_what_stands_before_it_may_hold(named):
    text = item(f"""
        - {{label: Repas, id: base, amount: 10}}
        - {{label: Remise, nature: discount, when: {named} > 5 €, amount: 1}}
        """)

    assert cents(text) == 900


def test_a_refusal_that_never_refuses_is_told():
    refuse = "refuse: [{when: quotient < 0, reason: Trop peu}]"

    wrong = finding(prices("quotient >= 0", more=refuse))

    assert wrong.sentence.startswith("« Trop peu » ne vaut jamais")


def test_no_published_tariff_has_a_price_that_it_forgets():
    found = {
        path.name: [one.told() for one in check(path.read_text())[1]]
        for path in sorted(CASES.glob("cases/*.yaml"))
    }

    assert {name: told for name, told in found.items() if told} == {}
