"""Uses told one after the other: what each moves, and where a count stands apart from another."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvq.rules.tariff.counting import Counting, counts_of, period
from cvq.rules.tariff.examples import Played, examples, play
from cvq.rules.tariff.findings import Wrong
from cvq.rules.tariff.items import Item
from cvq.rules.tariff.outcome import Priced, Refused
from written import counted, finding, findings, tariff

LEA = {"child": "Léa", "household": "Petit"}
TOM = {"child": "Tom", "household": "Petit"}


def visits(per: str = "year", of: str = "household", more: str = "") -> Item:
    """Return a price of one euro from the third visit on."""
    counter = f"{{title: visites, of: {of}, per: {per}{more}}}"
    text = counted("if(c.nth > 2, 1, 0)", more=f"counters: {{c: {counter}}}\n")
    return tariff(text).items["it"]


def told(item: Item, *uses: tuple[dict[str, str], str], **inputs: object) -> list[int | None]:
    """Return what uses cost one after the other, each of somebody on a day."""
    counting, found = Counting(), []
    for who, on in uses:
        counts = counts_of(item, inputs, who, date.fromisoformat(on))
        result, _ = counting.rate(item, inputs, counts)
        found.append(result.cents if isinstance(result, Priced) else None)
    return found


@pytest.mark.parametrize(
    ("counter", "day", "first", "until"),
    [
        ("per: day", "2025-06-03", "2025-06-03", "2025-06-04"),
        ("per: week", "2025-06-08", "2025-06-02", "2025-06-09"),
        ("per: month", "2025-12-31", "2025-12-01", "2026-01-01"),
        ("per: year", "2025-12-31", "2025-01-01", "2026-01-01"),
        ("per: school_year", "2025-08-31", "2024-09-01", "2025-09-01"),
        ("per: school_year", "2025-09-01", "2025-09-01", "2026-09-01"),
        ("per: term, starts: [09-01, 01-01, 04-01]", "2025-03-31", "2025-01-01", "2025-04-01"),
        ("per: term, starts: [09-01, 01-01, 04-01]", "2025-12-31", "2025-09-01", "2026-01-01"),
        ("per: season, starts: [10-15, 04-15]", "2026-01-02", "2025-10-15", "2026-04-15"),
        ("per: season, starts: 10-15", "2026-10-14", "2025-10-15", "2026-10-15"),
        ("per: ever", "2025-06-03", "0001-01-01", None),
        ("per: week", "9999-12-31", "9999-12-27", None),
        ("per: year", "0001-01-01", "0001-01-01", "0002-01-01"),
    ],
)
def test_a_fact_counts_in_the_period_of_its_local_day(counter, day, first, until):
    text = counted("c.nth", more=f"counters: {{c: {{of: child, {counter}}}}}\n")
    found = period(tariff(text).counters["c"], date.fromisoformat(day))

    end = None if until is None else date.fromisoformat(until)
    assert found == (date.fromisoformat(first), end)


def test_a_visit_of_31_december_counts_in_the_year_that_ends():
    days = ["2025-12-29", "2025-12-30", "2025-12-31", "2026-01-02", "2026-01-03", "2026-01-04"]

    assert told(visits(), *((LEA, day) for day in days)) == [0, 0, 100, 0, 0, 100]


def test_two_children_of_a_household_are_counted_each_or_together():
    uses = [(LEA, "2025-06-02"), (TOM, "2025-06-02"), (LEA, "2025-06-03"), (TOM, "2025-06-03")]

    assert told(visits(of="child"), *uses) == [0, 0, 0, 0]
    assert told(visits(of="household"), *uses) == [0, 0, 100, 100]


def test_two_households_of_a_child_are_counted_each():
    there = {"child": "Léa", "household": "Moreau"}
    uses = [(LEA, "2025-06-02"), (there, "2025-06-03"), (LEA, "2025-06-04"), (there, "2025-06-05")]

    assert told(visits(of="household"), *uses) == [0, 0, 0, 0]
    assert told(visits(of="child"), *uses) == [0, 0, 100, 100]


RUBBLE = """\
tariff: essai
inputs:
  kind: {words: [stone, wood], missing: required}
  mass: required
  sorted: {type: yes_no, missing: yes}
counters:
  rubble: {title: gravats, unit: kg, of: household, per: year, by: kind, adds: mass}
