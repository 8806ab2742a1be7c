"""Answer the devices: asks, journals and policies, until asked to stop."""

import argparse

from cvq.config import home, runtime
from cvq.edge.command_line import port

HELP = "répond aux lecteurs et aux contrôleurs"
PORT = 8020


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where to listen."""
    parser.add_argument(
        "--host", default="127.0.0.1", metavar="ADRESSE", help="adresse d'écoute (127.0.0.1)"
    )
    parser.add_argument(
        "--port", type=port, default=PORT, metavar="N", help=f"port d'écoute ({PORT})"
    )
    parser.add_argument(
        "--lanes",
        type=int,
        choices=(1, 2, 3),
        default=3,
        metavar="N",
        help="voies vers la base, 1, 2 ou 3 (3)",
    )


def run(args: argparse.Namespace) -> int:
    """Open the database of the territory and serve."""
    folder = home.path()
    with runtime.open_database(folder) as database:
        runtime.require_founded(database)
        from cvq.config import asgi

        application = asgi.gateway(database.app_dsn, folder=folder, lanes=args.lanes)
        asgi.serve(application, host=args.host, port=args.port, ready=lambda: _tell(args))
    return 0


def _tell(args: argparse.Namespace) -> None:
    host = f"[{args.host}]" if ":" in args.host else args.host
    print(f"Passerelle : http://{host}:{args.port}", flush=True)
