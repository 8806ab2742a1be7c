"""
Prices: every published tariff of ``docs/tariffs/cases`` with its own examples, and a million.

The peers price three canteens as others do: rows read through an ORM and a chain of ``if``, and a
formula whose tree is walked.  They only return an amount; ours returns lines that explain it.  In a
process of its own: the ORM has its own settings.  ``CVQ_BENCH_PRICES`` makes the million smaller.
"""

import ast
import itertools
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from datetime import time as clock
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from bench.claim import Claim, at_most, compared, in_turns
from bench.peers import rows
from bench.peers.walked import Walker
from cvq.rules.tariff.counting import Counting, counts_of
from cvq.rules.tariff.document import compile_text
from cvq.rules.tariff.examples import examples
from cvq.rules.tariff.items import Item, rate
from cvq.rules.tariff.kinds import MINUTES_A_DAY, UNKNOWN, Base, Kind, read_value
from cvq.rules.tariff.outcome import Priced

ROOT = Path(__file__).parents[1]
CASES = ROOT / "docs" / "tariffs" / "cases"
MAX_MICROS = 20
MAX_SECONDS = 30
MILLION = 1_000_000
PRICED = int(os.environ.get("CVQ_BENCH_PRICES", MILLION))
AT_ONCE, TRIES = 50, 5  # of each price, the best of so many tries
PRICES = min(5_000, PRICED)  # a round
VOTED = {
    ("saint-caprais-de-bordeaux-33", "commune"): ("single", [rows.Voted(("2.85",))]),
    ("saint-caprais-de-bordeaux-33", "outside"): ("single", [rows.Voted(("4.00",))]),
    ("talloires-montmin-74", "meal"): (
        "quotient",
        [
            rows.Voted(("0.99",), 1100),
            rows.Voted(("3.80",), 1500),
            rows.Voted(("4.30",), 2000),
            rows.Voted(("4.80",)),
        ],
    ),
    ("bubry-56", "meal"): (
        "quotient_rank",
        [
            rows.Voted(("1.00", "1.00", "1.00"), 599),
            rows.Voted(("3.05", "3.05", "1.53"), 999),
            rows.Voted(("3.10", "3.10", "1.55"), 1499),
            rows.Voted(("3.15", "3.15", "1.58")),
        ],
    ),
}
FORMULAS = {
    "saint-caprais-de-bordeaux-33": (
        "(505 if eater == 'adult' else 145 if medical_protocol"
        " else 285 if residence == 'commune' else 400) + (0 if booked else 200)"
    ),
    "talloires-montmin-74": (
        "99 if quotient <= 1100 else 380 if 1101 <= quotient <= 1500"
        " else 430 if 1501 <= quotient <= 2000 else 480"
    ),
    "bubry-56": (
        "64 if medical_protocol else 370 if regularity == 'occasional'"
        " else 100 if 0 <= quotient <= 599"
        " else (305 if rank_present <= 2 else 153) if 600 <= quotient <= 999"
        " else (310 if rank_present <= 2 else 155) if 1000 <= quotient <= 1499"
        " else (315 if rank_present <= 2 else 158)"
    ),
}
CHILD = {"eater": "child", "medical_protocol": False, "booked": True}
REGULAR = {"medical_protocol": False, "regularity": "regular"}
ASKED: dict[str, list[dict[str, object]]] = {
    "saint-caprais-de-bordeaux-33": [CHILD | {"residence": at} for at in ("commune", "outside")],
    "talloires-montmin-74": [{"quotient": q} for q in (800, 1101, 1500, 2000, 2400)],
    "bubry-56": [
        REGULAR | {"quotient": q, "rank_present": rank}
        for q in (599, 600, 1499, 1500)
        for rank in (1, 2, 3)
    ],
}


class Asked(Struct, frozen=True):
    """A price to work out: an item of a tariff, and what is known."""

    tariff: str
    item: Item
    inputs: dict[str, object]


