"""A price that is another price of the same tariff, or a part of it."""

import pytest

from cvq.rules.tariff.items import moves
from cvq.rules.tariff.outcome import RefusalKind
from written import cents, finding, priced, rated, refused, tariff

HALL = """
tariff: salle
inputs:
  residence: required
  extra_days: {type: count, unit: jour, missing: 0, title: jours en plus}
tables:
  hall:
    title: Salle
    when: [residence]
    then: €
    rows:
      - [commune, 151.25, habitants]
      - [community, 200, habitants de la communauté]
      - [outside, not published]
rounding: {line: {to: 0.01, how: half_up}}
items:
  it:
    title: Location
    grain: hire
    lines:
      - {label: Premier jour, amount: first_day}
      - {label: Jours en plus, when: extra_days > 0, amount: 50% * first_day, times: extra_days}
  first_day:
    title: Premier jour
    grain: hire
    lines:
      - {label: Salle, amount: hall}
      - {label: Caution, nature: deposit, amount: 800}
"""

STAY = """
tariff: sejour
inputs:
  age: required
  nights: {type: count, min: 1, unit: nuit, missing: required, title: nuits}
values:
  fee: {is: 30% * stay, title: frais d'annulation, round: {to: 0.01, how: down}}
items:
  stay:
    title: Séjour
    grain: stay
    refuse:
      - {when: age > 17, reason: Le séjour est pour les moins de 18 ans.}
    lines:
      - {label: Nuits, amount: 33.35, times: nights}
      - {label: Familles nombreuses, nature: discount, amount: 0.10}
  it:
    title: Annulation
    grain: stay
    lines:
      - {label: Frais d'annulation, amount: fee}
"""

COUNTED = """
tariff: salle
inputs: {extra_days: {type: count, missing: 0}}
counters:
  hires: {title: locations de l'année, of: household, per: year}
items:
  day:
    title: Jour
    grain: hire
    lines: [{label: Jour, amount: "if(hires.nth = 1, 0 €, 100 €)"}]
  it:
    title: Jours en plus
    grain: hire
    lines: [{label: Jours en plus, amount: day, times: extra_days}]
"""


def circle(first: str, second: str) -> str:
    lines = "grain: meal, lines: [{label: Prix, amount"
    return (
        f"tariff: cercle\nitems:\n  a: {{{lines}: {first}}}]}}\n  b: {{{lines}: {second}}}]}}\n"
        f"  c: {{{lines}: a}}]}}\n"
    )


@pytest.mark.parametrize(("days", "price"), [(0, 15125), (1, 15125 + 7563), (3, 15125 + 22688)])
def test_a_day_more_costs_half_of_the_first_without_its_deposit(days, price):
    assert cents(HALL, residence="commune", extra_days=days) == price


def test_the_price_that_was_read_is_told_by_its_name_and_its_row_is_kept():
    result = priced(HALL, residence="commune", extra_days=2)

    assert result.sentence == (
        "Location, Premier jour 151,25 €, habitants (habite la commune) : 151,25 € ; "
        "Jours en plus, 2 jours × 50 % × Premier jour 151,25 € : 151,25 € ; total : 302,50 €"
    )
    assert [[hit.label for hit in line.hits] for line in result.lines] == [["habitants"]] * 2
    assert result.amounts == ()


def test_three_meals_of_a_day_are_three_times_the_price_of_a_meal():
    text = """
tariff: repas
inputs: {quotient: required, meals: {type: count, unit: repas, missing: required}}
items:
  meal:
    title: Repas
    grain: meal
    lines: [{label: Repas, amount: 0.305% * euros(quotient), round: {to: 0.01, how: half_up}}]
  it:
    title: Journée
    grain: child_day
    lines: [{label: Repas de la journée, amount: meal, times: meals}]
"""

    assert cents(text, name="meal", quotient=999) == 305
    assert cents(text, quotient=999, meals=3) == 915
    told = priced(text, quotient=999, meals=3).sentence
    assert told == "Journée, Repas de la journée, 3 repas × Repas 3,05 € : 9,15 €"


def test_a_fee_is_a_part_of_what_the_stay_would_have_cost():
    assert cents(STAY, name="stay", age=9, nights=3) == 9995
    assert cents(STAY, age=9, nights=3) == 2998


