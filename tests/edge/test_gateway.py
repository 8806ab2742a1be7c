"""A door asks a real gateway: what it is told, and what is refused at the threshold."""

import threading
from collections.abc import Iterator
from http.client import HTTPResponse

import msgspec
import pytest

from cvq.catalog.kinds import DeviceState
from cvq.catalog.models import Device
from cvq.rules.vocabulary import Happening, Reason, Verdict
from cvq.taps.models import Fork, Parked, TapEvent
from cvq.wire.events import canon
from cvq.wire.messages import ASK_PATH, EVENTS_PATH, MAX_ASK, MAX_BODY, POLICY_PATH
from databases import Database
from edge.gatehouse import JSON, Gatehouse, SigningBox, gatehouse_here


@pytest.fixture
def house(database: Database) -> Iterator[Gatehouse]:
    with gatehouse_here(database) as opened:
        opened.town.family("Petit", card="012-00043", topped_up="20,00")
        yield opened


def test_a_door_that_asks_is_told_what_to_do(house: Gatehouse) -> None:
    event = house.town.event("012-00043", where="GâtinéO", at="15:00")

    reply = house.box("GâtinéO").ask(event)

    assert reply.status == 200
    assert {key: reply.said[key] for key in ("seq", "said", "why", "means", "word", "known")} == {
        "seq": 1,
        "said": Verdict.GRANTED,
        "why": None,
        "means": "WALLET",
        "word": "Entrez",
        "known": False,
    }
    assert abs(reply.said["now"] - house.clock.now_ms()) < 60_000
    assert house.town.wallet("Petit") == "15,50 €"


def test_asking_again_gives_the_same_answer_and_costs_nothing(house: Gatehouse) -> None:
    box = house.box("GâtinéO")
    event = house.town.event("012-00043", where="GâtinéO", at="15:00")
    first = box.ask(event).said

    again = box.ask(event).said

    assert (again["said"], again["means"], again["known"]) == (first["said"], "WALLET", True)
    assert house.town.wallet("Petit") == "15,50 €"
    assert TapEvent.objects.count() == 1


def test_an_unknown_card_is_refused_with_a_reason(house: Gatehouse) -> None:
    event = house.town.event("999", where="GâtinéO", at="15:00")

    said = house.box("GâtinéO").ask(event).said

    assert (said["said"], said["why"]) == (Verdict.REFUSED, Reason.UNKNOWN_MEDIUM)


def test_another_happening_under_a_known_name_quarantines_the_box(house: Gatehouse) -> None:
    box = house.box("GâtinéO")
    event = house.town.event("012-00043", where="GâtinéO", at="15:00")
    box.ask(event)
    other = msgspec.structs.replace(event, at=event.at + 1)

    forked = box.ask(other)
    afterwards = box.ask(house.town.event("012-00043", where="GâtinéO", at="15:01"))

    assert (forked.status, forked.said) == (422, {"fork": event.seq})
    assert afterwards.status == 403
    assert "quarantaine" in afterwards.said["error"]
    assert Device.objects.get(pk=box.number).state == DeviceState.QUARANTINED
    assert Fork.objects.count() == 1
    assert house.town.wallet("Petit") == "15,50 €"


def test_a_clock_that_nobody_can_believe_leaves_the_door_to_decide(house: Gatehouse) -> None:
    event = house.town.event("012-00043", where="GâtinéO", at="15:30")

    reply = house.box("GâtinéO").ask(event)

    assert reply.status == 400
    assert "futur" in reply.said["error"]
    assert not Parked.objects.exists()  # the door decides alone, and tells
    assert house.town.wallet("Petit") == "20,00 €"


def test_what_is_not_signed_by_the_box_is_not_heard(house: Gatehouse) -> None:
    box = house.box("GâtinéO")
    event = house.town.event("012-00043", where="GâtinéO", at="15:00")
    stranger = SigningBox(999, house.line())
    neighbour = house.box("Déchèterie")

    replies = [
        box.ask(event, cvq_mac="0" * 64),
        box.ask(event, cvq_mac=""),
        box.ask(event, cvq_device="x"),
        stranger.ask(msgspec.structs.replace(event, dev=999)),
        box.line.send("POST", ASK_PATH, canon(event), JSON),
    ]
    in_the_name_of_another = neighbour.ask(event)

    assert [reply.status for reply in replies] == [401] * 5
    assert all(reply.said["error"] and reply.said["todo"] for reply in replies)
    assert (in_the_name_of_another.status, in_the_name_of_another.said["where"]) == (400, "dev")
    assert not TapEvent.objects.exists()


