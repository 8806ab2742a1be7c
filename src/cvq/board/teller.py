"""
One reader of the sealed taps for all the boards that are open.

The sealer says that there is something (NOTIFY); what there is, is read from where we stand in the
chain, so that nothing is missed when a word of the sealer is.  A board is shown the last taps of
what was sealed together, and told how many there were.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import structlog
from msgspec import Struct
from psycopg import Connection, Cursor, OperationalError

from cvq.board.passages import kind_of

CHANNEL = "cvq_sealed"
LOOK_SECONDS = 1.0
REST_SECONDS = 2.0
READ_AT_ONCE = 1000  # batches
TOLD_AT_ONCE = 30  # taps

HEAD = "SELECT coalesce(max(position), 0) FROM plumbing_seal"
SEALED = """
SELECT position, batch_id FROM plumbing_seal WHERE position > %s ORDER BY position LIMIT %s
"""
# The bounds are for the index, which knows ranges of batches only.
TAPS = """
SELECT t.device, t.seq, t.at, t.point, t.direction, coalesce(a.said, t.said)
FROM taps_tapevent AS t LEFT JOIN taps_amendment AS a ON a.device = t.device AND a.seq = t.seq
WHERE t.batch BETWEEN %s AND %s AND t.batch = ANY(%s::bigint[]) AND t.what = 'TAP'
ORDER BY t.at, t.device, t.seq
"""
PLACES = """
SELECT p.id, p.name, coalesce(c.insee, '') FROM catalog_accesspoint AS p
JOIN catalog_service AS s ON s.id = p.service_id LEFT JOIN catalog_site AS i ON i.id = s.site_id
LEFT JOIN catalog_commune AS c ON c.id = i.commune_id
"""

log = structlog.get_logger()


class Told(Struct, frozen=True):
    """
    A tap as a board that is open is told it.

    `k` is its name, so that it is shown once; `t` its instant in seconds, so that it is shown in
    its place.
    """

    k: str
    t: int
    at: str
    place: str
    insee: str
    kind: str


class News(Struct, frozen=True):
    """What was sealed since the last news, up to a position: how many taps, and the last ones."""

    position: int
    count: int
    taps: tuple[Told, ...]

    def event(self) -> bytes:
        """Return it as boards read it (server-sent events)."""
        data = msgspec.json.encode({"count": self.count, "taps": self.taps})
        return b"id: %d\nevent: taps\ndata: %b\n\n" % (self.position, data)


class Teller:
    """A thread with its own connection that tells what is sealed."""

    def __init__(
        self,
        *,
        connect: Callable[[], Connection[Any]],
        zone: ZoneInfo,
        tell: Callable[[News], None],
    ) -> None:
        """Take how to connect and whom to tell; nothing is read yet."""
        self._connect = connect
        self._zone = zone
        self._tell = tell
        self._position: int | None = None
        self._places: dict[int, tuple[str, str]] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="teller", daemon=True)

    def start(self) -> None:
        """Begin to tell what is sealed from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Stop telling; returns once the thread has ended."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._connect() as connection:
                    self._follow(connection)
            except OperationalError as error:
                log.warning("database_lost", error=type(error).__name__)
                self._stopping.wait(REST_SECONDS)

    def _follow(self, connection: Connection[Any]) -> None:
        connection.execute(f"LISTEN {CHANNEL}")
        if self._position is None:
            row = connection.execute(HEAD).fetchone()
            self._position = row[0] if row else 0
        while not self._stopping.is_set():
            while self._read_on(connection) == READ_AT_ONCE:
                pass
            for _ in connection.notifies(timeout=LOOK_SECONDS, stop_after=1):
                pass

    def _read_on(self, connection: Connection[Any]) -> int:
        """Tell what is sealed after where we stand; return how many batches that was."""
        cursor = Cursor(connection)
        sealed = cursor.execute(SEALED, (self._position, READ_AT_ONCE)).fetchall()
        if not sealed:
            return 0
        batches = [batch for _, batch in sealed]
        rows = cursor.execute(TAPS, (min(batches), max(batches), batches)).fetchall()
        self._position = sealed[-1][0]
        if rows:
            last = rows[-TOLD_AT_ONCE:]
            if any(row[3] not in self._places for row in last):
                self._places = {n: place for n, *place in cursor.execute(PLACES).fetchall()}
            self._tell(News(self._position, len(rows), tuple(map(self._told, last))))
        return len(sealed)

    def _told(self, row: Sequence[Any]) -> Told:
        device, seq, at, point, direction, said = row
        place, insee = self._places.get(point, ("", ""))
        there = at.astimezone(self._zone)
        return Told(
            k=f"{device}-{seq}",
            t=int(at.timestamp()),
            at=f"{there.hour}:{there:%M:%S}",
            place=place,
            insee=insee,
            kind=kind_of(said, direction),
        )
