"""What the checker proves of a table, and what a table answers: every case has one price."""

import pytest

from cvq.rules.tariff.document import check
from cvq.rules.tariff.outcome import RefusalKind
from written import cents, finding, findings, priced, refused, table

RESIDENCE = "quotient: required, residence: required"
BOTH = "residence, quotient"


def test_a_gap_between_two_bands_names_its_line_its_smallest_case_and_the_choices():
    gap = finding(table('"< 450", 1.00, tranche 1\n"451..700", 2.00, tranche 2\n"> 700", 3.00'))

    assert gap.line == 10
    assert gap.sentence == (
        "« Grille » laisse un trou entre « tranche 1 » et « tranche 2 » : quotient familial 450."
    )
    assert gap.example == "quotient familial 450"
    assert gap.choices == (
        "finissez « tranche 1 » à 450",
        "commencez « tranche 2 » à 450",
        "ajoutez une ligne, « not published » si rien n'est voté",
    )


def test_a_gap_at_either_end_is_told_with_its_smallest_case():
    below = finding(table('">= 1", 1.00'))
    above = finding(table('"<= 2000", 1.00'))

    assert (below.example, above.example) == ("quotient familial 0", "quotient familial 2 001")
    assert (below.line, above.line) == (5, 5)


def test_an_overlap_names_both_lines_and_the_smallest_case():
    twice = finding(table('"<= 600", 1.00, basse\n">= 600", 2.00, haute'))

    assert (twice.line, twice.example) == (10, "quotient familial 600")
    assert twice.sentence == "« Grille » : deux lignes valent à la fois, « basse » et « haute »."
    assert twice.choices == ("finissez « basse » avant", "commencez « haute » après")


def test_the_order_of_rows_is_proposed_where_it_may_decide():
    rows = '"<= 600", 1.00, basse\n"*", 2.00, toutes'
    (twice,) = findings(table(rows))

    assert twice.choices[-1] == "écrivez « hit: first » si l'ordre décide"
    assert findings(table(rows, more="hit: first")) == []


def test_a_row_that_others_cover_in_whole_never_serves():
    never = finding(table('"< 600", 1.00\n">= 600", 2.00\n">= 900", 3.00', more="hit: first"))

    assert (never.line, "ne sert jamais" in never.sentence) == (12, True)


def test_a_word_that_no_row_holds_is_told():
    forgotten = finding(table("commune, 1.00\noutside, 2.00", "residence: required", "residence"))

    assert forgotten.example == "habite la communauté"


def test_an_unknown_that_no_row_holds_is_told():
    forgotten = finding(table('">= 0", 1.00', "quotient: unknown"))

    assert forgotten.example == "quotient familial inconnu"


def test_a_row_for_everybody_does_not_hide_a_gap_between_two_bands():
    hidden = finding(
        table('"< 450", 1.00, basse\n"> 450", 2.00, haute\n"*", 9.00', more="hit: first")
    )

    assert (hidden.line, hidden.example) == (11, "quotient familial 450")


def test_a_row_for_everybody_does_not_hide_a_gap_in_one_part_of_the_table():
    rows = """
        commune, "< 450", 1.00, a
        commune, ">= 450", 2.00, b
        outside, "< 450", 3.00, c
        outside, "> 450", 4.00, d
        "*", "*", 9.00, e
    """

    hidden = finding(table(rows, RESIDENCE, BOTH, more="hit: first"))

    assert "entre « c » et « d »" in hidden.sentence
    swapped = "\n".join(
        f"{quotient}, {place},{rest}"
        for place, quotient, rest in (row.strip().split(",", 2) for row in rows.strip().split("\n"))
    )
    assert (
        "entre « c » et « d »"
        in finding(table(swapped, RESIDENCE, "quotient, residence", more="hit: first")).sentence
    )


def test_rows_that_meet_at_one_place_of_two_columns_overlap():
    twice = finding(
        table(
            """
            commune, "*", 1.00
            not commune, "< 600", 2.00
            not commune, ">= 600", 3.00
            outside, "600", 4.00
            """,
            RESIDENCE,
            BOTH,
        )
    )

    assert (twice.line, twice.example) == (12, "habite ailleurs, quotient familial 600")


def test_a_table_that_falls_where_it_should_rise_is_told():
    falls = finding(
        table(
            '"< 600", 1.00, a\n"600..999", 3.00, b\n">= 1000", 2.00, c',
            more="monotonic: increasing",
        )
    )

    assert falls.line == 12
    assert falls.example == (
        "quotient familial 999 : 3,00 €, puis quotient familial 1 000 : 2,00 €"
    )
    assert findings(table('"< 600", 3.00\n">= 600", 2.00', more="monotonic: decreasing")) == []


def test_a_jump_above_what_is_tolerated_is_told():
    jump = finding(table('"< 600", 1.00\n">= 600", 3.01', more="largest_jump: 2.00"))

    assert jump.line == 11
    assert jump.example == "quotient familial 599 : 1,00 €, puis quotient familial 600 : 3,01 €"
    assert findings(table('"< 600", 1.00\n">= 600", 3.00', more="largest_jump: 2")) == []


