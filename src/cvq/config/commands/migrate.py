"""Bring the tables of the database to what this program expects."""

import argparse

from cvq.config import home, runtime

HELP = "met les tables de la base au niveau de ce programme"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare no argument: the folder and the environment say which database."""


def run(args: argparse.Namespace) -> int:
    """Migrate as the owner of the tables."""
    with runtime.open_database(home.path()) as database:
        runtime.migrate(database)
    print("Les tables sont à jour.")
    return 0
