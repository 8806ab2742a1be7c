"""What changes from one tariff to the next is told as an agent says it, and nothing is left out."""

from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cvq.rules.tariff.compared import differences
from cvq.rules.tariff.compared.words import written
from cvq.rules.tariff.document import check
from cvq.rules.tariff.findings import TariffUnreadable
from cvq.rules.tariff.read import Fields, Items, Node, Text, read

CASES = Path(__file__).parents[2] / "docs" / "tariffs" / "cases"
TEXTS = {path.stem: path.read_text() for path in sorted(CASES.glob("*.yaml"))}

MEALS = """\
tariff: cantine-2025
title: Restauration scolaire
decision: {by: Conseil municipal, number: 2025-41, on: 2025-06-12}
from: 2025-09-01
inputs:
  quotient: unknown
  residence: required
  day: required
  booked_at: unknown
tables:
  meal:
    title: Repas
    when: [quotient, residence]
    across: [commune, not commune]
    then: €
    monotonic: {quotient: increasing}
    rows:
      - ["0..600", 1.00, 2.00, tranche 1]
      - ["601..900", 2.45, 4.00, tranche 2]
      - [">= 901 or unknown", 3.60, 4.80, tranche 3]
  rate:
    title: Part du quotient
    when: [day]
    then: {share: "%", label: words}
    versions:
      - rows: [["*", 0.36%, ancien]]
      - {from: 2025-09-01, rows: [["*", 0.40%, nouveau]]}
deadlines:
  booking: {of: booked_at, kind: days_before, days: 1, at: "10:00"}
counters:
  visits: {title: repas du mois, unit: repas, of: child, per: month}
items:
  meal:
    title: Repas
    grain: meal
    counts: [visits]
    refuse: [{when: rate.label = never, reason: Jamais.}]
    lines:
      - {label: Repas, amount: meal}
      - {label: Part, amount: 1 € * rate.share, round: {to: 0.01, how: half_up}}
      - {label: Sans réservation, nature: supplement, when: not (booking = in_time), amount: 1.50}
examples:
  - id: e1
    item: meal
    given: {quotient: 700, residence: commune, day: 2025-09-02}
    expect: {price: 3.95}
""".replace("rate.label = never", "rate.label = ancien and visits.nth > 999")
ROW2 = '["601..900", 2.45, 4.00, tranche 2]'


