"""
The keys of a box, drawn once into a file that only its owner reads.

The file is what an installer puts on the box, and what a simulator signs with.  The private key
is never in the database.  A box whose file is there keeps its keys, so that a run apart on the
same folder hears the same boxes.
"""

import json
import os
import secrets
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cvq.kernel.unable import Unable

KEY_BYTES = 32


class DeviceFileUnreadable(Unable):
    """The file of a box is damaged: its keys cannot be known."""


class PublicSide(NamedTuple):
    """What checks the signatures of a box."""

    hmac_key: bytes
    public_key: bytes


def drawn(folder: Path, number: int) -> PublicSide:
    """
    Return what checks the signatures of a box, drawing its keys into its file on first use.

    :raises DeviceFileUnreadable: the file is there and cannot be believed.
    """
    file = folder / f"{number}.json"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    private = Ed25519PrivateKey.generate()
    written = {
        "device": number,
        "hmac_key": secrets.token_bytes(KEY_BYTES).hex(),
        "private_key": private.private_bytes_raw().hex(),
    }
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(file, number)
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        json.dump(written, stream)
    return PublicSide(
        bytes.fromhex(str(written["hmac_key"])), private.public_key().public_bytes_raw()
    )


def _read(file: Path, number: int) -> PublicSide:
    try:
        written = json.loads(file.read_bytes())
        hmac_key = bytes.fromhex(written["hmac_key"])
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(written["private_key"]))
        if written["device"] != number or len(hmac_key) != KEY_BYTES:
            raise ValueError(f"not the file of device {number}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DeviceFileUnreadable(
            f"{file} : {error}. Ôtez ce fichier et enrôlez le boîtier sous un nouveau numéro."
        ) from error
    return PublicSide(hmac_key, private.public_key().public_bytes_raw())
