"""
The policies of boxes: compared with the last one made, signed, and given as what changed.

Made when a box asks, and only if something moved since.  The last one is kept, so that a box that
has it is given what changed and nothing else.
"""

import gzip
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from psycopg import Connection, Cursor

from cvq.catalog import points as catalogue
from cvq.catalog.points import Points
from cvq.kernel.local import at_ms, instant, local
from cvq.kernel.unable import Unable
from cvq.rules.vocabulary import Sector
from cvq.taps import pack
from cvq.wire import policy
from cvq.wire.events import canon
from cvq.wire.policy import LIFE_MS, Change, Issue, Signer, Stream
from cvq.wire.rows import Row, key_of, minus, plus, read_row

# What moves no number (a right that is shortened, a house that moves) is found out by this.
LOOK_AGAIN_MS = 10 * 60_000
RENEW_MS = 12 * 3_600_000
GZIP_LEVEL = 1

ONE_INSTANT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
KEPT = """
SELECT seq, base, basis, heard, made_at, checked_at, state, rows, delta FROM taps_policy
WHERE device = %s AND sector = %s
"""
KEEP = """
INSERT INTO taps_policy (device, sector, seq, base, basis, heard, made_at, checked_at, state, rows,
    delta)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (device, sector) DO UPDATE SET seq = excluded.seq, base = excluded.base,
    basis = excluded.basis, heard = excluded.heard, made_at = excluded.made_at,
    checked_at = excluded.checked_at, state = excluded.state, rows = excluded.rows,
    delta = excluded.delta
"""
CHECKED = "UPDATE taps_policy SET basis = %s, checked_at = %s WHERE device = %s AND sector = %s"
HEARD = "SELECT head_seq FROM catalog_device WHERE id = %s"

# What a policy of each sector is made of, as numbers that change whenever a row comes.  The newest
# ids are added up: the greatest alone would hide a row that was drawn before it and commits after.
_NEWEST = "(SELECT sum(id) FROM (SELECT id FROM {} ORDER BY id DESC LIMIT 1000) AS newest)"


def _newest(*tables: str) -> str:
    return ", ".join(_NEWEST.format(table) for table in tables)


_MEDIA = (
    "(SELECT number FROM catalog_revision WHERE id = 1), "
    f"{_newest('cards_mediumstate', 'cards_holding')}"
)
# In the order of the seals: a batch that commits late is sealed late, and never missed.
_BOOKS = "(SELECT max(position) FROM plumbing_seal)"
BASIS = {
    Sector.SCHOOL: f"SELECT {_MEDIA}, {_newest('childcare_enrolment')}",
    Sector.POOL: f"SELECT {_MEDIA}, {_newest('rights_right')}, {_BOOKS}",
    Sector.WASTE: f"SELECT {_MEDIA}, {_BOOKS}",
    Sector.LIBRARY: f"SELECT {_MEDIA}, {_newest('rights_right')}",
    Sector.SPORT: f"SELECT {_MEDIA}, {_newest('halls_slot')}",
    Sector.DOORS: f"SELECT {_MEDIA}, {_newest('rights_groupmember', 'rights_schedule')}",
}


class NoPointThere(Unable):
    """A device asks for the policy of a sector in which it guards nothing."""


class Kept(Struct):
    """The last policy made for a device in a sector; `rows` are its lines, `delta` led to it."""

    seq: int
    base: int
    basis: str
    heard: int
    made_at: int
    checked_at: int
    state: int
    rows: bytes
    delta: bytes | None

    @property
    def lines(self) -> list[bytes]:
        """Return the rows, as they are written."""
        return [line for line in gzip.decompress(self.rows).split(b"\n") if line]


class Moment(Struct, frozen=True):
    """What a policy is made at: the instant, what it is made from, what was heard of the box."""

    now: int
    basis: str
    heard: int


