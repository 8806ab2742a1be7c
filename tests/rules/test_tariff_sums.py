"""Tables whose rows add up: no case comes to nothing unless the table says that it may."""

import pytest

from cvq.rules.tariff.checker.hidden import Hidden
from cvq.rules.tariff.compared import differences
from cvq.rules.tariff.document import check
from cvq.rules.tariff.drawn import drawn, edited
from cvq.rules.tariff.items import rate
from cvq.rules.tariff.outcome import RefusalKind, Refused
from written import cents, finding, findings, table

SUM = "hit: sum"
OR_NOTHING = "hit: sum\n    otherwise: nothing"
SAYS_NOTHING = "écrivez « otherwise: nothing », si rien n'est dû alors"
BOTH = "quotient: unknown, residence: required"
TOWN = '"0..600 or unknown", commune, 1.00, basse\n">= 601", commune, 2.00, haute'


@pytest.mark.parametrize(
    ("rows", "inputs", "forgotten"),
    [
        ('"0..600", 1.00\n"601..900", 2.00', "quotient: required", "quotient familial 901"),
        ('">= 10", 1.00\n">= 100", 2.00', "quotient: required", "quotient familial 0"),
        ('">= 0", 1.00', "quotient: unknown", "quotient familial inconnu"),
        ("commune, 1.00\ncommunity, 1", "residence: required", "habite ailleurs"),
    ],
    ids=["above", "below", "unknown", "a word"],
)
def test_a_case_that_no_row_of_a_sum_holds_is_told_until_the_table_says_nothing(
    rows, inputs, forgotten
):
    when = inputs.partition(":")[0]

    told = finding(table(rows, inputs, when, SUM))

    assert told.sentence == "« Grille » ne prévoit rien pour un cas."
    assert (told.line, told.example) == (5, forgotten)
    assert told.choices[-1] == SAYS_NOTHING
    assert findings(table(rows, inputs, when, OR_NOTHING)) == []


def test_a_case_crossed_by_two_columns_is_told_once_and_a_hole_by_its_bands_alone():
    outside = findings(table(TOWN, BOTH, "quotient, residence", SUM))
    hole = findings(
        table('"0..600", 1.00, basse\n">= 650", 2.00, haute', more=SUM),
    )

    assert outside[0].example == "quotient familial 0, habite la communauté"
    assert [one.sentence for one in hole] == [
        "« Grille » laisse un trou entre « basse » et « haute » : quotient familial 601 à 649."
    ]


def test_a_row_for_everybody_makes_a_sum_total_whatever_the_others_cross():
    surcharges = '"> 3", "*", 0.50\n"*", outside, 1.00\n"*", "*", 2.00'

    text = table(surcharges, BOTH, "quotient, residence", SUM)

    assert findings(text) == []
    assert cents(text, quotient=9, residence="outside") == 350
    assert cents(text, residence="commune") == 200


def test_where_nothing_is_said_a_case_outside_every_row_is_refused_by_its_name():
    rows = '"0..600", 1.00\n"601..900", 2.00'
    found, _ = check(table(rows, more=SUM))
    assert found is not None

    result = rate(found.items["it"], {"quotient": 950})

    assert isinstance(result, Refused)
    assert result.kind is RefusalKind.NO_PRICE
    assert result.reason == "« Grille » ne prévoit rien (quotient familial 950)."
    loose = table(rows, more=OR_NOTHING)
    assert [cents(loose, quotient=q) for q in (600, 900, 901)] == [100, 200, 0]


@pytest.mark.parametrize(
    ("more", "sentence", "line"),
    [
        ("otherwise: nothing", "« otherwise » va avec « hit: sum »", 8),
        ("hit: sum\n    otherwise: 0", "« otherwise » n'a qu'une réponse : nothing.", 9),
    ],
)
def test_otherwise_belongs_to_rows_that_add_up_and_says_nothing(more, sentence, line):
    wrong = finding(table('"*", 1.00', more=more))

    assert (wrong.line, wrong.sentence.startswith(sentence)) == (line, True)


@pytest.mark.parametrize(("then", "cell"), [("words", "rouge"), ("yes_no", "yes")])
def test_words_and_answers_do_not_add_up(then, cell):
    text = table(f'"*", {cell}', more=SUM).replace("then: €", f"then: {then}")

    assert finding(text).sentence == "« hit: sum » additionne des montants, des taux, des nombres."


def test_a_comparison_tells_that_nothing_may_be_due_and_that_it_no_longer_may():
    rows = '"0..600", 1.00\n">= 601", 2.00'
    strict, loose = table(rows, more=SUM), table(rows, more=OR_NOTHING)

    assert differences(strict, loose) == [
        "Grille, quand aucune ligne ne vaut : rien n'est dû, où le prix était refusé"
    ]
    assert differences(loose, strict) == [
        "Grille, quand aucune ligne ne vaut : le prix est refusé, où rien n'était dû"
    ]


def test_a_sum_that_may_be_nothing_is_drawn_and_edited_like_another():
    text = table('"0..600", 1.00', more=OR_NOTHING)

    (grid,) = drawn(text)
    (price,) = [cell for cell in grid.rows[0].cells if cell.is_result]

    assert cents(edited(text, {price.place: "3.00"}), quotient=5) == 300


@pytest.mark.parametrize("alike", [1, 2], ids=["all apart", "two by two"])
def test_holes_between_hundreds_of_bands_are_looked_for_in_bounded_time(alike):
    columns = ("c0", "c1", "c2")
    rows = [
        f'"{band * 9}..{band * 9 + 3}", "{other}..{other + 5}", "{2 * other}", 1.00'
        for band in range(400)
        for other in [band // alike * 7 % 4000]
    ]
    inputs = ", ".join(f"{name}: {{type: count, missing: 1}}" for name in columns)
    found, _ = check(table("\n".join(rows), inputs, ", ".join(columns), OR_NOTHING))
    assert found is not None
    hidden = Hidden(found.tables["p"].grids[0])

    holes = [gap for column in range(3) for gap in hidden.unfilled(column)]

    assert len(holes) == (0 if alike == 1 else 200)
    assert hidden.looked < 60_000
