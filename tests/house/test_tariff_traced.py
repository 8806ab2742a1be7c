"""The trace of a price at the command line: every row, and the version that was in force."""

from pathlib import Path

import pytest

from cvq.config import cli

TWICE_VOTED = """\
tariff: essai
inputs: {day: required}
tables:
  entry:
    title: Entrée
    when: [day]
    then: €
    versions:
      - {rows: [["*", 1.00]]}
      - {from: 2025-01-01, rows: [["*", 3.00]]}
  locker:
    title: Casier
    when: [day]
    then: €
    rows: [["*", 0.50]]
items:
  swim:
    title: Piscine
    grain: visit
    lines: [{label: Bain, amount: entry}, {label: Casier, nature: supplement, amount: locker}]
"""


@pytest.mark.parametrize(
    ("day", "row"),
    [
        ("2024-12-31", "ligne 9, première version : tous les cas"),
        ("2025-01-01", "ligne 10, version du 01/01/2025 : tous les cas"),
    ],
)
def test_a_row_that_holds_for_everybody_and_a_first_version_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], day: str, row: str
) -> None:
    document = tmp_path / "swim.yaml"
    document.write_text(TWICE_VOTED)

    status = cli.main(["tariff", "explain", str(document), "--inputs", f"day={day}"])

    told = [line.strip() for line in capsys.readouterr().out.splitlines() if "table" in line]
    assert status == 0
    assert told == [
        f"table « Entrée », {row}",
        "table « Casier », ligne 15 : tous les cas",
    ]


def test_an_input_that_is_given_twice_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "essai.yaml"
    file.write_text(TWICE_VOTED)
    words = ["tariff", "rate", str(file), "--inputs", "day=2025-01-01", "day=2024-01-01"]

    assert cli.main(words) == 2
    assert capsys.readouterr().err.endswith("« day » est donné deux fois : gardez-en un seul.\n")