class Snapshots:
    """Makes, keeps and gives the policies of every box."""

    def __init__(self, *, signer: Signer, zone: ZoneInfo) -> None:
        """Take the key that signs; what it signs nobody can make without it."""
        self._signer = signer
        self._zone = zone
        # Opaque names must not be worked out by who knows a number: they need our key.
        self._secret = signer.key.sign(b"cvq/opaque/v1\0")

    def serve(
        self, connection: Connection[Any], *, device: int, sector: Sector, have: int, now: int
    ) -> bytes | None:
        """
        Return the policy of a device after the one it has, or nothing if it has the newest.

        :raises NoPointThere: the device guards no point of that sector.
        """
        with connection.transaction():
            # What was heard of the box and what is left to it must be of one instant.
            Cursor(connection).execute(ONE_INSTANT)
            kept = self._current(connection, Stream(device, sector), have, now)
        if have == kept.seq:
            return None
        if kept.delta is not None and have == kept.base:
            return kept.delta
        return self._snapshot(Stream(device, sector), kept)

    def _current(self, connection: Connection[Any], stream: Stream, have: int, now: int) -> Kept:
        cursor = Cursor(connection)
        kept = _kept(cursor, stream)
        row = cursor.execute(BASIS[stream.sector]).fetchone()
        heard = cursor.execute(HEARD, (stream.dev,)).fetchone()
        told = "|".join(map(str, row or ()))
        moment = Moment(now, f"{local(now, self._zone).day}|{told}", heard[0] if heard else 0)
        if kept is None:
            return self._first(connection, stream, moment, have)
        changes: list[Change] = []
        before = None
        if kept.basis != moment.basis or now - kept.checked_at >= LOOK_AGAIN_MS:
            before = {key_of(read_row(line)): line for line in kept.lines}
            changes = policy.changes(before, self._rows(connection, stream, now))
        is_ahead = have > kept.seq  # our database was restored, the box was not
        is_old = now - kept.made_at >= RENEW_MS
        if not (changes or is_ahead or is_old or kept.heard != moment.heard):
            if before is not None:
                at = instant(now)
                cursor.execute(CHECKED, (moment.basis, at, stream.dev, stream.sector))
            return kept
        return self._next(cursor, stream, moment, kept, changes, max(have, kept.seq) + 1)

    def _first(
        self, connection: Connection[Any], stream: Stream, moment: Moment, have: int
    ) -> Kept:
        lines = [canon(row) for row in self._rows(connection, stream, moment.now)]
        state = 0
        for line in lines:
            state = plus(state, line)
        kept = Kept(
            seq=have + 1,
            base=0,
            basis=moment.basis,
            heard=moment.heard,
            made_at=moment.now,
            checked_at=moment.now,
            state=state,
            rows=_folded(lines),
            delta=None,
        )
        _keep(Cursor(connection), stream, kept)
        return kept

    def _next(
        self,
        cursor: Cursor[Any],
        stream: Stream,
        moment: Moment,
        before: Kept,
        changes: Sequence[Change],
        seq: int,
    ) -> Kept:
        after = {key_of(read_row(line)): line for line in before.lines} if changes else {}
        state = before.state
        for key, row in changes:
            if old := after.pop(key, None):
                state = minus(state, old)
            if row is not None:
                after[key] = canon(row)
                state = plus(state, after[key])
        delta = policy.seal_delta(
            changes,
            base=before.seq,
            state=state,
            stream=stream,
            issue=_issue(seq, moment.now, moment.heard),
            signer=self._signer,
        )
        kept = Kept(
            seq=seq,
            base=before.seq,
            basis=moment.basis,
            heard=moment.heard,
            made_at=moment.now,
            checked_at=moment.now,
            state=state,
            rows=_folded(list(after.values())) if changes else before.rows,
            delta=delta.to_bytes(),
        )
        _keep(cursor, stream, kept)
        return kept

    def _snapshot(self, stream: Stream, kept: Kept) -> bytes:
        return policy.seal(
            map(read_row, kept.lines),
            stream=stream,
            issue=_issue(kept.seq, kept.made_at, kept.heard),
            signer=self._signer,
        ).to_bytes()

    def _rows(self, connection: Connection[Any], stream: Stream, now: int) -> list[Row]:
        rows = pack.rows(
            connection,
            device=stream.dev,
            sector=stream.sector,
            points=_points(connection),
            now=now,
            zone=self._zone,
            secret=self._secret,
        )
        if not rows:
            raise NoPointThere(f"L'appareil {stream.dev} ne garde aucun point de ce secteur.")
        return rows


def _issue(seq: int, made_at: int, heard: int) -> Issue:
    return Issue(seq=seq, iat=made_at, exp=made_at + LIFE_MS, heard=heard)


def _folded(lines: Sequence[bytes]) -> bytes:
    return gzip.compress(b"\n".join(lines), GZIP_LEVEL, mtime=0)


def _kept(cursor: Cursor[Any], stream: Stream) -> Kept | None:
    row = cursor.execute(KEPT, (stream.dev, stream.sector)).fetchone()
    if row is None:
        return None
    seq, base, basis, heard, made_at, checked_at, state, rows, delta = row
    return Kept(
        seq=seq,
        base=base,
        basis=basis,
        heard=heard,
        made_at=at_ms(made_at),
        checked_at=at_ms(checked_at),
        state=int(state, 16),
        rows=bytes(rows),
        delta=None if delta is None else bytes(delta),
    )


def _keep(cursor: Cursor[Any], stream: Stream, kept: Kept) -> None:
    cursor.execute(
        KEEP,
        (
            stream.dev,
            stream.sector,
            kept.seq,
            kept.base,
            kept.basis,
            kept.heard,
            instant(kept.made_at),
            instant(kept.checked_at),
            f"{kept.state:064x}",
            kept.rows,
            kept.delta,
        ),
    )


def _points(connection: Connection[Any]) -> Points:
    points = catalogue.current(connection)
    row = Cursor(connection).execute(catalogue.REVISION).fetchone()
    if row is not None and row[0] != points.revision:
        points = catalogue.refresh(connection)
    return points
