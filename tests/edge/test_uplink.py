"""The journal reaches the town hall once and in order, whatever the line does."""

import contextlib
import shutil
import time

import msgspec
import pytest

from cvq.edge.box import asking
from cvq.edge.outbox import KEEP_MS, Outbox
from cvq.edge.uplink import Clock, Uplink
from cvq.rules.vocabulary import By, Direction, Means, Purpose, Reason, Sector, Verdict
from cvq.wire.events import canon, happening
from cvq.wire.policy import Issue, Stream, changes, seal_delta
from cvq.wire.rows import Offer, key_of, state_of
from edge.box_at_work import DAY, PARIS, POOL, SIGNER, BoxAtWork, card, point, purse, wallet
from edge.ingest import TownHall, serving

PASS = Offer(zone="POOL", means=Means.PASS)


@pytest.fixture
def pool(box):
    return box().knows(*POOL, purse(), card(1, PASS), card(2, wallet()))


@pytest.fixture
def town(pool):
    return TownHall(pool.enrolment, now=pool.now)


def swims(pool: BoxAtWork, count: int) -> None:
    for number in range(count):
        pool.tap(1, way=Direction.OUT if number % 2 else Direction.IN)


@pytest.fixture
def uplink():
    """Make uplinks, hung up at the end of the test."""
    made: list[Uplink] = []

    def make(pool: BoxAtWork, url: str) -> Uplink:
        made.append(pool.running.uplink(url, Clock(lambda: pool.now, lambda: pool.mono)))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def served():
    """Serve town halls until the end of the test, after those who call them hung up."""
    with contextlib.ExitStack() as stack:
        yield lambda town: stack.enter_context(serving(town))


def test_everything_is_told_once_and_in_order_through_a_line_that_loses(pool, town, served, uplink):
    swims(pool, 1_007)
    town.lost_requests, town.lost_answers = 0.2, 0.3

    url = served(town)
    line = uplink(pool, url)
    for _ in range(200):
        line.turn()
        if pool.link.acked == 1_007:
            break

    assert town.events == pool.told()
    assert town.hashes[-1] == pool.journal.head
    assert town.requests > 5
    assert Outbox(pool.journal.path, device=17).acked == 1_007


def test_a_box_without_a_line_waits_longer_each_time_and_never_more_than_five_minutes(pool, uplink):
    swims(pool, 1)
    line = uplink(pool, "http://127.0.0.1:9")

    pauses = [line.turn() for _ in range(14)]

    assert not pool.link.is_up
    assert all(1.0 <= pause <= min(300.0, 2.0 ** (n + 1)) for n, pause in enumerate(pauses))
    assert len({round(pause, 6) for pause in pauses}) == 14


@pytest.mark.parametrize("status", [400, 401, 413, 500, 503])
def test_what_the_town_hall_does_not_take_is_kept_and_sent_again(
    pool, town, status, served, uplink
):
    swims(pool, 3)

    url = served(town)
    line = uplink(pool, url)
    town.status = status
    assert line.turn() >= 1.0
    assert str(status) in line.last_error
    town.status = None
    line.turn()

    assert town.events == pool.told()
    assert pool.link.quarantined == ""


NONSENSE = {
    "a page": b"<html>Bienvenue</html>",
    "no UTF-8": b'{"seq":1,"said":1,"word":"\xff"}',
    "no bottom": b'{"x":' + b"[" * 40_000,
    "no policy": b'{"kid":"\xff","dev":"\xff"}\n\xff\n\xff',
    "nothing": b"",
}


@pytest.mark.parametrize("what", NONSENSE)
def test_an_answer_that_nobody_can_read_stops_no_box(box, what, served, uplink):
    pool = box().knows(PARIS, point(Purpose.POOL, asks=True), card(1, PASS))
    town = TownHall(pool.enrolment, now=pool.now)
    town.nonsense = NONSENSE[what]
    url = served(town)
    pool.town = asking(pool.enrolment, url, time.monotonic)
    pool.restart()
    line = uplink(pool, url)

    for said in ("policy", "events"):
        assert line.turn() >= 1.0, said
        assert line.last_error
        assert pool.tap(1, way=Direction.IN if said == "policy" else Direction.OUT).opens
    pool.town.close()
    town.nonsense = None
    line.turn()

    assert [event.by for event in pool.told()] == [By.DOOR, By.DOOR]
    assert town.events == pool.told()
    assert pool.link.quarantined == ""


def test_a_town_hall_restored_from_yesterday_is_told_again(pool, town, served, uplink):
    swims(pool, 5)

    url = served(town)
    line = uplink(pool, url)
    line.turn()
    del town.events[2:], town.hashes[3:]
    pool.tap(1, way=Direction.OUT)
    for _ in range(3):
        line.turn()

    assert town.events == pool.told()


def test_a_box_restored_from_a_copy_is_quarantined_and_keeps_its_lines(
    pool, town, tmp_path, served, uplink
):
    swims(pool, 3)
    copy = tmp_path / "copy.sqlite3"
    pool.running.close()
    shutil.copy(pool.journal.path, copy)
    pool.start()

    url = served(town)
    swims(pool, 2)
    uplink(pool, url).turn()
    pool.running.close()
    for file in pool.running.folder.glob("journal*"):
        file.unlink()
    shutil.copy(copy, pool.journal.path)
    pool.start()
    pool.now += 77_000
    pool.tap(2)
    line = uplink(pool, url)
    line.turn()
    line.turn()

    assert "4" in pool.link.quarantined
    assert len(town.events) == 5
    assert len(pool.told()) == 4
    assert pool.tap(2, way=Direction.OUT).opens


