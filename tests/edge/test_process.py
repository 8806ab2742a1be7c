"""A whole box as one process, cards presented through its socket, a town hall at the other end."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from cvq.edge.box import NotEnrolled, read_keys
from cvq.edge.drivers import fake
from cvq.edge.drivers.fake import FakeSite
from cvq.edge.ports import Effect
from cvq.rules.vocabulary import Direction
from cvq.wire.enrolment import write_enrolment
from cvq.wire.words import Sound
from edge.box_at_work import POOL, THREE, BoxAtWork, card, purse, ref, wallet
from edge.ingest import TownHall, serving

QUALITY = Path(fake.__file__).with_name("quality.toml")
RULES = {
    "never-waits",
    "bounded",
    "bad-input-is-answered",
    "reconnects",
    "ships-its-fake",
    "recorded-frames",
    "test-vectors",
}


class People:
    """Whoever plays the people at the door, over TCP."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=10)
        self._lines = self._socket.makefile("rb")

    def say(self, **line: object) -> dict[str, object]:
        return self.send(json.dumps(line).encode() + b"\n")

    def send(self, line: bytes) -> dict[str, object]:
        self._socket.sendall(line)
        said: dict[str, object] = json.loads(self._lines.readline())
        return said

    def close(self) -> None:
        self._lines.close()
        self._socket.close()


@contextlib.contextmanager
def running(home: Path, url: str) -> Iterator[tuple[subprocess.Popen[str], People]]:
    command = [sys.executable, "-m", "cvq.edge", "--device", "17", "--gateway", url]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"CVQ_HOME": str(home)},
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.fullmatch(r"Boîtier 17 : lecteurs sur (\S+):(\d+)\n", line)
            assert found, line
            with contextlib.closing(People(found[1], int(found[2]))) as people:
                yield process, people
        finally:
            process.kill()


@pytest.fixture
def home(tmp_path):
    """The folder of a box that was enrolled, and took its policy, some years from now."""
    made = BoxAtWork(tmp_path / "made")
    made.running.close()
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "17.json").write_bytes(write_enrolment(made.enrolment))
    return tmp_path, made


def test_a_box_serves_and_tells_and_goes_on_after_a_kill(home):
    folder, made = home
    town = TownHall(made.enrolment, now=THREE)
    town.policies = [made.seal(*POOL, purse(), card(1, wallet()), life=10**12)]
    told = threading.Event()

    with serving(town) as url:
        with running(folder, url) as (process, people):
            first = people.say(ref=ref(7), point=3)
            process.kill()
            process.wait()
        with running(folder, url) as (process, people):
            second = people.say(ref=ref(8), point=3)
            for _ in range(100):
                if len(town.events) >= 2 or told.wait(0.1):
                    break
            process.send_signal(signal.SIGTERM)
            assert process.wait(15) == 0

    assert (first["seq"], second["seq"]) == (1, 2)
    assert [event.ref for event in town.events] == [ref(7), ref(8)]
    assert (first["word"], first["opens"]) == ("Pas d'accès", False)


def test_a_box_without_its_keys_says_what_to_do(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "cvq.edge", "--device", "17", "--home", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert done.returncode == 2
    file = tmp_path / "devices/17.json"
    assert done.stderr == (
        f"cvq-edge : Le boîtier 17 n'a pas de fichier de clés : {file} n'existe pas. Vérifiez son "
        "numéro et le dossier du territoire (--home, ou CVQ_HOME).\n"
    )


def test_the_key_file_of_another_box_is_refused(home):
    folder, _ = home
    (folder / "devices" / "18.json").write_bytes((folder / "devices" / "17.json").read_bytes())

    with pytest.raises(NotEnrolled, match="17"):
        read_keys(folder, 18)


@pytest.fixture
def site():
    made = FakeSite(turnstile=True)
    yield made
    made.close()


def served(site: FakeSite, line: bytes, *, opens: bool = True) -> dict[str, object]:
    """Hold a card to the site's reader and let the door answer."""
    with contextlib.closing(People(*site.address)) as people:
        answers: list[dict[str, object]] = []
        asking = threading.Thread(target=lambda: answers.append(people.send(line)))
        asking.start()
        while not (there := site.poll()):
            site.wait(5)
        for presented in there:
            effect = Effect(4, *presented, opens, "Entrez", Sound.YES, "", 0)
            site.do(effect)
        asking.join(5)
        return answers[0]


def test_who_is_let_in_turns_the_turnstile(site):
    told = json.dumps({"ref": ref(1), "point": 3}).encode() + b"\n"

    assert served(site, told)["opens"] is True
    assert site.turned() == [(3, Direction.IN)]
    assert served(site, told, opens=False)["opens"] is False
    assert site.turned() == []


def test_who_changes_their_mind_turns_nothing_and_may_walk_later(site):
    told = json.dumps({"ref": ref(1), "point": 3, "turns": False}).encode() + b"\n"

    assert served(site, told)["seq"] == 4
    assert site.turned() == []
    with contextlib.closing(People(*site.address)) as people:
        assert people.say(turned=3, dir="OUT") == {"turned": True}
    assert site.turned() == [(3, Direction.OUT)]


@pytest.mark.parametrize("line", [b"hello\n", b"{}{}\n", b'{"ref":"x"}\n', b'{"money":3}\n'])
def test_nonsense_is_answered_and_the_line_stays_open(site, line):
    with contextlib.closing(People(*site.address)) as people:
        assert "error" in people.send(line)
        assert people.say(turned=3) == {"turned": True}


def test_the_driver_says_what_it_is_worth():
    quality = tomllib.loads(QUALITY.read_text())

    assert set(quality["rules"]) == RULES
    for rule in quality["rules"].values():
        assert rule["status"] in ("done", "exempt")
        assert (rule["status"] == "exempt") == bool(rule.get("reason"))
