"""API Particulier over a real socket: each answer that it documents, and what no API should say."""

import socket
import struct
from collections.abc import Iterator
from datetime import date
from urllib.parse import urlsplit

import httpx
import pytest

from cvq.people.messages import NotTold, ToldQuotient, ToldResources
from cvq.people.models import CallOutcome, QuotientSource
from cvq.people.particulier import problems
from cvq.people.particulier.client import TRIES_MAX
from cvq.people.particulier.problems import Problem
from cvq.people.particulier.simulator import TOKEN
from funds import DUPONT, LEFEBVRE, ROUX, SIRET, Funds, client_of, funds_here, status


@pytest.fixture
def funds() -> Iterator[Funds]:
    with funds_here() as opened:
        yield opened


def outcome(answer: object) -> CallOutcome:
    assert isinstance(answer, NotTold)
    return answer.outcome


def test_a_quotient_is_told_with_its_fund_and_its_month(funds):
    assert funds.client.quotient(ROUX.status) == ToldQuotient(
        value=150, source=QuotientSource.MSA, of_month=date(2023, 5, 1)
    )
    assert funds.client.quotient(DUPONT.status) == ToldQuotient(
        value=900, source=QuotientSource.CAF, of_month=date(2023, 6, 1)
    )


def test_somebody_is_found_by_one_of_their_first_names_without_accents(funds):
    asked = status("lefebvre", "Gerome", born_on=date(1982, 12, 27), commune="08480")

    assert funds.client.resources(asked) == ToldResources(
        children=1, disabled_children=1, yearly_resources=40_923, of_year=2023
    )


def test_a_citizen_asks_for_themselves_with_their_own_token(funds):
    funds.simulator.citizens = {"de-sophie": DUPONT.status, "d-alexis": LEFEBVRE.status}

    assert funds.client.quotient_of_citizen("de-sophie") == DUPONT.quotient
    assert funds.client.resources_of_citizen("d-alexis") == LEFEBVRE.resources
    assert outcome(funds.client.quotient_of_citizen("inventé")) is CallOutcome.NOT_ALLOWED


def test_a_family_without_a_file_is_not_found(funds):
    asked = funds.client.quotient(status("INCONNUE", "ANNE"))

    assert asked == NotTold(outcome=CallOutcome.NOT_FOUND, code="35003")
    assert funds.client.resources(ROUX.status) == NotTold(
        outcome=CallOutcome.NOT_FOUND, code="37003"
    )
    assert funds.simulator.calls == 2


@pytest.mark.parametrize(
    ("problem", "found", "calls"),
    [
        (problems.EXPIRED_TOKEN, CallOutcome.NOT_ALLOWED, 1),
        (problems.DIVULGED_TOKEN, CallOutcome.NOT_ALLOWED, 1),
        (problems.NOT_ENTITLED, CallOutcome.NOT_ALLOWED, 1),
        (problems.NO_RECIPIENT, CallOutcome.NOT_ALLOWED, 1),
        (problems.NO_FILE_AT_CNAF, CallOutcome.NOT_FOUND, 1),
        (problems.NO_FILE_AT_MSA, CallOutcome.NOT_FOUND, 1),
        (problems.UNEXPECTED, CallOutcome.DOWN, TRIES_MAX),  # never « no file »
        (problems.NOT_A_CIVIL_STATUS, CallOutcome.NOT_RECOGNISED, 1),
        (problems.CONFLICT, CallOutcome.BUSY, TRIES_MAX),
        (problems.TOO_MANY, CallOutcome.TOO_MANY, TRIES_MAX),
        (problems.TOO_MANY_THERE, CallOutcome.TOO_MANY, TRIES_MAX),
        (problems.UNKNOWN_ANSWER, CallOutcome.DOWN, TRIES_MAX),
        (problems.NOT_AVAILABLE, CallOutcome.DOWN, TRIES_MAX),
        (problems.OUT_OF_TIME, CallOutcome.DOWN, TRIES_MAX),
        (problems.NETWORK, CallOutcome.DOWN, TRIES_MAX),
        (problems.NAMES, CallOutcome.DOWN, TRIES_MAX),
    ],
    ids=lambda one: one.code + one.title[:8] if isinstance(one, Problem) else None,
)
def test_each_error_of_the_documentation_has_its_outcome(funds, problem, found, calls):
    funds.simulator.broken = problem

    answer = funds.client.quotient(ROUX.status)

    assert isinstance(answer, NotTold)
    assert (answer.outcome, answer.code) == (found, problem.code)
    assert funds.simulator.calls == calls


def test_a_token_that_the_api_does_not_know_is_not_allowed(funds):
    assert outcome(funds.another(token="autre").quotient(ROUX.status)) is CallOutcome.NOT_ALLOWED


