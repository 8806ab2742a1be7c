"""
A claim of speed: us and a peer in turns, in one run, and the ratio that must hold.

Ratios only: a machine that is twice as slow is as slow for the peer.  A claim holds when its ratio
reaches its bar, so a figure that must stay small is written limit ÷ figure.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from msgspec import Struct

ROUNDS = 5


class Claim(Struct, frozen=True, kw_only=True):
    """One sentence, and the figures that it rests on."""

    claim: str
    ours: float
    peer: float
    ratio: float
    bar: float
    holds: bool
    unit: str
    detail: str = ""


class Sample(NamedTuple):
    """What doing something so many times took, in seconds of the wall and of the processor."""

    times: int
    wall: float
    cpu: float

    @property
    def rate(self) -> float:
        """Return how many a second."""
        return self.times / self.wall

    @property
    def cpu_micros(self) -> float:
        """Return the microseconds of processor of each, as the system counts them."""
        return self.cpu / self.times * 1e6


def sampled(work: Callable[[], int]) -> Sample:
    """Do some work, which returns how many it did, and say what it took."""
    before, wall = os.times(), time.perf_counter()
    count = work()
    wall, after = time.perf_counter() - wall, os.times()
    cpu = sum(after[:4]) - sum(before[:4])
    return Sample(count, wall, cpu)


def in_turns(
    ours: Callable[[], int], peer: Callable[[], int], *, rounds: int = ROUNDS
) -> tuple[list[Sample], list[Sample]]:
    """Run both in turns, each first every other time, after one run of each that counts not."""
    ours()
    peer()
    ours_done: list[Sample] = []
    peer_done: list[Sample] = []
    for turn in range(rounds):
        pair = [(ours, ours_done), (peer, peer_done)]
        for work, done in pair if turn % 2 == 0 else reversed(pair):
            done.append(sampled(work))
    return ours_done, peer_done


def compared(
    claim: str, ours: list[Sample], peer: list[Sample], *, bar: float, unit: str, detail: str = ""
) -> Claim:
    """Return the claim that we do so many times what the peer does, by the median pair."""
    ratios = [mine.rate / its.rate for mine, its in zip(ours, peer, strict=True)]
    ratio = statistics.median(ratios)
    cpu = statistics.median(sample.cpu_micros for sample in ours)
    cpu_peer = statistics.median(sample.cpu_micros for sample in peer)
    spread = (
        f"{min(ratios):.2f} à {max(ratios):.2f} ; processeur {cpu:.0f} µs contre {cpu_peer:.0f}"
    )
    return Claim(
        claim=claim,
        ours=statistics.median(sample.rate for sample in ours),
        peer=statistics.median(sample.rate for sample in peer),
        ratio=ratio,
        bar=bar,
        holds=ratio >= bar,
        unit=unit,
        detail=f"{spread} ; {detail}" if detail else spread,
    )


def median_of(figures: Iterable[float]) -> float:
    """Return the median of some figures."""
    return statistics.median(figures)


def at_most(claim: str, figure: float, limit: float, *, unit: str, detail: str = "") -> Claim:
    """Return the claim that a figure stays under a limit."""
    return Claim(
        claim=claim,
        ours=figure,
        peer=limit,
        ratio=limit / figure,
        bar=1.0,
        holds=figure <= limit,
        unit=unit,
        detail=detail,
    )
