"""``cvq edge``: one box as one process; ``python -m cvq.edge`` does the same without Django."""

import argparse

HELP = "fait tourner un boîtier : lecteurs, journal, liste signée, envoi à la mairie"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the box declares."""
    from cvq.edge.__main__ import add_arguments as declare

    declare(parser)


def run(args: argparse.Namespace) -> int:
    """Run the box until it is asked to stop."""
    from cvq.edge.__main__ import run as run_box

    return run_box(args)
