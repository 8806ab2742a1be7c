"""
What a device and the town hall send each other, but for the policy: asks, uploads, answers.

What a device sends is bounded and closed: a field we do not know is an error.  What we answer is
open: a box a year older than the town hall skips what it does not know.
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from cvq.rules.vocabulary import Direction, Happening, Means, Reason, Verdict
from cvq.wire.events import (
    MAX_EVENTS,
    REF_BYTES,
    DeviceNumber,
    Event,
    Positive,
    canon,
    head_after,
)
from cvq.wire.words import Shown, Sound

MAX_BODY = 192 * 1024  # bytes: 250 events of the longest kind, and as much again
MAX_ASK = 2 * 1024

ASK_PATH = "/edge/v1/ask"
EVENTS_PATH = "/edge/v1/events"
POLICY_PATH = "/edge/v1/policy"
OPENAPI_PATH = "/edge/v1/openapi.json"

Hash = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", min_length=64, max_length=64)]
Signature = Annotated[str, Meta(pattern="^[0-9a-f]{128}$", min_length=128, max_length=128)]
Batch = Annotated[tuple[Event, ...], Meta(min_length=1, max_length=MAX_EVENTS)]

Ask = Event
"""A door asks by telling the event as it stands: what happened, and nothing decided yet."""


class Answer(Struct, frozen=True, gc=False, kw_only=True):
    """
    What the town hall says to the door that waits.

    `known` when this tap was already told: the answer is then the one given before.  `now` is the
    town hall's clock, and `pol` the newest policy that this device may fetch.
    """

    seq: int
    said: Verdict
    why: Reason | None
    means: Means
    word: str
    sound: Sound
    until: int = 0
    known: bool = False
    now: int = 0
    pol: int = 0


class Manifest(
    Struct,
    frozen=True,
    gc=False,
    kw_only=True,
    forbid_unknown_fields=True,
    rename={"first": "from"},
):
    """What a device signs of a batch: whose, from which event to which, on which chain."""

    dev: DeviceNumber
    first: Positive
    to: Positive
    prev: Hash
    head: Hash


class Upload(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """A stretch of the journal of one device, oldest first."""

    m: Manifest
    sig: Signature
    events: Batch


class Ack(Struct, frozen=True, gc=False, kw_only=True):
    """Everything up to `ack` is stored for good."""

    ack: int
    now: int = 0
    pol: int = 0


class Expect(Struct, frozen=True, gc=False, kw_only=True):
    """Events are missing: send again from this one."""

    expect: int


class Fork(Struct, frozen=True, gc=False, kw_only=True):
    """Two boxes speak under one name: this event is known and tells something else."""

    fork: int


class Problem(Struct, frozen=True, gc=False, kw_only=True):
    """What is wrong, where in what was sent, and what to do."""

    error: str
    where: str = ""
    todo: str = ""


def answer(
    event: Event, shown: Shown, *, until: int = 0, known: bool = False, now: int, pol: int
) -> Answer:
    """Return what the reader is told of an event that is decided."""
    return Answer(
        seq=event.seq,
        said=event.said,
        why=event.why,
        means=event.means,
        word=shown.word,
        sound=shown.sound,
        until=until,
        known=known,
        now=now,
        pol=pol,
    )


def flaw(event: Event) -> str | None:
    """Return what makes an event impossible, whatever the types say, in words for its maker."""
    match event.what:
        case Happening.TAP:
            if len(event.ref) != 2 * REF_BYTES:
                return "ref : un passage porte 32 caractères hexadécimaux"
            if event.of:
                return "of : seul NOT_PASSED nomme un autre événement"
        case Happening.NOT_PASSED:
            if event.ref or event.dir is not Direction.IN:
                return "ref, dir : NOT_PASSED nomme un événement, pas une carte"
            if not 0 < event.of < event.seq:
                return "of : NOT_PASSED nomme un événement antérieur"
    return None


def broken(upload: Upload) -> Problem | None:
    """Return why a batch does not hold together: numbers, flaws, then the chain."""
    manifest = upload.m
    for index, event in enumerate(upload.events):
        where = f"events[{index}]"
        if event.dev != manifest.dev or event.seq != manifest.first + index:
            return Problem(
                error="Les événements ne se suivent pas.",
                where=where,
                todo="Envoyez une suite sans trou d'un seul appareil, de « from » à « to ».",
            )
        if wrong := flaw(event):
            return Problem(error=wrong, where=where, todo="Corrigez l'événement.")
    if upload.events[-1].seq != manifest.to:
        return Problem(
            error="Le dernier événement n'est pas « to ».", where="m.to", todo="Recomptez."
        )
    if head_after(bytes.fromhex(manifest.prev), upload.events).hex() != manifest.head:
        return Problem(
            error="La chaîne ne se referme pas sur « head ».",
            where="m.head",
            todo="Recalculez chaque maillon sur le JSON canonique de l'événement.",
        )
    return None


read_ask = msgspec.json.Decoder(Ask).decode
read_upload = msgspec.json.Decoder(Upload).decode
read_answer = msgspec.json.Decoder(Answer).decode
read_ack = msgspec.json.Decoder(Ack).decode
read_expect = msgspec.json.Decoder(Expect).decode
read_fork = msgspec.json.Decoder(Fork).decode
read_problem = msgspec.json.Decoder(Problem).decode
write = canon
