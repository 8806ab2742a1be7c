"""What must hold of taps: each still is what its device told, and each sealed row is as sealed."""

from collections.abc import Iterator
from typing import Any

from psycopg import Connection, Cursor, capabilities

from cvq.kernel.local import at_ms
from cvq.plumbing.audit import Row
from cvq.plumbing.batches import line
from cvq.rules.vocabulary import CHILDCARE, Direction, Happening
from cvq.taps.models import ParkedFor
from cvq.taps.record import tap_line
from cvq.wire.events import Event, happening

# An older libpq (before 17) hands rows over one by one.
ROWS_AT_ONCE = 1_000 if capabilities.has_stream_chunked() else 1
TAPS = """
SELECT batch, device, seq, at, what, point, direction, ref, holder, said, why, by, means,
    objection, of, until_at, policy, digest
FROM taps_tapevent WHERE batch >= %s AND batch <= %s ORDER BY batch, device, seq
"""
AMENDMENTS = """
SELECT batch, device, seq, said, why, means FROM taps_amendment
WHERE batch >= %s AND batch <= %s ORDER BY batch, device, seq, said
"""
TOLD = """
SELECT device, seq, at, what, point, direction, ref, of, digest FROM taps_tapevent
ORDER BY device, seq
"""
STRAYS = """
SELECT device, seq FROM taps_tapevent WHERE batch < 0 OR batch >= 1::bigint << 50
UNION ALL SELECT device, seq FROM taps_amendment WHERE batch < 0 OR batch >= 1::bigint << 50
ORDER BY 1, 2
"""
# The head of a box outlives its events: what it acknowledged last must be somewhere.
HEADS = """
SELECT d.id, d.head_seq FROM catalog_device AS d WHERE d.head_seq > 0
    AND NOT EXISTS (SELECT FROM taps_tapevent AS t WHERE t.device = d.id AND t.seq = d.head_seq)
    AND NOT EXISTS (SELECT FROM taps_parked AS p WHERE p.device = d.id AND p.seq = d.head_seq)
    AND NOT EXISTS (SELECT FROM taps_flood AS f WHERE f.device = d.id) ORDER BY d.id
"""
WAITING = """
SELECT reason, count(*) FROM taps_parked WHERE ended_at IS NULL GROUP BY reason ORDER BY reason
"""
ORPHANS = """
SELECT c.device, c.seq FROM childcare_attendance AS c LEFT JOIN taps_tapevent AS t
    ON t.device = c.device AND t.seq = c.seq
WHERE c.device IS NOT NULL AND t.device IS NULL ORDER BY 1, 2
"""
# Attendances, stays and visits are under no seal: what a tap opened must still be there.
UNKEPT = """
SELECT t.device, t.seq FROM taps_tapevent AS t JOIN catalog_accesspoint AS p ON p.id = t.point
JOIN catalog_service AS s ON s.id = p.service_id LEFT JOIN childcare_attendance AS a
    ON a.device = t.device AND a.seq = t.seq AND a.holder = t.holder AND a.at = t.at
    AND a.direction = t.direction
WHERE t.what = 'TAP' AND t.holder IS NOT NULL AND s.purpose = ANY(%s) AND a.id IS NULL
UNION ALL SELECT t.device, t.seq FROM taps_tapevent AS t
JOIN ledger_entry AS e ON e.key = 'tap:' || t.device || ':' || t.seq
WHERE NOT EXISTS (SELECT FROM pool_stay AS s WHERE s.device = t.device AND s.seq = t.seq)
    AND NOT EXISTS (SELECT FROM waste_visit AS v WHERE v.device = t.device AND v.seq = t.seq)
ORDER BY 1, 2
"""


def culprits(connection: Connection[Any]) -> Iterator[str]:
    """Yield what is wrong, one sentence each; nothing when all is well."""
    # A year has a million of them: they are never read all at once.
    taps = Cursor(connection).stream(TOLD, binary=True, size=ROWS_AT_ONCE)
    for device, seq, at, what, point, direction, ref, of, digest in taps:
        event = Event(
            dev=device,
            seq=seq,
            at=at_ms(at),
            pt=point,
            what=Happening(what),
            ref=bytes(ref).hex(),
            dir=Direction(direction),
            of=of or 0,
        )
        if happening(event) != bytes(digest):
            yield f"Le badgeage {device}/{seq} n'est plus ce que le boîtier a dit."
    for device, seq in Cursor(connection).execute(STRAYS):
        yield f"Le badgeage {device}/{seq} n'est d'aucun lot : il a été ajouté sans la clé."
    for device, seq in Cursor(connection).execute(HEADS):
        yield f"Le boîtier {device} a été quitte jusqu'au n° {seq}, qui manque."
    for device, seq in Cursor(connection).execute(ORPHANS):
        yield f"La présence du badgeage {device}/{seq} n'a plus son badgeage."
    for device, seq in Cursor(connection).execute(UNKEPT, (sorted(CHILDCARE),)):
        yield f"Ce qu'a ouvert le badgeage {device}/{seq} (présence ou passage) manque ou diffère."


def remarks(connection: Connection[Any]) -> Iterator[str]:
    """Yield what is right and yet asks for somebody: what was put aside and waits."""
    for reason, count in Cursor(connection).execute(WAITING):
        yield f"{count} événement(s) mis de côté ({ParkedFor(reason).label}) : « cvq parked list »."


def sealed_taps(connection: Connection[Any], first: int, last: int) -> Iterator[Row]:
    """Return the taps of these batches with the bytes under which they were sealed."""
    for batch, *row in Cursor(connection).execute(TAPS, (first, last), binary=True):
        yield batch, f"{row[0]}/{row[1]}", tap_line(row)


def sealed_amendments(connection: Connection[Any], first: int, last: int) -> Iterator[Row]:
    """Return the amendments of these batches with the bytes under which they were sealed."""
    for batch, *row in Cursor(connection).execute(AMENDMENTS, (first, last)):
        yield batch, f"{row[0]}/{row[1]}", line(*row)
