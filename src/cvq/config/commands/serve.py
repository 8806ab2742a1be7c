"""Run a territory: gateway and worker, each in a process that is started again if it dies."""

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

HELP = "fait vivre le territoire : passerelle et travaux, relancés s'ils s'arrêtent"
LOOK_SECONDS = 0.5
REST_SECONDS = 2.0
END_SECONDS_MAX = 30
PR_SET_PDEATHSIG = 1
# The exit status of what we are unable to do: starting it again would change nothing.
UNABLE_STATUS = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where the gateway listens."""
    parser.add_argument("--host", default="127.0.0.1", help="adresse d'écoute (127.0.0.1)")
    parser.add_argument("--port", type=int, default=PORT, help=f"port de la passerelle ({PORT})")


def run(args: argparse.Namespace) -> int:
    """Start both and watch them until asked to stop."""
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with runtime.open_database(home.path()):
        commands = (
            ("gateway", "--host", args.host, "--port", str(args.port)),
            ("worker",),
        )
        watched = [Watched(command) for command in commands]
        try:
            return _watch(watched, stop)
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


def _watch(watched: list[Watched], stop: threading.Event) -> int:
    import structlog

    log = structlog.get_logger()
    while not stop.wait(LOOK_SECONDS):
        for one in watched:
            status = one.process.poll()
            if status is None:
                continue
            if status == UNABLE_STATUS:
                return status
            log.error("process_ended", process_name=one.command[0], status=status)
            if stop.wait(REST_SECONDS):
                break
            one.again()
    return 0


def _die_with(parent: int) -> Callable[[], None]:
    def in_child() -> None:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return in_child
