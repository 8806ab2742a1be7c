"""The tables of a document, drawn for an agent, and the text that follows what they change."""

from pathlib import Path

import pytest

from cvq.rules.tariff.document import check
from cvq.rules.tariff.drawn import (
    CellUnknown,
    NoAmount,
    drawn,
    edited,
    scalar,
    with_row_below,
    without_row,
)

CASES = Path(__file__).resolve().parents[2] / "docs" / "tariffs" / "cases"
TEXT = """\
# Voté en juin.
tariff: cantine   # l'identifiant
inputs: {quotient: unknown, resident: yes}
tables:
  repas:
    title: Prix du repas
    when: [quotient, resident]
    then: €
    rows:
      - ["< 600",  yes, 1.00, tranche 1]   # la moins chère
      - [">= 600 or unknown", yes, 2.85, tranche 2]
      - ["*", no, 4.00]
items:
  meal:
    title: Repas
    grain: meal
    lines:
      - {label: Repas, amount: repas}
      - {label: Serviette, nature: supplement, amount: 0.10}
"""
ACROSS = """\
tariff: cantine
inputs: {quotient: required, rank_present: 1}
tables:
  repas:
    when: [quotient, rank_present]
    across: ["1..2", ">= 3"]
    then: €
    rows:
      - ["< 600", 1.00, 0.50]
      - [">= 600", 3.05, 1.53]
items:
  meal: {title: Repas, grain: meal, lines: [{label: Repas, amount: repas}]}
"""


def test_a_table_is_drawn_with_its_heads_and_each_cell_knows_its_place():
    meals, amounts = drawn(TEXT)

    assert [head.title for head in meals.heads] == [
        "quotient familial",
        "habite le territoire",
        "€",
    ]
    assert [cell.text for cell in meals.rows[0].cells] == ["< 600", "yes", "1.00", "tranche 1"]
    assert [cell.is_result for cell in meals.rows[0].cells] == [False, False, True, False]
    assert [row.line for row in meals.rows] == [10, 11, 12]
    assert meals.width == 4
    assert [(row.title, row.cells[0].text) for row in amounts.rows] == [
        ("Repas : Serviette", "0.10")
    ]


def test_the_columns_that_cross_a_table_are_cells_of_their_own():
    (meals,) = drawn(ACROSS)

    assert [head.title for head in meals.heads] == ["quotient familial", "", ""]
    assert [head.cell.text for head in meals.heads if head.cell] == ["1..2", ">= 3"]
    assert [cell.is_result for cell in meals.rows[1].cells] == [False, True, True]
    assert '"1..3"' in edited(ACROSS, {"repas.0.h.0": "1..3"})


def test_the_text_follows_a_cell_and_keeps_everything_else():
    after = edited(
        TEXT, {"repas.0.0.2": "1.20", "repas.0.1.0": ">= 600", "items.meal.lines.1": "0.15"}
    )

    assert after == (
        TEXT.replace("1.00", "1.20").replace(">= 600 or unknown", ">= 600").replace("0.10", "0.15")
    )
    assert check(edited(TEXT, {"repas.0.0.2": "1.20"}))[1] == []


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("3.10", "3.10"),
        ("commune", "commune"),
        ("[600, 800[", '"[600, 800["'),
        ("< 600", '"< 600"'),
        ("*", '"*"'),
        ("de 7 h # à 9 h", '"de 7 h # à 9 h"'),
        ('dit "plein"', '"dit \\"plein\\""'),
        ("a: b", '"a: b"'),
        ("  deux \n lignes ", "deux lignes"),
        ("", '""'),
    ],
)
def test_what_is_typed_stays_one_cell_whatever_it_is(words: str, written: str):
    assert scalar(words, "x") == written
    row = drawn(edited(TEXT, {"repas.0.0.3": words}))[0].rows[0]

    assert [cell.text for cell in row.cells][3:] == [" ".join(words.split())]


