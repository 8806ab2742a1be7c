"""
Asking the town hall while somebody stands at the door: 300 ms, and then the door decides alone.

A town hall that does not answer is left in peace for a while, so that a queue at a cut-off door
does not wait for it one by one.
"""

import concurrent.futures
from collections.abc import Callable

from cvq.edge.line import UNREADABLE, Line, LineDown, Reply
from cvq.wire.events import Event, canon
from cvq.wire.messages import ASK_PATH, Answer, read_answer
from cvq.wire.signing import ASK, DEVICE_HEADER, MAC_HEADER, mac

PATIENCE_SECONDS = 0.3
PAUSE_SECONDS = 2.0
MAX_PAUSE_SECONDS = 30.0


class Asking:
    """A town hall at the end of a line."""

    def __init__(
        self, line: Line, *, device: int, hmac_key: bytes, monotonic: Callable[[], float]
    ) -> None:
        """Keep one connection open, used by one thread at a time."""
        self._line = line
        self._device = device
        self._key = hmac_key
        self._monotonic = monotonic
        self._thread = concurrent.futures.ThreadPoolExecutor(max_workers=1)
        self._busy: concurrent.futures.Future[Reply] | None = None
        self._pause = PAUSE_SECONDS
        self._not_before = 0.0

    def close(self) -> None:
        """Stop asking."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._line.close()

    def is_reachable(self) -> bool:
        """Tell whether the town hall answered lately and nobody else is asking."""
        if self._busy is not None and not self._busy.done():
            return False
        return self._monotonic() >= self._not_before

    def ask(self, event: Event) -> Answer | None:
        """Return the answer of the town hall, or nothing after 300 ms."""
        self._busy = self._thread.submit(self._exchange, canon(event))
        try:
            reply = self._busy.result(timeout=PATIENCE_SECONDS)
            answer = read_answer(reply.body) if reply.status == 200 else None
            overloaded = reply.status >= 500
        except (concurrent.futures.TimeoutError, LineDown, *UNREADABLE):
            answer, overloaded = None, True
        if overloaded:
            self._not_before = self._monotonic() + self._pause
            self._pause = min(2 * self._pause, MAX_PAUSE_SECONDS)
        else:
            self._pause = PAUSE_SECONDS
        return answer

    def _exchange(self, body: bytes) -> Reply:
        headers = {DEVICE_HEADER: str(self._device), MAC_HEADER: mac(self._key, ASK, body)}
        return self._line.send("POST", ASK_PATH, body=body, headers=headers)
