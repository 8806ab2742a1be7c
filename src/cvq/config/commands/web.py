"""Show the pages of the territory: the portal, the desk, the board, until asked to stop."""

import argparse
from pathlib import Path

from cvq.config import home, runtime

HELP = "montre les pages : portail, guichet, supervision"
PORT = 8010
THREADS = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where to listen."""
    parser.add_argument("--host", default="127.0.0.1", help="adresse d'écoute (127.0.0.1)")
    parser.add_argument("--port", type=int, default=PORT, help=f"port d'écoute ({PORT})")
    parser.add_argument("--workers", type=int, default=1, help="processus (1)")


def run(args: argparse.Namespace) -> int:
    """Open the database of the territory and serve its pages."""
    folder: Path = home.path()
    with runtime.open_database(folder) as database:
        runtime.require_founded(database)
        from granian.constants import Interfaces
        from granian.server import Server

        from cvq.config import asgi

        asgi.check_port(args.host, args.port)
        print(f"Pages : http://{args.host}:{args.port}", flush=True)
        Server(
            "cvq.config.wsgi:application",
            address=args.host,
            port=args.port,
            interface=Interfaces.WSGI,
            workers=args.workers,
            blocking_threads=THREADS,
            websockets=False,
            log_enabled=False,
        ).serve()
    return 0