def test_what_is_not_the_protocol_is_named(house: Gatehouse) -> None:
    told = {
        b"": "",
        b"{": "",
        b"[]": "",
        b"\xff\xfe": "",
        b'{"ref":"\xff"}': "",
        b'{"dev":1,"seq":0,"at":1,"pt":1}': "$.seq",
        b'{"dev":1,"seq":1,"at":1,"pt":1,"more":1}': "",
        b'{"dev":1,"seq":1,"at":1,"pt":1}': "$",
    }
    box = house.box("GâtinéO")

    replies = {body: box.ask_bytes(body) for body in told}

    assert {reply.status for reply in replies.values()} == {400}
    assert {body: reply.said["where"] for body, reply in replies.items()} == told
    assert all(reply.said["error"] for reply in replies.values())


def test_a_journal_that_nobody_can_read_is_named_before_it_is_proven(house: Gatehouse) -> None:
    line = house.line()
    nested = b"[" * 100_000
    for body in (b'{"sig":"\xff"}', b'{"events":' + nested, b'{"more":' + nested, b"\xed\xa0\x80"):
        reply = line.send("POST", EVENTS_PATH, body, JSON)

        assert (reply.status, bool(reply.said["error"])) == (400, True)


def test_only_a_passage_may_be_asked(house: Gatehouse) -> None:
    event = house.town.event("012-00043", where="GâtinéO", at="15:00", seq=2)
    told = msgspec.structs.replace(event, what=Happening.NOT_PASSED, ref="", of=1)

    reply = house.box("GâtinéO").ask(told)

    assert (reply.status, reply.said["where"]) == (400, "what")


def test_every_limit_of_the_threshold_has_its_status(house: Gatehouse) -> None:
    line = house.line()

    statuses = {
        "too long": line.send("POST", ASK_PATH, b"x" * (MAX_ASK + 1), JSON).status,
        "too long a journal": line.send("POST", EVENTS_PATH, b"x" * (MAX_BODY + 1), JSON).status,
        "not json": line.send("POST", ASK_PATH, b"{}", {"content-type": "text/plain"}).status,
        "no type": line.send("POST", ASK_PATH, b"{}").status,
        "no such path": line.send("GET", "/edge/v1/nothing").status,
        "wrong method": line.send("PUT", ASK_PATH, b"{}", JSON).status,
        "reads are asked": line.send("POST", POLICY_PATH, b"{}", JSON).status,
        "health": line.send("GET", "/health").status,
        "described": line.send("GET", "/edge/v1/openapi.json").status,
    }

    assert statuses == {
        "too long": 413,
        "too long a journal": 413,
        "not json": 415,
        "no type": 415,
        "no such path": 404,
        "wrong method": 405,
        "reads are asked": 405,
        "health": 200,
        "described": 200,
    }
    assert line.send("PUT", ASK_PATH, b"{}", JSON).headers["allow"] == "POST"


def test_a_body_that_hides_its_length_is_bounded_too(house: Gatehouse) -> None:
    line = house.line()
    line.send("GET", "/health")
    assert line.connection is not None
    assert line.connection.sock is not None
    headers = "".join(f"{name}: {value}\r\n" for name, value in JSON.items())
    asked = f"POST {ASK_PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n{headers}\r\n"
    chunks = b"400\r\n" + b"x" * 1024 + b"\r\n"
    # In one go: the gateway may answer and hang up before the last chunk.
    line.connection.sock.sendall(asked.encode() + chunks * 8 + b"0\r\n\r\n")
    answer = HTTPResponse(line.connection.sock, method="POST")
    answer.begin()

    assert answer.status == 413


def test_eight_threads_with_one_name_make_one_tap(house: Gatehouse) -> None:
    event = house.town.event("012-00043", where="GâtinéO", at="15:00")
    answers: list[tuple[int, int]] = []

    def ask() -> None:
        box = house.box("GâtinéO")
        for _ in range(5):
            reply = box.ask(event)
            answers.append((reply.status, reply.said["said"]))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [(200, Verdict.GRANTED)] * 40
    assert TapEvent.objects.count() == 1
    assert house.town.wallet("Petit") == "15,50 €"


def test_a_retired_box_is_not_heard(house: Gatehouse) -> None:
    box = house.box("GâtinéO")
    Device.objects.filter(pk=box.number).update(state=DeviceState.RETIRED)

    reply = box.ask(house.town.event("012-00043", where="GâtinéO", at="15:00"))

    assert reply.status == 403
    assert not TapEvent.objects.exists()
