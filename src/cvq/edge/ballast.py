"""A file of zeros that is thrown out when the disk is full, so that the last taps are written."""

import os
import shutil
from pathlib import Path

BALLAST_BYTES = 8 * 1024 * 1024
_SLICE = 64 * 1024


class Ballast:
    """The room kept for the journal when everything else has filled the disk."""

    def __init__(self, path: Path, size: int = BALLAST_BYTES) -> None:
        """Take the room, if there is twice as much."""
        self.path = path
        self.size = size
        self.is_thrown = True
        self.restore()

    def release(self) -> bool:
        """Throw the ballast out; tell whether that gave any room."""
        self.is_thrown = True
        try:
            self.path.unlink()
        except FileNotFoundError:
            return False
        return True

    def restore(self) -> bool:
        """Take the room back as soon as there is twice as much; tell whether we have it."""
        if self.path.exists():
            self.is_thrown = False
            return True
        if shutil.disk_usage(self.path.parent).free < 2 * self.size:
            return False
        fresh = self.path.with_suffix(".new")
        with fresh.open("wb") as file:
            # Written, not merely reserved: a hole in a file keeps no room.
            for _ in range(self.size // _SLICE):
                file.write(os.urandom(_SLICE))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)
        self.is_thrown = False
        return True
