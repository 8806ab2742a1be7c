"""
The town hall of a demonstration, as boxes reach it: through its gateway, with their own keys.

Each box has its chain and its outbox here.  What is not acknowledged stays, and is sent again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct
from psycopg import Connection, Cursor

from cvq.billing import services as billing
from cvq.edge.line import Line, LineDown, Reply
from cvq.kernel.local import instant
from cvq.kernel.unable import Unable
from cvq.payments.messages import AskedTopUp
from cvq.rules.vocabulary import Sector
from cvq.taps.told import Told
from cvq.twin.days import Said
from cvq.twin.recorded import LEFT, LEFT_OF
from cvq.wire.events import MAX_EVENTS, Event, canon, chained, genesis, head_after
from cvq.wire.messages import (
    ASK_PATH,
    EVENTS_PATH,
    POLICY_PATH,
    Manifest,
    Upload,
    read_ack,
    read_answer,
    write,
)
from cvq.wire.policy import MAX_POLICY
from cvq.wire.signing import ASK, BATCH, DEVICE_HEADER, GET, MAC_HEADER, mac, sign

PATIENCE_SECONDS = 0.3
UPLOAD_SECONDS = 10.0
TOLD = 200
FAILED = 500  # below, it was the town hall that answered, and knows who asked


class KeysMissing(Unable):
    """The key file of a box is not there, or cannot be read."""


class KeyFile(Struct, frozen=True):
    """What a box signs with, in hexadecimal; the rest of the file is for real boxes."""

    device: int
    hmac_key: str
    private_key: str


class End(Struct, frozen=True):
    """The last line of a journal that was told, and the head of the chain before it."""

    prev: bytes
    event: Event

    @property
    def head(self) -> bytes:
        """Return the head of the chain."""
        return chained(self.prev, self.event)


class Outbox:
    """
    The journal of one box on its way: where its chain is, and what is not acknowledged.

    `last` is what was acknowledged last: telling it again is always safe.
    """

    def __init__(self, keys: KeyFile, end: End | None = None) -> None:
        """Go on from the end of what a box told; a new one begins."""
        self.device = keys.device
        self.hmac_key = bytes.fromhex(keys.hmac_key)
        self.signer = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(keys.private_key))
        self.head = end.head if end else genesis(keys.device)
        self.last = self._signed(end.prev, [end.event], end.head) if end else None
        self.waiting: list[Event] = []

    def batch(self) -> tuple[Upload, bytes]:
        """Return the next stretch, signed, and the head of the chain after it."""
        some = self.waiting[:MAX_EVENTS]
        head = head_after(self.head, some)
        return self._signed(self.head, some, head), head

    def acked(self, upload: Upload, head: bytes) -> None:
        """Forget what is acknowledged."""
        self.waiting = self.waiting[len(upload.events) :]
        self.head, self.last = head, upload

    def _signed(self, prev: bytes, events: Sequence[Event], head: bytes) -> Upload:
        manifest = Manifest(
            dev=self.device,
            first=events[0].seq,
            to=events[-1].seq,
            prev=prev.hex(),
            head=head.hex(),
        )
        signature = sign(self.signer, BATCH, canon(manifest))
        return Upload(m=manifest, sig=signature, events=tuple(events))


class Wired:
    """Speaks to the gateway for every box; money and balances go through a connection."""

    def __init__(
        self,
        url: str,
        connection: Connection[Any],
        keys: Mapping[int, KeyFile],
        ends: Mapping[int, End] | None = None,
    ) -> None:
        """Aim at a gateway, for boxes that told up to these ends; nothing is sent yet."""
        self._asking = Line(url, timeout=PATIENCE_SECONDS)
        self._telling = Line(url, timeout=UPLOAD_SECONDS, max_reply=MAX_POLICY)
        self._connection = connection
        self._outboxes = {
            number: Outbox(file, (ends or {}).get(number)) for number, file in keys.items()
        }
        self.heard: dict[int, int] = {}
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
            self.heard[one.event.dev] = at
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

    def speak(self, device: int, sector: Sector) -> bool:
        """
        Have a box that has nothing to tell be heard all the same, and tell whether it was.

        It tells the end of its journal again, as one whose acknowledgement was lost; one without a
        journal asks for a list that is not its own, and is told no.  A real box fetches its list
        every thirty seconds: all of them, sixty times faster than life, would have the town hall
        do nothing else.
        """
        outbox = self._outboxes[device]
        try:
            if outbox.last is not None:
                return self._upload(outbox, outbox.last).status == TOLD
            return self._fetch(outbox, sector).status < FAILED
        except LineDown:
            return False

    def _fetch(self, outbox: Outbox, sector: Sector) -> Reply:
        target = f"{POLICY_PATH}?{urlencode({'sector': sector.value, 'have': 0})}"
        proof = mac(outbox.hmac_key, GET, target.encode())
        headers = {DEVICE_HEADER: str(outbox.device), MAC_HEADER: proof}
        return self._telling.send("GET", target, body=None, headers=headers)

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
