"""
Run every check of the house in order and end with a summary: what ``./cvq test`` does.

A part that needs something of the system says which package brings it and is left out; with
``CVQ_REQUIRE_ALL=1`` it is installed, or counts as a failure.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
WORKERS = "2"


@dataclass(frozen=True, kw_only=True)
class Part:
    """Something of the system that a step needs."""

    package: str
    is_there: Callable[[], bool]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One check: a command, and what it needs of the system."""

    name: str
    command: tuple[str, ...]
    needs: tuple[Part, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


POSTGRESQL_15 = Part(
    package="postgresql-15",
    is_there=Path("/usr/lib/postgresql/15/bin/initdb").exists,
)
CHROMIUM = Part(package="chromium", is_there=Path("/usr/bin/chromium").exists)
SCREENS = "tests/screens"
# A worker that is done takes what another has not begun: the longest tests no longer end alone.
PYTEST = ("pytest", "-q", "-n", WORKERS, "--dist", "worksteal")
OLDEST = ("tests/migrations", "tests/books", "tests/stories")
# A test names its fixtures and needs no annotation, and gives wrong things on purpose; that what
# it calls exists is still checked.
LOOSE = (
    "--explicit-package-bases",
    "--allow-untyped-defs",
    "--allow-incomplete-defs",
    "--allow-untyped-calls",
    "--allow-untyped-decorators",
    "--disable-error-code=arg-type",
    "--disable-error-code=misc",
    "--disable-error-code=union-attr",
    "--disable-error-code=var-annotated",
)
STEPS = (
    Step(name="format", command=("ruff", "format", "--check", ".")),
    Step(name="lint", command=("ruff", "check", ".")),
    Step(name="types", command=("mypy",)),
    Step(name="types des tests", command=("mypy", *LOOSE, "tests")),
    Step(name="couches", command=("lint-imports",)),
    Step(
        name="tests (PostgreSQL embarqué)",
        command=(*PYTEST, "--ignore", SCREENS),
    ),
    Step(name="écrans", command=(*PYTEST, SCREENS), needs=(CHROMIUM,)),
    Step(
        name="tests (PostgreSQL 15)",
        command=(*PYTEST, *(p for p in OLDEST if (ROOT / p).exists())),
        needs=(POSTGRESQL_15,),
        environment={"CVQ_TEST_PG": "15"},
    ),
)


def main() -> int:
    """Run the steps, every one of them, and return 1 if one failed."""
    parser = argparse.ArgumentParser(prog="cvq test", description="vérifie tout le programme")
    parser.add_argument(
        "--install", action="store_true", help="installe d'abord les paquets Debian qui manquent"
    )
    args = parser.parse_args()
    required = os.environ.get("CVQ_REQUIRE_ALL") == "1"
    if args.install or required:
        _install(_missing())
    outcomes = [(step, *_run(step)) for step in STEPS]
    return _sum_up(outcomes, required=required)


def _missing() -> list[str]:
    parts = {part.package: part for step in STEPS for part in step.needs}
    return [package for package, part in parts.items() if not part.is_there()]


def _line(packages: list[str]) -> str:
    return f"apt-get update && apt-get install -y {' '.join(packages)}"


def _install(packages: list[str]) -> None:
    if not packages or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    print(f"== installation : {' '.join(packages)}", flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(_line(packages), shell=True, check=False, env=quiet)


def _run(step: Step) -> tuple[str, float]:
    if not all(part.is_there() for part in step.needs):
        return "laissé de côté", 0.0
    print(f"\n== {step.name}", flush=True)
    began = time.monotonic()
    program, *words = step.command
    status = subprocess.run(
        [str(BIN / program), *words],
        cwd=ROOT,
        check=False,
        stdin=subprocess.DEVNULL,
        env=os.environ | dict(step.environment),
    ).returncode
    return ("réussi" if status == 0 else "ÉCHEC"), time.monotonic() - began


def _sum_up(outcomes: list[tuple[Step, str, float]], *, required: bool) -> int:
    print("\n== résumé")
    for step, outcome, seconds in outcomes:
        print(f"{outcome:<15} {seconds:6.1f} s  {step.name}")
    if missing := _missing():
        print(f"Il manque : {', '.join(missing)}. Pour tout vérifier : {_line(missing)}")
    found = [outcome for _, outcome, _ in outcomes]
    if "ÉCHEC" in found or (required and "laissé de côté" in found):
        print("ÉCHEC")
        return 1
    print("Tout ce qui a été vérifié est juste.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
