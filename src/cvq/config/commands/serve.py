"""Run a territory: database, gateway, pages, worker and live board, each started again."""

import argparse
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

from cvq.config import home, runtime
from cvq.config.commands.gateway import PORT
from cvq.config.commands.live import PORT as LIVE_PORT
from cvq.config.commands.web import PORT as WEB_PORT
from cvq.edge.command_line import port
from cvq.kernel.unable import Unable
from cvq.plumbing.postgres import Server

HELP = "fait vivre le territoire : passerelle, pages et travaux, relancés s'ils s'arrêtent"
LOOK_SECONDS = 0.5
REST_SECONDS = 2.0
END_SECONDS_MAX = 30
PR_SET_PDEATHSIG = 1
# The exit status of what we are unable to do: starting it again would change nothing.
UNABLE_STATUS = 2


class DatabaseMoved(Unable):
    """Another command brought the database back where our processes do not look for it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where the gateway and the pages listen."""
    parser.add_argument(
        "--host", default="127.0.0.1", metavar="ADRESSE", help="adresse d'écoute (127.0.0.1)"
    )
    parser.add_argument(
        "--port", type=port, default=PORT, metavar="N", help=f"port de la passerelle ({PORT})"
    )
    parser.add_argument(
        "--web-port", type=port, default=WEB_PORT, metavar="N", help=f"port des pages ({WEB_PORT})"
    )
    parser.add_argument(
        "--live-port",
        type=port,
        default=LIVE_PORT,
        metavar="N",
        help=f"port du direct de la supervision ({LIVE_PORT})",
    )


def run(args: argparse.Namespace) -> int:
    """Start them all and watch them until asked to stop."""
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with runtime.open_database(home.path()) as database:
        runtime.require_founded(database)
        commands = (
            ("gateway", "--host", args.host, "--port", str(args.port)),
            ("worker",),
            ("live", "--host", args.host, "--port", str(args.live_port)),
            ("web", "--host", args.host, "--port", str(args.web_port)),
        )
        # Where a proxy stands before us, it gives `/supervision/flux` of its address to `live`.
        here = os.environ.get("CVQ_PUBLIC_URL") or f"http://{args.host}:{args.live_port}"
        os.environ.setdefault("CVQ_LIVE_URL", here)
        watched = [Watched(command) for command in commands]
        try:
            return _watch(watched, stop, database.server)
        finally:
            for one in watched:
                one.stop()


class Watched:
    """A process of ours."""

    def __init__(self, command: tuple[str, ...]) -> None:
        """Start it."""
        self.command = command
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        # The database that we opened is in our environment, so it is theirs too.
        return subprocess.Popen(
            [sys.executable, "-m", "cvq.config.cli", *self.command],
            preexec_fn=_die_with(os.getpid()),  # noqa: PLW1509 - two system calls, no lock
        )

    def again(self) -> None:
        """Start it again."""
        self.process = self._start()

    def stop(self) -> None:
        """Ask it to end, and see to it."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(END_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def _watch(watched: list[Watched], stop: threading.Event, server: Server | None) -> int:
    import structlog

    log = structlog.get_logger()
    while not stop.wait(LOOK_SECONDS):
        # What was unable to start without a database is able to with one.
        was_gone = server is not None and _bring_back(server, stop)
        for one in watched:
            status = one.process.poll()
            if status is None:
                continue
            if status == UNABLE_STATUS and not was_gone:
                return status
            log.error("process_ended", process_name=one.command[0], status=status)
            if stop.wait(REST_SECONDS):
                break
            one.again()
    return 0


def _bring_back(server: Server, stop: threading.Event) -> bool:
    """Start the database again if it is gone, and tell whether it was."""
    import structlog

    if server.is_up():
        return False
    # The command that had started it is over, or it was killed; its last processes may linger.
    log = structlog.get_logger()
    log.error("database_ended")
    before = server.sockets
    while not stop.is_set():
        try:
            server.start()
        except Unable as unable:
            log.error("database_does_not_start", exc_info=unable)
            stop.wait(REST_SECONDS)
        else:
            log.info("database_started")
            break
    if server.sockets != before:
        raise DatabaseMoved("Une autre commande a relancé la base ailleurs : relancez « serve ».")
    return True


def _die_with(parent: int) -> Callable[[], None]:
    def in_child() -> None:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return in_child
