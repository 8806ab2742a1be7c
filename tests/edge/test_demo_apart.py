"""Boxes of a demonstration that are processes of their own: their past, their doors, their line."""

import contextlib
import socket
import socketserver
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from cvq.config.lines import Cuttable
from cvq.config.real_boxes import FOLDER, begin, hand_over
from cvq.edge.ballast import Ballast
from cvq.edge.box import folder_of
from cvq.edge.drivers.fake import FakeSite
from cvq.edge.journal import Journal
from cvq.edge.outbox import Outbox
from cvq.edge.ports import Effect
from cvq.kernel.local import MINUTE_MS
from cvq.rules.vocabulary import By, Direction, Purpose, Reason, Sector, Verdict
from cvq.twin.beats import SILENT_MS, Beats
from cvq.twin.going import Going
from cvq.twin.outages import FIRST_MS, Outages
from cvq.twin.past import Chains
from cvq.twin.places import Spot
from cvq.twin.real import BoxSilent, RealBox
from cvq.wire.events import Event, genesis, head_after
from cvq.wire.words import SENTENCES, shown

REF = "ab" * 16
BARRIER = Spot(
    point=102,
    device=51,
    code="WASTE-MAIN",
    name="Déchèterie principale",
    service=1,
    service_code="WASTE",
    purpose=Purpose.WASTE,
    sector=Sector.WASTE,
    zone="",
    direction=None,
    online=True,
    site=1,
    insee="79202",
    space=None,
)


def tap(seq: int, device: int = 51) -> Event:
    return Event(dev=device, seq=seq, at=seq * 1_000, pt=102, ref=REF, said=Verdict.GRANTED)


# -- their past ------------------------------------------------------------------------------------
def test_what_boxes_tell_together_goes_each_on_its_own_chain() -> None:
    chains = Chains()

    first = chains.next([tap(1), tap(1, 52), tap(2)])
    second = chains.next([tap(3), tap(4)])

    assert [(one.m.dev, one.m.first, one.m.to) for one in first] == [(51, 1, 2), (52, 1, 1)]
    assert first[0].m.prev == genesis(51).hex()
    assert second[0].m.prev == first[0].m.head
    told = head_after(genesis(51), [tap(number) for number in (1, 2, 3, 4)])
    assert second[0].m.head == chains.ends[51].head.hex() == told.hex()
    assert chains.ends[51].event == tap(4)


def test_a_box_goes_on_from_what_it_told_and_no_longer_keeps(tmp_path: Path) -> None:
    chains = Chains()
    chains.next([tap(1), tap(2), tap(3)])
    begin(tmp_path)

    hand_over([BARRIER], chains.ends, home=tmp_path)

    path = folder_of(tmp_path / FOLDER, 51) / "journal.sqlite3"
    journal = Journal(path, device=51, ballast=Ballast(tmp_path / "ballast", 0))
    assert (journal.last, journal.head, journal.floor) == (3, chains.ends[51].head, 0)
    journal.append((tap(4), None))
    outbox = Outbox(path, device=51)
    assert [line.seq for line in outbox.lines_from(outbox.acked + 1)] == [4]
    assert outbox.hash_before(4) == chains.ends[51].head
    outbox.close()
    journal.close()


# -- their doors -----------------------------------------------------------------------------------
@contextlib.contextmanager
def guarded(opens: bool, word: str, sentence: str) -> Iterator[RealBox]:
    """Have somebody answer at the readers of the barrier, always the same."""
    site, stop = FakeSite(points={102: "Déchèterie principale"}), threading.Event()

    def answer() -> None:
        while not stop.is_set():
            site.wait(0.05)
            for one in site.poll():
                sound = shown(Verdict.GRANTED).sound
                effect = Effect(8, one.ref, one.point, one.direction, opens, word, sound, sentence)
                site.do(effect)

    thread = threading.Thread(target=answer)
    thread.start()
    box = RealBox(51)
    box.address = site.address
    try:
        yield box
    finally:
        stop.set()
        thread.join()
        site.close()