def test_a_refusal_of_the_price_that_is_read_is_a_refusal():
    no = refused(STAY, age=18, nights=3)
    assert (no.kind, no.reason) == (
        RefusalKind.NOT_ALLOWED,
        "Le séjour est pour les moins de 18 ans.",
    )
    unpublished = refused(HALL, residence="outside")
    assert unpublished.kind is RefusalKind.NO_PRICE
    assert "aucun prix n'est publié" in unpublished.reason
    missing = refused(STAY, age=9)
    assert (missing.kind, missing.reason) == (RefusalKind.MISSING_INPUT, "Il manque : nuits.")


def test_what_the_price_that_is_read_has_to_know_is_asked():
    assert tariff(STAY).items["it"].reads == ("age", "nights")


def test_reading_a_price_counts_nothing_unless_it_is_said():
    found = tariff(COUNTED)
    counting = COUNTED.replace("title: Jours en plus", "title: Jours en plus\n    counts: [hires]")

    assert moves(found.items["day"], {"hires.before": 3}) == {"hires": 1}
    assert moves(found.items["it"], {"hires.before": 3, "extra_days": 2}) == {}
    assert [one.name for one in found.items["it"].counts] == ["hires"]
    assert cents(COUNTED, extra_days=2, hires_before=3) == 20000
    assert moves(tariff(counting).items["it"], {"hires.before": 3}) == {"hires": 1}


def test_a_price_that_reads_a_counter_itself_moves_it():
    text = COUNTED.replace("times: extra_days", "when: hires.nth < 9, times: extra_days")
    text = text.replace("    title: Jours", "    otherwise: nothing\n    title: Jours")

    assert moves(tariff(text).items["it"], {"hires.before": 3}) == {"hires": 1}


def test_a_price_that_reads_itself_is_told_with_the_whole_circle():
    wrong = finding(circle("b", "a"))

    assert wrong.sentence == "Le prix « a » se lit lui-même : a → b → a."
    assert finding(circle("a", "1.00")).sentence == "Le prix « a » se lit lui-même : a → a."


def test_a_circle_through_a_value_is_told_too():
    text = circle("half", "1.00").replace("items:", "values: {half: 50% * a}\nitems:")

    assert finding(text).sentence == "« half » se définit par lui-même : half → a → half."


def test_a_price_that_is_wrong_is_told_once_where_it_stands():
    wrong = finding(circle("b", "nobody * 2"))

    assert (wrong.line, "« nobody »" in wrong.sentence) == (4, True)


def test_a_price_is_money_and_nothing_else():
    assert "additionner" in finding(circle("b + 1", "1.00")).sentence
    assert "un nombre était attendu" in finding(circle("1.00, times: b", "1.00")).sentence


def test_a_table_or_a_word_keeps_its_name_from_a_price():
    text = """
tariff: repas
inputs: {quotient: required}
tables:
  it: {title: Grille, when: [quotient], then: €, rows: [["*", 3.05]]}
items:
  it: {title: Repas, grain: meal, lines: [{label: Repas, amount: it}]}
"""

    assert cents(text, quotient=0) == 305


def test_in_a_line_by_element_the_price_is_the_same_for_each():
    text = """
tariff: enfants
inputs:
  quotient: required
  children: {list: {age: required}, missing: none}
items:
  meal: {title: Repas, grain: meal, lines: [{label: Repas, amount: 1% * euros(quotient)}]}
  it:
    title: Enfants
    grain: household_day
    lines:
      - {label: Repas, each: children, amount: "if(age < 6, 50% * meal, meal)"}
rounding: {line: {to: 0.01, how: half_up}}
"""

    assert cents(text, quotient=300, children=[{"age": 4}, {"age": 7}]) == 450


def test_a_price_that_gives_back_may_be_negative_for_whoever_reads_it():
    text = """
tariff: avoir
inputs: {given: {type: count, missing: 0}}
items:
  meal:
    title: Repas
    grain: meal
    lines: [{label: Repas, amount: 1}, {label: Avoir, nature: credit, amount: 1, times: given}]
  it: {title: Deux, grain: meal, lines: [{label: Deux, amount: 2 * meal}]}
"""

    assert cents(text, given=0) == 200
    assert "donnerait un montant négatif" in str(rated(text, given=2))