def test_a_row_is_written_again_below_itself_and_taken_away():
    twice = with_row_below(TEXT, "repas.0.1")

    assert twice.count(">= 600 or unknown") == 2
    assert [row.line for row in drawn(twice)[0].rows] == [10, 11, 12, 13]
    assert without_row(twice, "repas.0.2") == TEXT


def test_a_row_of_several_lines_and_a_cell_that_is_not_there_are_left_to_the_text():
    long = TEXT.replace("yes, 1.00, tranche 1]", "yes,\n         1.00, tranche 1]")

    assert drawn(long)[0].rows[0].place == ""
    with pytest.raises(CellUnknown):
        without_row(long, "repas.0.0")
    with pytest.raises(CellUnknown):
        edited(TEXT, {"repas.0.9.0": "1"})
    one = ACROSS.replace('      - [">= 600", 3.05, 1.53]\n', "")
    with pytest.raises(CellUnknown):
        without_row(one, "repas.0.0")


def test_a_document_that_is_wrong_is_drawn_all_the_same():
    wrong = TEXT.replace('"< 600"', '"< 500"')

    assert check(wrong)[1] != []
    assert drawn(wrong)[0].rows[0].cells[0].text == "< 500"


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_each_cell_of_a_published_tariff_changes_alone(path: Path):
    text = path.read_text()
    cells = {cell.place: cell for table in drawn(text) for row in table.rows for cell in row.cells}

    for place, cell in list(cells.items())[:40]:
        words = "9" if cell.is_inside or cell.is_amount else "[9, 10["
        after = edited(text, {place: words})
        now = {c.place: c.text for table in drawn(after) for row in table.rows for c in row.cells}
        was = {name: one.text for name, one in cells.items()}
        assert now == was | {place: words}
        assert after.count("\n") == text.count("\n")


FORMULAS = """\
tariff: semaine
inputs: {sibling: 0.8, days: {type: count, missing: 1}}
values:
  plafond: {title: Plafond, is: "if(days > 3, 9.50 €, 8 €)"}
items:
  week:
    title: Semaine
    grain: week
    at_most: 40.00
    lines:
      - {label: Matin, amount: "1.20 € * sibling", at_least: 0.50}
      - package: Forfait
        when: days >= 4
        amount: plafond
        instead_of:
          - {label: Jour, amount: 4.00, times: days}
"""


def test_no_amount_is_forgotten_wherever_it_is_written():
    (amounts,) = drawn(FORMULAS)

    assert [(row.line, row.title, row.cells[0].text) for row in amounts.rows] == [
        (11, "Semaine : Matin (1.20 € * sibling)", "1.20"),
        (11, "Semaine : Matin, au moins", "0.50"),
        (16, "Semaine : Jour", "4.00"),
        (9, "Semaine, au plus", "40.00"),
        (4, "Plafond (if(days > 3, 9.50 €, 8 €))", "9.50"),
        (4, "Plafond (if(days > 3, 9.50 €, 8 €))", "8"),
    ]


def test_an_amount_within_a_formula_changes_alone_and_stays_an_amount():
    places = [row.cells[0].place for row in drawn(FORMULAS)[0].rows]

    assert edited(FORMULAS, {places[0]: "1.30", places[5]: "8.50"}) == FORMULAS.replace(
        "1.20 €", "1.30 €"
    ).replace(", 8 €", ", 8.50 €")
    with pytest.raises(NoAmount, match=r"« x\)\" » : dans une formule, un montant s'écrit 3.10"):
        edited(FORMULAS, {places[0]: 'x)"'})


@pytest.mark.parametrize("typed", ["20%", "", "repas", "1 € + 2", "1e3", "[1, 2["])
def test_what_is_no_amount_is_not_written_where_a_price_has_one(typed: str):
    place = drawn(TEXT)[1].rows[0].cells[0].place

    with pytest.raises(NoAmount, match=r"un montant s'écrit 3\.10 ou 3,10") as refused:
        edited(TEXT, {place: typed})

    assert refused.value.place == place
    assert check(edited(TEXT, {place: "0.15 €"}))[1] == []
