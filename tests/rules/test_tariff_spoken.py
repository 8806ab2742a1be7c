"""What families read beside a price: figures said as people say them."""

from fractions import Fraction

import pytest

from cvq.rules.tariff.document import check
from cvq.rules.tariff.items import rate
from cvq.rules.tariff.outcome import Priced
from cvq.rules.tariff.spoken import plural, spoken
from cvq.rules.tariff.vocabulary import FACTS
from written import item
from written import priced as priced_of

LIBRARY = """
tariff: mediatheque
title: Médiathèque
inputs:
  age: required
  jobseeker: {type: yes_no, missing: no, title: demandeur d'emploi}
  returns:
    missing: none
    list:
      kind: {words: {book: livre, film: film}, missing: book}
      weeks: {type: count, unit: semaine, missing: required}
tables:
  annual:
    when: [age]
    then: €
    rows: [["< 18", 0], [">= 18", 10]]
  fine:
    when: [kind]
    then: €/semaine
    rows: [[book, 0.20], [film, 0.50]]
items:
  membership:
    title: Abonnement d'un an
    grain: membership
    lines:
      - {label: Abonnement, amount: annual}
      - {label: Demandeur d'emploi, nature: discount, when: jobseeker, amount: 50% * annual}
  late_return:
    title: Retards
    grain: purchase
    lines:
      - {label: Retard, nature: penalty, each: returns, amount: fine, times: weeks}
"""


@pytest.mark.parametrize(
    ("fact", "value", "said"),
    [
        ("age", 1, "1 an"),
        ("age", 40, "40 ans"),
        ("rank_present", 1, "1er par âge parmi les enfants présents"),
        ("rank_registered", 3, "3e par âge parmi les enfants inscrits"),
        ("absence_day_rank", 2, "2e jour d'absence"),
        ("occurrence", 1, "1re fois que ce cas se présente"),
        ("children_registered", 1, "1 enfant du foyer inscrit au service"),
        ("children_present", 2, "2 enfants du foyer présents ce jour"),
        ("dependent_children", 3, "3 enfants à charge"),
        ("months", 1, "1 mois"),
        ("months", 6, "6 mois"),
        ("half_hours", 1, "1 demi-heure commencée"),
        ("half_hours", 2, "2 demi-heures commencées"),
        ("duration", 35, "durée 35 min"),
        ("volume", Fraction(3, 2), "volume 1,5 m³"),
        ("quotient", 871, "quotient familial 871"),
        ("quantity", 4, "quantité 4"),
        ("starts_at", 1110, "heure de début 18 h 30"),
        ("custody_share", Fraction(1, 2), "part de garde 50 %"),
    ],
)
def test_a_fact_is_said_as_people_say_it(fact, value, said):
    assert spoken(FACTS[fact].title, FACTS[fact].kind, value) == said


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ("jeu", "jeux"), ("bateau", "bateaux"), ("animal", "animaux"), ("repas", "repas"),
        ("kWh", "kWh"), ("m3", "m³"), ("tour de piste", "tours de piste"),
    ],
)  # fmt: skip
def test_a_unit_has_its_french_plural(unit, said):
    assert plural(unit, 3) == said


def priced(item, **inputs):
    tariff, findings = check(LIBRARY)
    assert not findings
    found = rate(tariff.items[item], inputs)
    assert isinstance(found, Priced)
    return found


def test_a_row_is_told_by_the_first_line_that_it_speaks_for():
    membership = priced("membership", age=40, jobseeker=True)

    assert membership.sentence == (
        "Abonnement d'un an, 40 ans (à partir de 18) : 10,00 € ; "
        "Demandeur d'emploi, 50 % × 10,00 € : -5,00 € ; total : 5,00 €"
    )
    assert [hit.line for line in membership.lines for hit in line.hits] == [16, 16]


def test_a_row_without_a_name_says_the_value_that_led_to_it():
    late = priced("late_return", returns=[{"kind": "film", "weeks": 2}, {"weeks": 1}])

    assert late.sentence == (
        "Retards, Retard (1), 2 semaines × 0,50 €, film : 1,00 € ; "
        "Retard (2), 1 semaine × 0,20 €, livre : 0,20 € ; total : 1,20 €"
    )


def test_what_is_begun_agrees_with_what_is_counted():
    assert plural("quart d'heure commencé", 2) == "quarts d'heure commencés"
    assert plural("heure de garde commencée", 3) == "heures de garde commencées"
    assert plural("quart d'heure commencé", 1) == "quart d'heure commencé"
    assert plural("jour d'été", 2) == "jours d'été"


MORNINGS = item(
    """
    - {label: Matins, amount: 1.20, times: mornings, unit: matin}
    - {label: Soirs, amount: 2.00, times: evenings, unit: soir}
    """,
    head="inputs: {mornings: {type: count, missing: 0}, evenings: {type: count, missing: 0}}\n",
)


def test_what_was_not_used_is_left_out_of_the_sentence_and_stays_in_the_lines():
    found = priced_of(MORNINGS, evenings=3)

    assert found.sentence == "Prix, Soirs, 3 soirs × 2,00 € : 6,00 €"
    assert [line.sentence for line in found.lines] == [
        "Matins, 0 matin × 1,20 € : gratuit",
        "Soirs, 3 soirs × 2,00 € : 6,00 €",
    ]


def test_where_nothing_was_used_the_sentence_says_so():
    assert priced_of(MORNINGS).sentence == (
        "Prix, Matins, 0 matin × 1,20 € : gratuit ; Soirs, 0 soir × 2,00 € : gratuit ; "
        "total : gratuit"
    )
