"""The journal of a box: nothing told is lost, nothing written is altered unseen."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from cvq.edge import controller
from cvq.edge.ballast import Ballast
from cvq.edge.journal import Journal, JournalDamaged, JournalFull
from cvq.rules.vocabulary import Direction, Happening, Means, Purpose, Reason, Sector
from cvq.wire.events import Event, canon, chained, genesis, happening
from cvq.wire.rows import Offer
from edge.box_at_work import (
    MINUTE,
    PARIS,
    POOL,
    THREE,
    BoxAtWork,
    card,
    point,
    purse,
    ref,
    wallet,
)

PASS = Offer(zone="POOL", means=Means.PASS)
TESTS = Path(__file__).resolve().parents[1]


def event(seq: int, **changed: object) -> Event:
    told = Event(dev=17, seq=seq, at=THREE + seq, pt=3, ref=ref(seq))
    return msgspec.structs.replace(told, **changed)


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def opened(folder: Path, device: int = 17) -> Journal:
    ballast = Ballast(folder / "ballast", 64 * 1024)
    return Journal(folder / "journal.sqlite3", device=device, ballast=ballast)


def written(folder: Path, count: int) -> None:
    journal = opened(folder)
    for seq in range(1, count + 1):
        journal.append((event(seq), None))
    journal.close()


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


def test_a_full_file_throws_the_ballast_out_then_says_so(folder):
    journal = opened(folder)
    journal.append((event(1), None))
    (pages,) = journal._db.execute("PRAGMA page_count").fetchone()
    journal._db.execute(f"PRAGMA max_page_count={pages}")

    told = [(event(seq), None) for seq in range(2, 200)]
    with pytest.raises(JournalFull):
        journal.append(*told)

    assert journal.ballast.is_thrown
    last = journal.last
    assert last == 1
    journal._db.execute("PRAGMA max_page_count=100000")
    journal.append((event(last + 1), None))
    journal.close()
    again = opened(folder)
    assert again.last == last + 1
    again.close()


@pytest.fixture
def tiny(tmp_path):
    """A disk of three megabytes, which only root can make."""
    disk = tmp_path / "tiny"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a tiny disk needs root and mount: run this test as root")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Fill what is left of a disk, as something else on the box would."""
    filler = disk / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (65_536, 4_096, 512):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return filler


def test_on_a_full_disk_children_are_written_and_the_pool_waits(tiny):
    box = BoxAtWork(tiny, Sector.SCHOOL, Sector.POOL)
    school = (PARIS, point(Purpose.SCHOOL_GATE), card(1, enrolled=(80,)))
    box.knows(*school, sector=Sector.SCHOOL)
    box.knows(*POOL, card(2, PASS), sector=Sector.POOL)
    assert box.tap(2, 3).opens
    filler = fill(tiny)

    taps = 0
    while not box.journal.ballast.is_thrown and taps < 2_000:
        taps += 1
        assert box.tap(1, 8, Direction.OUT if taps % 2 else Direction.IN).opens
    assert box.journal.ballast.is_thrown
    refused, left = box.tap(4, 3), box.tap(2, 3, Direction.OUT)
    assert (refused.opens, refused.sentence) == (
        False,
        "Le lecteur est hors ligne. Allez à l'accueil.",
    )
    assert left.opens
    assert box.tap(1, 8).opens
    assert len(box.told()) == taps + 3

    filler.unlink()
    box.running.controller.upkeep()
    box.journal.ballast.wait()
    assert not box.journal.ballast.is_thrown
    assert box.tap(2, 3).opens
    box.running.close()


def test_on_a_disk_without_any_room_children_pass_and_are_written_later(tiny):
    box = BoxAtWork(tiny, Sector.SCHOOL)
    box.knows(PARIS, point(Purpose.SCHOOL_GATE), card(1, enrolled=(80,)))
    box.tap(1, 8)
    filler = fill(tiny)

    shown = []
    for number in range(2_000):
        way = Direction.OUT if number % 2 == 0 else Direction.IN
        shown.append(box.tap(1, 8, way))
        if box.journal.ballast.is_thrown:
            fill(tiny)
        if box.running.controller.not_written == 3:
            break
    assert box.running.controller.not_written == 3
    assert all(effect.opens for effect in shown)

    filler.unlink()
    box.step()
    assert box.running.controller.not_written == 0
    told = box.told()
    assert len(told) == len(shown) + 1
    assert [event.at for event in told] == sorted(event.at for event in told)
    box.running.close()


@pytest.fixture
def slow_disk(monkeypatch):
    """A disk that says that something is written only when it is let."""
    done, let = threading.Event(), threading.Event()

    def fsync(_: int) -> None:
        done.set()
        assert let.wait(10)

    monkeypatch.setattr(os, "fsync", fsync)
    yield done, let
    let.set()