def test_a_jump_is_judged_where_a_formula_ends():
    formula = '"[100, 600[", euros(quotient) * 1%, a\n"< 100", 1.00\n">= 600", 6.50, b'

    assert finding(table(formula, more="largest_jump: 0.20")).example == (
        "quotient familial 599 : 5,99 €, puis quotient familial 600 : 6,50 €"
    )
    assert findings(table(formula, more="largest_jump: 0.60")) == []
    zero = '"< 0", 0\n"[0, 600[", 6 € / quotient\n">= 600", 0.01'
    assert check(table(zero, "quotient: {min: -10, missing: required}", more="largest_jump: 9"))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("largest_jump: beaucoup", "« largest_jump » : « beaucoup » n'est pas un montant"),
        ("largest_jump: -1", "« largest_jump » : "),
        ("monotonic: up", "« monotonic » est increasing ou decreasing."),
        ("hit: last", "« hit » est un de : unique, first, sum."),
        ("price: 3", "« price » ne dit rien d'une table."),
    ],
)
def test_what_a_table_cannot_say_is_told_with_its_line(more, said):
    wrong = finding(table('"*", 1.00', more=more))

    assert (wrong.line, wrong.sentence.startswith(said)) == (8, True), wrong


def test_the_first_row_wins_where_the_order_decides():
    text = table('"< 600", 1.00\n"< 900", 2.00\n">= 900", 3.00', more="hit: first")

    assert [cents(text, quotient=q) for q in (0, 599, 600, 899, 900)] == [100, 100, 200, 200, 300]


def test_all_the_rows_that_hold_add_up_where_the_table_says_sum():
    text = table(
        '">= 1", 1.00\n">= 10", 0.50\n">= 100", 0.25', more="hit: sum\n    otherwise: nothing"
    )

    assert [cents(text, quotient=q) for q in (0, 1, 10, 100)] == [0, 100, 150, 175]


def test_a_row_that_can_never_hold_is_told_even_where_all_add_up():
    never = finding(table('">= 0", 1.00\n"-1", 0.50', "age: required", "age", more="hit: sum"))

    assert (never.line, "ne sert jamais" in never.sentence) == (11, True)


def test_a_price_that_is_not_published_is_refused_and_names_the_case():
    result = refused(table('"< 600", 1.00\n">= 600", not published'), quotient=700)

    assert (result.kind, result.line) == (RefusalKind.NO_PRICE, 10)
    assert result.reason == ("« Grille » : aucun prix n'est publié (quotient familial 700).")


VERSIONS = """\
tariff: essai
inputs: {quotient: required, day: required}
tables:
  p:
    title: Grille
    when: [quotient]
    then: €
    versions:
      - {from: 2023-09-01, rows: [["< 600", 1.00], [">= 600", 2.00]]}
      - {from: 2024-09-02, rows: [["< 700", 1.10], [">= 700", 2.20]]}
items: {it: {title: Prix, grain: meal, lines: [{label: Prix, amount: p}]}}
"""


def test_the_version_in_force_on_the_day_of_the_fact_is_the_price():
    days = ("2023-09-01", "2024-09-01", "2024-09-02", "2030-01-01")

    assert [cents(VERSIONS, quotient=650, day=day) for day in days] == [200, 200, 110, 110]


def test_before_the_first_version_nothing_was_voted():
    result = refused(VERSIONS, quotient=650, day="2023-08-31")

    assert (result.kind, result.reason) == (
        RefusalKind.NO_PRICE,
        "« Grille » : rien n'est voté pour le 31/08/2023.",
    )
    assert cents(VERSIONS.replace("from: 2023-09-01, ", ""), quotient=1, day="1999-01-01") == 100


def test_each_version_is_proved_and_they_follow_one_another():
    gap = finding(VERSIONS.replace("< 700", "< 690"))
    late = finding(VERSIONS.replace("2024-09-02", "2023-09-01"))

    assert (gap.line, gap.example) == (10, "quotient familial 690")
    assert late.sentence == "Les versions vont de la plus ancienne à la plus récente."
    no_day = VERSIONS.replace(", day: required", "")
    assert "« day » n'est ni une entrée" in finding(no_day).sentence


STEPS = '"< 600", 1.00, basse\n"600..999", 2.00, moyenne\n">= 1000", 3.00, haute'


def shifted(by: str, ends: str) -> str:
    return table(STEPS).replace("amount: p", f'amount: "shift(p, {by}, {ends})"')


def test_the_neighbouring_row_stays_or_refuses_at_both_ends():
    for quotient, lower, upper in ((0, 100, 200), (700, 100, 300), (1000, 200, 300)):
        assert cents(shifted("-1", "stay"), quotient=quotient) == lower
        assert cents(shifted("1", "stay"), quotient=quotient) == upper
    assert cents(shifted("-1", "refuse"), quotient=700) == 100
    assert refused(shifted("-1", "refuse"), quotient=0).kind is RefusalKind.NO_PRICE
    assert refused(shifted("1", "refuse"), quotient=1000).kind is RefusalKind.NO_PRICE


