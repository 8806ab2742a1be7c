"""A demonstration whose gateway fails ends in one sentence, and within a time."""

from pathlib import Path

import pytest

from cvq.config.children import Child, ChildEnded
from cvq.config.commands import demo
from cvq.config.shows import FAILURES, GatewaySilent, NothingAcknowledged, Patience
from cvq.kernel.unable import Unable


def test_boxes_that_nobody_hears_are_given_up_after_a_time() -> None:
    patience = Patience(30)

    patience.see(0, 0, now=0)
    patience.see(0, 3, now=100)
    patience.see(0, 5, now=129)
    with pytest.raises(NothingAcknowledged, match="plus rien depuis 30 s, et 6 passages"):
        patience.see(0, 6, now=130)


def test_as_long_as_something_is_taken_they_wait() -> None:
    patience = Patience(30)

    for turn in range(10):
        patience.see(turn, 50, now=20 * turn)
    patience.see(9, 0, now=1_000)
    patience.see(9, 1, now=2_000)
    patience.see(9, 1, now=2_029)
    with pytest.raises(NothingAcknowledged):
        patience.see(9, 1, now=2_030)


def test_a_demonstration_of_which_nothing_was_ever_taken_failed() -> None:
    with pytest.raises(NothingAcknowledged, match="n'a rien acquitté : 7 attendent"):
        Patience(30).end(0, 7)
    Patience(30).end(0, 0)
    Patience(30).end(12, 7)


@pytest.mark.parametrize("failure", FAILURES)
def test_what_fails_the_doors_is_one_sentence(
    failure: type[Unable], capsys: pytest.CaptureFixture[str]
) -> None:
    def live() -> None:
        raise failure("La passerelle ne répond pas.")

    assert demo.lived(live) == 1
    assert capsys.readouterr().err == "cvq demo : La passerelle ne répond pas.\n"


def test_a_demonstration_that_was_lived_is_well() -> None:
    assert demo.lived(lambda: None) == 0
    assert GatewaySilent in FAILURES


def test_a_process_that_ends_leaves_the_sentence_that_it_ended_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    log = tmp_path / "worker.log"
    monkeypatch.setenv("CVQ_HOME", str(file))
    child = Child(("worker",), log=log)
    child.process.wait(60)

    with pytest.raises(ChildEnded) as told:
        child.check()

    assert str(told.value) == (
        f"« cvq worker » s'est arrêté : {file} est un fichier : donnez dans CVQ_HOME le chemin "
        f"d'un dossier. (tout est dans {log})"
    )
