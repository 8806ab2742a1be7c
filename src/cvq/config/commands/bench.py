"""
``cvq bench``: what we claim to be fast, measured beside a peer in the same run.

Each module of ``bench/`` that has a ``run`` measures some claims.
"""

import argparse
import importlib
import json
import pkgutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cvq.kernel.unable import Unable

HELP = "mesure ce que nous affirmons, nous et l'autre tour à tour ; 0 si tout tient"
ROOT = Path(__file__).resolve().parents[4]
COLUMNS = ("claim", "ours", "peer", "ratio", "bar", "holds")


class NoBench(Unable):
    """There is nothing of that name to measure."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("name", nargs="?", metavar="NOM", help="une seule mesure, par exemple edge")
    parser.add_argument("--json", action="store_true", help="une ligne de JSON par affirmation")


def run(args: argparse.Namespace) -> int:
    """Measure, print one line for each claim, and exit 0 if every bar holds."""
    every = True
    for claim in _claims(args.name):
        every = every and bool(claim.holds)
        print(_as_json(claim) if args.json else _as_text(claim), flush=True)
    return 0 if every else 1


def _claims(name: str | None) -> Iterator[Any]:
    found = benches()
    if name is not None:
        if name not in found:
            known = ", ".join(found) or "aucune"
            raise NoBench(f"Pas de mesure « {name} ». Il y a : {known}.")
        found = {name: found[name]}
    for measure in found.values():
        yield from measure()


def benches() -> dict[str, Callable[[], list[Any]]]:
    """
    Return each measure by its name.

    :raises NoBench: this is an installation without the sources, which hold the measures.
    """
    if not (ROOT / "bench" / "claim.py").exists():
        raise NoBench("Les mesures sont avec les sources : lancez « ./cvq bench » depuis elles.")
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    package = importlib.import_module("bench")
    found = {}
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda each: each.name):
        measure = getattr(importlib.import_module(f"bench.{module.name}"), "run", None)
        if measure is not None:
            found[module.name] = measure
    return found


def _as_json(claim: Any) -> str:
    told = {name: getattr(claim, name) for name in (*COLUMNS, "unit", "detail")}
    return json.dumps(told, ensure_ascii=False)


def _as_text(claim: Any) -> str:
    mark = "✓" if claim.holds else "✗"
    figures = f"{claim.ours:,.1f} contre {claim.peer:,.1f} {claim.unit}".replace(",", " ")
    return (
        f"{mark} {claim.claim}\n"
        f"    {figures} : {claim.ratio:.2f}, il faut {claim.bar:.2f} ({claim.detail})"
    )
