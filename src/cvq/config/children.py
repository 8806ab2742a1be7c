"""Processes of ours that a demonstration starts, and that end with it."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from cvq.kernel.unable import Unable

END_SECONDS_MAX = 15
PR_SET_PDEATHSIG = 1


class ChildEnded(Unable):
    """A process that we need has ended."""


class Child:
    """A command of ours, in a process and a session of its own; what it says goes to a file."""

    def __init__(self, command: Sequence[str], *, log: Path) -> None:
        """Start it: the interrupt of the terminal is for its parent alone."""
        self.command = tuple(command)
        self.log = log
        with log.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cvq.config.cli", *command],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with(os.getpid()),  # noqa: PLW1509 - two system calls, no lock
            )

    def check(self) -> None:
        """
        See that it still runs.

        :raises ChildEnded: it does not; its last words say why.
        """
        status = self.process.poll()
        if status is not None:
            raise ChildEnded(f"« cvq {self.command[0]} » s'est arrêté : {self._why(status)}")

    def _why(self, status: int) -> str:
        """Return the sentence that it ended on, and where the rest is."""
        said = self.log.read_text(errors="replace").strip().splitlines()
        begins = f"cvq {self.command[0]} : "
        if said and said[-1].startswith(begins):
            return f"{said[-1].removeprefix(begins)} (tout est dans {self.log})"
        return f"état {status}, voyez {self.log}."

    def stop(self) -> None:
        """Ask it to end, and see to it."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(END_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def _die_with(parent: int) -> Callable[[], None]:
    def in_child() -> None:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return in_child
