"""
The town hall of a demonstration, as boxes reach it: through its gateway, with their own keys.

Each box has its chain and its outbox here.  What is not acknowledged stays, and is sent again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct
from psycopg import Connection, Cursor

from cvq.billing import services as billing
from cvq.edge.line import Line, LineDown, Reply
from cvq.kernel.local import instant
from cvq.kernel.unable import Unable
from cvq.payments.messages import AskedTopUp
from cvq.taps.told import Told
from cvq.twin.days import Said
from cvq.twin.recorded import LEFT, LEFT_OF
from cvq.wire.events import MAX_EVENTS, Event, canon, genesis, head_after
from cvq.wire.messages import (
    ASK_PATH,
    EVENTS_PATH,
    Manifest,
    Upload,
    read_ack,
    read_answer,
    write,
)
from cvq.wire.signing import ASK, BATCH, DEVICE_HEADER, MAC_HEADER, mac, sign

PATIENCE_SECONDS = 0.3
UPLOAD_SECONDS = 10.0
TOLD = 200
HEADS = "SELECT id, head_hash FROM catalog_device WHERE head_seq > 0"


class KeysMissing(Unable):
    """The key file of a box is not there, or cannot be read."""


class KeyFile(Struct, frozen=True):
    """What a box signs with, in hexadecimal; the rest of the file is for real boxes."""

    device: int
    hmac_key: str
    private_key: str


class Outbox:
    """The journal of one box on its way: where its chain is, and what is not acknowledged."""

    def __init__(self, keys: KeyFile, head: bytes | None = None) -> None:
        """Go on from the head of the chain of a box; that of a new one begins."""
        self.device = keys.device
        self.hmac_key = bytes.fromhex(keys.hmac_key)
        self.signer = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(keys.private_key))
        self.head = head or genesis(keys.device)
        self.waiting: list[Event] = []

    def batch(self) -> tuple[Upload, bytes]:
        """Return the next stretch, signed, and the head of the chain after it."""
        some = self.waiting[:MAX_EVENTS]
        head = head_after(self.head, some)
        manifest = Manifest(
            dev=self.device,
            first=some[0].seq,
            to=some[-1].seq,
            prev=self.head.hex(),
            head=head.hex(),
        )
        signature = sign(self.signer, BATCH, canon(manifest))
        return Upload(m=manifest, sig=signature, events=tuple(some)), head

    def acked(self, upload: Upload, head: bytes) -> None:
        """Forget what is acknowledged."""
        self.waiting = self.waiting[len(upload.events) :]
        self.head = head


class Wired:
    """Speaks to the gateway for every box; money and balances go through a connection."""

    def __init__(self, url: str, connection: Connection[Any], keys: Mapping[int, KeyFile]) -> None:
        """Aim at a gateway, for boxes that go on from where it knows them; nothing is sent yet."""
        self._asking = Line(url, timeout=PATIENCE_SECONDS)
        self._telling = Line(url, timeout=UPLOAD_SECONDS)
        self._connection = connection
        heads = dict(Cursor(connection).execute(HEADS).fetchall())
        self._outboxes = {number: Outbox(file, heads.get(number)) for number, file in keys.items()}
        self.asked = self.uploaded = self.unanswered = 0

    def close(self) -> None:
        """Hang up."""
        self._asking.close()
        self._telling.close()

    def ask(self, events: Sequence[Event], *, at: int) -> Sequence[Said | None]:
        """Ask for each door that waits, one after the other."""
        return [self._ask(event) for event in events]

    def _ask(self, event: Event) -> Said | None:
        body = canon(event)
        outbox = self._outboxes[event.dev]
        headers = {DEVICE_HEADER: str(event.dev), MAC_HEADER: mac(outbox.hmac_key, ASK, body)}
        self.asked += 1
        try:
            reply = self._asking.send("POST", ASK_PATH, body=body, headers=headers)
            if reply.status == TOLD:
                answer = read_answer(reply.body)
                return Said(answer.said, answer.why, answer.means)
        except (LineDown, msgspec.MsgspecError):
            self._asking.close()
        self.unanswered += 1
        return None

    def tell(self, told: Sequence[Told], *, at: int) -> bool:
        """Send what these boxes have to tell; what the town hall does not take waits here."""
        for one in told:
            self._outboxes[one.event.dev].waiting.append(one.event)
        self._send(outbox for outbox in self._outboxes.values() if outbox.waiting)
        return True

    def wait(self) -> None:
        """Wait for nothing: what is acknowledged is settled."""

    def deliver_all(self, *, at: int) -> None:
        """Send what is not acknowledged yet."""
        self.tell((), at=at)

    def waiting(self) -> int:
        """Return how many events are not acknowledged yet."""
        return sum(len(outbox.waiting) for outbox in self._outboxes.values())

    def _send(self, outboxes: Iterable[Outbox]) -> None:
        for outbox in outboxes:
            while outbox.waiting:
                upload, head = outbox.batch()
                try:
                    reply = self._upload(outbox, upload)
                except LineDown:
                    return
                if reply.status != TOLD or read_ack(reply.body).ack < upload.m.to:
                    break
                outbox.acked(upload, head)
                self.uploaded += len(upload.events)

    def _upload(self, outbox: Outbox, upload: Upload) -> Reply:
        headers = {DEVICE_HEADER: str(outbox.device)}
        return self._telling.send("POST", EVENTS_PATH, body=write(upload), headers=headers)

    def top_up(self, asked: Sequence[AskedTopUp], *, at: int) -> None:
        """Put money on wallets."""
        billing.top_up(self._connection, asked, at=instant(at))

    def left(self) -> dict[str, int]:
        """Return what is left to spend, by the code of the account."""
        found: dict[str, int] = defaultdict(int)
        found.update(Cursor(self._connection).execute(LEFT).fetchall())
        return found

    def left_of(self, codes: Sequence[str]) -> dict[str, int]:
        """Return what is left to spend on these accounts."""
        return dict(Cursor(self._connection).execute(LEFT_OF, (list(codes),)).fetchall())


def read_keys(folder: Path, devices: Iterable[int]) -> dict[int, KeyFile]:
    """
    Return the keys of these boxes.

    :raises KeysMissing: the file of one of them is not there, or cannot be read.
    """
    read = msgspec.json.Decoder(KeyFile).decode
    found = {}
    for number in devices:
        file = folder / f"{number}.json"
        try:
            found[number] = read(file.read_bytes())
        except (OSError, msgspec.MsgspecError) as error:
            raise KeysMissing(f"{file} : {error}. Les clés de ce boîtier manquent.") from error
    return found
