"""
What a box is given when it is enrolled: its number, its keys, and the keys it must believe.

The file never leaves the box; the town hall keeps the public key and the HMAC key only.
"""

import secrets
from collections.abc import Mapping
from typing import Annotated

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Meta, Struct

from cvq.rules.vocabulary import Sector
from cvq.wire.events import DeviceNumber

HMAC_BYTES = 32
Key = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64)]


class Enrolment(Struct, frozen=True, kw_only=True):
    """
    The key file of a box.  Keys are 32 bytes in hexadecimal.

    Drawn first, its keys alone are there; then come its sectors and `policy_keys`, the public
    keys, by kid, that may sign its policies.  `turnstile` when each grant must be followed by a
    rotation.  `points` are the names of the points that it guards, for who stands beside it.
    """

    device: DeviceNumber
    private_key: Key
    hmac_key: Key
    code: str = ""
    sectors: tuple[Sector, ...] = ()
    policy_keys: dict[str, Key] = {}
    turnstile: bool = False
    points: tuple[tuple[int, str], ...] = ()

    @property
    def signer(self) -> Ed25519PrivateKey:
        """Return the key that signs the journal."""
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self.private_key))

    @property
    def public_key(self) -> bytes:
        """Return what the town hall verifies the journal with."""
        return self.signer.public_key().public_bytes_raw()


def enrol(
    *,
    device: int,
    code: str,
    sectors: tuple[Sector, ...],
    policy_keys: Mapping[str, bytes],
    turnstile: bool = False,
) -> Enrolment:
    """Draw the keys of a box."""
    return Enrolment(
        device=device,
        code=code,
        private_key=Ed25519PrivateKey.generate().private_bytes_raw().hex(),
        hmac_key=secrets.token_hex(HMAC_BYTES),
        sectors=sectors,
        policy_keys={kid: key.hex() for kid, key in policy_keys.items()},
        turnstile=turnstile,
    )


read_enrolment = msgspec.json.Decoder(Enrolment).decode
write_enrolment = msgspec.json.Encoder(order="sorted").encode