def test_the_tariff_of_these_tests_is_right():
    assert [one.told() for one in check(MEALS)[1]] == []
    assert differences(MEALS, MEALS) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            '601..900", 2.45',
            '601..900", 2.50',
            [
                "Repas, tranche 2 (quotient familial de 601 à 900), habite la commune : "
                "2,45 € devient 2,50 €"
            ],
        ),
        (
            '["0..600", 1.00, 2.00, tranche 1]\n      - ["601..900"',
            '["0..650", 1.00, 2.00, tranche 1]\n      - ["651..900"',
            [
                "Repas, tranche 1 (quotient familial jusqu'à 600), "
                "quotient familial : jusqu'à 600 devient jusqu'à 650",
                "Repas, tranche 2 (quotient familial de 601 à 900), "
                "quotient familial : de 601 à 900 devient de 651 à 900",
            ],
        ),
        (
            f"      - {ROW2}\n",
            f"      - {ROW2.replace('900', '700')}\n"
            '      - ["701..900", 3.00, 4.50, tranche 2 bis]\n',
            [
                "Repas, tranche 2 (quotient familial de 601 à 900), "
                "quotient familial : de 601 à 900 devient de 601 à 700",
                "Repas, ligne ajoutée : tranche 2 bis (quotient familial de 701 à 900), "
                "habite la commune, 3,00 €",
                "Repas, ligne ajoutée : tranche 2 bis (quotient familial de 701 à 900), "
                "habite la communauté ou habite ailleurs, 4,50 €",
            ],
        ),
        (
            "2.45, 4.00, tranche 2",
            "not published, 4.00, tranche 2",
            [
                "Repas, tranche 2 (quotient familial de 601 à 900), habite la commune : "
                "2,45 € devient aucun prix publié"
            ],
        ),
        (
            "tranche 3",
            "tranche haute",
            [
                "Repas, tranche 3 (quotient familial à partir de 901 ou inconnu) : "
                "s'appelle désormais « tranche haute »",
            ],
        ),
        (
            "0.40%, nouveau",
            "0.42%, nouveau",
            ["Part du quotient, version du 01/09/2025, tous les cas, share : 0,4 % devient 0,42 %"],
        ),
        (
            "nouveau]]}\n",
            "nouveau]]}\n      - {from: 2026-09-01, rows: [['*', 0.45%, nouveau]]}\n",
            [
                "Part du quotient : nouvelle version à partir du 01/09/2026",
                "Part du quotient, version du 01/09/2026, tous les cas, share : "
                "0,4 % devient 0,45 %",
            ],
        ),
        (
            "from: 2025-09-01\ninputs",
            "from: 2026-09-01\ninputs",
            ["Vaut à partir du 01/09/2026 (avant : 01/09/2025)"],
        ),
        (
            "2025-41, on: 2025-06-12",
            "2026-14, on: 2026-06-11",
            [
                "Décision : Conseil municipal, délibération 2025-41, 12/06/2025 devient "
                "Conseil municipal, délibération 2026-14, 11/06/2026"
            ],
        ),
        (
            "residence: required",
            "residence: outside",
            ["Sans « lieu d'habitation » : pas de prix devient habite ailleurs"],
        ),
        (
            "days: 1",
            "days: 2",
            [
                "Délai, réservation : « jusqu'à la veille à 10 h ; au-delà : supplément "
                "« Sans réservation », 1,50 € » devient « jusqu'à 2 jours avant, à 10 h ; "
                "au-delà : supplément « Sans réservation », 1,50 € »"
            ],
        ),
        (
            "per: month",
            "per: year",
            ["Le compteur « repas du mois », sa période : le mois devient l'année"],
        ),
        (
            "amount: 1.50",
            "amount: 2.00",
            ["Repas, « Sans réservation » : 1,50 € devient 2,00 €"],
        ),
        (
            "label: Sans réservation",
            "label: Hors délai",
            ["Repas, « Sans réservation » s'appelle désormais « Hors délai »"],
        ),
        (
            "nature: supplement",
            "nature: penalty",
            ["Repas, « Sans réservation », sa nature : un supplément devient une pénalité"],
        ),
        (
            "when: not (booking = in_time)",
            "when: booking = late",
            [
                "Repas, « Sans réservation », sa condition : not (booking = in_time) devient "
                "booking = late"
            ],
        ),
        (
            "how: half_up",
            "how: down",
            ["Repas, « Part », son arrondi : à 0,01 au plus proche devient à 0,01 au-dessous"],
        ),
        (
            "      - {label: Repas, amount: meal}\n",
            "      - {label: Repas, amount: meal}\n"
            "      - {label: Pain, nature: supplement, amount: 0.20}\n",
            ["Repas, ligne ajoutée : « Pain », 0,20 €"],
        ),
        (
            "reason: Jamais.",
            "reason: Pas encore.",
            ["Repas, « Jamais. », son motif : Jamais. devient Pas encore."],
        ),
        (
            "price: 3.95",
            "price: 3.96",
            ["Exemple « e1 », expect, price : 3.95 devient 3.96"],
        ),
        (
            "monotonic: {quotient: increasing}\n",
            "largest_jump: 5\n",
            [
                "Repas, le plus grand saut permis : 5, où rien n'était dit",
                "Repas, le sens déclaré : plus rien n'est dit, c'était {quotient: increasing}",
            ],
        ),
        (
            '["0..600"',
            '["<= 600"',
            ["La table « Repas » est écrite autrement, sans que rien d'autre change"],
        ),
        (
            "items:\n",
            "items:\n  bread: {title: Pain, grain: meal, lines: [{label: Pain, amount: 1}]}\n",
            ["Le prix « Pain » est ajouté : « Pain »"],
        ),
        (
            "title: Restauration scolaire",
            "title: Cantine",
            ["Le titre : Restauration scolaire devient Cantine"],
        ),
    ],
)
def test_a_change_is_told_as_an_agent_says_it(old, new, told):
    assert MEALS.count(old) == 1, old
    after = MEALS.replace(old, new)
    assert [one.told() for one in check(after)[1]] == []

    assert differences(MEALS, after) == told


