"""
What is typed after a command, and what is said of it: in French, as argparse says it in English.

The words of argparse are its own and change little: what it has no French for it says as it is.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NoReturn

UNABLE_STATUS = 2
PORT_MAX = 65_535

_NAMED = re.compile(r"argument ([^\s/]+)(?:/\S+)?: (.*)", re.DOTALL)
# What argparse says, and how we say it.
_FRENCH = {
    r"expected (?:one|at most one|at least one) argument": r"il faut une valeur.",
    r"invalid int value: '(.*)'": r"« \1 » n'est pas un nombre entier.",
    r"invalid float value: '(.*)'": r"« \1 » n'est pas un nombre.",
    r"invalid \S+ value: '(.*)'": r"« \1 » ne se comprend pas.",
    r"invalid choice: '?(.*?)'? \(choose from (.*)\)": r"« \1 » n'existe pas. Il y a : \2.",
    r"the following arguments are required: (.*)": r"il manque \1.",
    r"one of the arguments (.*) is required": r"il manque l'un de : \1.",
    r"not allowed with argument (.*)": r"ne va pas avec \1.",
    r"unrecognized arguments: (.*)": r"« \1 » n'existe pas ici : voyez --help.",
    r"ambiguous option: (\S+) could match (.*)": r"« \1 » peut être \2 : écrivez-le en entier.",
    r"ignored explicit argument '(.*)'": r"« \1 » est de trop.",
}


class Parser(argparse.ArgumentParser):
    """Reads what follows a command; those of its subcommands are like it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what argparse takes, and show the help under French titles."""
        kwargs.setdefault("formatter_class", _Help)
        super().__init__(*args, **{**kwargs, "add_help": False})
        self._positionals.title = "à donner"
        self._optionals.title = "options"
        self.add_argument("-h", "--help", action="help", help="montre ceci")

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one sentence, under how to write the command, and exit."""
        self.print_usage(sys.stderr)
        self.exit(UNABLE_STATUS, f"{self.prog} : {french(message)}\n")


class _Help(argparse.HelpFormatter):
    """The help, with the space that French puts before a colon."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        """Begin with how to write the command."""
        super().add_usage(usage, actions, groups, prefix if prefix is not None else "usage : ")

    def start_section(self, heading: str | None) -> None:
        """Begin a section under its title."""
        super().start_section(f"{heading} " if heading else heading)


def french(message: str) -> str:
    """Return in French what argparse says of a command line."""
    where, what = "", message
    if named := _NAMED.fullmatch(message):
        where, what = f"{named[1]} : ", named[2]
    for said, ours in _FRENCH.items():
        if match := re.fullmatch(said, what, re.DOTALL):
            return where + match.expand(ours)
    return where + what


def port(text: str) -> int:
    """Read the number of a port that somebody may listen on."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= PORT_MAX):
        raise argparse.ArgumentTypeError(f"« {text} » n'est pas un port : de 1 à {PORT_MAX}.")
    return int(text)


def moment(text: str) -> datetime:
    """Read an instant, of the territory's clock unless it says another."""
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"« {text} » n'est pas une heure : écrivez par exemple 2025-06-03T08:15."
        ) from error


def whole(least: int) -> Callable[[str], int]:
    """Return what reads a whole number, of at least so much."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"« {text} » n'est pas un nombre entier.") from error
        if number < least:
            raise argparse.ArgumentTypeError(f"{number} est trop petit : au moins {least}.")
        return number

    return read


def above_zero(text: str) -> float:
    """Read a number above zero."""
    try:
        number = float(text.replace(",", "."))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"« {text} » n'est pas un nombre.") from error
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"« {text} » : il faut un nombre plus grand que zéro.")
    return number
