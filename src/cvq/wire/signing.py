"""
How a message proves where it comes from.

A journal and a policy are signed (Ed25519), because they are kept; an ask is only authenticated
(HMAC-SHA256, forty times cheaper), because the door waits.  Each use has its own domain, so that
no signature can be taken for another.  This module holds no key and asks no clock.
"""

import hashlib
import hmac
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cvq.wire.events import REF_BYTES

DEVICE_HEADER = "cvq-device"
MAC_HEADER = "cvq-mac"

KEYS_REMEMBERED = 1024

ASK = b"cc/ask/v1\0"
GET = b"cc/get/v1\0"
BATCH = b"cc/batch/v1\0"
POLICY = b"cc/policy/v1\0"


def mac(key: bytes, domain: bytes, said: bytes) -> str:
    """Return the proof (64 hex characters) that who holds the key said this."""
    return hmac.new(key, domain + said, hashlib.sha256).hexdigest()


def is_authentic(key: bytes, domain: bytes, said: bytes, proof: str) -> bool:
    """Tell whether the proof is that of who holds the key, in the same time for any proof."""
    return hmac.compare_digest(mac(key, domain, said).encode(), proof.encode("utf-8", "replace"))


@lru_cache(KEYS_REMEMBERED)
def _public(public_key: bytes) -> Ed25519PublicKey:
    # Reading a key costs as much as checking a signature, and a box speaks all day.
    return Ed25519PublicKey.from_public_bytes(public_key)


def sign(key: Ed25519PrivateKey, domain: bytes, said: bytes) -> str:
    """Return the signature, 128 hex characters."""
    return key.sign(domain + said).hex()


def is_signed(public_key: bytes, domain: bytes, said: bytes, signature: str) -> bool:
    """Tell whether the owner of that public key (32 bytes) signed this."""
    try:
        _public(public_key).verify(bytes.fromhex(signature), domain + said)
    except (InvalidSignature, ValueError):
        return False
    return True


def reference(sector_key: bytes, credential: bytes) -> str:
    """Return what a reader of a sector tells of a medium: 32 hex characters, alike nowhere else."""
    return hmac.new(sector_key, credential, hashlib.sha256).digest()[:REF_BYTES].hex()
