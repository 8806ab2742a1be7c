"""Somebody tries a box by hand: what it says of itself, and of what is typed amiss."""

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from cvq.edge.alone import AlreadyRuns, alone
from cvq.edge.box import NotEnrolled, read_keys
from cvq.edge.drivers.fake import FakeSite
from cvq.edge.ports import Effect
from cvq.rules.vocabulary import Direction, Verdict
from cvq.wire.enrolment import write_enrolment
from cvq.wire.words import Sound
from edge.box_at_work import POOL, BoxAtWork, card, purse, ref, wallet

ENTRANCE, WAY_OUT = "Tourniquet d'entrée", "Tourniquet de sortie"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return the folder of a territory where box 17 guards two points."""
    made = BoxAtWork(tmp_path / "made")
    made.running.close()
    keys = msgspec.structs.replace(made.enrolment, points=((3, ENTRANCE), (4, WAY_OUT)))
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices/17.json").write_bytes(write_enrolment(keys))
    return tmp_path


def edge(home: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "cvq.edge", "--device", "17", "--home", str(home), *more]


@contextlib.contextmanager
def running(home: Path) -> Iterator[list[str]]:
    """Run the box and give the lines that it prints at its start."""
    with subprocess.Popen(edge(home), stdout=subprocess.PIPE, text=True) as box:
        assert box.stdout is not None
        try:
            yield [box.stdout.readline() for _ in range(3)]
        finally:
            box.terminate()
            assert box.wait(15) == 0


def ended(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


def test_a_box_that_runs_is_not_run_twice(home: Path) -> None:
    with running(home):
        journal = home / "edge/17/journal.sqlite3"
        before = journal.read_bytes()

        second = ended(*edge(home))

        assert (second.returncode, second.stdout) == (1, "")
        assert second.stderr == "Le boîtier 17 tourne déjà.\n"
        assert journal.read_bytes() == before


def test_a_box_that_was_killed_leaves_its_folder_to_the_next(tmp_path: Path) -> None:
    with alone(tmp_path, 17), pytest.raises(AlreadyRuns), alone(tmp_path, 17):
        pass

    with alone(tmp_path, 17):
        pass


def test_a_box_says_at_its_start_what_it_guards(home: Path) -> None:
    with running(home) as said:
        assert said[1:] == [f"  point 3 : {ENTRANCE}\n", f"  point 4 : {WAY_OUT}\n"]


def test_an_address_that_is_taken_is_one_sentence(home: Path) -> None:
    other = FakeSite()
    listen = f"127.0.0.1:{other.address[1]}"

    done = ended(*edge(home, "--listen", listen))
    other.close()

    assert done.returncode == 2
    assert done.stderr.startswith(f"cvq-edge : {listen} est déjà pris")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("listen", ["127.0.0.1:99999", "7000", "127.0.0.1:", "127.0.0.1:²"])
def test_what_is_no_address_is_one_sentence(home: Path, listen: str) -> None:
    done = ended(*edge(home, "--listen", listen))

    assert done.returncode == 2
    assert done.stderr == f"cvq-edge : {listen} : écrivez hôte:port, par exemple 127.0.0.1:7000.\n"


def test_who_goes_out_right_after_coming_in_is_heard_twice(tmp_path: Path) -> None:
    box = BoxAtWork(tmp_path).knows(*POOL, purse(), card(1, wallet()))

    entered, left = box.tap(1), box.tap(1, way=Direction.OUT, later=100)
    still_held = box.tap(1, way=Direction.OUT, later=100)
    told = [(event.dir, event.said) for event in box.told()]
    box.running.close()

    assert (entered.word, left.word) == ("Entrez", "Au revoir")
    assert still_held == left
    assert told == [(Direction.IN, Verdict.GRANTED), (Direction.OUT, Verdict.GRANTED)]


def test_two_gestures_at_once_have_each_their_answer(site: FakeSite) -> None:
    answers: dict[str, object] = {}

    def hold(way: str) -> None:
        line = {"ref": ref(1), "point": 3, "dir": way}
        answers[way] = json.loads(site.answer(json.dumps(line).encode()))["word"]

    held = []
    for way in ("IN", "OUT"):
        held.append(threading.Thread(target=hold, args=(way,)))
        held[-1].start()
        site.wait(5)
    for word, presented in zip(("Entrez", "Au revoir"), site.poll(), strict=True):
        site.do(Effect(1, *presented, True, word, Sound.YES, ""))
    for one in held:
        one.join(5)

    assert answers == {"IN": "Entrez", "OUT": "Au revoir"}


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"device": 17}'])
def test_keys_that_are_damaged_are_named_once(home: Path, content: bytes) -> None:
    file = home / "devices/17.json"
    file.write_bytes(content)

    with pytest.raises(NotEnrolled) as told:
        read_keys(home, 17)

    assert str(told.value).startswith(f"{file} est abîmé : remettez-en la copie")
    assert str(told.value).count(str(file)) == 1


def test_a_folder_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "home"
    file.write_text("")

    with pytest.raises(NotEnrolled, match=rf"^{file} n'est pas un dossier : donnez celui du"):
        read_keys(file, 17)


@pytest.fixture
def site() -> Iterator[FakeSite]:
    made = FakeSite(points={3: ENTRANCE, 4: WAY_OUT})
    yield made
    made.close()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            {"ref": ref(1), "point": 99},
            f"Ce boîtier ne garde pas le point 99. Il garde : 3 ({ENTRANCE}), 4 ({WAY_OUT}).",
        ),
        ({"turned": 99}, "Ce boîtier ne garde pas le point 99."),
        ({}, "Il manque « ref », la référence d'une carte, ou « turned », le point franchi."),
        ({"ref": "x"}, "« ref » : il faut trente-deux chiffres hexadécimaux, en minuscules."),
        ({"ref": ref(1), "dir": "UP"}, "« dir » : il faut IN ou OUT."),
        ({"ref": ref(1), "point": "a"}, "« point » : il faut le numéro d'un point."),
        ({"money": 3}, "« money » n'est pas un mot du lecteur. Il connaît : ref, point, dir,"),
        ("bonjour", "Cette ligne n'est pas un objet JSON. Le lecteur connaît : ref, point,"),
    ],
)
def test_what_is_typed_amiss_is_answered_in_french(site: FakeSite, line: object, said: str) -> None:
    answer = json.loads(site.answer(json.dumps(line).encode()))

    assert answer["error"].startswith(said)
    assert site.poll() == []
    assert site.turned() == []
