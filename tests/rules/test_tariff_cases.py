"""Thirty-four real tariffs: every published example to the cent, each price explained."""

import re
from pathlib import Path

import pytest
import yaml

from cvq.rules.tariff.document import Tariff, check
from cvq.rules.tariff.examples import Played, examples, play
from cvq.rules.tariff.vocabulary import FACTS

ROOT = Path(__file__).parents[2]
TARIFFS = ROOT / "docs" / "tariffs"
CASES = sorted((TARIFFS / "cases").glob("*.yaml"))
NAMES = [path.stem for path in CASES]
PUBLISHED = {case["id"]: case for case in yaml.safe_load((TARIFFS / "published.yaml").read_text())}
EXAMPLES = {example["id"]: example for case in PUBLISHED.values() for example in case["examples"]}
# What the vocabulary says in English; some of its words are French as well.
FRENCH = {"absence", "base", "commune", "occurrence", "public", "quotient", "volume"}
ENGLISH = {
    part
    for fact in FACTS.values()
    for name in (fact.name, *fact.kind.words)
    for part in (name, *name.lower().split("_"))
    if len(part) > 3
} - FRENCH


def read(path: Path) -> Tariff:
    found, wrong = check(path.read_text())
    assert [one.told(path.name) for one in wrong] == []
    assert found is not None
    return found


TARIFF = {path.stem: read(path) for path in CASES}
PLAYED: dict[str, Played] = {
    example.name: play(tariff, example)
    for tariff in TARIFF.values()
    for example in examples(tariff)
}


def test_every_published_tariff_and_example_is_there():
    assert sorted(NAMES) == sorted(PUBLISHED)
    assert (len(NAMES), len(EXAMPLES)) == (34, 258)
    assert sorted(PLAYED) == sorted(EXAMPLES)


@pytest.mark.parametrize("name", NAMES)
def test_every_example_of_a_tariff_comes_to_the_published_cent(name):
    for published in PUBLISHED[name]["examples"]:
        played = PLAYED[published["id"]]
        readings = published.get("alternative_cents", [])
        assert played.holds, published["id"]
        assert played.outcome == published["outcome"], (published["id"], played.reason)
        if played.outcome == "price":
            assert played.cents in [published["expected_cents"], *readings], published["id"]
        if published.get("ambiguous"):
            assert played.example.reading, published["id"]


@pytest.mark.parametrize("name", sorted(PLAYED))
def test_the_lines_of_an_example_add_up_and_are_told_in_french(name):
    for priced in PLAYED[name].priced:
        owed = [line.cents for line in priced.lines if line.nature != "deposit"]
        assert sum(owed) == priced.cents
        for sentence in (priced.sentence, *(line.sentence for line in priced.lines)):
            told = set(re.findall(r"\w+", sentence.lower()))
            assert told & ENGLISH == set(), sentence
            assert not any("_" in word for word in told), sentence


@pytest.mark.parametrize(
    ("name", "lines", "case"),
    [
        ("cournonterral-34", [16], "âge 18"),
        ("houssay-41", [29, 32, 35], "coefficient familial 448"),
        ("saffre-44", [29], "quotient familial 450"),
        ("talloires-montmin-74", [15, 17], "quotient familial 1 100"),
    ],
)
def test_a_grid_printed_with_a_hole_or_an_overlap_is_refused_as_printed(name, lines, case):
    found = check((TARIFFS / "as-printed" / f"{name}.yaml").read_text())[1]

    assert [one.line for one in found] == lines
    assert case in found[0].example
    assert all(len(one.choices) >= 2 for one in found)


def test_the_four_defective_grids_are_those_that_were_published_with_a_defect():
    defective = {
        case["id"] for case in PUBLISHED.values() if "band_gap_or_overlap" in case["mechanisms"]
    }

    assert {path.stem for path in (TARIFFS / "as-printed").glob("*.yaml")} == defective


def test_no_place_and_no_case_is_named_in_the_code():
    names = set(PUBLISHED) | set(EXAMPLES)
    names |= {case["place"]["name"] for case in PUBLISHED.values()}
    text = "\n".join(path.read_text() for path in (ROOT / "src/cvq/rules").rglob("*.py"))

    assert [name for name in sorted(names) if name in text] == []
