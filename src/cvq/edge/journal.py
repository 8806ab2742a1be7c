"""
The journal of a box: what happened and what was decided, on disk before the door moves.

One SQLite file in WAL with ``synchronous=FULL``: a line that was told is never lost.  The head of
the chain and the last number are read from the lines themselves, never kept apart from them.
Beside each line stands its *trace*, which only the box reads: who came in where, and what it ran
on.  Nothing here is ever altered; a grant that nobody walked through is another line.
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from cvq.edge.ballast import Ballast
from cvq.kernel.unable import Unable
from cvq.rules.vocabulary import Direction
from cvq.wire.events import Event, canon, chained, genesis, happening

BUSY_MS = 5_000
_WAITS = "Un passage demandé à la mairie attend encore d'être écrit."
CHECKPOINT_PAGES = 1_000  # the WAL of a small box stays near 4 MB; the ballast holds two of them

_TABLES = """
CREATE TABLE IF NOT EXISTS line (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, body BLOB NOT NULL, hash BLOB NOT NULL,
    acked_at INTEGER);
CREATE TABLE IF NOT EXISTS trace (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, day INTEGER NOT NULL, ref TEXT NOT NULL,
    who TEXT NOT NULL, place TEXT NOT NULL, zone TEXT NOT NULL, direction TEXT NOT NULL,
    counts INTEGER NOT NULL, account TEXT NOT NULL, units INTEGER NOT NULL,
    cents INTEGER NOT NULL, alone INTEGER NOT NULL, waits INTEGER NOT NULL,
    sector TEXT NOT NULL, point INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
"""


class JournalDamaged(Unable):
    """The journal cannot be believed: it is left as it is, for somebody to read."""


class JournalFull(Unable):
    """There is no room left to write before the door moves."""


class Trace(NamedTuple):
    """
    What the box remembers of a tap that went through, to decide the next ones.

    `who` came to `place` in that `direction`; `counts` unless it repeats a passage.  `account`
    gave `units` (`cents` if they are money), `alone` without asking.  `waits` while a rotation
    is expected.
    """

    seq: int
    at: int
    day: int
    ref: str
    who: str
    place: str
    zone: str
    direction: Direction
    counts: bool = True
    account: str = ""
    units: int = 0
    cents: int = 0
    alone: bool = True
    waits: bool = False
    sector: str = ""
    point: int = 0


class Line(NamedTuple):
    """An event as it is written, with the hash of the chain up to it."""

    seq: int
    body: bytes
    hash: bytes


def connect(path: Path) -> sqlite3.Connection:
    """Open a file of the box so that what is committed is on the disk."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    return connection


class Journal:
    """The journal, for the one thread that writes it."""

    def __init__(self, path: Path, *, device: int, ballast: Ballast) -> None:
        """
        Open the journal of a device, checking the file and the chain that is not yet told.

        :raises JournalDamaged: the file is not what we wrote.
        """
        self.path = path
        self.device = device
        self.ballast = ballast
        try:
            self._db = connect(path)
            self._db.executescript(_TABLES)
            self._check_file()
        except sqlite3.DatabaseError as error:
            raise _damaged(path, str(error)) from error
        self.last, self.head, self.floor = self._verified()
        self.promised = self._promised()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _check_file(self) -> None:
        (found,) = self._db.execute("PRAGMA integrity_check").fetchone()
        if found != "ok":
            raise _damaged(self.path, found)
        owner = self._number("device")
        if owner == 0:
            self._keep("device", self.device)
        elif owner != self.device:
            raise _damaged(self.path, f"c'est le journal de l'appareil {owner}")

    def _verified(self) -> tuple[int, bytes, int]:
        """Return the last number, the head and the floor of time, walking all that is kept."""
        last, head = 0, genesis(self.device)
        floor, since = self._number("floor"), self._number("floor_seq")
        decode = msgspec.json.Decoder(Event).decode
        for seq, at, body, stored in self._db.execute(
            "SELECT seq, at, body, hash FROM line ORDER BY seq"
        ):
            try:
                event = decode(body)
            except msgspec.MsgspecError as error:
                raise _damaged(self.path, f"la ligne {seq} est illisible") from error
            if last == 0 and seq > 1:
                head = stored  # what came before was told and is no longer kept
            elif seq != last + 1 or (head := chained(head, event)) != stored:
                raise _damaged(self.path, f"la chaîne est rompue à la ligne {seq}")
            if (event.seq, event.at, event.dev) != (seq, at, self.device):
                raise _damaged(self.path, f"la ligne {seq} en raconte une autre")
            last = seq
            if seq > since:
                floor = max(floor, at)
        return last, head, floor

    def append(self, *told: tuple[Event, Trace | None]) -> None:
        """
        Write events and their traces in one commit: on return they are on the disk.

        When the disk is full the ballast is thrown out and the commit tried once more.  While an
        event that was asked is not written, its number is no other's.

        :raises JournalFull: nothing was written.
        """
        if self.promised and happening(self.promised) != happening(told[0][0]):
            raise JournalFull(_WAITS)
        try:
            self._append(told)
        except sqlite3.OperationalError as error:
            if not _is_full(error):
                raise
            if not self.ballast.release():
                raise JournalFull("Le disque du boîtier est plein.") from error
            try:
                self._append(told)
            except sqlite3.OperationalError as again:
                raise JournalFull("Le disque du boîtier est plein.") from again

    def _append(self, told: Sequence[tuple[Event, Trace | None]]) -> None:
        head, last, floor = self.head, self.last, self.floor
        execute = self._db.execute
        execute("BEGIN IMMEDIATE")
        try:
            for event, trace in told:
                assert event.seq == last + 1, "a journal has no gap"
                body = canon(event)
                head, last = chained(head, event), event.seq
                floor = max(floor, event.at)
                execute("INSERT INTO line VALUES (?,?,?,?,NULL)", (last, event.at, body, head))
                if trace is not None:
                    execute("INSERT INTO trace VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", trace)
                if event.of:  # nobody passed: it spent nothing and let nobody in
                    execute("DELETE FROM trace WHERE seq = ?", (event.of,))
            if self.promised:
                execute("DELETE FROM kept WHERE name = 'promised'")
            execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                execute("ROLLBACK")
            raise
        self.head, self.last, self.floor = head, last, floor
        self.promised = None

    def promise(self, event: Event) -> None:
        """
        Keep what is about to be asked, so that its number never names anything else.

        :raises JournalFull: nothing was written, or what was asked before is not written yet.
        """
        if self.promised:
            raise JournalFull(_WAITS)
        try:
            self._keep("promised", canon(event))
        except sqlite3.OperationalError as error:
            if not _is_full(error):
                raise
            raise JournalFull("Le disque du boîtier est plein.") from error
        self.promised = event

    def set_floor(self, at: int) -> None:
        """Set the floor of time, on the word of the town hall: lower or higher than it was."""
        self.floor = at
        with _tolerant(self._db):
            self._keep("floor", at)
            self._keep("floor_seq", self.last)

    def has_turned(self, seq: int) -> None:
        """Write that somebody walked through."""
        with _tolerant(self._db):
            self._db.execute("UPDATE trace SET waits = 0 WHERE seq = ?", (seq,))

    def forget_traces(self, *, before_day: int, until: int) -> None:
        """Drop the traces that can no longer change an answer."""
        with _tolerant(self._db):
            self._db.execute(
                "DELETE FROM trace WHERE day < ? AND seq <= ? AND NOT waits", (before_day, until)
            )

    def traces(self, *, since_day: int, after: int) -> Iterator[Trace]:
        """Return the traces since that day, and those of events after that number."""
        for row in self._db.execute(
            "SELECT * FROM trace WHERE day >= ? OR seq > ? ORDER BY seq", (since_day, after)
        ):
            yield _trace(row)

    def waiting(self) -> list[Trace]:
        """Return the grants whose rotation was not seen."""
        rows = self._db.execute("SELECT * FROM trace WHERE waits ORDER BY seq")
        return [_trace(row) for row in rows]

    def _promised(self) -> Event | None:
        row = self._db.execute("SELECT value FROM kept WHERE name = 'promised'").fetchone()
        return None if row is None else msgspec.json.decode(row[0], type=Event)

    def _number(self, name: str) -> int:
        row = self._db.execute("SELECT value FROM kept WHERE name = ?", (name,)).fetchone()
        return 0 if row is None else int(row[0])

    def _keep(self, name: str, value: "bytes | int") -> None:
        self._db.execute("INSERT OR REPLACE INTO kept VALUES (?,?)", (name, value))


def _trace(row: Sequence[object]) -> Trace:
    trace = Trace(*row)  # type: ignore[arg-type]
    return trace._replace(
        direction=Direction(trace.direction),
        counts=bool(trace.counts),
        alone=bool(trace.alone),
        waits=bool(trace.waits),
    )


@contextlib.contextmanager
def _tolerant(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what is better written but is no fact: on a full disk it is not, and we go on."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if not _is_full(error):
            raise


def _is_full(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


def _damaged(path: Path, what: str) -> JournalDamaged:
    return JournalDamaged(
        f"Le journal {path} est abîmé ({what}). Il est laissé tel quel : gardez ce fichier, "
        "puis enrôlez le boîtier sous un nouveau numéro."
    )
