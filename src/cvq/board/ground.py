"""
The ground of a territory, drawn by us: a schematic map, never one of distances.

Where nobody has placed the communes by hand they stand on a spiral, the largest in the middle.
Each has the part of the outline that is nearer to it than to any other.
"""

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

HAND_MADE = Path(__file__).with_name("data") / "ground.json"
ROUND_SIDE = 520  # of the drawing of a territory that nobody has drawn
ROUND_CORNERS = 24
GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))

Spot = tuple[float, float]


class Commune(Struct, frozen=True):
    """A commune to be placed: its INSEE code, its name, how many live there."""

    insee: str
    name: str
    people: int


class Placed(Struct, frozen=True):
    """Where a commune stands on the drawing; `side` is where its name always is, or nothing."""

    insee: str
    name: str
    x: float
    y: float
    side: str


class Ground(Struct, frozen=True):
    """A drawing: its size, its paths, and where each commune stands."""

    width: int
    height: int
    outline: str
    cells: str
    river: str
    river_name: str
    river_at: Spot
    communes: tuple[Placed, ...]


@cache
def ground(siren: str, communes: tuple[Commune, ...]) -> Ground:
    """Return the drawing of a territory and its communes."""
    drawn = _hand_made().get(siren)
    if drawn is None:
        drawn = {"width": ROUND_SIDE, "height": ROUND_SIDE, "outline": _circle(), "communes": {}}
    known: Mapping[str, Any] = drawn["communes"]
    others = sorted(
        (one for one in communes if one.insee not in known), key=lambda one: -one.people
    )
    spots = {insee: (place[0], place[1]) for insee, place in known.items()}
    spots |= _spiral([one.insee for one in others], drawn["width"], drawn["height"])
    placed = tuple(
        Placed(one.insee, one.name, *spots[one.insee], known.get(one.insee, ("", "", ""))[2])
        for one in communes
    )
    outline = [(x, y) for x, y in drawn["outline"]]
    return Ground(
        width=drawn["width"],
        height=drawn["height"],
        outline=_path(outline),
        cells="".join(_path(cell) for cell in _cells(outline, [(p.x, p.y) for p in placed])),
        river=drawn.get("river", ""),
        river_name=drawn.get("river_name", ""),
        river_at=tuple(drawn.get("river_at", (0, 0))),
        communes=placed,
    )


@cache
def _hand_made() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(HAND_MADE.read_text())
    return read


def _circle() -> list[Spot]:
    half = ROUND_SIDE / 2
    turns = (2 * math.pi * n / ROUND_CORNERS for n in range(ROUND_CORNERS))
    return [(half + (half - 8) * math.cos(t), half + (half - 8) * math.sin(t)) for t in turns]


def _spiral(insees: Sequence[str], width: int, height: int) -> dict[str, Spot]:
    step = 0.42 * min(width, height) / math.sqrt(max(1, len(insees)))
    return {
        insee: (
            width / 2 + step * math.sqrt(n) * math.cos(n * GOLDEN_ANGLE),
            height / 2 + step * math.sqrt(n) * math.sin(n * GOLDEN_ANGLE),
        )
        for n, insee in enumerate(insees)
    }


def _cells(outline: Sequence[Spot], spots: Sequence[Spot]) -> list[list[Spot]]:
    """Return for each spot the part of the outline that is nearer to it than to the others."""
    cells = []
    for here in spots:
        cell = list(outline)
        for there in spots:
            if there != here:
                cell = _nearer(cell, here, there)
        cells.append(cell)
    return cells


def _nearer(polygon: Sequence[Spot], here: Spot, there: Spot) -> list[Spot]:
    """Cut off what is nearer to `there` (Sutherland and Hodgman, one half-plane)."""
    middle = ((here[0] + there[0]) / 2, (here[1] + there[1]) / 2)
    away = (there[0] - here[0], there[1] - here[1])

    def beyond(spot: Spot) -> float:
        return (spot[0] - middle[0]) * away[0] + (spot[1] - middle[1]) * away[1]

    kept: list[Spot] = []
    for before, spot in zip([*polygon[-1:], *polygon[:-1]], polygon, strict=True):
        outside, outside_before = beyond(spot), beyond(before)
        if (outside > 0) != (outside_before > 0):
            share = outside_before / (outside_before - outside)
            kept.append(
                (
                    before[0] + share * (spot[0] - before[0]),
                    before[1] + share * (spot[1] - before[1]),
                )
            )
        if outside <= 0:
            kept.append(spot)
    return kept


def _path(spots: Sequence[Spot]) -> str:
    return f"M{'L'.join(f'{x:.0f} {y:.0f}' for x, y in spots)}Z" if spots else ""
