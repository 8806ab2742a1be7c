"""Look after the boxes: complete the key files that are put on them."""

import argparse

from cvq.config import home, runtime

HELP = "s'occupe des boîtiers : complète les fichiers de clés qu'on pose sur eux"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done."""
    parser.add_argument(
        "verb",
        choices=("enrol",),
        metavar="VERBE",
        help="enrol : écrit secteurs, points et clés à croire",
    )


def run(args: argparse.Namespace) -> int:
    """Complete the key files of the territory, and say which changed."""
    folder = home.path()
    with runtime.open_database(folder):
        from cvq.config import boxes

        changed = boxes.complete(folder)
    told = ", ".join(str(number) for number in changed) or "aucun"
    print(f"Fichiers de clés complétés dans {folder / 'devices'} : {told}.")
    return 0
