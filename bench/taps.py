"""
The gateway as doors see it: what an online tap costs and how long it waits.

Beside it in the same run: the same tap as one transaction of Django's ORM per request, our own
handler with nothing behind it, and the journals of boxes that decided alone.  Each request is a
pool entry that nobody made yet, paid by a wallet; the clients knock without a pause.
"""

import contextlib
import http.client
from collections.abc import Callable, Iterator
from functools import partial

from msgspec import Struct

from bench.claim import ROUNDS, Claim
from bench.compared import Round, Rounds, claims
from bench.ground import BOXES, Ground, ground
from bench.load import Played, played_apart
from bench.meter import measured
from bench.requests import Journals, ask, shared_out
from bench.serving import serving
from cvq.wire.events import canon
from cvq.wire.messages import ASK_PATH
from cvq.wire.signing import ASK, DEVICE_HEADER, MAC_HEADER, mac

GRANTED = b'"said":1'
ANSWERED = b'"said":'
ACKNOWLEDGED = b'"ack":'
COUNT_HEADER = "bench-count"
# So many requests of so many clients in a round.
OURS = {64: 6_000, 256: 8_000, 1: 200}
NOTHING = {64: 8_000, 256: 10_000}
ORM = {64: 400, 256: 768, 1: 100}
ALONE = MIXED = 6_000
# So many uploads of each box in a round, each of so many events.
TOLD = {50: 6, 1: 20}

Contestant = Callable[[], Round]


class Server(Struct, frozen=True):
    """One of the servers, with the database behind it."""

    town: Ground
    port: int
    process: int

    def plays(self, clients: list[list[bytes]], expected: bytes, taps: int) -> Round:
        """Let the clients knock, and count what it takes."""
        played: list[Played] = []

        def work() -> int:
            played.append(played_apart(self.port, clients, expected))
            return taps

        sample = measured(work, [self.process, self.town.postmaster])
        return Round(taps, sample.cpu, played[0])

    def asked(self, clients: int, count: int, *, alone: bool = False) -> Round:
        """Let so many doors ask."""
        requests = [ask(self.town, event) for event in self.town.entries(count, alone=alone)]
        return self.plays(shared_out(requests, clients), GRANTED, count)

    def mixed(self, clients: int, count: int) -> Round:
        """Let so many doors of all services ask."""
        requests = [ask(self.town, event) for event in self.town.mixed(count)]
        return self.plays(shared_out(requests, clients), ANSWERED, count)

    def told(self, journals: Journals, uploads: int, events: int) -> Round:
        """Let every box upload a stretch of its journal."""
        requests = journals.told(uploads, events)
        return self.plays(requests, ACKNOWLEDGED, BOXES * uploads * events)

    def statements(self) -> int:
        """Return how many statements the peer sends for a tap."""
        (event,) = self.town.entries(1)
        body = canon(event)
        proof = mac(self.town.hmac_key, ASK, body)
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        headers = {DEVICE_HEADER: str(event.dev), MAC_HEADER: proof, COUNT_HEADER: "1"}
        connection.request("POST", ASK_PATH, body, headers)
        return int(connection.getresponse().getheader(COUNT_HEADER) or 0)


@contextlib.contextmanager
def _contestants() -> Iterator[tuple[dict[str, Contestant], Server]]:
    with contextlib.ExitStack() as stack:
        town = stack.enter_context(ground())
        gateway, nothing, orm = (
            Server(town, *stack.enter_context(serving(name, health="/health")))
            for name in ("gateway", "nothing", "orm")
        )
        journals = Journals(town)
        found: dict[str, Contestant] = {}
        for clients, count in OURS.items():
            found[f"ours {clients}"] = partial(gateway.asked, clients, count)
            found[f"orm {clients}"] = partial(orm.asked, clients, ORM[clients])
            if clients in NOTHING:
                found[f"nothing {clients}"] = partial(nothing.asked, clients, NOTHING[clients])
        found["alone"] = partial(gateway.asked, 64, ALONE, alone=True)
        found["mixed"] = partial(gateway.mixed, 64, MIXED)
        for events, uploads in TOLD.items():
            found[f"told {events}"] = partial(gateway.told, journals, uploads, events)
        yield found, orm


def run() -> list[Claim]:
    """Measure all of them in turns, after one round that counts not."""
    rounds: Rounds = {}
    with _contestants() as (contestants, orm):
        for turn in range(ROUNDS + 1):
            names = list(contestants) if turn % 2 else list(reversed(contestants))
            for name in names:
                done = contestants[name]()
                if turn:
                    rounds.setdefault(name, []).append(done)
        # The first request of a process reads what then stays in memory: the least is the rule.
        statements = min(orm.statements() for _ in range(8))
    return claims(rounds, statements)
