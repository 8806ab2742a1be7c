"""What the checker says is what the person who wrote it has to do."""

import pytest

from written import cents as cents_of
from written import counted, finding, findings, item, priced_by, refused, table


def first(text: str) -> str:
    return findings(text)[0].told()


RESIDENT = "quotient: required, resident: no"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('"*", quarante', "Case « quarante » : un montant comme 3.10 était attendu."),
        ('"*", ""', "Une case est vide : un montant était attendu."),
        ('"*", "1 000,00"', "un point, pas une virgule et sans espace (1000.00)"),
        ('"*", "2,50"', "un point, pas une virgule (2.50)"),
        ("de 401 à 600, 1.00", "écrivez 401..600"),
        ("401-600, 1.00", "écrivez 401..600"),
        ("4 - 6, 1.00", "écrivez 4..6"),
    ],
)
def test_a_cell_that_is_not_understood_says_how_it_is_written(row, said):
    assert said in first(table(row))


def test_a_column_is_named_as_people_read_it():
    said = first(table('"*", habitant, 1.00', RESIDENT, "quotient, resident"))

    assert "colonne « habite le territoire » : « habitant » n'est ni oui (yes) ni non (no)" in said


def test_oui_and_non_are_answers():
    text = table('"*", oui, 1.00\n"*", non, 2.00', RESIDENT, "quotient, resident")

    assert cents_of(text, quotient=5, resident=True) == 100


def test_an_amount_cut_by_a_comma_is_told_to_take_a_point():
    said = finding(item("- {label: Repas, amount: 2,00}"))

    assert said.sentence == "« amount: 2,00 » : un point, pas une virgule."
    assert said.choices == ("écrivez « amount: 2.00 »",)


@pytest.mark.parametrize(
    "text",
    ["tariff: t\n\ttitle: x", "tariff: &a t", "a: {b: c,d}", "tariff: t\ntariff: t", "- a"],
    ids=["tab", "anchor", "braces", "twice", "list"],
)
def test_what_to_choose_bears_no_dot_that_the_page_would_double(text):
    assert [one for said in findings(text) for one in said.choices if one.endswith(".")] == []


@pytest.mark.parametrize(
    ("given", "said"),
    [(-1, "-1 est trop peu : 0 au moins"), (9, "9 est trop : 5 au plus"), (3.5, "")],
)
def test_a_value_off_its_bounds_is_told_the_bound(given, said):
    text = counted("n", "n: {type: count, max: 5, missing: required}")

    assert said in refused(text, n=str(given)).reason


def test_a_part_of_what_is_counted_one_by_one_is_no_whole_number():
    text = counted("n", "n: {type: count, missing: required}")

    assert "3,5 n'est pas un nombre entier" in refused(text, n="3.5").reason


def test_a_line_that_bears_a_name_in_use_is_told_why():
    said = finding(
        item(
            "- {label: A, id: days, amount: 1, times: days}",
            head="inputs: {days: {type: count, missing: 1}}\n",
        )
    )

    assert said.sentence == (
        "« days » ne peut pas nommer cette ligne : c'est déjà le nom d'autre chose."
    )


def test_a_number_where_an_amount_is_due_is_shown_with_its_sign():
    said = finding(priced_by("1.20 * n", "n: {type: count, missing: 1}"))

    assert said.sentence == "un montant était attendu, voici un nombre."
    assert said.choices == ("écrivez « 1.20 € * n » : un montant porte le signe €",)


def test_an_amount_beside_the_price_is_named_by_its_label():
    text = item(
        "- {label: A, amount: 0.05}",
        'amounts: {on_booking: {label: À la réservation, amount: "30% * total"}}',
    )

    assert "« À la réservation » peut tomber sur une fraction de centime" in finding(text).sentence


PACKAGE = """
- package: {name}
  {label}
  when: n >= 3
  amount: 9.50
  instead_of: [{{label: Jour, amount: 4.00, times: n}}]
"""
MANY = "inputs: {n: {type: count, missing: 1}}\n"


def packed(name: str, label: str = "") -> str:
    return item(PACKAGE.format(name=name, label=label or "unit: fois"), head=MANY)


def test_a_package_may_be_marked_and_bear_a_label():
    assert cents_of(packed("yes", "label: Semaine"), n=4) == 950


@pytest.mark.parametrize(("name", "label"), [("yes", ""), ("Semaine", "label: Forfait")])
def test_a_package_has_one_name(name, label):
    assert "« package » est le nom que les familles lisent" in finding(packed(name, label)).sentence


def test_what_a_package_replaces_are_the_lines_themselves():
    text = item("- {package: A, when: n > 1, amount: 9, instead_of: [jour]}", head=MANY)

    assert "les lignes remplacées elles-mêmes, pas leur nom" in finding(text).sentence
