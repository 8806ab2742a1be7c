"""Every price says why, in the words of those who pay, and shows the agent the rows behind it."""

from textwrap import dedent

from cvq.rules.tariff.outcome import Hit, Priced
from written import rated

CARE = dedent("""\
    tariff: essai
    inputs: {quotient: unknown, duration: required, day: required, residence: commune}
    tables:
      half_hour:
        title: Prix de la demi-heure
        when: [quotient]
        then: €
        versions:
          - from: 2024-09-01
            rows:
              - ["< 600", 0.70, tranche 1]
              - ["600..999", 0.85, tranche 3]
              - [">= 1000 or unknown", 1.00]
    items:
      it:
        title: Garderie
        grain: session
        at_most: 5
        lines:
          - label: Garderie
            amount: half_hour
            times: started(duration, 30 min)
            unit: demi-heures commencées
          - {label: Hors commune, nature: supplement, when: residence = outside, amount: 0.20}
    """)


def priced(text: str, **given: object) -> Priced:
    result = rated(text, **given)
    assert isinstance(result, Priced), result
    return result


def test_a_price_is_told_with_its_count_its_unit_price_and_its_row():
    result = priced(CARE, quotient=871, duration=45, day="2025-01-06")

    (line,) = result.lines
    assert line.sentence == (
        "Garderie, 2 demi-heures commencées × 0,85 €, tranche 3 (quotient familial 871) : 1,70 €"
    )
    assert result.sentence == line.sentence


def test_the_agent_sees_the_table_the_row_and_the_version():
    result = priced(CARE, quotient=871, duration=45, day="2025-01-06")

    assert result.lines[0].hits == (
        Hit(
            table="Prix de la demi-heure",
            label="tranche 3",
            line=12,
            version="01/09/2024",
            values=("quotient familial 871",),
            named=True,
        ),
    )


def test_several_lines_end_on_their_total_and_what_was_capped_says_so():
    result = priced(CARE, duration=300, day="2025-01-06", residence="outside")

    assert [line.cents for line in result.lines] == [1000, 20, -520]
    assert result.sentence.endswith("Plafond de 5,00 € : -5,20 € ; total : 5,00 €")
    assert "inconnu" in result.lines[0].sentence


def test_a_version_of_another_row_tells_its_own_words_only():
    young = priced(CARE, quotient=3, duration=1, day="2025-01-06")

    assert (
        young.sentence
        == ("Garderie, 1 demi-heure commencée × 0,70 €, tranche 1 (quotient familial 3) : 0,70 €")
        or "tranche 1 (quotient familial 3)" in young.sentence
    )
    assert "tranche 3" not in young.sentence


def test_a_formula_is_told_with_the_values_it_came_from():
    text = dedent("""\
        tariff: essai
        inputs: {quotient: required}
        items:
          it:
            title: Repas
            grain: meal
            lines:
              - label: Repas
                amount: "max(2.60 €, min(euros(quotient) * 0.36%, 6 €))"
                round: {to: 0.01, how: half_up}
        """)

    result = priced(text, quotient=1001)

    assert result.cents == 360
    for told in ("le plus grand de 2,60 €", "0,36 %", "1 001", "arrondi", "3,60 €"):
        assert told in result.sentence, result.sentence


def test_what_is_free_is_told_as_free_and_no_line_as_nothing_due():
    text = dedent("""\
        tariff: essai
        inputs: {quantity: required}
        items:
          it:
            title: Visite
            grain: visit
            lines:
              - {label: Visite, when: quantity > 0, amount: 0}
        """)

    assert priced(text, quantity=1).sentence == "Visite : gratuit"
    assert priced(text, quantity=0).sentence == "Visite : rien n'est dû"


def test_a_choice_is_told_by_the_branch_that_was_taken():
    text = dedent("""\
        tariff: essai
        inputs: {quotient: unknown, quantity: 2}
        items:
          it:
            title: Repas
            grain: meal
            lines:
              - label: Repas
                amount: "if(known(quotient), euros(quotient) * 1%, 3 € * quantity)"
                round: {to: 0.01, how: half_up}
        """)

    assert "3,00 € × quantité 2" in priced(text).sentence
    assert "quotient familial 500" in priced(text, quotient=500).sentence


def test_a_neighbouring_row_says_that_it_is_one():
    text = dedent("""\
        tariff: essai
        inputs: {quotient: required}
        tables:
          p:
            when: [quotient]
            then: €
            rows: [["< 600", 1.00, basse], [">= 600", 2.00, haute]]
        items:
          it:
            title: Repas
            grain: meal
            lines: [{label: Repas, amount: "shift(p, -1, stay)"}]
        """)

    result = priced(text, quotient=700)

    assert result.cents == 100
    assert "basse" in result.sentence
    assert "1 tranche avant" in result.sentence
