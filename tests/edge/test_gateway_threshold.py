"""The threshold of the gateway without a socket: what a server may hand it, and what it answers."""

import asyncio
import io
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast
from zoneinfo import ZoneInfo

import msgspec
import pytest
import structlog
from psycopg import Connection

from cvq.config import logs
from cvq.config.clock import Clock
from cvq.rules.vocabulary import Verdict
from cvq.taps.gateway import Gateway, http
from cvq.taps.gateway.application import HEALTH_PATH
from cvq.taps.gateway.doors import FRESH_SECONDS, Box, Doors
from cvq.taps.gateway.lanes import MAX_JOBS, Lanes, Overloaded
from cvq.taps.told import Answer, Told
from cvq.wire.events import Event, canon
from cvq.wire.messages import ASK_PATH, MAX_ASK
from cvq.wire.signing import ASK, mac

KEY = b"k" * 32
EVENT = Event(dev=7, seq=1, at=1_000, pt=3, ref="ab" * 16)


class Answered:
    """What was sent back."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    async def send(self, message: Any) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int | None:
        return self.messages[0]["status"] if self.messages else None

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.messages[0]["headers"])

    @property
    def said(self) -> Any:
        return msgspec.json.decode(self.messages[1]["body"])


class Wire:
    closed = False

    def close(self) -> None:
        self.closed = True


class Healthy(Wire):
    def execute(self, query: str) -> None:
        assert query == "SELECT 1"


def settles(*, told: Sequence[Told], **how: Any) -> list[Answer]:
    if any(one.event.seq == 13 for one in told):
        raise LookupError(told[0].event.ref)
    return [Answer(device=7, seq=one.event.seq, said=Verdict.GRANTED) for one in told]


def opened(**how: Any) -> Gateway:
    gateway = Gateway(
        settle=settles,
        connect=lambda: cast(Connection[Any], Wire()),
        clock=Clock(),
        zone=ZoneInfo("Europe/Paris"),
        policies=cast(Any, None),
        **how,
    )

    async def boxes() -> dict[int, Box]:
        return {7: Box(7, KEY, b"p" * 32, True)}

    gateway._doors = Doors(boxes)
    return gateway


def scope(body: bytes, **headers: str) -> dict[str, Any]:
    told = {
        "content-type": "application/json",
        "cvq-device": "7",
        "cvq-mac": mac(KEY, ASK, body),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return {
        "type": "http",
        "method": "POST",
        "path": ASK_PATH,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in told.items()],
    }


def receiving(*messages: dict[str, Any]) -> Callable[[], Awaitable[Any]]:
    waiting = list(messages)

    async def receive() -> Any:
        return waiting.pop(0)

    return receive


def part(body: bytes, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def ask(gateway: Gateway, asked: dict[str, Any], *messages: dict[str, Any]) -> Answered:
    answered = Answered()

    async def told_whole() -> None:
        await gateway(asked, receiving(*messages), answered.send)
        await gateway.close()

    asyncio.run(told_whole())
    return answered


@pytest.mark.parametrize("cut", [1, 20, 200])
def test_a_body_comes_in_pieces_or_whole(cut: int) -> None:
    body = canon(EVENT)

    in_pieces = ask(opened(), scope(body), part(body[:cut], True), part(body[cut:], False))
    announced = ask(opened(), scope(body, content_length=str(len(body))), part(body, True))

    assert (in_pieces.status, announced.status) == (200, 200)
    assert in_pieces.said["said"] == Verdict.GRANTED


def test_a_body_is_bounded_however_it_comes() -> None:
    long = b"x" * (MAX_ASK + 1)

    whole = ask(opened(), scope(long), part(long, False))
    hidden = ask(opened(), scope(long), part(long[:-1], True), part(long[-1:], True))
    announced = ask(opened(), scope(long, content_length=str(len(long))))
    nonsense = ask(opened(), scope(b"", content_length="-1"))

    assert [one.status for one in (whole, hidden, announced)] == [413] * 3
    assert whole.headers[b"connection"] == b"close"
    assert nonsense.status == 400


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BODY_SECONDS", 0.05)
    waiting = [part(b"{", True)]

    async def receive() -> Any:
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop()

    answered = Answered()

    async def told_whole() -> None:
        await asyncio.wait_for(opened()(scope(b"{"), receive, answered.send), 5)

    asyncio.run(told_whole())

    assert answered.status == 408
    assert answered.headers[b"connection"] == b"close"


def test_who_asks_for_our_health_takes_no_place_from_the_journals() -> None:
    async def story() -> tuple[int, list[int | None]]:
        gateway = opened()
        busy = Lanes(connect=lambda: cast(Any, Healthy()), run=gateway._run, lanes=1)
        gateway._lanes = gateway._clerk = busy
        many = [Answered() for _ in range(5000)]
        asked = {"type": "http", "method": "GET", "path": HEALTH_PATH, "headers": []}
        asking = [asyncio.ensure_future(gateway(asked, receiving(), one.send)) for one in many]
        await asyncio.sleep(0)
        queued = len(busy._jobs)
        await busy.do(lambda connection: None)
        await asyncio.gather(*asking)
        await gateway.close()
        return queued, [one.status for one in many]

    queued, statuses = asyncio.run(story())

    assert queued <= 1
    assert set(statuses) == {200}


def test_what_goes_first_is_bounded_too() -> None:
    async def story() -> None:
        lanes = Lanes(connect=lambda: cast(Any, Wire()), run=opened()._run, lanes=1)
        for _ in range(MAX_JOBS):
            lanes.do_first(lambda connection: None)
        with pytest.raises(Overloaded):
            lanes.do_first(lambda connection: None)
        await lanes.close()

    asyncio.run(story())


def test_who_hangs_up_is_not_answered() -> None:
    gone = ask(opened(), scope(b""), part(b"{", True), {"type": "http.disconnect"})

    assert gone.status is None


def test_too_many_at_the_door_are_told_to_come_back() -> None:
    async def story() -> list[Answered]:
        gateway = opened()
        busy = Lanes(connect=lambda: cast(Any, Wire()), run=gateway._run, lanes=1, max_waiting=2)
        gateway._lanes = gateway._clerk = busy
        doors = [Answered() for _ in range(4)]
        bodies = [canon(msgspec.structs.replace(EVENT, seq=seq)) for seq in range(1, 5)]
        await gateway._doors.refresh()
        await asyncio.gather(
            *(
                gateway(scope(body), receiving(part(body, False)), door.send)
                for body, door in zip(bodies, doors, strict=True)
            )
        )
        await gateway.close()
        return doors

    doors = asyncio.run(story())

    assert [door.status for door in doors] == [200, 200, 503, 503]
    assert doors[3].headers[b"retry-after"] == b"1"
    assert doors[3].said["todo"]


def test_a_bug_of_ours_is_told_without_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    said = io.StringIO()
    monkeypatch.setattr("sys.stderr", said)
    body = canon(msgspec.structs.replace(EVENT, seq=13))
    try:
        logs.configure("gateway")
        broken = ask(opened(), scope(body), part(body, False))
    finally:
        structlog.reset_defaults()

    (line,) = said.getvalue().splitlines()
    first = json.loads(line)
    assert broken.status == 500
    assert (first["event"], first["seq"]) == ("tap_poisoned", 13)
    assert "LookupError" in said.getvalue()
    assert EVENT.ref not in said.getvalue()


def test_the_devices_are_read_again_after_five_seconds_and_shared_meanwhile() -> None:
    hands = [0.0]
    read: list[float] = []

    async def boxes() -> dict[int, Box]:
        read.append(hands[0])
        await asyncio.sleep(0)
        return {7: Box(7, KEY, b"", True)}

    async def story() -> None:
        doors = Doors(boxes, monotonic=lambda: hands[0])
        assert not doors.is_fresh()
        await asyncio.gather(*(doors.refresh() for _ in range(5)))
        assert doors.is_fresh()
        hands[0] = FRESH_SECONDS - 0.5
        assert doors.is_fresh()  # and read again meanwhile
        await asyncio.sleep(0.01)
        hands[0] += FRESH_SECONDS - 0.1
        assert doors.is_fresh()
        await asyncio.sleep(0.01)
        hands[0] += FRESH_SECONDS + 0.1
        assert not doors.is_fresh()
        await asyncio.sleep(0.01)

    asyncio.run(story())

    assert len(read) == 4


def test_devices_that_cannot_be_read_are_asked_for_again() -> None:
    outcomes: list[Exception | None] = [RuntimeError("down"), None]

    async def boxes() -> dict[int, Box]:
        outcome = outcomes.pop(0)
        if outcome is not None:
            raise outcome
        return {}

    async def story() -> None:
        doors = Doors(boxes)
        with pytest.raises(RuntimeError):
            await doors.refresh()
        await doors.refresh()
        assert doors.is_fresh()

    asyncio.run(story())