items:
  it:
    title: Apport
    grain: visit
    refuse: [{when: not sorted, reason: Triez.}]
    lines:
      - {label: Apport, amount: 1 €/kg, times: "beyond(rubble.before, mass, 100)", \
round: {to: 0.01, how: half_up}}
"""


def brought(*loads: dict[str, object]) -> tuple[list[int | None], Counting]:
    """Return what loads cost, one after the other."""
    item, counting, found = tariff(RUBBLE).items["it"], Counting(), []
    for load in loads:
        counts = counts_of(item, load, LEA, date(2025, 6, 3))
        result, _ = counting.rate(item, load, counts)
        found.append(result.cents if isinstance(result, Priced) else None)
    return found, counting


def test_two_materials_are_counted_apart_and_a_load_that_crosses_is_cut():
    found, _ = brought(
        {"kind": "stone", "mass": 60},
        {"kind": "wood", "mass": 60},
        {"kind": "stone", "mass": 60},
        {"kind": "wood", "mass": "40.5"},
    )

    assert found == [0, 0, 2000, 50]


def test_a_load_that_is_refused_moves_nothing():
    found, counting = brought(
        {"kind": "stone", "mass": 60},
        {"kind": "stone", "mass": 60, "sorted": False},
        {"kind": "stone", "mass": 41},
    )

    assert found == [0, None, 100]
    assert [str(value) for value in counting.counted.values()] == ["101"]


def test_a_load_of_no_known_material_is_refused_and_counted_for_nobody():
    found, counting = brought({"mass": 60})

    assert (found, counting.counted) == ([None], {})
    item = tariff(RUBBLE).items["it"]
    result, _ = Counting().rate(item, {"mass": 60}, {})
    assert isinstance(result, Refused)
    assert result.reason == "Il manque : kind."


def test_an_unknown_word_is_counted_apart_where_the_tariff_knows_it():
    text = RUBBLE.replace("missing: required", "missing: unknown", 1)
    item = tariff(text).items["it"]
    counting, found = Counting(), []
    for load in ({"mass": 60}, {"mass": 60, "kind": "wood"}, {"mass": 60}):
        counts = counts_of(item, load, LEA, None)
        result, _ = counting.rate(item, load, counts)
        assert isinstance(result, Priced)
        found.append(result.cents)

    assert found == [0, 0, 2000]


def test_what_nobody_can_be_counted_for_has_no_price():
    reads, names = (
        visits(of="organisation"),
        tariff(
            "tariff: essai\ncounters: {c: {title: visites, of: organisation, per: year}}\n"
            "items: {it: {title: Prix, grain: visit, counts: [c], "
            "lines: [{label: Prix, amount: 1}]}}\n"
        ).items["it"],
    )

    for item, said in (
        (reads, "Il manque : visites (déjà comptés)."),
        (names, "On ne sait pas pour qui compter « visites »."),
    ):
        counting = Counting()
        result, moved = counting.rate(item, {}, counts_of(item, {}, LEA, date(2025, 6, 3)))
        assert isinstance(result, Refused)
        assert (result.reason, moved, counting.counted) == (said, {}, {})


@given(
    st.lists(
        st.tuples(
            st.sampled_from([LEA, TOM]),
            st.dates(date(2025, 11, 1), date(2026, 2, 28)),
            st.sampled_from(["stone", "wood"]),
            st.integers(0, 80),
        ),
        max_size=12,
    )
)
def test_what_is_charged_is_what_each_count_alone_would_be(uses):
    """Whatever is told in between, a count of its own is the sum of its own uses."""
    item, counting = tariff(RUBBLE).items["it"], Counting()
    charged: dict[object, int] = {}
    brought_in: dict[object, int] = {}
    for who, day, kind, mass in sorted(uses, key=lambda one: one[1]):
        load: dict[str, object] = {"kind": kind, "mass": mass}
        result, _ = counting.rate(item, load, counts_of(item, load, who, day))
        assert isinstance(result, Priced)
        charged[day.year, kind] = charged.get((day.year, kind), 0) + result.cents
        brought_in[day.year, kind] = brought_in.get((day.year, kind), 0) + mass

    assert charged == {key: 100 * max(0, mass - 100) for key, mass in brought_in.items()}


@pytest.mark.parametrize(
    ("more", "line", "said", "choice"),
    [
        ("by: stuff", 3, "« stuff », qui n'est pas une entrée", "kind, sorted"),
        ("by: mass", 3, "« mass », qui est un nombre (kg)", "kind, sorted"),
        ("by: []", 3, "nomme les entrées", "kind, sorted"),
        ("by: [kind, kind]", 3, "nomme les entrées", "kind, sorted"),
        ("starts: [09-01]", 3, "ses débuts sont connus", "retirez « starts »"),
    ],
)
def test_what_cannot_be_counted_apart_is_told_with_its_line_and_the_choices(
    more, line, said, choice
):
    inputs = "mass: 1, kind: {words: [stone, wood], missing: stone}, sorted: yes"
    counter = f"counters:\n  c: {{of: child, per: year, {more}}}\n"
    text = counted("if(sorted and kind = wood, mass / 1 kg, c.nth)", inputs, counter)
    text = text.replace("sorted: yes", "sorted: {type: yes_no, missing: yes}")

    found = [one for one in findings(text) if "« c »" in one.sentence and one.line == line + 1]

    assert [said in one.sentence for one in found] == [True], findings(text)
    assert choice in " ".join(found[0].choices)


@pytest.mark.parametrize(
    "more",
    ["per: term", "per: season", "per: term, starts: []", "per: term, starts: [09-01, 09-01]",
     "per: season, starts: 02-29", "per: term, starts: [31-12]"],
)  # fmt: skip
def test_a_term_or_a_season_says_when_it_begins(more):
    text = counted("c.nth", more=f"counters:\n  c: {{of: child, {more}}}\n")

    assert "starts" in next(one for one in findings(text) if "c.nth" not in one.sentence).sentence


def test_an_input_that_only_tells_counts_apart_serves():
    text = counted("c.nth", "kind: {words: [stone, wood], missing: required}",
                   "counters: {c: {of: child, per: year, by: kind}}\n")  # fmt: skip
    spare = text.replace(", by: kind", "")

    assert tariff(text).items["it"].reads == ("c.before", "kind")
    assert finding(spare).sentence == "L'entrée « kind » ne sert à rien."


HOURS = """\
tariff: essai
inputs: {half_hours: required}
counters:
  given: {title: demi-heures du mois, of: child, per: month, adds: half_hours}
  pickups: {title: retards, of: household, per: school_year}