def test_a_civil_status_without_a_place_of_birth_is_not_recognised(funds):
    nowhere = status("ROUX", "JEANNE", commune="")
    abroad = status("ROUX", "JEANNE", commune="", country="99404")

    assert outcome(funds.client.quotient(nowhere)) is CallOutcome.NOT_RECOGNISED
    assert outcome(funds.client.quotient(abroad)) is CallOutcome.NOT_FOUND


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"<html>maintenance</html>",
        b'{"data": {}}',
        b'{"data": {"quotient_familial": null}}',
        b'{"data": {"quotient_familial": {"fournisseur": "CNAF", "valeur": null, "annee": 2026,'
        b' "mois": 9}}}',
        b'{"data": {"quotient_familial": {"fournisseur": "CNAF", "valeur": -1, "annee": 2026,'
        b' "mois": 9}}}',
        b'{"data": {"quotient_familial": {"fournisseur": "URSSAF", "valeur": 600, "annee": 2026,'
        b' "mois": 9}}}',
        b'{"data": {"quotient_familial": {"fournisseur": "MSA", "valeur": 600, "annee": 2026,'
        b' "mois": 13}}}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_is_not_an_answer_is_never_a_quotient(funds, nonsense):
    funds.simulator.nonsense = nonsense

    assert outcome(funds.client.quotient(ROUX.status)) is CallOutcome.UNREADABLE
    assert outcome(funds.client.resources(LEFEBVRE.status)) is CallOutcome.UNREADABLE


def test_an_answer_longer_than_any_is_not_read(funds):
    funds.simulator.nonsense = b" " * 300_000

    assert outcome(funds.client.quotient(ROUX.status)) is CallOutcome.DOWN


def test_nobody_listening_is_the_funds_being_down(funds):
    away = client_of("http://127.0.0.1:9", funds.watch)

    assert outcome(away.quotient(ROUX.status)) is CallOutcome.DOWN


def test_an_answer_that_does_not_come_is_not_waited_for(funds):
    funds.simulator.slow_seconds = 0.4

    hurried = funds.another(timeout_seconds=0.1)

    assert outcome(hurried.quotient(ROUX.status)) is CallOutcome.DOWN


def test_the_funds_come_back_between_two_tries(funds):
    funds.simulator.broken = problems.NOT_AVAILABLE
    wait = funds.watch.sleep

    def back(seconds: float) -> None:
        wait(seconds)
        funds.simulator.broken = None

    funds.client._sleep = back

    assert funds.client.quotient(ROUX.status) == ROUX.quotient
    assert funds.simulator.calls == 2


def test_calls_leave_sixteen_a_second_so_that_no_limit_is_met(funds):
    began = funds.watch.now

    answers = [funds.client.quotient(DUPONT.status) for _ in range(200)]

    assert answers == [DUPONT.quotient] * 200
    assert funds.watch.now - began == pytest.approx(199 / 16)
    assert funds.simulator.calls == 200


def test_who_reaches_the_limit_of_the_minute_waits_for_its_end():
    with funds_here(a_minute=5) as funds:
        began = funds.watch.now

        answers = [funds.client.quotient(DUPONT.status) for _ in range(11)]

        assert answers == [DUPONT.quotient] * 11
        assert funds.simulator.calls == 11  # none of them was refused
        assert 120 <= funds.watch.now - began < 122


def test_who_is_refused_by_somebody_elses_calls_waits_as_long_as_it_is_told():
    with funds_here(a_minute=5) as funds:
        url = f"{funds.simulator.url}/v3/dss/quotient_familial/identite?recipient={SIRET}"
        token = {"authorization": f"Bearer {TOKEN}"}
        others = [httpx.get(url, headers=token) for _ in range(5)]

        answer = funds.client.quotient(DUPONT.status)

        assert [reply.headers["ratelimit-remaining"] for reply in others] == list("43210")
        assert answer == DUPONT.quotient
        assert funds.watch.slept == [60.0]


def test_who_must_not_wait_is_told_how_long_it_would_be():
    with funds_here(a_minute=2) as funds:
        hurried = funds.another(patience_seconds=1.0)
        asked = [hurried.quotient(DUPONT.status) for _ in range(2)]

        early = hurried.quotient(DUPONT.status)

        assert asked == [DUPONT.quotient] * 2
        assert early == NotTold(outcome=CallOutcome.TOO_MANY, wait_seconds=60, was_made=False)
        assert funds.simulator.calls == 2


def test_the_token_is_never_shown(funds):
    assert TOKEN not in repr(funds.client._access)


def test_the_limits_are_told_in_each_answer(funds):
    reply = httpx.get(f"{funds.simulator.url}/v3/dss/quotient_familial/identite")

    assert reply.status_code == 401
    assert reply.json()["errors"][0]["code"] == "00101"
    assert reply.headers["ratelimit-limit"] == "1000"
    assert int(reply.headers["ratelimit-reset"]) == int(funds.watch.now) + 60


def test_a_caller_who_leaves_before_the_answer_is_no_fault_of_the_simulator(funds, capfd):
    host, port = urlsplit(funds.simulator.url).hostname, urlsplit(funds.simulator.url).port
    for _ in range(3):
        caller = socket.create_connection((host, port))
        # Closed at once and not politely: what is not read yet is told to be of no interest.
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        caller.sendall(b"GET /v3/ HTTP/1.1\r\nHost: ici\r\n\r\n")
        caller.close()
    funds.client.quotient(ROUX.status)

    assert "Traceback" not in capfd.readouterr().err