def test_a_quotient_that_is_unknown_has_no_neighbouring_row():
    rows = f"{STEPS}\nunknown, 4.00, inconnue"
    text = table(rows, "quotient: unknown").replace("amount: p", 'amount: "shift(p, -1, {})"')

    assert cents(text.replace("{}", "stay")) == 400
    assert refused(text.replace("{}", "refuse")).kind is RefusalKind.NO_PRICE


def test_the_first_and_the_last_row_of_the_same_column_are_read_by_name():
    rows = """
        commune, "< 600", 1.00
        commune, ">= 600", 2.00
        not commune, "< 600", 5.00
        not commune, ">= 600", 6.00
    """
    text = table(rows, RESIDENCE, BOTH)
    top, bottom = (text.replace("amount: p", f"amount: {end}(p)") for end in ("top", "bottom"))

    assert [cents(top, quotient=700, residence=r) for r in ("commune", "outside")] == [100, 500]
    assert [cents(bottom, quotient=3, residence=r) for r in ("commune", "outside")] == [200, 600]


def test_a_matrix_crosses_its_last_condition():
    text = """\
tariff: essai
inputs: {quotient: required, rank_present: required}
tables:
  p:
    when: [quotient, rank_present]
    across: ["1..2", ">= 3"]
    then: €
    rows:
      - ["< 600", 1.00, 0.50]
      - [">= 600", 3.05, 1.53]
items: {it: {title: Prix, grain: meal, lines: [{label: Prix, amount: p}]}}
"""

    prices = [cents(text, quotient=q, rank_present=r) for q in (0, 600) for r in (1, 2, 3)]
    assert prices == [100, 100, 50, 305, 305, 153]
    short = finding(text.replace(", 0.50", ""))
    assert (short.line, "il en faut 3" in short.sentence) == (9, True)


def test_several_results_are_read_by_their_names():
    text = table('"< 600", 1.00, 0.50\n">= 600", 2.00, 1.00').replace(
        "then: €", "then: {day: €, half: €}"
    )

    both = text.replace("amount: p", 'amount: "if(quotient < 5, p.day, p.half)"')
    assert cents(both, quotient=700) == 100
    assert "écrivez un de : p.day, p.half" in finding(text).choices
    assert (
        "n'a pas de résultat « night »"
        in finding(text.replace("amount: p", "amount: p.night")).sentence
    )


def test_an_input_a_table_and_a_value_that_serve_nothing_are_told():
    unused = table('"*", 1.00').replace("inputs: {", "inputs: {age: required, ")
    spare = table('"*", 1.00').replace(
        "items:", "  spare:\n    when: [quotient]\n    then: €\n    rows: [['*', 1]]\nitems:"
    )
    value = table('"*", 1.00', head="values: {twice: quotient * 2}")

    assert finding(unused).sentence == "L'entrée « age » ne sert à rien."
    assert (finding(spare).line, finding(spare).sentence) == (
        10,
        "La table « spare » ne sert à rien.",
    )
    assert finding(value).sentence == "La valeur « twice » ne sert à rien."


def test_a_result_that_no_price_reads_is_told_and_so_is_a_value_of_a_value():
    two = table('"*", 1.00, 2.00').replace("then: €", "then: {day: €, night: €}")
    night = finding(two.replace("amount: p}", "amount: p.day}"))

    assert (night.line, night.sentence) == (
        7,
        "Le résultat « night » de la table « p » ne sert à rien.",
    )
    assert night.choices[1] == "lisez-la dans un prix : « p.night »"
    chain = table('"*", 1.00', head="values: {twice: quotient * 2, again: twice * 2}")
    assert [one.sentence for one in findings(chain)] == [
        "La valeur « twice » ne sert à rien.",
        "La valeur « again » ne sert à rien.",
    ]


def test_a_circle_is_told_once():
    circle = table('"*", a', head="values: {a: b + 1 €, b: a + 1 €}")

    assert [one.sentence for one in findings(circle)] == ["« a » se définit par lui-même."]


@pytest.mark.parametrize(
    ("quotient", "steps", "cents", "note"),
    [
        (100, -1, 100, ""),
        (700, -3, 100, ", 1 tranche avant, la première"),
        (950, -1, 200, ", 1 tranche avant"),
        (100, 2, 300, ", 2 tranches plus loin"),
        (100, 5, 300, ", 2 tranches plus loin, la dernière"),
        (950, 1, 300, ""),
    ],
)
def test_a_neighbouring_row_tells_the_steps_that_were_really_taken(quotient, steps, cents, note):
    rows = '"< 600", 1.00, bas\n"600..900", 2.00, moyen\n"> 900", 3.00, haut'
    text = table(rows).replace("amount: p", f"amount: 'shift(p, {steps}, stay)'")

    result = priced(text, quotient=quotient)

    assert result.cents == cents
    assert f"quotient familial {quotient}{note}) :" in result.sentence
