"""
As much of ASGI as the gateway needs: a bounded body, a few headers, a reply.

No framework: a tap costs what its decision costs.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple

from cvq.wire.messages import OPENAPI_PATH, Problem, write
from cvq.wire.signing import DEVICE_HEADER, MAC_HEADER

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_DEVICE, _MAC = DEVICE_HEADER.encode(), MAC_HEADER.encode()
JSON: Headers = [(b"content-type", b"application/json")]
TEXT: Headers = [(b"content-type", b"text/plain; charset=utf-8")]
# For somebody who opens the address in a browser, to see what answers there.
WELCOME = (
    "La Carte de Vie Quotidienne : la passerelle des lecteurs et des boîtiers.\n"
    f"Ce qu'elle comprend : {OPENAPI_PATH}\n"
    "Si elle va bien : /health\n"
).encode()
RETRY_SECONDS = b"1"
# Answered before the body is read: the rest of it must not be taken for another request.
UNREAD = frozenset({404, 405, 408, 413, 415})
BODY_SECONDS = 30.0  # the longest body over the slowest line that boxes have


class Reply(NamedTuple):
    """What is sent back."""

    status: int
    body: bytes
    headers: Headers = JSON


class Wrong(Exception):
    """What was sent cannot be served: the status, and what to tell."""

    def __init__(self, status: int, error: str, *, where: str = "", todo: str = "") -> None:
        """Say what is wrong, where, and what to do."""
        super().__init__(error)
        self.status = status
        self.problem = Problem(error=error, where=where, todo=todo)

    def reply(self) -> Reply:
        """Return it as it is sent."""
        headers = [*JSON, (b"connection", b"close")] if self.status in UNREAD else JSON
        return Reply(self.status, write(self.problem), headers)


class Gone(Exception):
    """Whoever sent this hung up before the end."""


class Named(NamedTuple):
    """What the headers say: who speaks, the proof, the type and length of the body."""

    device: int
    proof: str
    kind: bytes
    length: int


def named(scope: Scope) -> Named:
    """
    Read the headers that matter; what is absent is zero or empty.

    :raises Wrong: the length is no number.
    """
    device, proof, kind, length = b"", b"", b"", b"0"
    for name, value in scope["headers"]:
        if name == _MAC:
            proof = value
        elif name == _DEVICE:
            device = value
        elif name == b"content-type":
            kind = value
        elif name == b"content-length":
            length = value
    if not length.isdigit():
        raise Wrong(400, "La longueur annoncée n'est pas un nombre.", where="content-length")
    number = int(device) if device.isdigit() and len(device) <= 10 else 0
    return Named(number, proof.decode("latin-1"), kind, int(length))


async def body(receive: Receive, headers: Named, limit: int) -> bytes:
    """
    Return the body, at most `limit` bytes of JSON.

    :raises Wrong: it is longer, says it is something else, or does not come in time.
    :raises Gone: it never ends.
    """
    if headers.kind.partition(b";")[0].strip().lower() != b"application/json":
        raise Wrong(
            415,
            "Le corps doit être du JSON.",
            where="content-type",
            todo="Envoyez « content-type: application/json ».",
        )
    if headers.length > limit:
        raise _too_long(limit)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _received(receive, headers, limit)
    except TimeoutError as error:
        raise Wrong(
            408,
            "Le message n'arrive pas jusqu'au bout.",
            where="body",
            todo="Renvoyez-le, sans rien changer.",
        ) from error


async def _received(receive: Receive, headers: Named, limit: int) -> bytes:
    received: bytes = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Gone
        received += message.get("body", b"")
        if len(received) > limit:
            raise _too_long(limit)
        # The announced length is enough to know the end: one call fewer for each tap.
        if not message.get("more_body") or 0 < headers.length <= len(received):
            return received


def _too_long(limit: int) -> Wrong:
    return Wrong(
        413,
        f"Le message dépasse {limit} octets.",
        where="body",
        todo="Envoyez moins d'événements à la fois.",
    )
