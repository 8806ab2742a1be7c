"""The claims about taps, from what each round took."""

import statistics
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from bench.claim import Claim, at_most
from bench.load import Played


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


Rounds = dict[str, list[Round]]
Pair = tuple[Sequence[Round], Sequence[Round]]
Figure = Callable[[Round], float]


def claims(rounds: Mapping[str, Sequence[Round]], statements: int) -> list[Claim]:
    """Return every claim; the peer sends so many statements for a tap."""
    return [*_against_the_orm(rounds, statements), *_against_ourselves(rounds)]


def _against_the_orm(rounds: Mapping[str, Sequence[Round]], statements: int) -> list[Claim]:
    pair = rounds["ours 64"], rounds["orm 64"]
    return [
        _less(
            "Passage en ligne, 64 clients : processeur (serveur et PostgreSQL), contre l'ORM",
            pair,
            lambda one: one.micros,
            bar=15,
            unit="µs",
            detail=f"l'autre : {statements} instructions et une transaction par passage",
        ),
        _more(
            "Passages en ligne par seconde, 64 clients, réponse durable, contre l'ORM",
            pair,
            bar=10,
        ),
        _less(
            "Attente au 99e centile, 256 clients, contre l'ORM",
            (rounds["ours 256"], rounds["orm 256"]),
            lambda one: one.played.quantile(0.99),
            bar=8,
            unit="ms",
        ),
        _less(
            "Attente médiane, un seul client, contre l'ORM",
            (rounds["ours 1"], rounds["orm 1"]),
            lambda one: one.played.quantile(0.5),
            bar=2,
            unit="ms",
        ),
    ]


def _against_ourselves(rounds: Mapping[str, Sequence[Round]]) -> list[Claim]:
    online = rounds["ours 64"]
    told = rounds["told 50"]
    no_bar = 0
    asked = statistics.median(_ratios((told, online), lambda one: one.rate))
    return [
        _against_nothing(rounds, 64, limit=7),
        _against_nothing(rounds, 256, limit=5),
        _more(
            "Tous les passages sur un seul porte-monnaie, contre 4 500",
            (rounds["alone"], online),
            bar=0.8,
        ),
        _more(
            "Journal envoyé par 50, contre un passage par envoi",
            (told, rounds["told 1"]),
            bar=3,
            detail=f"contre des passages demandés en ligne par 64 clients : {asked:.2f}",
        ),
        _more(
            "Mélange de tous les services, 64 clients, contre des entrées à la piscine",
            (rounds["mixed"], online),
            bar=no_bar,
        ),
    ]


def _less(
    claim: str, pair: Pair, figure: Figure, *, bar: float, unit: str, detail: str = ""
) -> Claim:
    """Claim that the peer's figure is so many times ours."""
    ratios = [1 / ratio for ratio in _ratios(pair, figure)]
    return _claim(claim, pair, figure, ratios, bar=bar, unit=unit, detail=detail)


def _more(claim: str, pair: Pair, *, bar: float, detail: str = "") -> Claim:
    """Claim that we do so many times as much a second."""
    micros = [statistics.median(one.micros for one in side) for side in pair]
    spent = f"processeur {micros[0]:.0f} µs contre {micros[1]:.0f}"
    told = f"{spent} ; {detail}" if detail else spent
    ratios = _ratios(pair, lambda one: one.rate)
    return _claim(
        claim, pair, lambda one: one.rate, ratios, bar=bar, unit="passages/s", detail=told
    )


def _ratios(pair: Pair, figure: Figure) -> list[float]:
    return [figure(mine) / figure(its) for mine, its in zip(*pair, strict=True)]


def _claim(
    claim: str,
    pair: Pair,
    figure: Figure,
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
    times = _ratios((ours, nothing), lambda one: one.micros)
    micros = [statistics.median(one.micros for one in side) for side in (ours, nothing)]
    return at_most(
        f"Passage en ligne, {clients} clients : processeur, contre la même réponse sans règlement",
        statistics.median(times),
        limit,
        unit="fois",
        detail=(f"{min(times):.2f} à {max(times):.2f} ; {micros[0]:.0f} µs contre {micros[1]:.0f}"),
    )
