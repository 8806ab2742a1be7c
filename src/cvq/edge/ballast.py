"""A file of noise that is thrown out when the disk is full, so that the last taps are written."""

import os
import shutil
import threading
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
        self._fresh = path.with_suffix(".new")
        self._turn = threading.Lock()  # held for an instant: the door loop takes it too
        self._needed = threading.Event()  # the room, by the journal, now
        self._thread: threading.Thread | None = None
        self.restore()

    def close(self) -> None:
        """Give up what is being written."""
        self._needed.set()
        self.wait()

    def wait(self) -> None:
        """Wait until nothing is being written."""
        if self._thread is not None:
            self._thread.join()

    def release(self) -> bool:
        """Throw the ballast out; tell whether that gave any room."""
        with self._turn:
            self._needed.set()
            self.is_thrown = True
            try:
                self.path.unlink()
            except FileNotFoundError:
                return False
        return True

    def restore_aside(self) -> None:
        """Begin to take the room back without making anybody wait: a card is slow to write."""
        if self._thread is None or not self._thread.is_alive():
            self._needed.clear()
            self._thread = threading.Thread(target=self._take_back, name="ballast", daemon=True)
            self._thread.start()

    def restore(self) -> bool:
        """Take the room back as soon as there is twice as much; tell whether we have it."""
        self._needed.clear()
        return self._take_back()

    def _take_back(self) -> bool:
        if not self.path.exists():
            try:
                self._write()
            except OSError:  # the disk filled up meanwhile: later, then
                pass
            finally:
                self._fresh.unlink(missing_ok=True)
        with self._turn:
            self.is_thrown = not self.path.exists()
        return not self.is_thrown

    def _write(self) -> None:
        if shutil.disk_usage(self.path.parent).free < 2 * self.size:
            return
        with self._fresh.open("wb") as file:
            # Written, not merely reserved: a hole in a file keeps no room.
            for _ in range(self.size // _SLICE):
                if self._needed.is_set():
                    return
                file.write(os.urandom(_SLICE))
            file.flush()
            os.fsync(file.fileno())
        with self._turn:
            if not self._needed.is_set():
                self._fresh.replace(self.path)
