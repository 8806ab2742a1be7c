"""The journal seen from the line: what is still to be told, in order, and what is known."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cvq.edge.journal import Line, connect
from cvq.wire.events import MAX_EVENTS, canon, genesis
from cvq.wire.messages import Manifest
from cvq.wire.signing import BATCH, sign

KEEP_MS = 30 * 86_400_000  # after the town hall has it
FORGET_AT_ONCE = 2_000  # lines: pruning must not hold the journal


class Outbox:
    """The journal, for the thread that sends it: reads lines, marks and prunes them."""

    def __init__(self, path: Path, *, device: int) -> None:
        """Open a journal that exists."""
        self.device = device
        self._db = connect(path)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @property
    def last(self) -> int:
        """Return the number of the last line."""
        (last,) = self._db.execute("SELECT coalesce(max(seq), 0) FROM line").fetchone()
        return int(last)

    @property
    def acked(self) -> int:
        """Return the number up to which the town hall has everything."""
        row = self._db.execute("SELECT value FROM kept WHERE name = 'acked'").fetchone()
        return 0 if row is None else int(row[0])

    def lines_from(self, first: int) -> list[Line]:
        """Return the next lines to send, at most what a batch holds."""
        rows = self._db.execute(
            "SELECT seq, body, hash FROM line WHERE seq >= ? ORDER BY seq LIMIT ?",
            (first, MAX_EVENTS),
        )
        return [Line(*row) for row in rows]

    def hash_before(self, seq: int) -> bytes | None:
        """Return the hash that a line stands on, or nothing if it is no longer kept."""
        if seq == 1:
            return genesis(self.device)
        row = self._db.execute("SELECT hash FROM line WHERE seq = ?", (seq - 1,)).fetchone()
        return None if row is None else bytes(row[0])

    def mark(self, acked: int, *, at: int) -> None:
        """Remember that the town hall has everything up to that line."""
        if acked <= self.acked:
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.execute(
                "UPDATE line SET acked_at = ? WHERE seq <= ? AND acked_at IS NULL", (at, acked)
            )
            self._db.execute("INSERT OR REPLACE INTO kept VALUES ('acked', ?)", (acked,))
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def prune(self, *, at: int) -> int:
        """Drop lines told thirty days ago, never the last told one; return how many."""
        return self._db.execute(
            "DELETE FROM line WHERE seq IN (SELECT seq FROM line"
            " WHERE seq < ? AND acked_at < ? ORDER BY seq LIMIT ?)",
            (self.acked, at - KEEP_MS, FORGET_AT_ONCE),
        ).rowcount


def batch(lines: list[Line], *, device: int, prev: bytes, key: Ed25519PrivateKey) -> bytes:
    """Return the signed upload of these lines: the very bytes that are on the chain."""
    manifest = Manifest(
        dev=device,
        first=lines[0].seq,
        to=lines[-1].seq,
        prev=prev.hex(),
        head=lines[-1].hash.hex(),
    )
    told = canon(manifest)
    events = b",".join(line.body for line in lines)
    signature = sign(key, BATCH, told).encode()
    return b'{"events":[' + events + b'],"m":' + told + b',"sig":"' + signature + b'"}'
