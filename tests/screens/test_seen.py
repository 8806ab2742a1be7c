"""How pages are looked at: whole, however slowly they come."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from seen import is_as_wide_as_the_screen, objections

PAGE = (
    b"<!doctype html><html lang=fr><head><title>Lente</title></head><body><main><h1>Lente</h1>"
    b"<form method=post><button>Payer</button></form><img src=/></main></body></html>"
)
SECONDS_LATE = 0.3


class _Slow(BaseHTTPRequestHandler):
    """Answer at once, and send the page later."""

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.flush()
        time.sleep(SECONDS_LATE)
        self.wfile.write(PAGE)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.send_response(302)
        self.send_header("Location", "/recu")
        self.end_headers()


@pytest.fixture
def slow() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Slow)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_page_that_comes_slowly_after_a_form_is_looked_at_whole(slow: str, browser: Any) -> None:
    page = browser.new_page()
    page.goto(slow)

    for look in (objections, is_as_wide_as_the_screen):
        page.get_by_role("button", name="Payer").click()
        seen = look(page)

        assert page.url == f"{slow}recu"
        assert page.evaluate("document.readyState") == "complete"
        assert seen is True or [one.split()[0] for one in seen] == ["image-alt"]
    page.close()
