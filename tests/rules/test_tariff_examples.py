"""The examples that a tariff carries: one rating or several, summed in order of use."""

import json
from pathlib import Path

import pytest

from cvq.config import tariff_examples
from cvq.rules.tariff.examples import Example, Played, examples, play
from cvq.rules.tariff.findings import Wrong
from written import tariff

TEXT = """\
tariff: essai
inputs: {quotient: required, rank_present: 1, mass: 1, booked: yes}
counters:
  visits: {unit: passage, of: household, per: year}
  kilos: {unit: kg, of: household, per: year, adds: mass}
tables:
  p:
    when: [quotient, rank_present]
    across: ["1..2", ">= 3"]
    then: €
    rows: [["< 600", 1.00, 0.50], [">= 600", 3.05, 1.53]]
items:
  meal:
    title: Repas
    grain: meal
    lines: [{label: Repas, amount: p}, {label: Caution, nature: deposit, amount: 8}]
  visit:
    title: Passage
    grain: visit
    refuse: [{when: not booked, reason: Sans rendez-vous.}]
    lines:
      - {label: Passage, amount: "if(visits.nth > 2, 15 €, 0 €)"}
      - {label: Kilos, amount: 1 €/kg, times: "beyond(kilos.before, mass, 10)"}
    rounding: {total: {to: 0.01, how: half_up}}
examples:
"""


def played(line: str) -> Played:
    found = tariff(f"{TEXT}  - {line}\n")
    (example,) = examples(found)
    return play(found, example)


def wrong(line: str) -> Wrong:
    with pytest.raises(Wrong) as told:
        examples(tariff(f"{TEXT}  - {line}\n"))
    return told.value


@pytest.mark.parametrize("how", ["expect: {prix: 3.05}", "ask: [price, cautoin]"])
def test_an_amount_that_is_misspelt_is_told_and_is_not_nothing(how):
    told = wrong(f"{{id: a, item: meal, given: {{quotient: 700}}, {how}}}").finding

    assert told.sentence.endswith("n'est pas un montant de ce prix.")
    assert told.choices == ("un de : deposit, price",)


@pytest.mark.parametrize(
    ("line", "price"),
    [
        ("{id: a, item: meal, given: {quotient: 700}}", 305),
        ("{id: a, item: meal, given: {quotient: 700}, times: 4}", 1220),
        ("{id: a, item: meal, given: {quotient: 700}, each: {rank_present: [1, 2, 3]}}", 763),
        (
            "{id: a, item: meal, each: {quotient: [0, 700], rank_present: [1, 3]}, times: 2}",
            2 * (100 + 50 + 305 + 153),
        ),
        ("{id: a, item: visit, times: 4}", 3000),
        ("{id: a, item: visit, before: {visits: 2}}", 1500),
        ("{id: a, item: visit, before: {visits: 1, kilos: 9}, given: {mass: 3}}", 200),
        ("{id: a, item: visit, uses: [{mass: 6}, {mass: 6}]}", 200),
        ("{id: a, item: visit, uses: [{mass: 6, times: 2}, {item: meal, quotient: 0}]}", 300),
        ("{id: a, uses: [{item: meal, quotient: 0}, {item: visit}]}", 100),
        ("{id: a, item: meal, given: {quotient: 700}, ask: [price, deposit]}", 1105),
        ("{id: a, item: meal, given: {quotient: 700}, ask: deposit}", 800),
    ],
)
def test_an_example_sums_its_ratings_in_the_order_of_use(line, price):
    result = played(line)

    assert (result.outcome, result.cents, result.holds) == ("price", price, True)


@pytest.mark.parametrize(
    ("expect", "holds"),
    [
        ("{price: 3.05}", True),
        ("{price: 3.06}", False),
        ("{price: 3.05, deposit: 8}", True),
        ("{deposit: 9}", False),
        ("refused", False),
    ],
)
def test_an_example_holds_when_it_comes_to_what_it_expects(expect, holds):
    assert (
        played(f"{{id: a, item: meal, given: {{quotient: 700}}, expect: {expect}}}").holds is holds
    )


