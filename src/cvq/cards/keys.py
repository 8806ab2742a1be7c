"""
The key of each sector, under which a credential becomes what readers of that sector send.

Keys lie in files of the territory's folder that only we can read, never in the database: whoever
copies the database cannot tell which references of two sectors are of the same card.
"""

import hmac
import os
import secrets
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from django.conf import settings

from cvq.cards.models import REF_BYTES
from cvq.rules.vocabulary import Sector

KEY_BYTES = 32
KEY_VERSION = 1


def sector_ref(sector: Sector, credential: bytes) -> bytes:
    """Return what readers of a sector send for a credential."""
    key = sector_key(Path(settings.HOME), sector)
    return hmac.digest(key, credential, "sha256")[:REF_BYTES]


def sector_refs(credentials: Iterable[bytes]) -> list[tuple[Sector, bytes]]:
    """Return what readers of each sector send, for one credential after the other."""
    keys = {sector: sector_key(Path(settings.HOME), sector) for sector in Sector}
    return [
        (sector, hmac.digest(key, credential, "sha256")[:REF_BYTES])
        for credential in credentials
        for sector, key in keys.items()
    ]


@cache
def sector_key(home: Path, sector: Sector) -> bytes:
    """Return the key of a sector, drawing it on first use in a file only we can read."""
    folder = home / "keys"
    file = folder / f"sector-{sector.lower()}.{KEY_VERSION}.key"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_once(file, secrets.token_bytes(KEY_BYTES))
    key = file.read_bytes()
    assert len(key) == KEY_BYTES, f"{file} is damaged: restore it from the backup"
    return key


def _write_once(file: Path, key: bytes) -> None:
    # Whole before it has its name, and the first one stays: another process may draw one too.
    handle, fresh = tempfile.mkstemp(dir=file.parent)  # 0600
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(key)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(fresh, file)
    except FileExistsError:
        pass
    finally:
        os.unlink(fresh)
