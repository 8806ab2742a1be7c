"""A territory that is served keeps its database, whoever had started it and however it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from house.test_cli import cvq
from house.test_postgres import ORPHAN, postmaster

PATIENCE_SECONDS = 40


def until(what: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.1)
    return False


def is_well(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def test_a_served_territory_has_its_database_back(folder: Path, alone: dict[str, str]) -> None:
    assert cvq(alone, "migrate").returncode == 0
    port, pages = free_port(), free_port()
    data = folder / "home/pg"
    other = subprocess.Popen(
        [sys.executable, "-c", ORPHAN, str(data)], stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "up\n"
    command = [sys.executable, "-m", "cvq.config.cli", "serve", "--port", str(port)]
    command += ["--web-port", str(pages), "--live-port", str(free_port())]
    serve = subprocess.Popen(command, env=alone, stderr=subprocess.DEVNULL)
    try:
        assert until(lambda: is_well(port))
        started_by_the_other = postmaster(data)

        other.terminate()
        other.wait()
        assert until(lambda: _is_another(data, started_by_the_other) and is_well(port))

        killed = postmaster(data)
        os.kill(killed, signal.SIGKILL)
        assert until(lambda: _is_another(data, killed) and is_well(port))
        assert serve.poll() is None
    finally:
        serve.terminate()
        serve.wait()
        other.stdout.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_another(data: Path, before: int) -> bool:
    try:
        return postmaster(data) != before
    except FileNotFoundError:
        return False