def run() -> list[Claim]:
    """Measure in a process of its own."""
    told = subprocess.run(
        [sys.executable, "-m", "bench.tariff"], cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    return msgspec.json.decode(told.stdout, type=list[Claim])


def main() -> None:
    """Price everything, and print the claims."""
    paths = sorted(CASES.glob("*.yaml"))
    published = [asked for path in paths for asked in _published(path)]
    every = [_median_price(paths, published), _million(published), *_against_peers()]
    sys.stdout.write(msgspec.json.encode(every).decode())


def _published(path: Path) -> Iterator[Asked]:
    """Give each rating of the examples of a tariff, as a caller asks it: no text to read."""
    tariff = compile_text(path.read_text(encoding="utf-8"))
    for example in examples(tariff):
        counting, starts = Counting(), dict(example.before)
        for use in example.ratings:
            item = tariff.items[use.item]
            counts = counts_of(item, use.given, use.who, use.day)
            for name in starts.keys() & counts.keys():
                counting.counted[counts[name]] = starts.pop(name)
            given = {key: _told(tariff.inputs[key].kind, one) for key, one in use.given.items()}
            yield Asked(path.stem, item, given | counting.before(counts))
            counting.rate(item, use.given, counts)


def _told(kind: Kind, written: Any) -> object:
    if kind.base is Base.LIST:
        return [
            {key: _told(kind.fields[key], one) for key, one in each.items()} for each in written
        ]
    value: Any = read_value(kind, written)
    if value is UNKNOWN:
        return None
    match kind.base:
        case Base.DATE:
            return date.fromordinal(value)
        case Base.CLOCK if value < MINUTES_A_DAY:
            return clock(*divmod(value, 60))
        case Base.MOMENT:
            day, minute = divmod(value, MINUTES_A_DAY)
            return datetime.combine(date.fromordinal(day), clock(*divmod(minute, 60)))
        case _:
            return written if kind.base is Base.CLOCK else value


def _median_price(paths: list[Path], published: list[Asked]) -> Claim:
    micros = sorted(_micros(asked) for asked in published)
    return at_most(
        "Un prix, au médian des exemples publiés",
        statistics.median(micros),
        MAX_MICROS,
        unit="µs",
        detail=(
            f"{len(paths)} tarifs, {len(micros)} prix ; un sur dix dépasse "
            f"{micros[len(micros) * 9 // 10]:.0f} µs, le plus long {micros[-1]:.0f}"
        ),
    )


def _micros(asked: Asked) -> float:
    item, inputs = asked.item, asked.inputs
    best = float("inf")
    for _ in range(TRIES):
        began = time.perf_counter()
        for _ in range(AT_ONCE):
            rate(item, inputs)
        best = min(best, time.perf_counter() - began)
    return best / AT_ONCE * 1e6


def _million(published: list[Asked]) -> Claim:
    began, wall = time.process_time(), time.perf_counter()
    for asked in itertools.islice(itertools.cycle(published), PRICED):
        rate(asked.item, asked.inputs)
    spent, wall = time.process_time() - began, time.perf_counter() - wall
    return at_most(
        "Un million de prix, tous les tarifs publiés tour à tour, sur un cœur",
        spent * MILLION / PRICED,
        MAX_SECONDS,
        unit="s",
        detail=f"{PRICED} prix en {wall:.1f} s à la montre",
    )


def _against_peers() -> list[Claim]:
    asked = [
        Asked(name, compile_text((CASES / f"{name}.yaml").read_text()).items["meal"], inputs)
        for name, every in ASKED.items()
        for inputs in every
    ]
    reads, keeps = _rows()
    walks = _walks()
    for one in asked:
        priced = rate(one.item, one.inputs)
        assert isinstance(priced, Priced)
        same = {priced.cents, reads(one), keeps(one), walks(one)}
        assert len(same) == 1, (one.tariff, one.inputs, same)

    def ours(one: Asked) -> int:
        priced = rate(one.item, one.inputs)
        assert isinstance(priced, Priced)
        return priced.cents

    said = "{} ; trois cantines, l'autre ne rend qu'un montant"
    kept = _ratio(asked, ours, keeps)
    return [
        _claim(
            "Prix par seconde, contre des lignes lues par un ORM et une chaîne de « si »",
            (asked, ours, reads),
            bar=10,
            detail=said.format(f"contre les mêmes lignes déjà en mémoire : {kept:.2f}"),
        ),
        _claim(
            "Prix par seconde, contre une formule parcourue nœud par nœud",
            (asked, ours, walks),
            bar=0.5,
            detail=said.format("l'arbre est lu une fois"),
        ),
    ]


Prices = Callable[[Asked], int]


def _rows() -> tuple[Prices, Prices]:
    model = rows.opened(VOTED)
    kept = {name: rows.lines_of(model, *name) for name in VOTED}

    def name_of(one: Asked) -> tuple[str, str]:
        return one.tariff, str(one.inputs.get("residence", "meal"))

    def reads(one: Asked) -> int:
        return int(100 * rows.priced(rows.lines_of(model, *name_of(one)), one.inputs))

    def keeps(one: Asked) -> int:
        return int(100 * rows.priced(kept[name_of(one)], one.inputs))

    return reads, keeps


def _walks() -> Prices:
    trees = {name: ast.parse(text, mode="eval") for name, text in FORMULAS.items()}
    walker = Walker()

    def walks(one: Asked) -> int:
        return int(walker.evaluate(trees[one.tariff], one.inputs))

    return walks


def _many(asked: list[Asked], price: Prices, count: int = PRICES) -> Callable[[], int]:
    def work() -> int:
        for one in itertools.islice(itertools.cycle(asked), count):
            price(one)
        return count

    return work


def _ratio(asked: list[Asked], ours: Prices, peer: Prices) -> float:
    mine, its = in_turns(_many(asked, ours), _many(asked, peer))
    return statistics.median(a.rate / b.rate for a, b in zip(mine, its, strict=True))


def _claim(
    claim: str, pair: tuple[list[Asked], Prices, Prices], *, bar: float, detail: str
) -> Claim:
    asked, ours, peer = pair
    mine, its = in_turns(_many(asked, ours), _many(asked, peer))
    return compared(claim, mine, its, bar=bar, unit="prix/s", detail=detail)


if __name__ == "__main__":
    main()