items:
  care:
    title: Garderie
    grain: session
    lines: [{label: Garde, amount: 0.90, times: "beyond(given.before, half_hours, 4)"}]
  fine:
    title: Retard
    grain: session
    lines: [{label: Retard, amount: "if(pickups.nth >= 3, 10 €, 0 €)"}]
examples:
"""


def played(line: str) -> Played:
    found = tariff(f"{HOURS}  - {line}\n")
    (example,) = examples(found)
    return play(found, example)


@pytest.mark.parametrize(
    ("uses", "price"),
    [
        # Without a name or a day it is one person and one period.
        ("{half_hours: 3}, {half_hours: 3}", 180),
        ("{half_hours: 3, day: 2025-06-30}, {half_hours: 3, day: 2025-07-01}", 0),
        # A use without a day is on that of the one before it.
        ("{half_hours: 3, day: 2025-06-30}, {half_hours: 3}", 180),
        ("{half_hours: 3}, {half_hours: 3, day: 2025-06-30}", 180),
        ("{half_hours: 3, who: Léa}, {half_hours: 3, who: Tom}", 0),
        ("{half_hours: 3, who: Léa}, {half_hours: 3, who: Léa}", 180),
        ("{half_hours: 3}, {half_hours: 3, who: Léa}", 0),
    ],
)  # fmt: skip
def test_an_example_names_who_and_when(uses, price):
    assert played(f"{{id: a, item: care, uses: [{uses}]}}").cents == price


@pytest.mark.parametrize(
    ("uses", "price"),
    [
        ("{who: Léa}, {who: Tom}, {who: Léa}", 1000),
        ("{who: {child: Léa, household: Petit}}, {who: Tom}, {who: Léa}", 0),
        ("{who: {household: Petit}, times: 2}, {who: {child: Tom, household: Petit}}", 1000),
        ("{times: 2, day: 2025-08-31}, {day: 2025-09-01, times: 2}", 0),
    ],
)
def test_two_names_of_an_example_are_of_one_household_unless_another_is_told(uses, price):
    assert played(f"{{id: a, item: fine, given: {{}}, uses: [{uses}]}}").cents == price


def test_what_an_example_starts_with_is_the_count_of_its_first_use():
    line = "{id: a, item: fine, before: {pickups: 2}, uses: [{day: 2025-06-01}, {day: 2025-09-01}]}"

    assert played(line).cents == 1000


@pytest.mark.parametrize(
    ("use", "said"),
    [
        ("{who: []}", "« who » nomme pour qui"),
        ("{who: {cat: Minou}}", "« who » nomme pour qui"),
        ("{day: demain}", "« day » :"),
    ],
)
def test_nobody_and_no_day_are_told(use, said):
    with pytest.raises(Wrong, match=said):
        played(f"{{id: a, item: fine, uses: [{use}]}}")


def test_a_tariff_that_counts_nothing_has_nobody_to_name():
    text = "tariff: essai\nitems: {it: {title: P, grain: meal, lines: [{label: P, amount: 1}]}}\n"
    found = tariff(f"{text}examples: [{{id: a, item: it, uses: [{{who: Léa}}]}}]\n")

    with pytest.raises(Wrong, match="« who » n'est pas une entrée"):
        examples(found)
