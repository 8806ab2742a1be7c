"""The keys that sign in the name of the town hall: drawn once, in files only we can read."""

import hashlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cvq.config import home
from cvq.wire.policy import Signer

HEAD = "head"
POLICY = "policy"
KID_CHARACTERS = 8


def signing_key(folder: Path, name: str) -> Ed25519PrivateKey:
    """Return the key of that name; whoever holds its public half can prove what it signed."""
    seed = hashlib.blake2b(
        home.secret(folder, name), digest_size=32, person=b"cvq/ed25519"
    ).digest()
    return Ed25519PrivateKey.from_private_bytes(seed)


def policy_signer(folder: Path) -> Signer:
    """Return what signs the policies of boxes, and the name that they know it by."""
    key = signing_key(folder, POLICY)
    public = key.public_key().public_bytes_raw()
    return Signer(hashlib.sha256(public).hexdigest()[:KID_CHARACTERS], key)


def policy_keys(folder: Path) -> dict[str, bytes]:
    """Return the public keys that boxes must believe, by name."""
    signer = policy_signer(folder)
    return {signer.kid: signer.key.public_key().public_bytes_raw()}
