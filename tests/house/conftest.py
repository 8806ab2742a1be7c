"""Folders and environments of the house's own tests."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder, with a space in its name, that the server's user may enter."""
    top = Path(tempfile.mkdtemp(prefix="cvq house-"))
    top.chmod(0o711)
    yield top
    shutil.rmtree(top)


@pytest.fixture
def alone(folder: Path) -> dict[str, str]:
    """Give the environment of a command that no server is given to."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("PG", "DATABASE_", "DJANGO_"))}
    return kept | {"CVQ_HOME": str(folder / "home")}
