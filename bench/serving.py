"""
The servers of the benches, each a process of its own: ``python -m bench.serving NAME PORT``.

`gateway` is the product's; `nothing` is the same with a settlement that grants everything and
looks at nothing; `orm` is the peer.
"""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.ground import NOW
from cvq.rules.vocabulary import Means, Verdict
from cvq.taps.told import Answer, Told

START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 10
ROOT = Path(__file__).parents[1]
ORM = ("--interface", "wsgi", "--workers", "2", "--blocking-threads", "2", "--no-ws")


def nothing(*, told: Sequence[Told], **_: Any) -> list[Answer]:
    """Grant everything and look at nothing."""
    return [
        Answer(device=one.event.dev, seq=one.event.seq, said=Verdict.GRANTED, means=Means.WALLET)
        for one in told
    ]


@contextlib.contextmanager
def serving(name: str, *, health: str) -> Iterator[tuple[int, int]]:
    """Run one of the servers; give its port and the number of its process."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.serving", name, str(port)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait(process, f"http://127.0.0.1:{port}{health}")
        yield port, process.pid
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(process: "subprocess.Popen[bytes]", address: str) -> None:
    end = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < end:
        assert process.poll() is None, "the server of the bench stopped at once"
        with contextlib.suppress(OSError, urllib.error.URLError):
            urllib.request.urlopen(address, timeout=5).read()
            return
        time.sleep(0.05)
    raise TimeoutError(f"{address} does not answer")


def main(name: str, port: int) -> None:
    """Become one of the servers."""
    if name == "orm":
        os.environ["DJANGO_SETTINGS_MODULE"] = "bench.peers.orm_settings"
        os.execv(
            sys.executable,
            [
                sys.executable,
                "-m",
                "granian",
                *ORM,
                "--port",
                str(port),
                "bench.peers.orm_wsgi:application",
            ],
        )
    import django

    django.setup()
    from cvq.config import asgi, clock
    from cvq.taps.settle import settle

    still = clock.Clock(begins=NOW, speed=1, read=lambda: 0)
    application = asgi.gateway(
        os.environ["DATABASE_URL"],
        folder=Path(os.environ["CVQ_HOME"]),
        settle=settle if name == "gateway" else nothing,
        time=still,
    )
    asgi.serve(application, host="127.0.0.1", port=port)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
