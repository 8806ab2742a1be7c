"""
The signed ends of the chain, kept outside the database: one small file a day, to give away.

Whoever holds such a file can prove that nothing before it was taken out or rewritten, the last
day included; the audit compares them with the database.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from psycopg import Connection, Cursor

from cvq.config import keys
from cvq.plumbing.sealer import head_line

HEADS = "SELECT day, position, hash, signature FROM plumbing_head ORDER BY day"
SEAL = "SELECT hash FROM plumbing_seal WHERE position = %s"


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The end of the chain on a day as it is given away; hexadecimal."""

    day: date
    position: int
    hash: str
    signature: str
    key: str


def folder_of(home: Path, connection: Connection[Any]) -> Path:
    """Return where the heads of this database are kept."""
    return home / "heads" / connection.info.dbname


def export(connection: Connection[Any], home: Path) -> int:
    """Write the heads that are not yet in files; return how many were."""
    folder = folder_of(home, connection)
    public = keys.signing_key(home, keys.HEAD).public_key().public_bytes_raw().hex()
    written = 0
    for day, position, hash_, signature in Cursor(connection).execute(HEADS).fetchall():
        file = folder / f"{day}.json"
        if file.exists():
            continue
        folder.mkdir(parents=True, exist_ok=True)
        head = Head(
            day=day,
            position=position,
            hash=bytes(hash_).hex(),
            signature=bytes(signature).hex(),
            key=public,
        )
        file.write_bytes(msgspec.json.format(msgspec.json.encode(head)) + b"\n")
        written += 1
    return written


def culprits(connection: Connection[Any], home: Path) -> Iterator[str]:
    """Yield the heads whose signature is not ours, or that the chain no longer holds."""
    public = keys.signing_key(home, keys.HEAD).public_key()
    for day, position, hash_, signature in Cursor(connection).execute(HEADS).fetchall():
        if not _signed(public, day, position, bytes(hash_), bytes(signature)):
            yield f"La tête du {day} n'est pas signée de notre clé."
    for file in sorted(folder_of(home, connection).glob("*.json")):
        head = msgspec.json.decode(file.read_bytes(), type=Head)
        hash_ = bytes.fromhex(head.hash)
        if not _signed(public, head.day, head.position, hash_, bytes.fromhex(head.signature)):
            yield f"{file.name} n'est pas signé de notre clé."
        row = Cursor(connection).execute(SEAL, (head.position,)).fetchone()
        if row is None or bytes(row[0]) != hash_:
            yield f"La chaîne n'est plus celle du {head.day} : le sceau {head.position} a changé."


def _signed(
    public: Ed25519PublicKey, day: date, position: int, hash_: bytes, signature: bytes
) -> bool:
    try:
        public.verify(signature, head_line(day, position, hash_))
    except InvalidSignature:
        return False
    return True
