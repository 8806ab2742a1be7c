"""The journal of a box: nothing told is lost, nothing written is altered unseen."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from cvq.edge.journal import JournalDamaged
from cvq.rules.vocabulary import Happening, Means
from cvq.wire.events import canon, chained, genesis
from cvq.wire.rows import Offer
from edge.box_at_work import (
    THREE,
    BoxAtWork,
)
from edge.written import event, opened, written

PASS = Offer(zone="POOL", means=Means.PASS)
TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def test_the_head_and_the_number_are_read_from_the_lines_themselves(folder):
    written(folder, 3)

    journal = opened(folder)

    head = genesis(17)
    for seq in (1, 2, 3):
        head = chained(head, event(seq))
    assert (journal.last, journal.head, journal.floor) == (3, head, THREE + 3)
    journal.append((event(4), None), (event(5), None))
    assert journal.last == 5
    journal.close()


def test_several_lines_are_written_together_or_not_at_all(folder):
    journal = opened(folder)

    with pytest.raises(AssertionError):
        journal.append((event(1), None), (event(3), None))

    assert journal.last == 0
    journal.append((event(1), None))
    journal.close()


FIELDS = sorted(msgspec.to_builtins(event(2)))


@pytest.mark.parametrize("field", FIELDS)
def test_no_field_of_a_line_can_be_altered_in_the_file(folder, field):
    written(folder, 3)
    file = sqlite3.connect(folder / "journal.sqlite3")
    (body,) = file.execute("SELECT body FROM line WHERE seq = 2").fetchone()
    told = json.loads(body)
    other = {"ref": "f" * 32, "boot": "ff", "dir": "OUT", "by": "TOWN", "means": "PASS"}
    other |= {"what": "NOT_PASSED", "why": "NO_RIGHT"}
    told[field] = other.get(field, 1 if told[field] != 1 else 0)
    altered = msgspec.json.encode(told, order="sorted")
    file.execute("UPDATE line SET body = ? WHERE seq = 2", (altered,))
    file.commit()
    file.close()

    with pytest.raises(JournalDamaged):
        opened(folder)


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM line WHERE seq = 2",
        "UPDATE line SET seq = 9 WHERE seq = 3",
        "UPDATE line SET hash = zeroblob(32) WHERE seq = 3",
        "UPDATE line SET at = at + 1 WHERE seq = 2",
        "UPDATE line SET body = 'x' WHERE seq = 2",
    ],
)
def test_no_line_can_be_taken_out_moved_or_replaced(folder, damage):
    written(folder, 3)
    file = sqlite3.connect(folder / "journal.sqlite3")
    file.execute(damage)
    file.commit()
    file.close()

    with pytest.raises(JournalDamaged):
        opened(folder)


def test_a_file_that_is_no_journal_is_left_as_it_is(folder):
    path = folder / "journal.sqlite3"
    path.write_bytes(b"not a database at all, but long enough to be looked at" * 100)
    before = path.read_bytes()

    with pytest.raises(JournalDamaged, match="enrôlez"):
        opened(folder)

    assert path.read_bytes() == before


def test_the_journal_of_another_box_is_not_ours(folder):
    written(folder, 1)

    with pytest.raises(JournalDamaged, match="17"):
        opened(folder, device=18)


@contextlib.contextmanager
def child(code: str, *args: str) -> Iterator[subprocess.Popen[str]]:
    """Run some Python beside us, which we kill in the end if nobody did."""
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *args],
        cwd=TESTS,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(TESTS)},
    ) as started:
        try:
            yield started
        finally:
            started.kill()


KILLED_BEFORE_THE_DOOR_MOVES = """
    import os, signal, sys
    from pathlib import Path
    from edge.box_at_work import POOL, BoxAtWork, card, purse, wallet
    box = BoxAtWork(Path(sys.argv[1]), turnstile=True)
    box.knows(*POOL, purse(340), card(1, wallet()))
    box.hand.do = lambda effect: os.kill(os.getpid(), signal.SIGKILL)
    box.tap(1)
"""


def test_a_grant_whose_door_never_moved_is_told_as_not_passed(tmp_path):
    with child(KILLED_BEFORE_THE_DOOR_MOVES, str(tmp_path)) as killed:
        assert killed.wait(30) == -signal.SIGKILL

    box = BoxAtWork(tmp_path, turnstile=True)
    box.step(later=60_000)

    tap, nobody = box.told()
    assert (tap.what, tap.means) == (Happening.TAP, Means.WALLET)
    assert (nobody.what, nobody.of) == (Happening.NOT_PASSED, 1)
    assert box.tap(1).opens
    box.running.close()


TAPS_UNTIL_KILLED = """
    import sys
    from pathlib import Path
    from edge.box_at_work import POOL, BoxAtWork, card
    from cvq.rules.vocabulary import Direction, Means
    from cvq.wire.rows import Offer
    box = BoxAtWork(Path(sys.argv[1]))
    box.now += int(sys.argv[2])
    box.knows(*POOL, card(1, Offer(zone="POOL", means=Means.PASS)))
    print("ready", flush=True)
    way = Direction.IN
    while True:
        print(box.tap(1, way=way).seq, flush=True)
        way = Direction.OUT if way is Direction.IN else Direction.IN
"""


@pytest.mark.parametrize("round_", range(3))
def test_every_tap_that_was_shown_is_in_the_journal_after_a_kill(tmp_path, round_):
    shown = 0
    for start in range(2):
        later = str(start * 3_600_000)
        with child(TAPS_UNTIL_KILLED, str(tmp_path / "home"), later) as tapping:
            assert tapping.stdout is not None
            assert tapping.stdout.readline() == "ready\n"
            time.sleep(0.05 + 0.07 * round_)
            tapping.kill()
            lines = tapping.communicate()[0].split()
        shown = max([shown, *(int(line) for line in lines)])

    box = BoxAtWork(tmp_path / "home")
    assert box.journal.last >= shown > 0
    assert len(box.told()) == box.journal.last
    box.running.close()


def test_the_bytes_on_the_chain_are_the_bytes_that_are_sent(folder):
    written(folder, 1)
    file = sqlite3.connect(folder / "journal.sqlite3")

    (body,) = file.execute("SELECT body FROM line").fetchone()

    assert body == canon(event(1))
    file.close()
