"""The server that carries our mail, as one address says it; without it mail lies in a folder."""

import os
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from cvq.kernel.unable import Unable

VARIABLE = "CVQ_EMAIL_URL"
# What each way is called, with the port that it has unless told. Réf. RFC 8314, section 3.3.
PORTS = {"smtp": 25, "submission": 587, "smtps": 465}


class NoSuchRelay(Unable):
    """The environment names no server that mail could leave by."""


class Relay(NamedTuple):
    """Where mail leaves by, who we are there, and from whom it comes."""

    way: str
    host: str
    port: int
    user: str
    password: str
    sender: str


def from_environment() -> Relay | None:
    """
    Return the server that mail leaves by; nothing when it must stay here, as in a demonstration.

    :raises NoSuchRelay: the address says nothing that we understand.
    """
    said = os.environ.get(VARIABLE, "")
    if not said or os.environ.get("CVQ_SIMULATED") == "1":
        return None
    try:
        told = urlsplit(said)
        host, port = told.hostname, told.port
    except ValueError:
        raise _unreadable() from None
    if not host or told.scheme not in PORTS:
        raise _unreadable()
    user = unquote(told.username or "")
    otherwise = user if "@" in user else f"ne-pas-repondre@{host}"
    return Relay(
        way=told.scheme,
        host=host,
        port=port or PORTS[told.scheme],
        user=user,
        password=unquote(told.password or ""),
        sender=parse_qs(told.query).get("from", [otherwise])[0],
    )


def _unreadable() -> NoSuchRelay:
    return NoSuchRelay(  # never what it says, which holds a password
        f"{VARIABLE} ne se lit pas : donnez smtp://, submission:// (STARTTLS) ou smtps://, "
        "puis utilisateur:motdepasse@serveur:port."
    )
