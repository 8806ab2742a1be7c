"""One process per box: two on one folder would write one journal."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from cvq.kernel.unable import Unable


class AlreadyRuns(Unable):
    """Another process runs this box."""


@contextlib.contextmanager
def alone(folder: Path, device: int) -> Iterator[None]:
    """
    Keep the folder of a box for this process; whatever ends it gives the folder back.

    :raises AlreadyRuns: another process has it; nothing was touched.
    """
    with (folder / "lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRuns(f"Le boîtier {device} tourne déjà.") from error
        yield