def test_a_line_that_goes_an_order_that_turns_and_a_table_that_leaves_are_told():
    bread = "      - {label: Pain, nature: supplement, amount: 0.20}\n"
    meal = "      - {label: Repas, amount: meal}\n"
    both = MEALS.replace(meal, meal + bread)
    turned = MEALS.replace(meal, bread + meal)

    assert differences(both, MEALS) == ["Repas, ligne retirée : « Pain », 0,20 €"]
    (order,) = differences(both, turned)
    assert order.startswith("Repas : l'ordre change, « Pain », 0,20 € puis « Repas », meal puis ")
    plain = MEALS.replace("amount: meal}", "amount: 3.00}")
    a, b = plain.index("  meal:\n    title"), plain.index("  rate:\n")
    fewer = (plain[:a] + plain[b:]).replace("  quotient: unknown\n  residence: required\n", "")
    told = differences(MEALS, fewer)
    assert "La table « Repas » est retirée" in told
    assert "L'entrée « quotient familial » est retirée" in told
    assert "Repas, « Repas » : meal devient 3,00 €" in told


def test_where_the_first_row_wins_their_order_is_a_change():
    first = MEALS.replace("then: €\n    mono", "then: €\n    hit: first\n    mono")
    rows = '      - ["0..600", 1.00, 2.00, tranche 1]\n'
    turned = first.replace(rows, "").replace(f"      - {ROW2}\n", f"      - {ROW2}\n{rows}")

    (told,) = differences(first, turned)

    assert told.startswith("Repas : l'ordre des lignes change, d'abord tranche 2")


def test_a_draft_that_is_not_right_yet_is_compared_key_by_key():
    wrong = MEALS.replace('"601..900", 2.45', '"601..899", 2.50')

    assert differences(MEALS, wrong) == [
        "tables > meal > rows > 2 : [601..900, 2.45, 4.00, tranche 2] devient "
        "[601..899, 2.50, 4.00, tranche 2]"
    ]


def scalars(node: Node) -> list[Text]:
    match node:
        case Text():
            return [node]
        case Items(items=items):
            return [one for inner in items for one in scalars(inner)]
        case Fields(fields=fields):
            return [one for inner in fields.values() for one in scalars(inner)]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(TEXTS)), st.data())
def test_nothing_that_changes_goes_unsaid(name, data):
    text = TEXTS[name]
    one = data.draw(st.sampled_from(scalars(read(text))))
    was = text[one.start : one.end]
    digits = [place for place, letter in enumerate(was) if letter.isdigit()]
    if digits and data.draw(st.booleans()):
        place = data.draw(st.sampled_from(digits))
        will = was[:place] + str((int(was[place]) + 1) % 10) + was[place + 1 :]
    else:
        others = [o for o in scalars(read(text)) if o.line != one.line]
        other = data.draw(st.sampled_from(others))
        will = text[other.start : other.end]
    after = text[: one.start] + will + text[one.end :]
    try:
        changed = written(read(after)) != written(read(text))
    except TariffUnreadable:
        assume(False)

    told = differences(text, after)

    assert bool(told) == changed, (was, will)
    assert len(told) == len(set(told)) or check(after)[1]


@pytest.mark.parametrize(
    ("was", "will", "told"),
    [
        ("2.45", "245.00", "2,45 € devient 245,00 € (100 fois plus : vérifiez)"),
        ("2.45", "0.49", "2,45 € devient 0,49 € (5 fois moins : vérifiez)"),
        ("2.45", "12.00", "2,45 € devient 12,00 €"),
        ("2.45", "0.00", "2,45 € devient 0,00 €"),
        ("2.45", "2450.00", "2,45 € devient 2 450,00 € (1 000 fois plus : vérifiez)"),
    ],
)
def test_an_amount_that_moves_too_far_to_be_meant_is_pointed_at(was, will, told):
    before = MEALS.replace("    monotonic: {quotient: increasing}\n", "")

    (sentence,) = differences(before, before.replace(was, will, 1))

    assert sentence.endswith(f" : {told}")


def test_an_amount_within_a_formula_that_moves_too_far_is_pointed_at():
    before = (
        'tariff: t\nitems: {i: {title: I, grain: meal, lines: [{label: A, amount: "1 € + 2 €"}]}}'
    )

    assert differences(before, before.replace("2 €", "200 €")) == [
        "I, « A » : 1 € + 2 € devient 1 € + 200 € (100 fois plus : vérifiez)"
    ]
