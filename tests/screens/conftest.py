"""The pages on a server of their own, and a real browser."""

import os
import threading
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.db import connections
from django.test import Client

from cvq.access.models import User
from cvq.config import clock
from cvq.kernel.local import at_ms
from cvq.plumbing.connections import underneath
from cvq.plumbing.roles import APP
from databases import as_default, clone, drop
from pages import Pages, live
from town import TODAY, Town, town_here

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
NOW = "08:40"


@pytest.fixture
def clock_of_the_town(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pages live on the morning of the stories."""
    _set_clock(monkeypatch)


def _set_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    begins = Town.at(_Day(), NOW)
    monkeypatch.setenv(clock.VARIABLE, f"{clock.real_ms()}:{at_ms(begins)}:1")


class _Day:
    today = TODAY


@pytest.fixture(scope="session")
def lived(template: str, django_db_blocker: Any) -> Iterator[tuple[str, Town]]:
    """Let the Petits live for three weeks, once for all that will open their pages."""
    name = f"{template}_lived_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    clone(template, name)
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        django_db_blocker.unblock(),
        as_default(name, APP),
    ):
        _set_clock(monkeypatch)
        town = town_here()
        live(town)
    yield name, town
    drop(name)


@pytest.fixture(scope="session")
def origin(lived: tuple[str, Town]) -> str:
    """Let each test begin with what the Petits have lived."""
    return lived[0]


@pytest.fixture
def site(
    database: Any,
    lived: tuple[str, Town],
    clock_of_the_town: None,
    settings: Any,
    tmp_path: Path,
) -> Iterator[Pages]:
    """Serve the pages of a town in which the Petits have lived for three weeks."""
    settings.STATIC_ROOT = tmp_path
    town = lived[1]
    # What a test does to the town is its own, as what it writes in the database.
    town = deepcopy(town, {id(town.connection): underneath()})
    with _served() as address:
        yield Pages(town, address)
    connections.close_all()


class _Quiet(WSGIRequestHandler):
    timeout = 10  # a browser opens lines on which it never asks anything

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Threads(ThreadingMixIn, WSGIServer):
    # What is being answered is waited for: the next test drops its database.
    daemon_threads = False


class _served:
    """Serve the pages on a free port of this machine."""

    def __enter__(self) -> str:
        from django.core.handlers.wsgi import WSGIHandler

        handler = WSGIHandler()

        def application(environ: Any, start: Any) -> Any:
            try:
                response = handler(environ, start)
                try:
                    yield from response
                finally:
                    response.close()
            finally:
                connections.close_all()

        self._server = make_server(
            "127.0.0.1", 0, application, server_class=_Threads, handler_class=_Quiet
        )
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Start a real browser once; without one these tests are left out."""
    if not CHROMIUM.exists():
        pytest.skip("il manque chromium : apt-get install -y chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def page_of(site: Pages, browser: Any) -> Iterator[Callable[..., Any]]:
    """Return how somebody opens a page in the browser, logged in by the form."""
    contexts = []

    def open_page(
        user: User | None = None, *, width: int = 1280, height: int = 900, **how: Any
    ) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale="fr-FR", **how
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        if user is not None:
            cookie = _logged_in(user)
            context.add_cookies([{"name": "sessionid", "value": cookie, "url": site.address}])
        return page

    yield open_page
    for context in contexts:
        context.close()


def _logged_in(user: User) -> str:
    client = Client()
    client.force_login(user)
    return str(client.cookies["sessionid"].value)


@pytest.fixture(autouse=True)
def _no_event_loop_of_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    # Playwright keeps an event loop in this thread; the tests use the database beside it.
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
