"""
The gateway as doors see it: what an online tap costs and how long it waits.

Beside it in the same run: the same tap as one transaction of Django's ORM per request, our own
handler with nothing behind it, and the journals of boxes that decided alone.  Each request is a
pool entry that nobody made yet, paid by a wallet; the clients knock without a pause.
"""

import contextlib
import http.client
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from msgspec import Struct

from bench.claim import ROUNDS, Claim, Sample, at_most
from bench.ground import BOXES, Ground, ground
from bench.load import Played, played_apart
from bench.meter import measured
from bench.requests import EVENTS_AT_ONCE, Journals, ask, shared_out
from bench.serving import serving
from cvq.wire.events import canon
from cvq.wire.messages import ASK_PATH
from cvq.wire.signing import ASK, DEVICE_HEADER, MAC_HEADER, mac

GRANTED = b'"said":1'
ACKNOWLEDGED = b'"ack":'
COUNT_HEADER = "bench-count"
UPLOADS = 6  # of each box in a round
# So many requests of so many clients in a round.
OURS = {64: 6_000, 256: 8_000, 1: 200}
NOTHING = {64: 8_000, 256: 10_000}
ORM = {64: 400, 256: 768, 1: 100}
ALONE = 6_000


class Round(Struct, frozen=True):
    """What a round took of the server and of PostgreSQL, and what its clients saw."""

    taps: int
    cpu: float
    played: Played

    @property
    def micros(self) -> float:
        """Return the microseconds of processor of a tap."""
        return self.cpu / self.taps * 1e6

    @property
    def rate(self) -> float:
        """Return how many taps a second."""
        return self.taps / self.played.wall


Contestant = Callable[[], Round]


class Server(Struct, frozen=True):
    """One of the servers, with the database behind it."""

    town: Ground
    port: int
    process: int

    def plays(self, clients: Sequence[Sequence[bytes]], expected: bytes, taps: int) -> Round:
        """Let the clients knock, and count what it takes."""
        played: list[Played] = []

        def work() -> int:
            played.append(played_apart(self.port, clients, expected))
            return taps

        sample: Sample = measured(work, [self.process, self.town.postmaster])
        return Round(taps, sample.cpu, played[0])

    def asked(self, clients: int, count: int, *, alone: bool = False) -> Round:
        """Let so many doors ask."""
        requests = [ask(self.town, event) for event in self.town.entries(count, alone=alone)]
        return self.plays(shared_out(requests, clients), GRANTED, count)

    def told(self, journals: Journals) -> Round:
        """Let every box upload a stretch of its journal."""
        return self.plays(journals.told(UPLOADS), ACKNOWLEDGED, BOXES * UPLOADS * EVENTS_AT_ONCE)

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
        for clients, ours in OURS.items():
            found[f"ours {clients}"] = partial(gateway.asked, clients, ours)
            found[f"orm {clients}"] = partial(orm.asked, clients, ORM[clients])
            if clients in NOTHING:
                found[f"nothing {clients}"] = partial(nothing.asked, clients, NOTHING[clients])
        found["alone"] = lambda: gateway.asked(64, ALONE, alone=True)
        found["told"] = lambda: gateway.told(journals)
        yield found, orm


def run() -> list[Claim]:
    """Measure all of them in turns, after one round that counts not."""
    rounds: dict[str, list[Round]] = {}
    with _contestants() as (contestants, orm):
        for turn in range(ROUNDS + 1):
            names = list(contestants) if turn % 2 else list(reversed(contestants))
            for name in names:
                done = contestants[name]()
                if turn:
                    rounds.setdefault(name, []).append(done)
        orm.statements()  # the first request of a process reads what stays in memory
        statements = max(orm.statements() for _ in range(8))
    return _claims(rounds, statements)


def _claims(rounds: Mapping[str, Sequence[Round]], statements: int) -> list[Claim]:
    ours, orm = rounds["ours 64"], rounds["orm 64"]
    peer = f"pair : {statements} instructions et une transaction par passage"
    return [
        _times_less(
            "Passage en ligne, 64 clients : processeur (serveur et PostgreSQL), contre l'ORM",
            (ours, orm),
            lambda one: one.micros,
            bar=15,
            unit="µs",
            detail=peer,
        ),
        _times_more(
            "Passages en ligne par seconde, 64 clients, réponse durable, contre l'ORM",
            (ours, orm),
            bar=10,
        ),
        _against_nothing(rounds, 64, limit=7),
        _against_nothing(rounds, 256, limit=5),
        _times_less(
            "Attente au 99e centile, 256 clients, contre l'ORM",
            (rounds["ours 256"], rounds["orm 256"]),
            lambda one: one.played.quantile(0.99),
            bar=8,
            unit="ms",
        ),
        _times_less(
            "Attente médiane, un seul client, contre l'ORM",
            (rounds["ours 1"], rounds["orm 1"]),
            lambda one: one.played.quantile(0.5),
            bar=2,
            unit="ms",
        ),
        _times_more(
            "Tous les passages sur un seul porte-monnaie, contre 4 500",
            (rounds["alone"], ours),
            bar=0.8,
        ),
        _times_more(
            f"Journal envoyé par {EVENTS_AT_ONCE}, contre un passage par requête",
            (rounds["told"], ours),
            bar=3,
        ),
    ]


Pair = tuple[Sequence[Round], Sequence[Round]]


def _times_less(
    claim: str,
    pair: Pair,
    figure: Callable[[Round], float],
    *,
    bar: float,
    unit: str,
    detail: str = "",
) -> Claim:
    ratios = [figure(its) / figure(mine) for mine, its in zip(*pair, strict=True)]
    return _claim(claim, pair, figure, ratios, bar=bar, unit=unit, detail=detail)


def _times_more(claim: str, pair: Pair, *, bar: float) -> Claim:
    ratios = [mine.rate / its.rate for mine, its in zip(*pair, strict=True)]
    micros = [statistics.median(one.micros for one in side) for side in pair]
    detail = f"processeur {micros[0]:.0f} µs contre {micros[1]:.0f}"
    unit = "passages/s"
    return _claim(claim, pair, lambda one: one.rate, ratios, bar=bar, unit=unit, detail=detail)


def _claim(
    claim: str,
    pair: Pair,
    figure: Callable[[Round], float],
    ratios: Sequence[float],
    *,
    bar: float,
    unit: str,
    detail: str,
) -> Claim:
    ratio = statistics.median(ratios)
    spread = f"{min(ratios):.2f} à {max(ratios):.2f}"
    ours, peer = (statistics.median(figure(one) for one in side) for side in pair)
    return Claim(
        claim=claim,
        ours=ours,
        peer=peer,
        ratio=ratio,
        bar=bar,
        holds=ratio >= bar,
        unit=unit,
        detail=f"{spread} ; {detail}" if detail else spread,
    )


def _against_nothing(rounds: Mapping[str, Sequence[Round]], clients: int, *, limit: int) -> Claim:
    ours, nothing = rounds[f"ours {clients}"], rounds[f"nothing {clients}"]
    times = [mine.micros / its.micros for mine, its in zip(ours, nothing, strict=True)]
    micros = [statistics.median(one.micros for one in side) for side in (ours, nothing)]
    return at_most(
        f"Passage en ligne, {clients} clients : processeur, contre la même réponse sans règlement",
        statistics.median(times),
        limit,
        unit="fois",
        detail=(f"{min(times):.2f} à {max(times):.2f} ; {micros[0]:.0f} µs contre {micros[1]:.0f}"),
    )
