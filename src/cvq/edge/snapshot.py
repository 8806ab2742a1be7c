"""
What the town hall lets a box know, in one SQLite file a sector.

A policy is taken whole or not at all, in one transaction, and readers see the old one until then.
Rows are read one at a time: fifty thousand cards cost no memory.
"""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cvq.edge.journal import connect
from cvq.rules.vocabulary import Sector
from cvq.wire.policy import (
    Header,
    PolicyRefused,
    Sealed,
    lines_of,
    read_change,
    verified,
)
from cvq.wire.rows import (
    AccountRow,
    CardRow,
    PlaceRow,
    PointRow,
    key_of,
    minus,
    plus,
    read_row,
)

_TABLES = """
CREATE TABLE IF NOT EXISTS row (key TEXT PRIMARY KEY, line BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS policy (
    one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER, iat INTEGER, exp INTEGER,
    heard INTEGER, state TEXT);
"""
CACHE_KIB = 4_096


def set_aside_if_damaged(path: Path) -> bool:
    """
    Move a policy that cannot be read out of the way; the town hall will give it again.

    Tell whether it was damaged.  It is only a copy, unlike the journal.
    """
    try:
        file = sqlite3.connect(path)
        try:
            (found,) = file.execute("PRAGMA quick_check(1)").fetchone()
        finally:
            file.close()
    except sqlite3.DatabaseError as error:
        found = str(error)
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise
    if found == "ok":
        return False
    path.replace(path.with_suffix(".damaged"))
    for name in ("-wal", "-shm"):
        path.with_name(path.name + name).unlink(missing_ok=True)
    return True


class OutOfStep(PolicyRefused):
    """The policy is genuine but does not follow ours: a whole snapshot is needed."""


class Policy(NamedTuple):
    """Which policy a box has: its number, its life (milliseconds), what it heard of us."""

    seq: int = 0
    iat: int = 0
    exp: int = 0
    heard: int = 0
    state: str = f"{0:064x}"


class Place(NamedTuple):
    """Where the box stands in time."""

    zone: ZoneInfo
    holidays: frozenset[str]


class Snapshot:
    """One sector's policy, for one thread."""

    def __init__(self, path: Path, *, device: int, sector: Sector) -> None:
        """Open the file, empty at first."""
        self.device = device
        self.sector = sector
        self._db = connect(path)
        self._db.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        self._db.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def version(self) -> int:
        """Return a number that changes when another connection has taken a policy."""
        (version,) = self._db.execute("PRAGMA data_version").fetchone()
        return int(version)

    def policy(self) -> Policy:
        """Return which policy this is; number 0 before the first."""
        row = self._db.execute("SELECT seq, iat, exp, heard, state FROM policy").fetchone()
        return Policy() if row is None else Policy(*row)

    def card(self, ref: str) -> CardRow | None:
        """Return what is known of a medium."""
        row = self._row(f"c:{ref}")
        return row if isinstance(row, CardRow) else None

    def allowance(self, account: str) -> int | None:
        """Return what may be taken from an account, or nothing if no such account is known."""
        row = self._row(f"a:{account}")
        return row.allowance if isinstance(row, AccountRow) else None

    def points(self) -> list[PointRow]:
        """Return the access points of this sector."""
        rows = self._db.execute("SELECT line FROM row WHERE key >= 'p:' AND key < 'p;'")
        return [row for (line,) in rows if isinstance(row := read_row(line), PointRow)]

    def place(self) -> Place | None:
        """Return where the box stands in time."""
        row = self._row("t")
        if not isinstance(row, PlaceRow):
            return None
        return Place(ZoneInfo(row.time_zone), frozenset(row.holidays))

    def _row(self, key: str) -> "CardRow | AccountRow | PointRow | PlaceRow | None":
        found = self._db.execute("SELECT line FROM row WHERE key = ?", (key,)).fetchone()
        return None if found is None else read_row(found[0])

    def take(self, sealed: Sealed, *, keys: Mapping[str, bytes], now: int) -> Policy:
        """
        Take a snapshot or a delta, all of it or nothing.

        :raises OutOfStep: genuine, but not what follows ours: ask for a whole snapshot.
        :raises PolicyRefused: not for us, not signed, damaged, older than ours, or expired.
        """
        header = verified(sealed, keys=keys)
        if (header.dev, header.sector) != (self.device, self.sector):
            raise PolicyRefused(f"Cette liste est celle du boîtier {header.dev}, {header.sector}.")
        if header.exp <= now:
            raise PolicyRefused("Cette liste est périmée.")
        self._db.execute("BEGIN IMMEDIATE")
        try:
            mine = self.policy()
            if header.seq <= mine.seq:
                raise PolicyRefused(f"Nous avons déjà la liste {mine.seq} : pas de retour.")
            if header.t == "delta" and header.base != mine.seq:
                raise OutOfStep(f"La liste part de {header.base}, nous avons {mine.seq}.")
            state = self._load(header, sealed.body, mine)
            if f"{state:064x}" != header.state:
                raise OutOfStep("Ce que nous avons n'est plus ce que croit la mairie.")
            taken = Policy(header.seq, header.iat, header.exp, header.heard, header.state)
            self._db.execute("INSERT OR REPLACE INTO policy VALUES (1,?,?,?,?,?)", taken)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        return taken

    def _load(self, header: Header, body: bytes, mine: Policy) -> int:
        if header.t == "snap":
            self._db.execute("DELETE FROM row")
            state = 0
        else:
            state = int(mine.state, 16)
        count = 0
        try:
            for line in lines_of(body):
                count += 1
                if header.t == "snap":
                    state = self._put(key_of(read_row(line)), line, state)
                else:
                    key, row = read_change(line)
                    if row is not None and key_of(read_row(row)) != key:
                        raise PolicyRefused(f"La ligne {key} en porte une autre.")
                    state = self._put(key, row, state)
        except (ValueError, sqlite3.IntegrityError) as error:
            raise PolicyRefused(f"La ligne {count} de la liste est illisible.") from error
        if count != header.n:
            raise PolicyRefused(f"La liste annonce {header.n} lignes et en a {count}.")
        return state

    def _put(self, key: str, line: bytes | None, state: int) -> int:
        old = self._db.execute("SELECT line FROM row WHERE key = ?", (key,)).fetchone()
        if old is not None:
            state = minus(state, old[0])
        if line is None:
            self._db.execute("DELETE FROM row WHERE key = ?", (key,))
            return state
        self._db.execute("INSERT OR REPLACE INTO row VALUES (?,?)", (key, line))
        return plus(state, line)
