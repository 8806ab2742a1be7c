"""Tell the boards that are open what happens at the doors, until asked to stop."""

import argparse

from cvq.config import home, runtime
from cvq.edge.command_line import port

HELP = "dit en direct aux écrans de supervision ce qui se passe aux portes"
PORT = 8030


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where to listen."""
    parser.add_argument(
        "--host", default="127.0.0.1", metavar="ADRESSE", help="adresse d'écoute (127.0.0.1)"
    )
    parser.add_argument(
        "--port", type=port, default=PORT, metavar="N", help=f"port d'écoute ({PORT})"
    )


def run(args: argparse.Namespace) -> int:
    """Open the database of the territory and tell."""
    with runtime.open_database(home.path()) as database:
        runtime.require_founded(database)
        from cvq.config import asgi

        application = asgi.stream(database.app_dsn)
        asgi.serve(
            application,
            host=args.host,
            port=args.port,
            ready=lambda: _tell(args),
            leave=application.leave,
        )
    return 0


def _tell(args: argparse.Namespace) -> None:
    host = f"[{args.host}]" if ":" in args.host else args.host
    print(f"Direct : http://{host}:{args.port}", flush=True)
