"""The line between a box and the gateway of a demonstration, which can be cut and mended."""

import contextlib
import socket
import threading
from typing import Self

HOST = "127.0.0.1"
CHUNK = 65_536
BACKLOG = 16


class Cuttable:
    """A port of this machine that leads to another, unless the line is cut."""

    def __init__(self, port: int) -> None:
        """Lead to a port; nobody is let through yet."""
        self._to = (HOST, port)
        self._is_cut = False
        self._turn = threading.Lock()
        self._open: set[socket.socket] = set()
        self._door = socket.create_server((HOST, 0), backlog=BACKLOG)
        self.url = f"http://{HOST}:{self._door.getsockname()[1]}"
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *gone: object) -> None:
        self.cut()
        # Closing alone would not wake who waits for callers.
        with contextlib.suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self._thread.join()

    def cut(self) -> None:
        """Let nobody through, and hang up on those who speak."""
        with self._turn:
            self._is_cut = True
            ends, self._open = self._open, set()
        for end in ends:
            _hang_up(end)

    def mend(self) -> None:
        """Let everybody through again."""
        with self._turn:
            self._is_cut = False

    def _listen(self) -> None:
        while True:
            try:
                caller, _ = self._door.accept()
            except OSError:
                return
            self._lead(caller)

    def _lead(self, caller: socket.socket) -> None:
        try:
            there = socket.create_connection(self._to)
        except OSError:
            caller.close()
            return
        with self._turn:
            if not self._is_cut:
                self._open |= {caller, there}
                for one, other in ((caller, there), (there, caller)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()
                return
        caller.close()
        there.close()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while some := one.recv(CHUNK):
                other.sendall(some)
        with self._turn:
            self._open -= {one, other}
        for end in (one, other):
            _hang_up(end)


def _hang_up(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
