"""
Somebody who listens in a process of their own, and hears everything in the order it was told.

The processor that waits for PostgreSQL here works there.  Who tells does not wait: what is not
heard yet queues up in memory.  When the teller is gone, the listener ends.
"""

import contextlib
import gc
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from typing import Any, NoReturn

from django.db import connections

# Takes one message, and returns what is answered to a question.
Listener = Callable[[bytes], bytes | None]
FAILED = 1


class ListenerFailed(AssertionError):
    """A listener broke: what it complained of is on the terminal."""


class Aside:
    """One listener.  Made before any thread is, and before any connection is opened there."""

    def __init__(self, listener: Listener) -> None:
        """Start listening."""
        context = get_context("fork")
        inbox, self._outbox = context.Pipe(duplex=False)
        self._replies, replies = context.Pipe(duplex=False)
        self._turn = context.Lock()
        self._waiting: SimpleQueue[bytes | None] = SimpleQueue()
        self._postman: Thread | None = None
        self._process = context.Process(
            target=_listen, args=(listener, inbox, replies, (self._outbox, self._replies))
        )
        self._process.daemon = True
        self._process.start()
        inbox.close()
        replies.close()

    def tell(self, message: bytes) -> None:
        """Have something heard, later."""
        if self._postman is None:
            self._postman = Thread(target=self._post, daemon=True)
            self._postman.start()
        self._waiting.put(message)

    def tell_at_once(self, message: bytes) -> None:
        """
        Have something heard before anything that is told after this returns.

        :raises ListenerFailed: nobody listens any more.
        """
        try:
            with self._turn:
                self._outbox.send_bytes(message)
        except OSError as error:
            raise ListenerFailed from error

    def ask(self, question: bytes) -> bytes:
        """
        Return the answer to a question, which is heard after all that was told before.

        :raises ListenerFailed: nobody listens any more.
        """
        self.tell(question)
        try:
            return self._replies.recv_bytes()
        except (EOFError, OSError) as error:
            raise ListenerFailed from error

    def close(self) -> None:
        """Tell no more, and see the listener end."""
        if self._postman is not None:
            self._waiting.put(None)
            self._postman.join()
        self._outbox.close()
        self._process.join()

    def _post(self) -> None:
        while (message := self._waiting.get()) is not None:
            try:
                self.tell_at_once(message)
            except ListenerFailed:
                return  # whoever asks next learns of it


def _listen(
    listener: Listener, inbox: Connection, replies: Connection, others: tuple[Connection, ...]
) -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the teller decides when it is over
    for other in others:
        other.close()
    _leave_what_is_open()
    gc.disable()  # what is kept is kept to the end
    try:
        with contextlib.suppress(EOFError):
            while True:
                reply = listener(inbox.recv_bytes())
                if reply is not None:
                    replies.send_bytes(reply)
    except BaseException:  # noqa: BLE001 - whatever it is, the teller must not wait for ever
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
        os._exit(FAILED)
    # Without the goodbyes of what was opened before the fork: that belongs to the teller.
    os._exit(0)


def _leave_what_is_open() -> None:
    """
    Have Django connect anew here: two processes on one connection take each other's answers.

    What was open is kept, untouched: to let go of it would tell the server that all is over.
    """
    for each in connections.all(initialized_only=True):
        _open_elsewhere.append(each.connection)
        each.connection = None


_open_elsewhere: list[Any] = []
