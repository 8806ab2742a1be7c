"""What the boxes of the benches send: asks that prove themselves, journals chained and signed."""

from collections.abc import Sequence

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.ground import BOXES, POINTS, Ground
from bench.load import request
from cvq.rules.vocabulary import By, Means, Verdict
from cvq.wire.events import Event, canon, genesis, head_after
from cvq.wire.messages import ASK_PATH, EVENTS_PATH, Manifest, Upload
from cvq.wire.signing import ASK, BATCH, DEVICE_HEADER, MAC_HEADER, mac, sign


def ask(town: Ground, event: Event) -> bytes:
    """Return the request of a door that asks."""
    body = canon(event)
    proof = mac(town.hmac_key, ASK, body)
    return request(ASK_PATH, body, ((DEVICE_HEADER, str(event.dev)), (MAC_HEADER, proof)))


def shared_out(requests: Sequence[bytes], clients: int) -> list[list[bytes]]:
    """Share requests out among clients, in turn."""
    return [list(requests[client::clients]) for client in range(clients)]


class Journals:
    """The journals of the boxes that decide alone, and how far each is told."""

    def __init__(self, town: Ground) -> None:
        """Begin every journal."""
        self._town = town
        self._key = Ed25519PrivateKey.from_private_bytes(town.private_key)
        boxes = range(POINTS + 1, POINTS + BOXES + 1)
        self._heads = {box: genesis(box) for box in boxes}

    def told(self, uploads: int, events: int) -> list[list[bytes]]:
        """Return so many uploads of each box, of so many events, in the order of its journal."""
        return [[self._upload(box, events) for _ in range(uploads)] for box in self._heads]

    def _upload(self, box: int, count: int) -> bytes:
        events = tuple(
            msgspec.structs.replace(
                event, by=By.DOOR, said=Verdict.GRANTED, means=Means.WALLET, boot="b"
            )
            for event in self._town.entries(count, device=box)
        )
        before = self._heads[box]
        self._heads[box] = after = head_after(before, events)
        manifest = Manifest(
            dev=box, first=events[0].seq, to=events[-1].seq, prev=before.hex(), head=after.hex()
        )
        signature = sign(self._key, BATCH, canon(manifest))
        return request(EVENTS_PATH, canon(Upload(m=manifest, sig=signature, events=events)))
