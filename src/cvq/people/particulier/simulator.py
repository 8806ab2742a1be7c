"""
API Particulier v3 as its OpenAPI file tells it, on a socket of this machine, with made-up families.

It answers what is documented, errors and limits included, so that nothing of ours is ever tried on
the real one.  Réf. docs/references.md, T1.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from cvq.people.messages import CivilStatus
from cvq.people.particulier import problems
from cvq.people.particulier.families import Asked, FamilyFile, anybody, is_of
from cvq.people.particulier.problems import Problem

TOKEN = "jeton-de-demonstration"
HOST = "127.0.0.1"
CALLS_A_SECOND = 20
CALLS_A_MINUTE = 1000
MINUTE = 60
QUOTIENT = "/v3/dss/quotient_familial/"
PARTICIPATION = "/v3/dss/participation_familiale_eaje/"
COMPULSORY = ("nomNaissance", "prenoms[]", "sexeEtatCivil", "codeCogInseePaysNaissance")

# What the file of the API does not tell, so in our own words.
NO_SUCH_ROUTE = Problem(404, "00402", "Page non trouvée", "Cette adresse n'existe pas")


class Answer(NamedTuple):
    """What goes back."""

    status: int
    content: Mapping[str, Any]
    headers: Mapping[str, str]


class Simulator:
    """What the funds know, who may ask, and what is broken just now."""

    def __init__(self, *, now: Callable[[], float], a_minute: int = CALLS_A_MINUTE) -> None:
        """Begin with nobody known, on the clock that its headers tell."""
        self.files: list[FamilyFile] = []
        self.citizens: dict[str, CivilStatus] = {}  # token of FranceConnect → who logged in
        self.tokens: dict[str, Problem | None] = {TOKEN: None}  # a token, and what is wrong with it
        self.broken: Problem | None = None
        self.nonsense: bytes | None = None  # what it says instead of an answer
        self.slow_seconds = 0.0
        self.knows_anybody = False
        self.calls = 0
        self.url = ""
        self._now = now
        self._a_minute = a_minute
        self._counted: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def answer(self, target: str, authorization: str) -> Answer:
        """Return what the API would answer to a request."""
        parts = urlsplit(target)
        bearer = authorization.removeprefix("Bearer ")
        with self._lock:
            self.calls += 1
            headers, is_over = self._count(parts.path, bearer)
        if is_over is not None:
            return self._refused(problems.TOO_MANY, headers | {"Retry-After": str(is_over)})
        asked = Asked(parse_qs(parts.query, keep_blank_values=False))
        problem = self._wrong(parts.path, bearer, asked) or self.broken
        if problem is not None:
            return self._refused(problem, headers)
        return self._found(parts.path, bearer, asked, headers)

    def _count(self, path: str, bearer: str) -> tuple[dict[str, str], int | None]:
        """Count a call; return the headers, and how long to wait if it is one too many."""
        now = self._now()
        since, second = self._counted.get(f"{bearer} second", (now, 0))
        if now - since >= 1:
            since, second = now, 0
        begins, minute = self._counted.get(f"{bearer} {path}", (now, 0))
        if now - begins >= MINUTE:
            begins, minute = now, 0
        left = max(self._a_minute - minute - 1, 0)
        ends = int(begins) + MINUTE
        headers = {
            "Date": formatdate(now, usegmt=True),
            "RateLimit-Limit": str(self._a_minute),
            "RateLimit-Remaining": str(left),
            "RateLimit-Reset": str(ends),
        }
        if minute >= self._a_minute:
            return headers, max(ends - int(now), 1)
        if second >= CALLS_A_SECOND:
            return headers, 1
        self._counted[f"{bearer} second"] = since, second + 1
        self._counted[f"{bearer} {path}"] = begins, minute + 1
        return headers, None

    def _wrong(self, path: str, bearer: str, asked: Asked) -> Problem | None:
        if not path.startswith((QUOTIENT, PARTICIPATION)):
            return NO_SUCH_ROUTE
        is_citizen = path.endswith("/france_connect")
        if is_citizen and bearer not in self.citizens:
            return problems.UNKNOWN_TOKEN
        if not is_citizen and self.tokens.get(bearer, problems.UNKNOWN_TOKEN) is not None:
            return self.tokens.get(bearer, problems.UNKNOWN_TOKEN)
        if not asked.is_siret("recipient"):
            return problems.NO_RECIPIENT
        if not is_citizen and not (all(map(asked.one, COMPULSORY)) and asked.is_born_somewhere()):
            return problems.NOT_A_CIVIL_STATUS
        return None

    def _found(self, path: str, bearer: str, asked: Asked, headers: Mapping[str, str]) -> Answer:
        if path.endswith("/france_connect"):
            asked = Asked.of(self.citizens[bearer])
        family = next((one for one in self.files if is_of(one, asked)), None)
        if family is None and self.knows_anybody:
            month = datetime.fromtimestamp(self._now(), UTC).date().replace(day=1)
            family = anybody(asked, month)
        if path.startswith(QUOTIENT):
            if family is None or family.quotient is None:
                return self._refused(problems.NO_FILE, headers)
            return Answer(200, family.quotient_answer(asked), headers)
        if family is None or family.resources is None:
            return self._refused(problems.NO_FILE_OF_A_YOUNG_CHILD, headers)
        return Answer(200, family.resources_answer(), headers)

    @staticmethod
    def _refused(problem: Problem, headers: Mapping[str, str]) -> Answer:
        return Answer(problem.status, problem.content(), headers)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one answer, one packet: the next request would wait for the second
    disable_nagle_algorithm = True
    simulator: Simulator

    def log_message(self, *_: object) -> None:
        """Say nothing: what is asked names people."""

    def do_GET(self) -> None:
        """Answer one request."""
        told = self.simulator.answer(self.path, self.headers.get("authorization", ""))
        body = json.dumps(told.content, ensure_ascii=False).encode()
        if self.simulator.nonsense is not None:
            told, body = told._replace(status=200), self.simulator.nonsense
        time.sleep(self.simulator.slow_seconds)
        self.send_response_only(told.status)
        for name, value in told.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a caller who left before the end; anything else is told."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def simulate(
    *, now: Callable[[], float], port: int = 0, a_minute: int = CALLS_A_MINUTE
) -> Iterator[Simulator]:
    """Serve the API on this machine, on a free port unless told, for as long as it is open."""
    simulator = Simulator(now=now, a_minute=a_minute)
    handler = type("Handler", (_Handler,), {"simulator": simulator})
    with _Server((HOST, port), handler) as server:
        simulator.url = f"http://{HOST}:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield simulator
        finally:
            server.shutdown()
            thread.join()