def test_doors_open_while_the_ballast_is_written_again(box, slow_disk):
    written, let = slow_disk
    let.set()
    pool = box().knows(*POOL, card(1, PASS))
    pool.journal.ballast.release()
    written.clear()
    let.clear()

    pool.running.controller.upkeep()
    assert written.wait(10)
    pool.running.controller.upkeep()
    assert not pool.tap(1).opens
    assert pool.tap(1, way=Direction.OUT).opens
    let.set()
    pool.journal.ballast.wait()

    assert pool.tap(1).opens
    assert pool.journal.ballast.path.stat().st_size == pool.ballast_bytes


def test_the_journal_gets_its_room_though_the_ballast_is_being_written(box, slow_disk):
    written, let = slow_disk
    let.set()
    ballast = box().journal.ballast
    ballast.release()
    written.clear()
    let.clear()
    ballast.restore_aside()
    assert written.wait(10)

    assert not ballast.release()
    let.set()
    ballast.wait()

    assert ballast.is_thrown
    assert list(ballast.path.parent.glob("ballast*")) == []


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


def test_a_wallet_tap_that_cannot_be_written_moves_no_door(box):
    swimmers = [card(number, wallet()) for number in range(1, 81)]
    pool = box().knows(*POOL, purse(100_000), *swimmers)
    (pages,) = pool.journal._db.execute("PRAGMA page_count").fetchone()
    pool.journal._db.execute(f"PRAGMA max_page_count={pages}")
    pool.journal.ballast.path.unlink()

    effects = [pool.tap(number) for number in range(1, 81)]

    written = pool.journal.last
    assert 0 < written < 80
    assert all(effect.opens for effect in effects[:written])
    assert not any(effect.opens for effect in effects[written:])
    assert effects[-1].sentence == "Le lecteur est hors ligne. Allez à l'accueil."
    assert pool.running.memory.tallies[Sector.POOL].spent("purse") == 340 * written


class Silent:
    """A town hall that hears what it is asked and never answers."""

    def __init__(self) -> None:
        self.asked: list[Event] = []

    def is_reachable(self) -> bool:
        return True

    def ask(self, event: Event) -> None:
        self.asked.append(event)


@pytest.fixture
def cut_short(box, monkeypatch):
    """A pool that asked about somebody and could not write it: the disk was full meanwhile."""
    pool = box(town=Silent())
    pool.knows(PARIS, point(Purpose.POOL, asks=True), purse(), card(1, PASS), card(2, PASS))
    pool.tap(2)

    def full(told):
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(pool.journal, "_append", full)
        assert not pool.tap(1).opens
        yield pool, meanwhile


def test_what_was_asked_and_not_written_keeps_its_number_without_a_restart(cut_short):
    pool, disk = cut_short

    disk.undo()
    pool.journal.ballast.restore()
    assert pool.tap(1, later=MINUTE).opens

    asked = {event.seq: happening(event) for event in pool.town.asked}
    told = {event.seq: happening(event) for event in pool.told()}
    assert [event.seq for event in pool.town.asked] == [1, 2, 3]  # each a number of its own
    assert told == asked
    assert [event.said for event in pool.told()] == [1, 0, 1]
    assert [event.why for event in pool.told()] == [None, Reason.RISK_LIMIT, None]


def test_nothing_is_promised_over_what_was_asked(folder):
    journal = opened(folder)
    journal.promise(event(1))

    with pytest.raises(JournalFull):
        journal.promise(event(1, ref=ref(9)))

    assert journal.promised == event(1)
    journal.close()


def test_who_goes_out_is_written_as_soon_as_there_is_room(cut_short):
    pool, disk = cut_short

    assert pool.tap(2, way=Direction.OUT).opens
    assert (pool.journal.last, pool.running.controller.not_written) == (1, 2)
    disk.undo()
    pool.step()

    assert [(event.seq, event.dir, event.said) for event in pool.told()] == [
        (1, Direction.IN, 1),
        (2, Direction.IN, 0),
        (3, Direction.OUT, 1),
    ]


def test_past_what_memory_holds_who_goes_out_is_counted_as_lost(cut_short, monkeypatch, capsys):
    pool, disk = cut_short
    monkeypatch.setattr(controller, "MAX_UNWRITTEN", 2)

    left = [pool.tap(2, way=Direction.OUT, later=MINUTE) for _ in range(4)]

    assert all(effect.opens for effect in left)
    assert pool.running.controller.lost == 2
    assert capsys.readouterr().err.count("se perdent") == 1
    disk.undo()
    pool.step()
    first_out = THREE + 10_000 + MINUTE
    assert [event.at for event in pool.told()[2:]] == [first_out, first_out + MINUTE]
