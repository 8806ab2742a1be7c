"""
What must hold of the seals: one unbroken chain, and under each seal the rows that it was made of.

The packages that own sealed rows read them back (`Reader`); this compares them with the digests.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from psycopg import Connection, Cursor

from cvq.plumbing import sealer
from cvq.plumbing.batches import MARK_BYTES, digest

Row = tuple[int, str, bytes]
"""The batch of a row, how people name it, and the bytes under which it was sealed."""

Reader = Callable[[Connection[Any], int, int], Iterator[Row]]
"""Return the sealed rows of batches from one number to another, in the order they were sealed."""

BATCHES_AT_ONCE = 500

SEALS = """
SELECT s.position, s.hash, s.sealed_at, b.id, b.recorded_at, b.taps, b.entries, b.taps_digest,
    b.books_digest
FROM plumbing_seal AS s LEFT JOIN plumbing_batch AS b ON b.id = s.batch_id
WHERE s.position > %s ORDER BY s.position LIMIT %s
"""
BATCHES = """
SELECT id, taps_digest, taps_marks, books_digest, books_marks, EXISTS (
    SELECT FROM plumbing_seal AS s WHERE s.batch_id = b.id) OR EXISTS (
    SELECT FROM plumbing_unsealed AS u WHERE u.batch = b.id)
FROM plumbing_batch AS b WHERE id > %s ORDER BY id LIMIT %s
"""


def culprits(
    connection: Connection[Any],
    *,
    taps: dict[str, Reader],
    books: dict[str, Reader],
) -> Iterator[str]:
    """Yield what is wrong with the seals, one sentence each; nothing when all is well."""
    yield from _chain(connection)
    yield from _rows(connection, taps, books)


def _chain(connection: Connection[Any]) -> Iterator[str]:
    position, previous = 0, sealer.GENESIS
    while seals := Cursor(connection).execute(SEALS, (position, BATCHES_AT_ONCE)).fetchall():
        for told, hash_, sealed_at, *batch in seals:
            position += 1
            if told != position:
                yield f"Le sceau n° {position} manque dans la chaîne."
                return
            if batch[0] is None:
                yield f"Le lot du sceau n° {position} manque."
                return
            if sealer.link(previous, position, sealed_at, tuple(batch)) != bytes(hash_):
                yield f"Le sceau n° {position} (lot {batch[0]}) ne ferme pas la chaîne."
                return
            previous = bytes(hash_)
    read = "SELECT name, position FROM plumbing_cursor WHERE position > %s ORDER BY 1"
    for name, further in Cursor(connection).execute(read, (position,)):
        yield f"La chaîne s'arrête au sceau n° {position} ; « {name} » a lu le n° {further}."
    heads = "SELECT h.day FROM plumbing_head AS h LEFT JOIN plumbing_seal AS s"
    heads += " ON s.position = h.position WHERE s.hash IS DISTINCT FROM h.hash ORDER BY 1"
    for (day,) in Cursor(connection).execute(heads):
        yield f"La tête signée le {day} n'est plus dans la chaîne."


def _rows(
    connection: Connection[Any], taps: dict[str, Reader], books: dict[str, Reader]
) -> Iterator[str]:
    last = -1
    while True:
        rows = Cursor(connection).execute(BATCHES, (last, BATCHES_AT_ONCE)).fetchall()
        # Past the last batch the rows are read too: one there was written without the key.
        first, last = last + 1, (rows[-1][0] if len(rows) == BATCHES_AT_ONCE else 1 << 50)
        known = {row[0]: row for row in rows}
        for kind, readers in (("taps", taps), ("books", books)):
            found = _read(connection, readers, first, last)
            for number in sorted(known.keys() | found.keys()):
                yield from _compare(number, kind, known.get(number), found.get(number, {}))
        for number, *_, chained in rows:
            if not chained:
                yield f"Le lot {number} n'est ni scellé ni en attente de l'être."
        if len(rows) < BATCHES_AT_ONCE:
            return


def _read(
    connection: Connection[Any], readers: dict[str, Reader], first: int, last: int
) -> dict[int, dict[str, list[tuple[str, bytes]]]]:
    found: dict[int, dict[str, list[tuple[str, bytes]]]] = defaultdict(lambda: defaultdict(list))
    for table, read in readers.items():
        for number, name, line in read(connection, first, last):
            found[number][table].append((name, line))
    return found


def _compare(
    number: int,
    kind: str,
    batch: Sequence[Any] | None,
    found: dict[str, list[tuple[str, bytes]]],
) -> Iterator[str]:
    names = [f"{table} {name}" for table in sorted(found) for name, _ in found[table]]
    if batch is None:
        for name in names:
            yield f"{name} n'appartient à aucun lot : la ligne a été ajoutée sans la clé."
        return
    sealed, marks = batch[1:3] if kind == "taps" else batch[3:5]
    whole, now = digest({table: [line for _, line in rows] for table, rows in found.items()})
    if whole == bytes(sealed):
        return
    yield from _named(number, names, _cut(bytes(marks)), _cut(now))


def _cut(marks: bytes) -> list[bytes]:
    return [marks[n : n + MARK_BYTES] for n in range(0, len(marks), MARK_BYTES)]


def _named(number: int, names: list[str], sealed: list[bytes], now: list[bytes]) -> Iterator[str]:
    """Name the rows of a batch that are not those that were sealed."""
    strangers = [name for name, mark in zip(names, now, strict=True) if mark not in sealed]
    lost = sum(mark not in now for mark in sealed)
    for name in strangers[lost:]:
        yield f"{name} (lot {number}) a été ajouté après le scellement."
    for name in strangers[:lost]:
        yield f"{name} (lot {number}) a été modifié après le scellement."
    if lost > len(strangers):
        kept = ", ".join(names[:5]) or "rien"
        yield f"{lost - len(strangers)} ligne(s) du lot {number} manquent ; il y reste : {kept}."
    if not strangers and not lost:
        yield f"Le lot {number} a changé d'ordre ou de contenu depuis son scellement."
