"""Journals as the tests write them."""

from pathlib import Path

import msgspec

from cvq.edge.ballast import Ballast
from cvq.edge.journal import Journal
from cvq.wire.events import Event
from edge.box_at_work import THREE, ref


def event(seq: int, **changed: object) -> Event:
    told = Event(dev=17, seq=seq, at=THREE + seq, pt=3, ref=ref(seq))
    return msgspec.structs.replace(told, **changed)


def opened(folder: Path, device: int = 17) -> Journal:
    ballast = Ballast(folder / "ballast", 64 * 1024)
    return Journal(folder / "journal.sqlite3", device=device, ballast=ballast)


def written(folder: Path, count: int) -> None:
    journal = opened(folder)
    for seq in range(1, count + 1):
        journal.append((event(seq), None))
    journal.close()
