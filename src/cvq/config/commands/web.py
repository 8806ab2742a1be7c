"""Show the pages of the territory: the portal, the desk, the board, until asked to stop."""

import argparse
import os
from pathlib import Path

from cvq.config import home, runtime
from cvq.edge.command_line import port

HELP = "montre les pages : portail, guichet, supervision"
PORT = 8010
THREADS = 4
PROCESSES_MAX = 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where to listen."""
    parser.add_argument("--host", default="127.0.0.1", help="adresse d'écoute (127.0.0.1)")
    parser.add_argument(
        "--port", type=port, default=PORT, metavar="N", help=f"port d'écoute ({PORT})"
    )
    parser.add_argument(
        "--processes",
        type=int,
        choices=range(1, PROCESSES_MAX + 1),
        default=1,
        metavar="N",
        help=f"combien de processus répondent (1, et {PROCESSES_MAX} au plus)",
    )


def run(args: argparse.Namespace) -> int:
    """Open the database of the territory and serve its pages."""
    folder: Path = home.path()
    # Every file is named after what it holds, compressed, and kept by browsers for ever.
    os.environ["CVQ_STATIC"] = "collected"
    with runtime.open_database(folder) as database:
        runtime.require_founded(database)
        from django.core.management import call_command
        from granian.constants import Interfaces
        from granian.server import Server

        from cvq.config import asgi

        asgi.check_port(args.host, args.port)
        call_command("collectstatic", interactive=False, verbosity=0)
        server = Server(
            "cvq.config.wsgi:application",
            address=args.host,
            port=args.port,
            interface=Interfaces.WSGI,
            workers=args.processes,
            blocking_threads=THREADS,
            websockets=False,
            log_enabled=False,
        )
        print(f"Pages : http://{args.host}:{args.port}", flush=True)
        server.serve()
    return 0
