"""The command line: each module of ``cvq.config.commands`` is one command."""

import argparse
import errno
import os
import pkgutil
import select
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, cast

from cvq.config import commands
from cvq.edge.command_line import Parser
from cvq.kernel.unable import Unable

FAILED_STATUS = 1
UNABLE_STATUS = 2
INTERRUPTED_STATUS = 130
CLOSED_PIPE_STATUS = 141


class Command(Protocol):
    """What a command module holds.  Its imports stay light: all of them are read for the help."""

    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the arguments."""

    def run(self, args: argparse.Namespace) -> int:
        """Do the work and return the exit status."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; what we are unable to do is one sentence."""
    parser, known = _parser()
    args = parser.parse_args(argv)
    from cvq.config import logs

    # Before anything can be said: what logs by default shows what the variables held.
    logs.configure(args.command)
    try:
        status = known[args.command].run(args)
        sys.stdout.flush()  # what nobody reads is told here, and not while Python ends
        return status
    except Unable as unable:
        print(f"cvq {args.command} : {unable}", file=sys.stderr)
        return UNABLE_STATUS
    except BrokenPipeError as error:
        if not _nobody_reads():
            logs.failed(error)
            return FAILED_STATUS
        return CLOSED_PIPE_STATUS
    except OSError as error:
        if (sentence := _refused(error)) is None:
            logs.failed(error)
            return FAILED_STATUS
        print(f"cvq {args.command} : {sentence}", file=sys.stderr)
        return UNABLE_STATUS
    except KeyboardInterrupt:
        return INTERRUPTED_STATUS
    except Exception as error:  # noqa: BLE001 - Python would print rows and keys
        logs.failed(error)
        return FAILED_STATUS


def _nobody_reads() -> bool:
    """Tell whether whoever read us is gone, « | head »; nothing more is written then."""
    try:
        output = sys.stdout.fileno()
    except (OSError, ValueError):
        return False
    asked = select.poll()
    asked.register(output, 0)
    if not any(event & select.POLLERR for _, event in asked.poll(0)):
        return False
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, output)
    os.close(nothing)
    return True


def _refused(error: OSError) -> str | None:
    """Return what the machine refuses us, in words, when the caller can do something about it."""
    match error.errno:
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return (
                f"{error.filename or 'Ce fichier'} n'est pas à vous, ou ne s'écrit pas. "
                "Donnez-vous un dossier avec CVQ_HOME."
            )
        case errno.EADDRINUSE:
            return "Cette adresse est déjà prise : donnez-en une autre."
        case errno.ENOSPC:
            return "Le disque est plein : faites de la place, rien n'est perdu."
        case _:
            return None


def _parser() -> tuple[argparse.ArgumentParser, dict[str, Command]]:
    parser = Parser(
        prog="cvq",
        description="La Carte de Vie Quotidienne d'une intercommunalité.",
        epilog="Pour voir : « ./cvq demo ». Pour vérifier que tout est juste : « ./cvq test ». "
        "Pour savoir ce qu'une commande attend : « ./cvq COMMANDE --help ».",
    )
    parser._positionals.title = "commandes"
    choices = parser.add_subparsers(dest="command", metavar="COMMANDE", required=True)
    known = {}
    for module in pkgutil.iter_modules(commands.__path__):
        name = module.name.replace("_", "-")
        command = cast(Command, import_module(f"{commands.__name__}.{module.name}"))
        command.add_arguments(choices.add_parser(name, help=command.HELP, description=command.HELP))
        known[name] = command
    return parser, known


if __name__ == "__main__":
    sys.exit(main())
