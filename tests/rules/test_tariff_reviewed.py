"""Prices that were wrong once: records, neighbours, holes, negative amounts."""

from datetime import UTC, datetime

import pytest

from cvq.rules.tariff import TariffUnreadable, compile_published, compile_tariff
from cvq.rules.tariff import rate as rate_any
from cvq.rules.tariff.compared import differences
from cvq.rules.tariff.document import check, compile_text, read_published
from cvq.rules.tariff.items import rate
from cvq.rules.tariff.outcome import Priced, RefusalKind, Refused
from written import item

PEOPLE = """
tariff: famille
inputs:
  people: {list: {age: required}, missing: none}
values:
  is_child: age < 16
items:
  entry:
    title: Entrée
    grain: visit
    lines:
      - label: Adulte
        each: people
        when: not is_child
        amount: 5
      - label: Enfant
        each: people
        when: is_child
        amount: "if(count(people, is_child) >= 2, 2.00 €, 3.00 €)"
"""
NEIGHBOURS = """
tariff: tranches
inputs: {quotient: required, residence: required}
tables:
  repas:
    when: [quotient, residence]
    then: €
    hit: first
    rows:
      - ["< 500", commune, 1.00, T1]
      - ["[500, 1000[", commune or community, 2.00, T2]
      - [">= 1000", commune, 3.00, T3]
      - ["*", "*", 9.00, autres]
items:
  meal:
    title: Repas
    grain: meal
    lines: [{label: Repas, amount: "shift(repas, -1, stay)"}]
"""


def cents(text: str, **inputs: object) -> int:
    (item,) = compile_text(text).items.values()
    priced = rate(item, inputs)
    assert isinstance(priced, Priced), priced
    return priced.cents


def test_what_is_worked_out_for_one_person_is_not_taken_for_another() -> None:
    assert cents(PEOPLE, people=[{"age": 40}, {"age": 8}]) == 800
    assert cents(PEOPLE, people=[{"age": 8}, {"age": 40}, {"age": 9}]) == 900


def test_the_neighbouring_band_is_that_of_the_same_family_however_it_is_written() -> None:
    assert cents(NEIGHBOURS, quotient=700, residence="commune") == 100
    assert cents(NEIGHBOURS, quotient=1200, residence="commune") == 200
    assert cents(NEIGHBOURS, quotient=300, residence="commune") == 100
    assert cents(NEIGHBOURS, quotient=1200, residence="outside") == 900


def test_a_row_for_everybody_hides_no_hole_in_whatever_words() -> None:
    for everybody in (">= 0", "< 99999 or >= 99999", "*"):
        text = f"""
tariff: trou
inputs: {{quotient: required}}
tables:
  repas:
    when: [quotient]
    then: €
    hit: first
    rows: [["< 600", 1], ["[650, 1000[", 2], ["{everybody}", 9]]
items:
  meal: {{grain: meal, lines: [{{label: Repas, amount: repas}}]}}
"""
        _, findings = check(text)

        assert [one.example for one in findings] == ["quotient familial 600"], everybody


def test_bands_that_add_up_may_leave_no_hole_between_them() -> None:
    text = """
tariff: somme
inputs: {quotient: required}
tables:
  repas:
    when: [quotient]
    then: €
    hit: sum
    rows: [["< 600", 1], ["[650, 1000[", 2], [">= 1000", 3]]
items:
  meal: {grain: meal, lines: [{label: Repas, amount: repas}]}
"""
    _, findings = check(text)

    assert [one.example for one in findings] == ["quotient familial 600"]


def test_a_departure_before_the_arrival_is_no_price_rather_than_money_back() -> None:
    text = """
tariff: garderie
inputs: {arrived_at: required, left_at: required}
items:
  evening:
    title: Garderie
    grain: session
    lines:
      - {label: Garderie, amount: 0.85, times: "started(minutes(arrived_at, left_at), 30 min)"}
"""
    (item,) = compile_text(text).items.values()

    refused = rate(item, {"arrived_at": "18:30", "left_at": "17:00"})

    assert isinstance(refused, Refused)
    assert refused.kind is RefusalKind.WRONG_INPUT


def test_discounts_never_make_a_price_that_the_town_would_owe() -> None:
    text = """
tariff: remise
items:
  meal:
    title: Repas
    grain: meal
    lines:
      - {label: Repas, amount: 2}
      - {label: Remise, nature: NATURE, amount: 5}
"""
    found, (told,) = check(text.replace("NATURE", "discount"))
    assert found is not None
    assert isinstance(rate(found.items["meal"], {}), Refused)
    assert "les réductions dépassent le prix" in told.sentence

    assert cents(text.replace("NATURE", "credit")) == -300


