"""Every price says why, in the words of those who pay, and shows the agent the rows behind it."""

from fractions import Fraction
from operator import itemgetter
from textwrap import dedent

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cvq.rules.tariff import explain
from cvq.rules.tariff.document import check
from cvq.rules.tariff.formula import Formula, Unsound
from cvq.rules.tariff.items import rate
from cvq.rules.tariff.kinds import Base, Kind
from cvq.rules.tariff.meaning import compiled
from cvq.rules.tariff.outcome import Hit, Priced
from written import item, priced, priced_by

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
    assert result.sentence == "Repas, quotient familial 1 001 × 0,36 %, arrondi : 3,60 €"
    assert priced(text, quotient=100).sentence == (
        "Repas, quotient familial 100 × 0,36 %, ramené au minimum de 2,60 € : 2,60 €"
    )
    assert priced(text, quotient=1700).sentence == (
        "Repas, quotient familial 1 700 × 0,36 %, ramené au maximum de 6,00 € : 6,00 €"
    )


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


GIVEN = (
    "base_price: {missing: 10}, grant: {type: money, missing: 3, title: aide}, "
    "people: {type: count, missing: 2, min: 1, title: personnes}, "
    "days_used: {type: count, missing: 5, min: 1, title: jours}, quotient: {missing: 199}"
)
ROUNDED = "round: {to: 0.01, how: half_up}"


def told(amount: str, line: str = ROUNDED, **given: object) -> str:
    result, _ = check(priced_by(amount, GIVEN, line=line))
    assert result is not None
    one = rate(result.items["it"], given)
    assert isinstance(one, Priced), one
    return one.sentence.removeprefix("Prix, ")


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("base_price - (5 € - grant)", "10,00 € − (5,00 € − aide 3,00 €) : 8,00 €"),
        ("base_price - 5 € - grant", "10,00 € − 5,00 € − aide 3,00 € : 2,00 €"),
        ("base_price - (grant + 2 €)", "10,00 € − (aide 3,00 € + 2,00 €) : 5,00 €"),
        ("base_price + (grant + 2 €)", "10,00 € + aide 3,00 € + 2,00 € : 15,00 €"),
        (
            "base_price / (people * days_used)",
            "10,00 € ÷ (personnes 2 × jours 5) : 1,00 €",
        ),
        (
            "base_price / (people / days_used)",
            "10,00 € ÷ (personnes 2 ÷ jours 5) : 25,00 €",
        ),
        ("base_price * (1 - 20%)", "10,00 € × (1 − 20 %) : 8,00 €"),
        ("base_price - -grant", "10,00 € − (−aide 3,00 €) : 13,00 €"),
        ("base_price / (1 / 3)", "10,00 € ÷ (1 ÷ 3) : 30,00 €"),
    ],
)
def test_who_works_a_sentence_out_again_finds_its_amount(formula, said):
    assert told(formula).endswith(said)


@pytest.mark.parametrize(
    ("quotient", "said"),
    [
        (199, "(quotient familial 199, ramené au minimum de 200) × 0,0027 € : 0,54 €"),
        (1000, "quotient familial 1 000 × 0,0027 € : 2,70 €"),
        (3000, "(quotient familial 3 000, ramené au maximum de 2 500) × 0,0027 € : 6,75 €"),
    ],
)
def test_a_bound_is_told_where_it_changed_something_and_stands_apart(quotient, said):
    assert told("max(200, min(2500, quotient)) * 0.0027 €", quotient=quotient) == said


def test_a_bound_applies_to_the_whole_of_what_stands_before_it():
    assert told("max(2 €, base_price - 12 €) * people") == (
        "(prix fixé ailleurs 10,00 € − 12,00 €, ramené au minimum de 2,00 €) × personnes 2 : 4,00 €"
    )
    assert told("min(base_price, grant * 2) * people") == (
        "(le plus petit entre prix fixé ailleurs 10,00 € et aide 3,00 € × 2) × personnes 2 : "
        "12,00 €"
    )


def test_a_sum_that_is_multiplied_stands_apart():
    line = f"times: people, unit: jour, {ROUNDED}"

    assert told("base_price - grant", line) == (
        "2 jours × (prix fixé ailleurs 10,00 € − aide 3,00 €) : 14,00 €"
    )


