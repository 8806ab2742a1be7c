"""``cvq edge``: one box as one process; ``python -m cvq.edge`` does the same without Django."""

import argparse

HELP = "fait tourner un boîtier : lecteurs, journal, liste signée, envoi à la mairie"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the box declares."""
    from cvq.edge.__main__ import add_arguments as declare

    declare(parser)


def run(args: argparse.Namespace) -> int:
    """Run the box until it is asked to stop, by the clock that our processes live by."""
    from cvq.config import clock
    from cvq.edge.__main__ import run as run_box
    from cvq.edge.__main__ import system_clock
    from cvq.edge.uplink import Clock

    here, time = system_clock(), clock.from_environment()
    # Both clocks go as fast as the town's: it is by their difference that a box judges its own.
    return run_box(args, Clock(now=time.now_ms, mono=lambda: here.mono() * time.speed))
