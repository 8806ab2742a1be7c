"""
The requests of devices: asks, uploads, policies.

Authentic is decided here and settled on a lane.  What is not authentic, or not the protocol, is an
error that says what is wrong, where, and what to do; nothing of it is kept.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import msgspec
import structlog
from psycopg import Connection

from cvq.kernel.unable import Unable
from cvq.rules.vocabulary import Happening, Sector
from cvq.taps import journal
from cvq.taps.gateway import doors, http
from cvq.taps.gateway.doors import Box, Doors
from cvq.taps.gateway.hearing import Hearing
from cvq.taps.gateway.http import Gone, Receive, Reply, Scope, Send, Wrong
from cvq.taps.gateway.lanes import Connect, Job, Lanes, Poisoned, Taken
from cvq.taps.models import ParkedFor
from cvq.taps.snapshot import NoPointThere
from cvq.taps.told import Answer, Told
from cvq.wire import messages, openapi, words
from cvq.wire.events import MAX_INTEGER, Event, canon
from cvq.wire.messages import Ack, Expect, Fork, Problem, write
from cvq.wire.policy import CONTENT_TYPE
from cvq.wire.signing import ASK, BATCH, GET, is_authentic, is_signed

HEALTH_PATH = "/health"
# What reading a message may raise: bytes that are no UTF-8, and nesting without end, included.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

T = TypeVar("T")

log = structlog.get_logger()


class Clock(Protocol):
    """Tells what time it is in the territory."""

    def now_ms(self) -> int:
        """Return the instant, in milliseconds."""


class Settle(Protocol):
    """The spine: `taps.settle.settle`, or what a measure puts in its place."""

    def __call__(
        self,
        *,
        told: Sequence[Told],
        received_at: int,
        connection: Connection[Any],
        zone: ZoneInfo,
    ) -> list[Answer]:
        """Return what stands of each event."""


class Policies(Protocol):
    """What a device may fetch: `taps.snapshot.Snapshots.serve`."""

    def __call__(
        self, connection: Connection[Any], *, device: int, sector: Sector, have: int, now: int
    ) -> bytes | None:
        """Return the policy after `have`, or nothing if there is none newer."""


Handler = Callable[[Scope, Receive], Awaitable[Reply]]


class Gateway:
    """The ASGI application; everything that it needs is given to it."""

    def __init__(
        self,
        *,
        settle: Settle,
        connect: Connect,
        clock: Clock,
        zone: ZoneInfo,
        policies: Policies,
        lanes: int = 2,
    ) -> None:
        """Take what it needs; threads start with the first request or with the server."""
        self._settle = settle
        self._connect = connect
        self._clock = clock
        self._zone = zone
        self._policies = policies
        self._lane_count = lanes
        self._lanes: Lanes | None = None
        self._clerk: Lanes | None = None
        self._asking: asyncio.Future[None] | None = None
        self._doors = Doors(self._read_doors)
        self._hearing = Hearing(self._errand)
        self._openapi = write(openapi.document())
        self._routes: dict[str, tuple[str, Handler]] = {
            messages.ASK_PATH: ("POST", self._ask),
            messages.EVENTS_PATH: ("POST", self._events),
            messages.POLICY_PATH: ("GET", self._policy),
            messages.OPENAPI_PATH: ("GET", self._describe),
            HEALTH_PATH: ("GET", self._health),
            "/": ("GET", self._welcome),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._live(receive, send)
            return
        try:
            reply = await self._answer(scope, receive)
        except Gone:
            return
        await send(
            {"type": "http.response.start", "status": reply.status, "headers": reply.headers}
        )
        await send({"type": "http.response.body", "body": reply.body})

    async def _answer(self, scope: Scope, receive: Receive) -> Reply:
        route = self._routes.get(scope["path"])
        if route is None:
            todo = f"Lisez {messages.OPENAPI_PATH}."
            return Wrong(404, "Cette adresse n'existe pas.", where="path", todo=todo).reply()
        method, handler = route
        if scope["method"] != method:
            wrong = Wrong(405, f"Cette adresse se demande par {method}.", where="method").reply()
            return wrong._replace(headers=[*wrong.headers, (b"allow", method.encode())])
        try:
            return await handler(scope, receive)
        except Wrong as wrong:
            return wrong.reply()
        except Unable as unable:
            return _later(unable)
        except Poisoned:
            return _unserved()  # the lane has logged it
        except Gone:
            raise
        except Exception as error:  # noqa: BLE001 - the door is told, and the log says why
            return _failed(scope["path"], error)

    async def _ask(self, scope: Scope, receive: Receive) -> Reply:
        headers = http.named(scope)
        body = await http.body(receive, headers, messages.MAX_ASK)
        box = await self._box(headers.device)
        if not is_authentic(box.hmac_key, ASK, body, headers.proof):
            raise _not_proven()
        try:
            event = messages.read_ask(body)
        except UNREADABLE as error:
            raise _unreadable(error) from error
        if wrong := _not_askable(event, box.number):
            raise wrong
        _must_be_enrolled(box)
        answer = await self._open().ask(Told(event=event, asks=True))
        return self._told(event, answer, box)

    def _told(self, event: Event, answer: Answer, box: Box) -> Reply:
        if answer.forked:
            self._doors.quarantine(box.number)
            return Reply(422, write(Fork(fork=event.seq)))
        if answer.parked is not None:
            return Wrong(
                400,
                f"Passage non cru : {ParkedFor(answer.parked).label}.",
                where="at, pt, cq",
                todo="Décidez seul ; le journal sera gardé et vu par un agent.",
            ).reply()
        shown = words.shown(answer.said, event.dir)
        return Reply(
            200,
            write(
                messages.Answer(
                    seq=event.seq,
                    said=answer.said,
                    why=answer.why,
                    means=answer.means,
                    word=shown.word,
                    sound=shown.sound,
                    until=answer.until,
                    known=answer.known,
                    now=self._clock.now_ms(),
                    pol=box.policy,
                )
            ),
        )

    async def _events(self, scope: Scope, receive: Receive) -> Reply:
        body = await http.body(receive, http.named(scope), messages.MAX_BODY)
        try:
            upload = messages.read_upload(body)
        except UNREADABLE as error:
            raise _unreadable(error) from error
        box = await self._box(upload.m.dev)
        if not is_signed(box.public_key, BATCH, canon(upload.m), upload.sig):
            raise _not_proven()
        self._hearing.heard(box.number, self._clock.now_ms())
        _must_be_enrolled(box)
        if problem := messages.broken(upload):
            return Reply(400, write(problem))
        return await self._uploaded(upload, box)

    async def _uploaded(self, upload: messages.Upload, box: Box) -> Reply:
        result = await self._open().tell(upload)
        match result:
            case Ack():
                acked = Ack(ack=result.ack, now=self._clock.now_ms(), pol=box.policy)
                return Reply(200, write(acked))
            case Expect():
                return Reply(409, write(result))
            case Fork():
                self._doors.quarantine(box.number)
                return Reply(422, write(result))
            case Problem():
                self._doors.quarantine(box.number)
                return Reply(403, write(result))

    async def _policy(self, scope: Scope, receive: Receive) -> Reply:
        headers = http.named(scope)
        box = await self._box(headers.device)
        target = messages.POLICY_PATH.encode() + b"?" + scope["query_string"]
        if not is_authentic(box.hmac_key, GET, target, headers.proof):
            raise _not_proven()
        now = self._clock.now_ms()
        self._hearing.heard(box.number, now)
        sector, have = _wanted(scope["query_string"])
        _must_be_enrolled(box)
        packed = partial(self._policies, device=box.number, sector=sector, have=have, now=now)
        try:
            policy = await self._errand(packed)
        except NoPointThere as nothing:
            raise Wrong(400, str(nothing), where="sector") from nothing
        if policy is None:
            return Reply(204, b"", [])
        return Reply(200, policy, [(b"content-type", CONTENT_TYPE.encode())])

    async def _describe(self, scope: Scope, receive: Receive) -> Reply:
        return Reply(200, self._openapi)

    async def _welcome(self, scope: Scope, receive: Receive) -> Reply:
        return Reply(200, http.WELCOME, http.TEXT)

    async def _health(self, scope: Scope, receive: Receive) -> Reply:
        # Anyone may ask: those who come while the database is asked wait for the same answer.
        if self._asking is None or self._asking.done():
            self._asking = self._open().do_first(_is_alive)
        await asyncio.shield(self._asking)
        return Reply(200, b'{"status":"ok"}')

    async def _box(self, number: int) -> Box:
        """Return the device that speaks, as it was a few seconds ago at most."""
        if not self._doors.is_fresh():
            await self._doors.refresh()
        box = self._doors.get(number)
        if box is None:
            raise Wrong(
                401,
                "Appareil inconnu.",
                where="cvq-device",
                todo="Enrôlez l'appareil, ou vérifiez son numéro.",
            )
        return box

    async def _read_doors(self) -> dict[int, Box]:
        return await self._open().do_first(doors.read)

    def _open(self) -> Lanes:
        if self._lanes is None:
            self._lanes = Lanes(
                connect=self._connect, run=self._run, take=self._take, lanes=self._lane_count
            )
            # Packing a policy takes longer than a door may wait: it has a lane of its own.
            self._clerk = Lanes(connect=self._connect, run=self._run, lanes=1)
        return self._lanes

    def _errand(self, job: Job[T]) -> "asyncio.Future[T]":
        """Give a job that no door waits for to the clerk."""
        self._open()
        assert self._clerk is not None
        return self._clerk.do(job)

    def _run(self, told: Sequence[Told], connection: Connection[Any]) -> list[Answer]:
        return self._settle(
            told=told, received_at=self._clock.now_ms(), connection=connection, zone=self._zone
        )

    def _take(self, uploads: Sequence[messages.Upload], connection: Connection[Any]) -> list[Taken]:
        return journal.take(
            connection,
            uploads=uploads,
            received_at=self._clock.now_ms(),
            zone=self._zone,
            settle=self._settle,
        )

    async def _live(self, receive: Receive, send: Send) -> None:
        """Follow the server: it starts, it stops."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._open()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def close(self) -> None:
        """Let the lanes end what they do."""
        for lanes in (self._lanes, self._clerk):
            if lanes is not None:
                await lanes.close()
        self._lanes = self._clerk = None