def test_what_is_rounded_on_the_way_shows_what_it_came_to():
    assert told("round(euros(quotient) * 0.36%, 0.05 €, half_up) * people") == (
        "0,70 € (quotient familial 199 × 0,36 %, arrondi) × personnes 2 : 1,40 €"
    )
    assert (
        told("10 € * started(quotient, 15)") == "10,00 € × 14 tranches commencées de 15 : 140,00 €"
    )


THIRDS = item(
    "- {label: Repas, amount: base_price / 3, times: kids}",
    more="rounding: {unit: {to: 0.01, how: half_up}}",
    head="inputs: {base_price: required, kids: {type: count, missing: 3, unit: enfant}}\n",
)


def test_a_unit_price_that_was_rounded_is_told_before_what_it_came_from():
    assert priced(THIRDS, base_price="1").sentence == (
        "Prix, Repas, 3 enfants × 0,33 € (prix fixé ailleurs 1,00 € ÷ 3, arrondi) : 0,99 €"
    )
    assert priced(THIRDS, base_price="3").sentence == (
        "Prix, Repas, 3 enfants × prix fixé ailleurs 3,00 € ÷ 3 : 3,00 €"
    )


AIDED = item(
    """
    - {label: Garderie, amount: 2.00, times: n}
    - {label: Aide, nature: discount, amount: "min(subsidy, subtotal)"}
    """,
    head="inputs: {n: {type: count, missing: 2}, "
    "subsidy: {type: money, missing: required, title: aide}}\n",
)


@pytest.mark.parametrize(
    ("subsidy", "said"),
    [
        ("3", "Aide : -3,00 €"),
        ("4", "Aide : -4,00 €"),
        ("7", "Aide 7,00 €, ramené au maximum de 4,00 € : -4,00 €"),
    ],
)
def test_an_aid_is_told_once_and_what_limits_it_where_it_does(subsidy, said):
    assert priced(AIDED, subsidy=subsidy).lines[1].sentence == said


# Formulas over amounts (a, b) and numbers (n, m), as people may nest them.
NAMED: dict[str, Fraction | int] = {"a": Fraction(20, 3), "b": 13, "n": 3, "m": Fraction(10, 3)}


def _pairs(left: SearchStrategy[str], ops: str, right: SearchStrategy[str]) -> SearchStrategy[str]:
    return st.tuples(left, st.sampled_from(ops), right).map(lambda one: f"({' '.join(one)})")


def _nested(depth: int) -> tuple[SearchStrategy[str], SearchStrategy[str]]:
    figures = st.integers(1, 99)
    money = st.sampled_from(["a", "b"]) | figures.map(lambda one: f"{one}.50 €")
    number = st.sampled_from(["n", "m"]) | figures.map(str) | figures.map(lambda one: f"{one}%")
    if not depth:
        return money, number
    less, fewer = _nested(depth - 1)
    money |= _pairs(less, "+-", less) | _pairs(less, "*/", fewer) | less.map(lambda one: f"-{one}")
    return money, number | _pairs(fewer, "+-*/", fewer) | fewer.map(lambda one: f"-{one}")


class _Given:
    """The four names, and nothing else."""

    words = frozenset[str]()

    def find(self, name: str) -> Formula | None:
        base = Base.MONEY if name in "ab" else Base.NUMBER
        run = itemgetter(name)
        return Formula(kind=Kind(base=base), run=run, raw=run) if name in NAMED else None

    def table(self, name: str) -> None:
        return None

    item = table

    def names(self) -> str:
        return ", ".join(NAMED)


@given(_nested(3)[0])
def test_a_sentence_has_the_brackets_without_which_it_would_tell_another_amount(text):
    env = {name: value * 100 if name in "ab" else value for name, value in NAMED.items()}
    formula = compiled(text, _Given(), 1)
    try:
        exact = formula.run(env)
    except Unsound:
        assume(False)

    sentence = explain.told(formula.tree, _Given(), env, {name: "part" for name in NAMED})

    written = sentence.translate(str.maketrans("×÷−,", "*/-.")).replace("part", "")
    again = compiled(written.replace("€", ""), _Given(), 1)
    assert again.run({}) * 100 == exact