def test_the_twin_reads_what_a_box_decided_from_what_its_reader_says() -> None:
    full = SENTENCES[Reason.QUOTA_REACHED]
    with guarded(opens=False, word="Pas d'accès", sentence=full) as box:
        refused = box.present(BARRIER, REF, 5_000, Direction.IN, turns=True)
    with guarded(opens=True, word="Entrez", sentence="") as box:
        box.is_cut = True
        granted = box.present(BARRIER, REF, 6_000, Direction.IN, turns=True)

    assert (refused.said, refused.why, refused.by) == (
        Verdict.REFUSED,
        Reason.QUOTA_REACHED,
        By.TOWN,
    )
    assert (granted.seq, granted.said, granted.why, granted.by) == (
        8,
        Verdict.GRANTED,
        None,
        By.DOOR,
    )


def test_a_box_that_is_not_there_is_one_sentence() -> None:
    box = RealBox(51)
    with socket.create_server(("127.0.0.1", 0)) as gone:
        box.address = ("127.0.0.1", gone.getsockname()[1])

    with pytest.raises(BoxSilent, match="Le boîtier 51 ne dit pas ce qu'il a fait"):
        box.present(BARRIER, REF, 5_000, Direction.IN, turns=True)


# -- their line ------------------------------------------------------------------------------------
class _Echo(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        while line := self.rfile.readline():
            self.wfile.write(line)


def said(line: socket.socket, what: bytes) -> bytes:
    try:
        line.sendall(what)
        return line.recv(100)
    except OSError:
        return b""


def test_a_line_that_is_cut_hangs_up_and_comes_back() -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Echo) as town:
        town.daemon_threads = True
        threading.Thread(target=town.serve_forever, args=(0.05,), daemon=True).start()
        with Cuttable(town.server_address[1]) as line:
            host, port = line.url.removeprefix("http://").split(":")
            before = socket.create_connection((host, int(port)), timeout=10)
            assert said(before, b"un\n") == b"un\n"

            line.cut()

            assert said(before, b"deux\n") == b""
            meanwhile = socket.create_connection((host, int(port)), timeout=10)
            assert said(meanwhile, b"trois\n") == b""
            line.mend()
            after = socket.create_connection((host, int(port)), timeout=10)
            assert said(after, b"quatre\n") == b"quatre\n"
            for one in (before, meanwhile, after):
                one.close()
        town.shutdown()


class Line:
    """A door whose line is cut, or not."""

    def __init__(self) -> None:
        self.spot = BARRIER
        self.is_cut = False

    def cut(self) -> None:
        self.is_cut = True

    def mend(self) -> None:
        self.is_cut = False


def test_a_line_is_cut_only_when_somebody_comes_and_is_back_after_a_while() -> None:
    door, told = Line(), list[str]()
    outages = Outages([door], lambda spot, what: told.append(what), seed=1, now=0)
    plan: Sequence[Going] = [Going(at=60 * MINUTE_MS, who=None, spot=BARRIER)]

    states = []
    for minute in (FIRST_MS // MINUTE_MS, 50, 58, 65):
        outages.look(minute * MINUTE_MS, plan)
        states.append(door.is_cut)

    assert states == [False, True, True, False]
    assert told == ["coupée", "revenue"]


class Town:
    """Whoever hears boxes."""

    def __init__(self) -> None:
        self.heard = {7: 0}
        self.spoke: list[int] = []

    def speak(self, device: int, sector: Sector) -> bool:
        self.spoke.append(device)
        return True


def test_a_box_that_was_silent_speaks_unless_its_line_is_down() -> None:
    town, cut = Town(), {9}
    devices = dict.fromkeys((7, 8, 9), Sector.SCHOOL)
    beats = Beats(town, devices, lambda device, at: device in cut)

    beats.look(MINUTE_MS)
    assert town.spoke == [8]  # the first told something, the last cannot
    cut.clear()
    beats.look(2 * MINUTE_MS)
    assert town.spoke == [8, 9]
    beats.look(8 * MINUTE_MS)

    assert sorted(town.spoke) == [7, 8, 8, 9, 9]
    assert SILENT_MS < 10 * MINUTE_MS  # after which the board calls a box silent