def _is_alive(connection: Connection[Any]) -> None:
    connection.execute("SELECT 1")


def _later(unable: Unable) -> Reply:
    problem = Problem(error=str(unable), todo="Renvoyez plus tard, sans rien changer.")
    headers = [*http.JSON, (b"retry-after", http.RETRY_SECONDS)]
    return Reply(503, write(problem), headers)


def _failed(path: str, error: Exception) -> Reply:
    log.error("request_failed", path=path, exc_info=error)
    return _unserved()


def _unserved() -> Reply:
    return Wrong(500, "La mairie n'a pas su traiter ce message.", todo="Gardez-le.").reply()


def _not_proven() -> Wrong:
    return Wrong(
        401,
        "La preuve n'est pas celle de cet appareil.",
        where="cvq-mac, sig",
        todo="Vérifiez la clé et les octets exacts qui sont signés.",
    )


def _must_be_enrolled(box: Box) -> None:
    if not box.is_enrolled:
        raise Wrong(
            403,
            "Cet appareil est en quarantaine ou retiré.",
            where="dev",
            todo="Gardez le journal et enrôlez l'appareil sous un nouveau numéro.",
        )


def _unreadable(error: Exception) -> Wrong:
    what, _, where = str(error).partition(" - at `")
    return Wrong(
        400,
        f"Ce n'est pas le message attendu : {what}",
        where=where.rstrip("`"),
        todo=f"Lisez {messages.OPENAPI_PATH}.",
    )


def _not_askable(event: Event, device: int) -> Wrong | None:
    if event.dev != device:
        return Wrong(400, "L'événement est d'un autre appareil.", where="dev")
    if event.what is not Happening.TAP:
        return Wrong(
            400, "Seul un passage se demande.", where="what", todo="Écrivez-le au journal."
        )
    if flaw := messages.flaw(event):
        return Wrong(400, flaw, where="$", todo="Corrigez l'événement.")
    return None


def _wanted(query: bytes) -> tuple[Sector, int]:
    asked = parse_qs(query.decode("latin-1"), keep_blank_values=True)
    try:
        (sector,) = asked["sector"]
        (have,) = asked.get("have", ["0"])
        if not (have.isascii() and have.isdigit() and int(have) < MAX_INTEGER):
            raise ValueError(have)
        return Sector(sector), int(have)
    except (KeyError, ValueError) as error:
        raise Wrong(
            400,
            "La liste demandée n'existe pas.",
            where="sector, have",
            todo="Nommez un secteur, et le numéro de la liste que vous avez.",
        ) from error
