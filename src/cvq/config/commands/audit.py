"""Prove that the books balance, that nothing was altered, and that each counter is its facts."""

import argparse
from itertools import chain, islice

import psycopg
from psycopg import IsolationLevel

from cvq.config import home, runtime
from cvq.config.commands import demo

HELP = "prouve que les livres tombent juste et que rien n'a été modifié"
SHOWN_MAX = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Let the caller see more than the first culprits."""
    parser.add_argument(
        "--all", action="store_true", help=f"montre tout, et non les {SHOWN_MAX} premiers"
    )
    parser.add_argument(
        "--demo", action="store_true", help="la base de la dernière démonstration, non la vôtre"
    )


def run(args: argparse.Namespace) -> int:
    """Print the first culprits and exit 1, or say that all is well and exit 0."""
    with runtime.open_database(home.path(), name=demo.DATABASE if args.demo else None) as database:
        runtime.require_founded(database)
        from cvq.config import audit, heads

        with psycopg.connect(database.app_dsn) as connection:
            # One instant for every check: taps go on while we read.
            connection.isolation_level = IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            found = chain(audit.culprits(connection), heads.culprits(connection, home.path()))
            culprits = list(islice(found, None if args.all else SHOWN_MAX))
            remarks = list(audit.remarks(connection))
    for sentence in culprits:
        print(f"✗ {sentence}")
    for sentence in remarks:
        print(f"! {sentence}")
    if culprits:
        return 1
    print("✓ Les livres tombent juste ; rien n'a été modifié.")
    return 0
