"""One HTTPS connection to the API, kept open; every wait and every answer is bounded."""

import contextlib
import http.client
import ssl
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

REPLY_BYTES_MAX = 256 * 1024


class NoReply(Exception):
    """Nothing came back; it never says what was asked, which names somebody."""


class Reply(NamedTuple):
    """What came back; the names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Line:
    """A connection that one thread uses at a time."""

    def __init__(self, url: str, *, timeout_seconds: float) -> None:
        """Aim at the API; nothing is opened yet."""
        self._parts = urlsplit(url)
        self._timeout = timeout_seconds
        self._connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.close()
            self._connection = None

    def get(self, path: str, *, bearer: str) -> Reply:
        """
        Ask once and return the answer; a connection that went stale is opened again.

        :raises NoReply: no answer, or one that is too long.
        """
        was_open = self._connection is not None
        try:
            return self._exchange(path, bearer)
        except (http.client.RemoteDisconnected, ConnectionError):
            self.close()
            if not was_open:
                raise NoReply from None
        except (OSError, http.client.HTTPException, ValueError):
            self.close()
            raise NoReply from None
        try:
            return self._exchange(path, bearer)
        except (OSError, http.client.HTTPException, ValueError):
            self.close()
            raise NoReply from None

    def _exchange(self, path: str, bearer: str) -> Reply:
        if self._connection is None:
            self._connection = self._dial()
        headers = {"authorization": f"Bearer {bearer}", "accept": "application/json"}
        self._connection.request("GET", self._parts.path.rstrip("/") + path, headers=headers)
        response = self._connection.getresponse()
        body = response.read(REPLY_BYTES_MAX + 1)
        if len(body) > REPLY_BYTES_MAX:
            raise http.client.HTTPException
        told = {name.lower(): value for name, value in response.getheaders()}
        if response.will_close:
            self.close()
        return Reply(response.status, told, body)

    def _dial(self) -> http.client.HTTPConnection:
        host, port, timeout = self._parts.hostname or "", self._parts.port, self._timeout
        if self._parts.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=timeout, context=context)
        return http.client.HTTPConnection(host, port, timeout=timeout)
