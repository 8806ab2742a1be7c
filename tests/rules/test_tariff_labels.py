"""A label that says another band than its row is remarked; what may be meant is let alone."""

from pathlib import Path

import pytest

from cvq.rules.tariff.checker.labels import contradicted
from cvq.rules.tariff.document import check

CASES = Path(__file__).resolve().parents[2] / "docs" / "tariffs" / "cases"
MEALS = """\
tariff: cantine
inputs: {{quotient: required, age: required}}
tables:
  repas:
    when: [quotient, age]
    then: €
    hit: first
    rows:
      - ["{quotient}", "{age}", 1.00, "{label}"]
      - ["*", "*", 4.00]
items:
  meal: {{title: Repas, grain: meal, lines: [{{label: Repas, amount: repas}}]}}
"""


def remarked(label: str, quotient: str = "[401, 650]", age: str = "*") -> list[str]:
    tariff, findings = check(MEALS.format(label=label, quotient=quotient, age=age))
    assert tariff is not None
    assert findings == []
    found = contradicted(tariff.tables.values())
    assert {one.line for one in found} <= {9}
    return [one.sentence for one in found]


def test_a_label_that_ends_elsewhere_than_its_row_is_told_with_both():
    assert remarked("quotient de 401 à 600, habitant") == [
        "L'étiquette « quotient de 401 à 600, habitant » ne dit pas la même chose que sa ligne : "
        "quotient familial de 401 à 650."
    ]
    assert len(remarked("QF 300 à 650")) == 1
    assert len(remarked("QF entre 1 201 et 1 500", quotient="[1201, 1600[")) == 1
    assert len(remarked("0 à 400", quotient="<= 450")) == 1


@pytest.mark.parametrize(
    ("label", "quotient", "age"),
    [
        ("quotient de 401 à 650", "[401, 650]", "*"),
        ("quotient de 401 à 651", "[401, 650]", "*"),  # « 401 à 651 », the end not included
        ("de 400 à 650", "]400, 650]", "*"),
        ("401 à 650, de 3 à 5 ans", "[401, 650]", "3..5"),
        ("3 à 5 ans", "[5, 650]", "3..5"),
        ("tranche 2", "[401, 650]", "*"),
        ("de 401 à 650 et de 801 à 900", "[401, 650] or [801, 900]", "*"),
        ("à partir de 401", "[401, 650]", "*"),
        ("de 7 à 9 heures", "[401, 650]", "*"),  # of something else
        ("de 400 à 650", "<= 650", "*"),  # the row before holds below
        ("de 401 à 600", ">= 401", "*"),
        ("0 à 600", "*", "3..5"),
        ("1 200 à 1 500", "[1200, 1501[", "*"),
    ],
)
def test_what_a_label_may_mean_is_let_alone(label: str, quotient: str, age: str):
    assert remarked(label, quotient, age) == []


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_no_label_of_a_published_tariff_contradicts_its_row(path: Path):
    tariff, _findings = check(path.read_text())

    assert tariff is not None
    assert contradicted(tariff.tables.values()) == []
