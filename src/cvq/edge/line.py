"""One HTTP connection to the gateway, kept open; every wait and every answer is bounded."""

import contextlib
import http.client
import ssl
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from cvq.kernel.unable import Unable

# What reading an answer may raise: a proxy answers anything, bytes that are no UTF-8 included.
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class LineDown(Unable):
    """The gateway does not answer, or not what a gateway answers."""


class Reply(NamedTuple):
    """What came back."""

    status: int
    body: bytes


class Line:
    """A connection that one thread uses at a time."""

    def __init__(self, url: str, *, timeout: float, max_reply: int = 64 * 1024) -> None:
        """
        Aim at a gateway; nothing is opened yet.

        :raises LineDown: the address is no HTTP address.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise LineDown(f"{url} : ce n'est pas l'adresse d'une passerelle (http ou https).")
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._timeout = timeout
        self._max_reply = max_reply
        self._connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.close()
            self._connection = None

    def send(
        self, method: str, path: str, *, body: bytes | None, headers: Mapping[str, str]
    ) -> Reply:
        """
        Send one request and return its answer; a connection that went stale is opened again.

        :raises LineDown: no answer, or one that is too long.
        """
        was_open = self._connection is not None
        try:
            return self._exchange(method, path, body, headers)
        except (http.client.RemoteDisconnected, ConnectionError) as error:
            self.close()
            if not was_open:
                raise LineDown(f"Pas de réponse : {error}") from error
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise LineDown(f"Pas de réponse : {error}") from error
        try:
            # All we send may be sent twice: it is named by its device and number.
            return self._exchange(method, path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise LineDown(f"Pas de réponse : {error}") from error

    def _exchange(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Reply:
        if self._connection is None:
            self._connection = self._dial()
        sent = dict(headers)
        if body is not None:
            sent["content-type"] = "application/json"
        self._connection.request(method, path, body=body, headers=sent)
        response = self._connection.getresponse()
        content = response.read(self._max_reply + 1)
        if len(content) > self._max_reply:
            raise http.client.HTTPException("la réponse est trop longue")
        if response.will_close:
            self.close()
        return Reply(response.status, content)

    def _dial(self) -> http.client.HTTPConnection:
        if self._secure:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(
                self._host, self._port, timeout=self._timeout, context=context
            )
        return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
