"""
The gateway and the stream of the boards as a server runs them: one process and one event loop each.

Django is set up for its settings only: none of its code is on the way of a tap.
"""

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from django.conf import settings
from django.http.request import validate_host
from granian.constants import Interfaces
from granian.server.embed import Server
from psycopg import Connection

from cvq.board.stream import Stream
from cvq.config import clock, keys
from cvq.kernel.unable import Unable
from cvq.plumbing import pipeline
from cvq.taps.gateway import Gateway
from cvq.taps.gateway.application import Settle
from cvq.taps.gateway.lanes import MAX_WAITING
from cvq.taps.settle import settle as the_spine
from cvq.taps.snapshot import Snapshots

CONNECT_SECONDS_MAX = 5
STATEMENT_MS_MAX = 5_000
# One is always kept for the doors, which wait; two take journals side by side.
LANES = 3
OBJECTS_BEFORE_COLLECTING = 50_000
BACKLOG = 1024
CALL_EVERY_SECONDS = 0.05
CALLS_MAX = 600

Application = Gateway | Stream


class PortTaken(Unable):
    """Another program listens where devices would speak to us."""


def connecting(dsn: str, name: str = "cvq gateway") -> Callable[[], Connection[Any]]:
    """Return how a lane opens its connection, and opens it again when it is lost."""

    def connect() -> Connection[Any]:
        return psycopg.connect(
            dsn,
            autocommit=True,
            prepare_threshold=None,  # the pipelines of the spine prepare their own
            connect_timeout=CONNECT_SECONDS_MAX,
            application_name=name,
            options=f"-c statement_timeout={STATEMENT_MS_MAX} {pipeline.OPTIONS}",
        )

    return connect


def gateway(
    dsn: str,
    *,
    folder: Path,
    settle: Settle = the_spine,
    time: clock.Clock | None = None,
    lanes: int = LANES,
) -> Gateway:
    """Return the application of the territory whose database and folder are given."""
    zone = ZoneInfo(settings.TERRITORY.time_zone)
    return Gateway(
        settle=settle,
        connect=connecting(dsn),
        clock=time or clock.from_environment(),
        zone=zone,
        policies=Snapshots(signer=keys.policy_signer(folder), zone=zone).serve,
        lanes=lanes,
    )


def stream(dsn: str, *, time: clock.Clock | None = None) -> Stream:
    """Return what tells the boards of the territory whose database is given what is sealed."""
    from cvq.board import watching  # its models need Django

    return Stream(
        connect=connecting(dsn, "cvq live"),
        clock=time or clock.from_environment(),
        zone=ZoneInfo(settings.TERRITORY.time_zone),
        session_in=watching.session_in,
        may_watch=watching.may_watch,
        hosts=lambda host: validate_host(host, settings.ALLOWED_HOSTS),
    )


def tune() -> None:
    """Make this process one that answers doors: what it is made of is never collected again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BEFORE_COLLECTING, 50, 50)


def _nothing() -> None:
    pass


def serve(
    application: Application,
    *,
    host: str,
    port: int,
    ready: Callable[[], None] = _nothing,
    leave: Callable[[], None] = _nothing,
) -> None:
    """
    Answer those who come until asked to stop; call `ready` once they can reach us.

    `leave` is called when we are asked to stop: the server waits for answers that have no end.

    :raises PortTaken: another program listens there.
    """
    check_port(host, port)
    tune()
    asyncio.run(_serve(application, host, port, ready, leave))


async def _serve(
    application: Application,
    host: str,
    port: int,
    ready: Callable[[], None],
    leave: Callable[[], None],
) -> None:
    listening = server(application, host=host, port=port)
    end: Callable[[], None] = listening.stop
    loop = asyncio.get_running_loop()

    def stop() -> None:
        leave()
        end()

    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop)
    telling = loop.create_task(_tell_when_reached(host, port, ready))
    try:
        await listening.serve()
    finally:
        telling.cancel()


async def _tell_when_reached(host: str, port: int, ready: Callable[[], None]) -> None:
    # Granian says that it starts, not that it listens: only somebody who calls can tell.
    for _ in range(CALLS_MAX):
        try:
            _, line = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(CALL_EVERY_SECONDS)
        else:
            line.close()
            ready()
            return


def server(application: Application, *, host: str, port: int) -> Server:
    """Return what listens, for an event loop that runs."""
    return Server(
        application,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        websockets=False,
        backlog=BACKLOG,
        backpressure=2 * MAX_WAITING,  # who is too many is told so by us, not left at the door
        log_enabled=False,
    )


def check_port(host: str, port: int) -> None:
    """
    Make sure that nobody listens there.

    :raises PortTaken: somebody does.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with contextlib.closing(socket.socket(family)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(
                f"{host}:{port} est déjà pris, ou n'est pas une adresse de cette machine : "
                "arrêtez l'autre programme, ou choisissez --port."
            ) from error
