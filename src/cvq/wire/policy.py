"""
The policy of a box: a signed snapshot of rows, or the delta since the one it has.

The header is canonical JSON, signed; the body is gzipped JSON lines, named in the header by its
hash.  The digest of the state *after* it is applied is in the header too, so that a box that
drifted finds out at the next delta.  This module seals and verifies; it reads no clock and writes
nothing.
"""

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Literal, NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Meta, Struct

from cvq.kernel.unable import Unable
from cvq.rules.vocabulary import Sector
from cvq.wire.events import DeviceNumber, Number, Positive, canon
from cvq.wire.messages import Hash
from cvq.wire.rows import Row, key_of, plus
from cvq.wire.signing import POLICY, is_signed, sign

CONTENT_TYPE = "application/vnd.cvq.policy"
MAX_POLICY = 64 * 1024 * 1024  # bytes, compressed: some 500,000 cards
MAX_HEADER = 4096
LIFE_MS = 72 * 3_600_000  # what a box may decide about money without hearing from the town hall
_SLICE = 64 * 1024
_LINE = 4 * 1024 * 1024


class PolicyRefused(Unable):
    """A policy cannot be believed or does not follow the one we have."""


class Header(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """
    What is signed of a policy.

    `heard` is the last event of this device that the allowances already count; `base` the policy
    a delta starts from (0 for a snapshot); `n` the lines of the body; `iat` and `exp` in
    milliseconds.
    """

    t: Literal["snap", "delta"]
    v: Literal[1] = 1
    dev: DeviceNumber
    sector: Sector
    base: Number = 0
    seq: Positive
    n: Number
    iat: Number
    exp: Number
    heard: Number
    sha: Hash
    state: Hash
    kid: Annotated[str, Meta(max_length=32)]


class Stream(NamedTuple):
    """Whose policy: one device, one sector; its references are worth nothing elsewhere."""

    dev: int
    sector: Sector


class Signer(NamedTuple):
    """The key that signs policies, and the name that boxes know it by."""

    kid: str
    key: Ed25519PrivateKey


class Issue(NamedTuple):
    """The number of a policy, its life (milliseconds) and what of the device it has heard."""

    seq: int
    iat: int
    exp: int
    heard: int


class Sealed(NamedTuple):
    """A policy as it travels: header, signature (hex), body."""

    header: bytes
    signature: str
    body: bytes

    def to_bytes(self) -> bytes:
        """Return the three parts in one file, good for HTTP or for a USB key."""
        return b"\n".join((self.header, self.signature.encode(), self.body))


Change = tuple[str, Row | None]
"""The key of a row and its new value, or nothing when it is gone."""

_read_header = msgspec.json.Decoder(Header).decode
_change = msgspec.json.Decoder(tuple[str, msgspec.Raw])


def seal(rows: Iterable[Row], *, stream: Stream, issue: Issue, signer: Signer) -> Sealed:
    """Return a snapshot: all the rows of a stream, each key once."""
    lines = [canon(row) for row in rows]
    state = 0
    for line in lines:
        state = plus(state, line)
    return _sealed("snap", lines, stream=stream, issue=issue, signer=signer, base=0, state=state)


def seal_delta(
    changes: Iterable[Change],
    *,
    base: int,
    state: int,
    stream: Stream,
    issue: Issue,
    signer: Signer,
) -> Sealed:
    """Return what changed since the policy `base`; `state` is the digest once it is applied."""
    lines = [canon(change) for change in changes]
    return _sealed(
        "delta", lines, stream=stream, issue=issue, signer=signer, base=base, state=state
    )


def _sealed(
    kind: Literal["snap", "delta"],
    lines: list[bytes],
    *,
    stream: Stream,
    issue: Issue,
    signer: Signer,
    base: int,
    state: int,
) -> Sealed:
    body = gzip.compress(b"\n".join(lines), 6, mtime=0)
    header = canon(
        Header(
            t=kind,
            dev=stream.dev,
            sector=stream.sector,
            base=base,
            seq=issue.seq,
            n=len(lines),
            iat=issue.iat,
            exp=issue.exp,
            heard=issue.heard,
            sha=hashlib.sha256(body).hexdigest(),
            state=f"{state:064x}",
            kid=signer.kid,
        )
    )
    return Sealed(header, sign(signer.key, POLICY, header), body)


def changes(before: Mapping[str, bytes], after: Iterable[Row]) -> list[Change]:
    """Return what takes a state (key to canonical row) to the rows given."""
    found: list[Change] = []
    left = set(before)
    for row in after:
        key = key_of(row)
        left.discard(key)
        if before.get(key) != canon(row):
            found.append((key, row))
    found.extend((key, None) for key in sorted(left))
    return found


def unpack(received: bytes) -> Sealed:
    """
    Return the three parts of a policy file.

    :raises PolicyRefused: it is cut short or too long.
    """
    head, _, rest = received.partition(b"\n")
    signature, found, body = rest.partition(b"\n")
    if not found or len(head) > MAX_HEADER or len(received) > MAX_POLICY:
        raise PolicyRefused("La liste reçue est coupée ou trop longue.")
    return Sealed(head, signature.decode("ascii", "replace"), body)


def verified(sealed: Sealed, *, keys: Mapping[str, bytes]) -> Header:
    """
    Return the header of a policy that one of our keys signed, its body being the one it names.

    :raises PolicyRefused: unknown key, wrong signature, damaged body.
    """
    try:
        header = _read_header(sealed.header)
    except msgspec.MsgspecError as error:
        raise PolicyRefused(f"En-tête de liste illisible : {error}") from error
    key = keys.get(header.kid)
    if key is None:
        raise PolicyRefused(f"La liste est signée par une clé inconnue : {header.kid}")
    if not is_signed(key, POLICY, sealed.header, sealed.signature):
        raise PolicyRefused("La signature de la liste n'est pas la bonne.")
    if hashlib.sha256(sealed.body).hexdigest() != header.sha:
        raise PolicyRefused("Le contenu de la liste n'est pas celui qui est signé.")
    return header


def lines_of(body: bytes) -> Iterator[bytes]:
    """
    Yield the lines of a body one by one: fifty thousand cards must not fill a small box.

    :raises PolicyRefused: the body is no gzip, or a line never ends.
    """
    unzip = zlib.decompressobj(wbits=31)
    rest = b""
    try:
        for start in range(0, len(body), _SLICE):
            *whole, rest = (rest + unzip.decompress(body[start : start + _SLICE])).split(b"\n")
            yield from whole
            if len(rest) > _LINE:
                raise PolicyRefused("Une ligne de la liste ne finit pas.")
        rest += unzip.flush()
    except zlib.error as error:
        raise PolicyRefused(f"Le contenu de la liste est abîmé : {error}") from error
    if rest:
        yield from rest.split(b"\n")


def read_change(line: bytes) -> tuple[str, bytes | None]:
    """Return the key of a changed row and its bytes, or nothing when the row is gone."""
    key, raw = _change.decode(line)
    row = bytes(raw)
    return key, None if row == b"null" else row
