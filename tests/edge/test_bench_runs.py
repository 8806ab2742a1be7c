"""One small round of the measures that are cheap: a measure that no longer runs is seen here."""

import os
import subprocess
import sys

import msgspec
import pytest

from cvq.config.commands.bench import ROOT, benches
from cvq.rules.tariff.document import compile_text
from cvq.rules.tariff.examples import examples

benches()  # puts the sources of the measures within reach
from bench import edge  # noqa: E402
from bench.claim import Claim  # noqa: E402


def test_every_published_price_is_measured_and_the_peers_find_the_same() -> None:
    cases = [one.read_text() for one in (ROOT / "docs" / "tariffs" / "cases").glob("*.yaml")]
    written = [example for text in cases for example in examples(compile_text(text))]
    ratings = sum(len(example.ratings) for example in written)

    done = subprocess.run(
        [sys.executable, "-m", "bench.tariff"],
        cwd=ROOT,
        env=os.environ | {"CVQ_BENCH_PRICES": "500"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == ""
    median, million, *peers = msgspec.json.decode(done.stdout, type=list[Claim])
    assert median.detail.startswith(f"{len(cases)} tarifs, {ratings} prix ; ")
    assert million.detail.startswith("500 prix ")
    assert [one.unit for one in peers] == ["prix/s", "prix/s"]


def test_the_box_is_measured(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "CARDS", 101)
    monkeypatch.setattr(edge, "TAPS", 20)
    apart, folder = tmp_path / "apart", tmp_path / "box"
    for each in (apart, folder):
        each.mkdir()
        edge.write_policy(each)

    assert edge.durable(folder).detail.endswith("101 cartes, un passage par écriture")
    assert edge.peak_of_one_box(apart) > 0
    assert edge.decision().unit == "µs"