def test_a_moment_with_a_zone_is_not_taken_for_the_wall() -> None:
    text = """
tariff: delai
inputs: {booked_at: unknown, day: required}
deadlines:
  booking: {of: booked_at, kind: days_before, days: 1, at: "12:00"}
tables:
  repas: {when: [booking], then: €, rows: [[in_time, 1], [not in_time, 2]]}
items:
  meal: {grain: meal, lines: [{label: Repas, amount: repas}]}
"""
    (item,) = compile_text(text).items.values()

    refused = rate(item, {"day": "2025-09-02", "booked_at": datetime(2025, 9, 1, 11, tzinfo=UTC)})

    assert isinstance(refused, Refused)
    assert refused.kind is RefusalKind.WRONG_INPUT


def test_what_is_deductible_is_never_more_than_the_price() -> None:
    text = """
tariff: impot
items:
  day:
    title: Journée
    grain: child_day
    at_most: 6
    lines:
      - {label: Accueil, amount: 10, deductible: yes}
      - {label: Remise, nature: discount, amount: 2}
"""
    (item,) = compile_text(text).items.values()

    priced = rate(item, {})

    assert isinstance(priced, Priced)
    assert (priced.cents, priced.deductible_cents) == (600, 600)


def test_a_line_that_only_the_total_rounds_is_no_whole_amount_beside_it() -> None:
    text = """
tariff: tiers
rounding: {total: {to: 0.01, how: half_up}}
inputs: {monthly_income: required}
items:
  month:
    title: Mois
    grain: month
    lines:
      - {label: Tiers, id: third, amount: monthly_income / 3}
    amounts:
      later: {amount: third}
"""
    _, findings = check(text)

    assert ["fraction de centime" in one.sentence for one in findings] == [True]


def test_a_band_that_is_put_in_is_told_alone() -> None:
    text = """
tariff: t
tables:
  repas:
    rows:
      - ["< 600", 1]
      - [">= 600", 2]
"""
    more = text.replace('      - [">= 600", 2]', '      - ["600..999", 2]\n      - [">= 1000", 3]')

    assert differences(text, more) == [
        "tables > repas > rows : retiré, était [>= 600, 2]",
        "tables > repas > rows : ajouté, [600..999, 2]",
        "tables > repas > rows : ajouté, [>= 1000, 3]",
    ]


OUTSIDE = """
tariff: cantine
inputs: {quotient: required, residence: required, rank_registered: 1}
rounding: {total: {to: 0.01, how: half_up}}
tables:
  repas:
    when: [quotient]
    then: €
    rows:
      - ["< 500", 1.00, T1]
      - [">= 500", 2.00, T2]
items:
  meal:
    grain: meal
    lines:
      - choose:
          - {label: Extérieur, when: not (residence = commune), amount: bottom(repas) + 1.50 €}
          - {label: Repas, amount: repas}
      - {label: Troisième, nature: discount, when: rank_registered >= 3, amount: TIMES * subtotal}
"""


def test_a_price_by_another_row_hides_no_discount_that_is_too_large():
    assert check(OUTSIDE.replace("TIMES", "0.2"))[1] == []

    (finding,) = check(OUTSIDE.replace("TIMES", "20"))[1]

    assert "les réductions dépassent le prix" in finding.sentence


def test_what_the_checker_learned_since_a_price_was_published_keeps_it_from_nobody():
    text = OUTSIDE.replace("TIMES", "0.2").replace('">= 500"', '"600..900"')
    document = {"text": text, "item": "meal"}
    commune = {"residence": "commune", "rank_registered": 1}

    with pytest.raises(TariffUnreadable):
        compile_tariff(document)
    published = compile_published(document)

    assert rate_any(published, {**commune, "quotient": 400}).cents == 100
    assert rate_any(published, {**commune, "quotient": 550}).kind is RefusalKind.NO_PRICE


def test_a_published_price_is_kept_where_only_its_deductible_share_is_wrong():
    lines = (
        "- {label: Caution, nature: deposit, amount: 8, deductible: yes}\n- {label: A, amount: 2}"
    )
    document = {"text": item(lines), "item": "it"}

    with pytest.raises(TariffUnreadable, match="déductible"):
        compile_tariff(document)

    priced = rate_any(compile_published(document), {})
    assert (priced.cents, priced.deductible_cents) == (200, 0)


def test_a_published_text_is_not_proved_again(monkeypatch):
    for name in ("faults", "faults_of", "unused"):
        monkeypatch.setattr(f"cvq.rules.tariff.document.{name}", None)

    assert read_published(OUTSIDE.replace("TIMES", "0.2")).items
    with pytest.raises(TypeError):
        check(OUTSIDE.replace("TIMES", "0.2"))
