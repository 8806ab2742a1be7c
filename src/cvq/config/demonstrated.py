"""
The funds of a demonstration: API Particulier imitated on a port of this machine, for all its time.

The address and the clock lie in the folder of the demonstration while it is open, so that a command
in another terminal asks the same funds on the same day.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cvq.config import clock as clocks
from cvq.config import funds, runtime
from cvq.config.clock import Clock
from cvq.config.commands.demo import DATABASE
from cvq.kernel.unable import Unable

if TYPE_CHECKING:
    from cvq.people.particulier.simulator import Simulator

HELP = "la démonstration qui tourne, non votre territoire"
TOLD = "demo/funds"
# Fourteen figures, as the API wants them, that are no establishment's.
SIRET = "20004133300000"


class NoDemonstration(Unable):
    """No demonstration is open in that folder."""


@contextlib.contextmanager
def simulated(folder: Path, time: Clock) -> "Iterator[Simulator]":
    """Imitate the funds at the time of a demonstration, and tell its processes where."""
    from cvq.people.particulier.simulator import TOKEN, simulate

    told = folder / TOLD
    told.parent.mkdir(exist_ok=True)
    with simulate(now=lambda: time.now_ms() / 1000) as simulator:
        simulator.knows_anybody = True
        told_them = {
            funds.URL: simulator.url,
            funds.TOKEN: TOKEN,
            funds.SIRET: SIRET,
            clocks.VARIABLE: time.told(),
            "CVQ_SIMULATED": "1",
        }
        before = {name: os.environ.get(name) for name in told_them}
        os.environ.update(told_them)
        told.write_text("".join(f"{name}={value}\n" for name, value in told_them.items()))
        try:
            yield simulator
        finally:
            told.unlink(missing_ok=True)
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def given(folder: Path) -> dict[str, str]:
    """
    Return what the processes of the demonstration of a folder read in their environment.

    :raises NoDemonstration: none is open.
    """
    try:
        lines = (folder / TOLD).read_text().splitlines()
    except FileNotFoundError:
        raise NoDemonstration("Aucune démonstration ne tourne ici : lancez « cvq demo ».") from None
    return dict(line.split("=", 1) for line in lines)


@contextlib.contextmanager
def chosen(folder: Path, *, is_demonstration: bool) -> Iterator[runtime.Database]:
    """
    Give the database of a territory, or that of its demonstration with its funds and its clock.

    :raises NoDemonstration: none is open.
    """
    if not is_demonstration:
        with runtime.open_database(folder) as database:
            yield database
        return
    os.environ.update(given(folder))
    with runtime.open_database(folder, name=DATABASE) as database:
        yield database
