"""Counters: what was counted before, the nth use, and a use that crosses a threshold."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvq.rules.tariff.items import moves, rate
from cvq.rules.tariff.outcome import Priced, RefusalKind
from written import cents, counted, finding, findings, priced_by, refused, tariff

VISITS = (
    "counters: {visits: {title: passages de l'année, unit: passage, of: household, per: year}}\n"
)
KILOS = (
    "counters: {rubble: {title: gravats, unit: kg, of: household, per: year, adds: mass, "
    "when: kind = stone}}\n"
)
KIND = "mass: required, kind: {words: [stone, wood], missing: stone}"


def test_the_first_thirty_visits_are_free_and_the_next_are_not():
    text = priced_by("if(visits.nth > 30, 15 €, 0 €)", more=VISITS)

    assert [cents(text, visits_before=n) for n in (0, 28, 29, 30, 31)] == [0, 0, 0, 1500, 1500]


def test_a_counter_is_read_by_what_it_counted_or_by_the_rank_of_the_use():
    told = finding(priced_by("visits * 1 €", more=VISITS))

    assert told.sentence == "« visits » est un compteur : dites ce que vous en lisez."
    assert [one.split(" :")[0] for one in told.choices] == ["« visits.before »", "« visits.nth »"]


def test_the_nth_use_is_one_more_than_what_was_counted_before():
    both = counted("visits.nth - visits.before + visits.before * 10", more=VISITS)

    assert [cents(both, visits_before=n) for n in (0, 1, 7)] == [100, 1100, 7100]


def test_a_counter_that_nobody_gave_is_named():
    result = refused(priced_by("if(visits.nth > 30, 15 €, 0 €)", more=VISITS))

    assert (result.kind, result.reason) == (
        RefusalKind.MISSING_INPUT,
        "Il manque : passages de l'année (déjà comptés).",
    )


@pytest.mark.parametrize("given", [-1, "abc", 1.5, "1/0", 10**16, True, "1.5", "", []])
def test_what_no_counter_can_stand_at_is_refused(given):
    result = refused(priced_by("if(visits.nth > 30, 15 €, 0 €)", more=VISITS), visits_before=given)

    assert result.kind is RefusalKind.WRONG_INPUT
    assert "passages de l'année" in result.reason


def test_a_use_that_crosses_a_threshold_is_cut_at_it():
    beyond = counted("beyond(rubble.before, mass, 500)", KIND, KILOS)
    within = counted("within(rubble.before, mass, 100, 500)", KIND, KILOS)

    cases = [(0, 100), (0, 500), (499, 1), (499, 2), (499.5, 1), (500, 10), (600, 10), (50, 600)]
    told = [(str(before), mass) for before, mass in cases]
    assert [cents(beyond, rubble_before=b, mass=m) for b, m in told] == [
        0, 0, 0, 100, 50, 1000, 1000, 15000,
    ]  # fmt: skip
    assert [cents(within, rubble_before=b, mass=m) for b, m in told] == [
        0, 40000, 100, 100, 50, 0, 0, 40000,
    ]  # fmt: skip


@settings(deadline=None)
@given(
    before=st.integers(0, 900),
    mass=st.integers(0, 900),
    edges=st.lists(st.integers(0, 900), min_size=1, max_size=4, unique=True),
)
def test_progressive_slices_share_a_use_without_loss_or_overlap(before, mass, edges):
    edges = [0, *sorted(edges)]
    parts = [f"within(rubble.before, mass, {low}, {high})" for low, high in pairwise(edges)]
    text = counted(" + ".join([*parts, f"beyond(rubble.before, mass, {edges[-1]})"]), KIND, KILOS)

    assert cents(text, rubble_before=before, mass=mass) == 100 * mass


def test_the_unseen_decimal_of_a_threshold_is_a_fraction_of_a_cent_to_round():
    text = priced_by("0.01 €/kg", KIND, KILOS, line="times: 'beyond(rubble.before, mass, 0.001)'")

    assert "fraction de centime" in finding(text).sentence


def test_a_priced_use_moves_the_counter_by_what_it_adds_when_it_counts():
    item = tariff(counted("beyond(rubble.before, mass, 500)", KIND, KILOS)).items["it"]

    assert moves(item, {"mass": "2.5", "rubble.before": 0}) == {"rubble": 2.5}
    assert moves(item, {"mass": 2, "kind": "wood", "rubble.before": 0}) == {}


def test_an_item_moves_what_it_reads_or_what_it_names():
    reads = tariff(counted("visits.nth", more=VISITS)).items["it"]
    names = tariff(
        priced_by("1", more=VISITS).replace("    lines:", "    counts: [visits]\n    lines:")
    )
    none = tariff(
        counted("visits.nth", more=VISITS).replace("    lines:", "    counts: []\n    lines:")
    )

    assert moves(reads, {"visits.before": 3}) == {"visits": 1}
    assert moves(names.items["it"], {}) == {"visits": 1}
    assert moves(none.items["it"], {"visits.before": 3}) == {}


def test_what_cannot_be_counted_has_no_price():
    text = priced_by("1", KIND, KILOS).replace("    lines:", "    counts: [rubble]\n    lines:")
    item = tariff(text).items["it"]

    assert refused(text, kind="stone").reason == "Il manque : masse en kilogrammes."
    priced = rate(item, {"kind": "wood"})
    assert isinstance(priced, Priced)
    assert moves(item, {"kind": "wood"}) == {}


@pytest.mark.parametrize(
    ("counter", "said"),
    [
        ("{per: year}", "compte pour qui et sur quelle période ?"),
        ("{of: child}", "compte pour qui et sur quelle période ?"),
        ("{of: cat, per: year}", "compte pour qui et sur quelle période ?"),
        ("{of: child, per: fortnight}", "compte pour qui et sur quelle période ?"),
        ("{of: child, per: year, start: 3}", "est un compteur"),
        ("{of: child, per: year, adds: wages}", "n'est ni une entrée"),
        ("{of: child, per: year, adds: 1 €}", "compte un nombre"),
        ("{of: child, per: year, adds: 1 / 3}", "compte au millième"),
        ("{of: child, per: year, when: 3}", "compte quand une condition vaut"),
        ("[child]", "est un compteur"),
    ],
)
def test_what_is_no_counter_is_told_with_its_line(counter, said):
    text = counted("c.nth", more=f"counters:\n  c: {counter}\n")

    found = [one for one in findings(text) if "c.nth" not in one.sentence]

    assert [(one.line, said in one.sentence) for one in found] == [(3, True)], found


def test_a_counter_that_nothing_reads_and_one_that_is_not_there_are_told():
    spare = priced_by("1", more=VISITS)
    absent = priced_by("1", more=VISITS).replace("    lines:", "    counts: [hours]\n    lines:")

    assert finding(spare).sentence == "Le compteur « visits » ne sert à rien."
    assert finding(absent).sentence == "« hours » n'est pas un compteur."
