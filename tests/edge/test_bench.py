"""What ``cvq bench`` prints and when it fails."""

import json
import os
import subprocess
import sys

import pytest

from cvq.config import cli
from cvq.config.commands import bench as command
from cvq.config.commands.bench import COLUMNS, ROOT, benches

benches()  # puts the sources of the measures within reach
from bench.claim import at_most, compared, in_turns  # noqa: E402


def spent(loops: int) -> int:
    return sum(0 * number for number in range(loops)) + 10


def test_the_ratio_is_that_of_the_median_pair():
    ours, peer = in_turns(lambda: spent(1_000), lambda: spent(200_000), rounds=3)

    claim = compared("us", ours, peer, bar=2.0, unit="1/s")

    assert len(ours) == len(peer) == 3
    assert claim.holds
    assert claim.ratio > 2.0
    assert not compared("us", peer, ours, bar=2.0, unit="1/s").holds


@pytest.mark.parametrize(("figure", "holds"), [(9.0, True), (10.0, True), (11.0, False)])
def test_a_limit_holds_up_to_itself(figure, holds):
    claim = at_most("small", figure, 10.0, unit="µs")

    assert claim.holds is holds
    assert (claim.ratio >= claim.bar) is holds


def test_each_claim_is_one_line_of_json_and_one_that_fails_is_told(monkeypatch, capsys):
    claims = [at_most("small", 9.0, 10.0, unit="µs"), at_most("big", 11.0, 10.0, unit="µs")]
    monkeypatch.setattr(command, "benches", lambda: {"one": lambda: claims})

    assert cli.main(["bench", "one", "--json"]) == 1

    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["holds"] for each in told] == [True, False]
    assert set(COLUMNS) <= set(told[0])


def test_a_measure_that_does_not_exist_is_named(monkeypatch, capsys):
    monkeypatch.setattr(command, "benches", lambda: {"edge": list})

    assert cli.main(["bench", "nothing"]) == 2
    assert "Il y a : edge." in capsys.readouterr().err


def test_the_box_is_among_the_measures():
    assert "edge" in benches()


def test_the_orm_peer_starts_with_what_the_product_has_installed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "bench.peers.orm_settings"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