def test_a_refusal_ends_the_example_and_moves_no_counter():
    result = played(
        "{id: a, item: visit, uses: [{mass: 6}, {booked: no}, {mass: 6}], expect: refused}"
    )

    assert (result.outcome, result.holds, result.reason) == ("refused", True, "Sans rendez-vous.")
    assert len(result.priced) == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{item: meal}", "Un exemple a un identifiant"),
        ("{id: a, item: snack}", "« snack » n'est pas un prix de ce tarif."),
        ("{id: a}", "n'est pas un prix de ce tarif."),
        ("{id: a, item: meal, given: {age: 3}}", "« age » n'est pas une entrée."),
        ("{id: a, item: meal, given: [3]}", "« given » donne une valeur"),
        ("{id: a, item: meal, times: 0}", "n'est pas un nombre de fois"),
        ("{id: a, item: meal, times: 9999}", "compte de 1 à 1000 calculs"),
        ("{id: a, item: meal, each: {quotient: []}}", "compte de 1 à 1000 calculs"),
        ("{id: a, item: meal, each: {quotient: 3}}", "une liste de valeurs"),
        ("{id: a, item: meal, uses: [{times: 9999}, {times: 9999}]}", "de 1 à 1000 calculs"),
        ("{id: a, item: meal, before: {hours: 3}}", "« hours » n'est pas un compteur."),
        ("{id: a, item: meal, before: {visits: many}}", "« before » :"),
        ("{id: a, item: meal, expect: 3.05}", "« expect » est « refused » ou"),
        ("{id: a, item: meal, expect: {price: 3.055}}", "« expect » :"),
        ("{id: a, item: meal, expected: refused}", "Un exemple s'écrit avec"),
        ("{id: a, item: meal}\n  - {id: a, item: meal}", "est écrit deux fois"),
        ("a", "Un exemple s'écrit avec"),
    ],
)
def test_what_is_no_example_is_told(line, said):
    assert said in str(wrong(line)), wrong(line)


def test_an_example_that_crosses_too_many_values_is_refused_at_once():
    many = "[" + ", ".join(["1"] * 100) + "]"
    names = ("quotient", "rank_present", "mass", "booked")
    every = ", ".join(f"{name}: {many}" for name in names)

    assert "de 1 à 1000 calculs" in str(wrong(f"{{id: a, item: meal, each: {{{every}}}}}"))


def test_examples_of_more_than_twenty_thousand_ratings_in_all_are_refused():
    line = "{{id: e{}, item: visit, times: 1000}}"
    every = "\n  - ".join(line.format(n) for n in range(21))

    assert "20000 calculs au plus" in str(wrong(every))


def test_an_example_keeps_the_reading_that_was_chosen():
    found = tariff(f"{TEXT}  - {{id: a, item: visit, reading: le passage compte}}\n")

    example = examples(found)[0]
    assert isinstance(example, Example)
    assert (example.reading, example.line, example.ask) == ("le passage compte", 26, ("price",))


FREE = """\
tariff: NAME
items: {it: {title: Prix, grain: meal, lines: [{label: Prix, amount: 1.00}]}}
examples:
  - {id: e1, item: it, expect: {price: 1.00}}
  - {id: more, item: it, expect: {price: 1.00}}
"""
PUBLISHED = "[{id: a, examples: [{id: e1, expected_cents: 100, outcome: price}]}]"


@pytest.fixture
def town(tmp_path: Path) -> Path:
    (tmp_path / "published.yml").write_text(PUBLISHED)
    (tmp_path / "a.yaml").write_text(FREE.replace("NAME", "a"))
    return tmp_path


def test_a_published_example_is_carried_by_one_tariff_only(town, capsys):
    against = town / "published.yml"
    alone = tariff_examples.run([town, town / "a.yaml"], against=against, as_json=False)
    assert (alone, capsys.readouterr().out) == (0, "1 tarif, 2 exemples, 2 justes, 0 manquant.\n")

    (town / "b.yaml").write_text(FREE.replace("NAME", "copy"))
    twice = tariff_examples.run([town], against=against, as_json=False)
    assert (twice, capsys.readouterr().out.splitlines()) == (
        1,
        [
            "b.yaml, ligne 4 : e1 1,00 € ; publié une fois, et "
            f"« {town / 'a.yaml'} » le porte déjà",
            "2 tarifs, 4 exemples, 3 justes, 1 faux, 0 manquant.",
        ],
    )


def test_an_example_that_stands_for_another_one_is_told_to_machines_too(town, capsys):
    (town / "b.yaml").write_text(FREE.replace("NAME", "copy"))

    tariff_examples.run([town], against=town / "published.yml", as_json=True)
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["id"], one["holds"]) for one in told] == [
        ("e1", True),
        ("more", True),
        ("e1", False),
        ("more", True),
    ]
    assert tariff_examples.run([town], against=None, as_json=True) == 0
