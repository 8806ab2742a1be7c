"""Bring in what others publish as files."""

import argparse
from pathlib import Path

from cvq.config import home, runtime
from cvq.kernel.unable import Unable

HELP = "importe un fichier"
SCHOOL_HOLIDAYS = "school-holidays"
FILE_BYTES_MAX = 1_000_000


class FileUnreadable(Unable):
    """The file is not there, or is not a text in UTF-8."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the file is, and where."""
    kinds = parser.add_subparsers(dest="kind", metavar="QUOI", required=True)
    holidays = kinds.add_parser(
        SCHOOL_HOLIDAYS,
        help="vacances scolaires : zone;label;starts_on;ends_on (jour de la reprise)",
    )
    holidays.add_argument("file", metavar="FICHIER.csv", type=Path)


def run(args: argparse.Namespace) -> int:
    """Import all of the file or nothing, and say what is new."""
    text = _read(args.file)
    with runtime.open_database(home.path()):
        from cvq.catalog import school_holidays, services

        new = services.add_school_holidays(holidays=school_holidays.read(text))
    print(f"{new} périodes de vacances ajoutées.")
    return 0


def _read(file: Path) -> str:
    try:
        if file.stat().st_size > FILE_BYTES_MAX:
            raise FileUnreadable(f"{file} dépasse {FILE_BYTES_MAX} octets : ce n'est pas le bon.")
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise FileUnreadable(f"{file} n'existe pas : donnez un fichier CSV en UTF-8.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadable(
            f"{file} ne se lit pas : donnez un fichier CSV en UTF-8, que vous pouvez lire."
        ) from error
