"""What we publish of the protocol is what we do: schemathesis tries to prove us wrong."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from requests.auth import AuthBase
from schemathesis import GenerationMode

from cvq.rules.vocabulary import Happening
from cvq.wire.events import Event, canon, genesis
from cvq.wire.messages import ASK_PATH, EVENTS_PATH, read_ask, read_upload, write
from cvq.wire.signing import ASK, DEVICE_HEADER, GET, MAC_HEADER, mac
from databases import Database
from edge.gatehouse import Gatehouse, gatehouse_here

EXAMPLES = 60
# A message may be well written and yet be nobody's, or not to be believed: 400 says which.
NOT_OURS = {"positive_data_acceptance"}


@pytest.fixture
def house(database: Database) -> Iterator[Gatehouse]:
    with gatehouse_here(database) as opened:
        yield opened


class Signed(AuthBase):
    """A box that proves what it sends; what it sends is the fuzzer's, made its own."""

    def __init__(self, house: Gatehouse, where: str) -> None:
        self.box = house.box(where)
        self.clock = house.clock
        self.point = house.town.points[where].pk
        self.seqs = count(1)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        assert request.url is not None
        path = request.path_url
        body = request.body if isinstance(request.body, bytes) else b""
        if path == ASK_PATH:
            body = self._mine(body)
            proof = mac(self.box.hmac_key, ASK, body)
        elif path == EVENTS_PATH:
            body, proof = self._journal(body), ""
        else:
            proof = mac(self.box.hmac_key, GET, path.encode())
        if request.body is not None:
            request.prepare_body(body, None)
        request.headers[DEVICE_HEADER] = str(self.box.number)
        request.headers[MAC_HEADER] = proof
        return request

    def _mine(self, body: bytes) -> bytes:
        try:
            return canon(self._event(read_ask(body), seq=next(self.seqs)))
        except msgspec.DecodeError:
            return body

    def _event(self, event: Event, **told: Any) -> Event:
        told |= {"dev": self.box.number, "pt": self.point, "at": self.clock.now_ms()}
        if event.what is Happening.TAP:
            told |= {"ref": event.ref or "0" * 32, "of": 0}
        return msgspec.structs.replace(event, **told)

    def _journal(self, body: bytes) -> bytes:
        try:
            upload = read_upload(body)
        except msgspec.DecodeError:
            return body
        first = min(upload.m.first, 2**52)
        events = [
            self._event(event, seq=first + number) for number, event in enumerate(upload.events)
        ]
        return write(self.box.batch(*events, prev=genesis(self.box.number)))


def violations(operation: Any, mode: GenerationMode, auth: AuthBase | None) -> list[str]:
    """Return what schemathesis has against one operation."""
    found: list[str] = []
    excluded = [c for c in _checks() if c.__name__ in NOT_OURS]
    statuses: set[int] = set()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def holds(case: Any) -> None:
        response = case.call(auth=auth)
        statuses.add(response.status_code)
        case.validate_response(response, excluded_checks=excluded)

    try:
        holds()
    except Exception as error:  # noqa: BLE001 - whatever it has against us is told
        found.append(f"{operation.label} {mode}: {error}")
    if auth is not None and 200 not in statuses:
        found.append(f"{operation.label}: nothing that a box sends is ever taken, {statuses}")
    return found


def _checks() -> list[Any]:
    from schemathesis.checks import CHECKS

    return CHECKS.get_all()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_message_of_a_stranger_proves_the_description_wrong(
    house: Gatehouse, mode: GenerationMode
) -> None:
    schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{house.port}/edge/v1/openapi.json")

    assert [
        wrong
        for operation in schema.get_all_operations()
        for wrong in violations(operation.ok(), mode, None)
    ] == []


def test_no_message_of_an_enrolled_box_proves_the_description_wrong(house: Gatehouse) -> None:
    schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{house.port}/edge/v1/openapi.json")
    # Each operation has its own box: one that forks is not heard any more.
    boxes = [Signed(house, where) for where in ("Déchèterie", "Médiathèque", "GâtinéO")]

    assert [
        wrong
        for operation, box in zip(schema.get_all_operations(), boxes, strict=True)
        for wrong in violations(operation.ok(), GenerationMode.POSITIVE, box)
    ] == []


def test_the_description_is_the_one_we_publish(house: Gatehouse) -> None:
    published = json.loads(house.line().send("GET", "/edge/v1/openapi.json").body)

    assert published["openapi"].startswith("3.1")
    assert set(published["paths"]) == {"/edge/v1/ask", "/edge/v1/events", "/edge/v1/policy"}
