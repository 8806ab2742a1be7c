"""The journal of a box whose disk is full: what can wait waits, and nothing told is lost."""

import os
import sqlite3
import subprocess
import threading
from pathlib import Path

import pytest

from cvq.edge import controller
from cvq.edge.journal import JournalFull
from cvq.rules.vocabulary import Direction, Means, Purpose, Reason, Sector
from cvq.wire.events import Event, happening
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
from edge.written import event, opened

PASS = Offer(zone="POOL", means=Means.PASS)
TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture
def folder(tmp_path):
    return tmp_path


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