def test_a_box_hears_the_time_and_takes_the_policy_it_is_told_of(pool, town, served, uplink):
    blocked = (*POOL, purse(), card(1))
    swims(pool, 1)
    town.now = pool.now - 3_600_000
    town.policies = [pool.seal(*blocked)]

    url = served(town)
    uplink(pool, url).turn()

    assert pool.link.timekeeper.offset(pool.now, pool.mono) == 3_600_000
    pool.step()
    assert pool.running.memory.policies[Sector.POOL].seq == 2
    assert pool.tap(1, way=Direction.OUT).opens
    assert not pool.tap(1).opens


def test_a_delta_that_does_not_fit_is_replaced_by_a_whole_policy(pool, town, served, uplink):
    rows = (*POOL, purse(), card(1, PASS), card(3, PASS))
    found = changes({key_of(row): canon(row) for row in rows[:4]}, rows)
    issue = Issue(2, pool.now, pool.now + DAY, 0)
    stream = Stream(17, Sector.POOL)
    wrong = seal_delta(
        found, base=1, state=state_of(rows) ^ 1, stream=stream, issue=issue, signer=SIGNER
    )
    next(pool._seq)
    town.policies = [wrong, pool.seal(*rows)]

    url = served(town)
    line = uplink(pool, url)
    line.turn()
    assert pool.running.snapshots[Sector.POOL].policy().seq == 1
    line.turn()

    assert pool.running.snapshots[Sector.POOL].policy().seq == 3
    assert pool.tap(3).opens


def test_lines_are_kept_thirty_days_after_they_are_told(pool, town, served, uplink):
    swims(pool, 4)

    url = served(town)
    uplink(pool, url).turn()
    pool.now += KEEP_MS + 1
    pool.tap(1, way=Direction.OUT)
    line = uplink(pool, url)
    line.turn()
    pool.restart()
    pool.tap(1, way=Direction.OUT)
    uplink(pool, url).turn()

    file = Outbox(pool.journal.path, device=17)
    assert [line.seq for line in file.lines_from(1)] == [5, 6]
    assert [event.seq for event in town.events] == [1, 2, 3, 4, 5, 6]


def test_a_point_that_asks_does_what_the_town_hall_says_under_one_number(box, served, uplink):
    pool = box()
    town = TownHall(pool.enrolment, now=pool.now)

    url = served(town)
    pool.town = asking(pool.enrolment, url, time.monotonic)
    pool.restart()
    pool.knows(PARIS, point(Purpose.POOL, asks=True), purse(100), card(2, wallet()))
    effect = pool.tap(2)
    uplink(pool, url).turn()
    pool.town.close()

    (event,) = pool.told()
    assert effect.opens
    assert (event.by, event.said, event.means) == (By.TOWN, Verdict.GRANTED, Means.WALLET)
    assert (town.asked[0].seq, town.asked[0].at) == (event.seq, event.at)
    assert pool.running.memory.tallies[Sector.POOL].spent("purse") == 340


def test_a_town_hall_that_is_silent_makes_nobody_wait_twice(box, served):
    pool = box()
    town = TownHall(pool.enrolment, now=pool.now)

    url = served(town)
    pool.town = asking(pool.enrolment, url, time.monotonic)
    pool.restart()
    pool.knows(PARIS, point(Purpose.POOL, asks=True), purse(100), card(1, PASS), card(2))
    town.silent.clear()
    started = time.monotonic()
    assert pool.tap(1).opens
    first = time.monotonic() - started
    assert not pool.tap(2).opens
    second = time.monotonic() - started - first
    town.silent.set()
    pool.town.close()

    assert 0.25 < first < 1.0
    assert second < 0.2
    assert [event.by for event in pool.told()] == [By.DOOR, By.DOOR]


def test_who_is_refused_after_an_answer_that_was_lost_is_told_as_refused(box, served):
    pool = box()
    town = TownHall(pool.enrolment, now=pool.now)
    town.lost_answers = 1.0
    url = served(town)
    pool.town = asking(pool.enrolment, url, time.monotonic)
    pool.restart()
    pool.knows(PARIS, point(Purpose.POOL, asks=True), purse(100), card(2, wallet()))

    assert not pool.tap(2).opens

    pool.town.close()
    (tap,) = pool.told()
    assert (tap.by, tap.said, tap.why) == (By.DOOR, Verdict.REFUSED, Reason.NOT_ENOUGH)
    assert happening(town.asked[0]) == happening(tap)


def test_a_box_whose_clock_is_suspect_asks_nobody(box, served):
    pool = box()
    town = TownHall(pool.enrolment, now=pool.now)
    pool.town = asking(pool.enrolment, served(town), time.monotonic)
    pool.restart()
    pool.knows(PARIS, point(Purpose.POOL, asks=True), card(1, PASS))
    pool.step()
    pool.journal.set_floor(pool.now + DAY)

    assert pool.tap(1).opens

    pool.town.close()
    assert pool.told()[0].cq == 1
    assert town.asked == []


def test_a_number_that_was_asked_names_nothing_else_after_a_crash(box):
    pool = box().knows(*POOL, card(1, PASS))
    pool.tap(1)
    asked = msgspec.structs.replace(pool.told()[0], seq=2, at=pool.now + 9, ref="f" * 32)
    pool.journal.promise(asked)

    pool.restart()
    pool.tap(1, way=Direction.OUT)

    _, told, after = pool.told()
    assert (told.seq, told.at, told.ref, told.said) == (2, asked.at, asked.ref, Verdict.REFUSED)
    assert (after.seq, after.dir) == (3, Direction.OUT)
