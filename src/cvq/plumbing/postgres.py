"""
The PostgreSQL that comes with us: made, started, joined and stopped by this process.

It works as root (the server then runs as ``postgres`` or ``nobody``) and as anyone else, and it
dies with its parent, whoever has joined it: who needs it for long looks whether it is up, and
starts it again.  It creates no user and opens no parent folder.
"""

import contextlib
import ctypes
import fcntl
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from psycopg.conninfo import make_conninfo

from cvq.kernel.unable import Unable
from cvq.plumbing import binaries

PR_SET_PDEATHSIG = 1
SOCKET_PATH_MAX_BYTES = 103
START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 30.0
ENDING_CHARACTERS_MAX = 2000

SETTINGS = {
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
}
# For tests only: a power cut may lose everything.
CARELESS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "4GB",
}


class OtherMajorVersion(Unable):
    """The data were written by another major version of PostgreSQL."""


class PortInUse(Unable):
    """Another program listens where the server was to listen."""


class NotEnoughRights(Unable):
    """The user that runs the server may not use the folder."""


class FolderOutOfReach(NotEnoughRights):
    """A parent of the folder is closed to that user, as /root is; nothing was made."""


class ServerWillNotStart(Unable):
    """PostgreSQL stopped at once, for a reason that its log tells."""


class Server:
    """One PostgreSQL server on one folder.  Start and stop it from a thread that stays alive."""

    def __init__(
        self,
        folder: Path,
        *,
        bindir: Path | None = None,
        tcp_port: int | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Say where the data are; nothing is touched before ``start``."""
        self.folder = folder.absolute()
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self.sockets = self.folder / "run"
        self.port = tcp_port or 5432
        self._tcp = tcp_port is not None
        self._bindir = bindir
        self._settings = dict(settings or {})
        self._identity = _identity()
        self._process: subprocess.Popen[bytes] | None = None
        self._borrowed_sockets: Path | None = None
        self._binaries: binaries.Binaries | None = None

    def __enter__(self) -> Self:
        """Start the server."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the server."""
        self.stop()

    @property
    def programs(self) -> binaries.Binaries:
        """Return the programs of the same version, ``pg_dump`` among them."""
        if self._binaries is None:
            self._binaries = (
                binaries.of_wheel(self.folder, self._identity)
                if self._bindir is None
                else binaries.of_system(self._bindir)
            )
        return self._binaries

    def dsn(self, database: str = "postgres", *, user: str = "postgres") -> str:
        """Return how to connect through the socket, which asks no password."""
        return make_conninfo(host=str(self.sockets), port=self.port, user=user, dbname=database)

    def start(self) -> Self:
        """
        Start the server, making its data on first use; join it if it already runs.

        Called again once the server is gone, it brings it back where it was.

        :raises OtherMajorVersion: the data need another PostgreSQL; they are left as they are.
        :raises PortInUse: the TCP port is taken.
        :raises FolderOutOfReach: the folder is closed to the server's user.
        :raises NotEnoughRights: the data are.
        :raises ServerWillNotStart: it stopped; the end of its log is in the message.
        """
        self._make_folders()
        with self._alone():
            self._await_end()
            if self._join():
                return self
            self._check_version()
            if not self.data.exists():
                self._make_data()
            self._find_short_sockets()
            self._check_port()
            self._launch()
        return self

    def is_up(self) -> bool:
        """Tell whether the server that was started or joined is still there."""
        if self._process is not None and self._process.poll() is not None:
            self._process = None
        return self._process is not None or _listens(self.sockets, self.port)

    def stop(self) -> None:
        """Stop the server if this process started it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # "fast": ends the sessions, keeps all data
            try:
                self._process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGQUIT)  # the next start replays its journal
                self._process.wait(STOP_SECONDS_MAX)
            self._process = None
        if self._borrowed_sockets is not None:
            shutil.rmtree(self._borrowed_sockets, ignore_errors=True)
            self._borrowed_sockets = None

    def _make_folders(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if self._identity:
                self.folder.chmod(0o711)
            self._own(self.sockets)
            self._run("/usr/bin/test", "-x", self.folder)
        except (PermissionError, subprocess.CalledProcessError) as error:
            raise FolderOutOfReach(
                f"{self.folder} est fermé à l'utilisateur qui fait tourner PostgreSQL. Choisissez "
                "un autre dossier avec CVQ_HOME, par exemple CVQ_HOME=/var/lib/cvq."
            ) from error

    def _own(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        if self._identity:
            user, group = self._identity["user"], self._identity["group"]
            os.chown(folder, user, group, follow_symlinks=False)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        # Two commands may start at once; the second waits, then joins the server of the first.
        with (self.folder / "lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _await_end(self) -> None:
        # Whoever started it is stopping it: it gives way in a moment, and must be gone by then.
        end = time.monotonic() + STOP_SECONDS_MAX
        while _is(lines := self._postmaster(), "stopping") and time.monotonic() < end:
            if not Path(f"/proc/{lines[0]}").exists():
                return
            time.sleep(0.02)

    def _join(self) -> bool:
        lines = self._postmaster()
        if not _is(lines, "ready"):
            return False
        port, sockets = int(lines[3]), Path(lines[4])
        if not _listens(sockets, port):  # the file outlived a crash
            return False
        self.port, self.sockets = port, sockets
        return True

    def _check_version(self) -> None:
        try:
            written = int((self.data / "PG_VERSION").read_text())
        except FileNotFoundError:
            return
        if written != self.programs.major:
            raise OtherMajorVersion(
                f"Les données de {self.data} sont celles de PostgreSQL {written} et ce programme "
                f"apporte PostgreSQL {self.programs.major}. Rien n'a été touché. Sauvegardez-les "
                f"avec pg_dump {written}, déplacez ce dossier, puis restaurez la sauvegarde."
            )

    def _make_data(self) -> None:
        # Made beside, then renamed: a folder that is there is whole.
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self._own(fresh)
        options = ["--username=postgres", "--auth-local=trust", "--auth-host=scram-sha-256"]
        options += ["--encoding=UTF8", "--data-checksums", *self.programs.locale_options]
        options += ["--no-sync"] if self._settings.get("fsync") == "off" else []
        try:
            self._run(self.programs / "initdb", "-D", fresh, *options)
        except subprocess.CalledProcessError as error:
            raise ServerWillNotStart(f"initdb : {error.stdout[-ENDING_CHARACTERS_MAX:]}") from error
        fresh.rename(self.data)

    def _find_short_sockets(self) -> None:
        if len(os.fsencode(self.sockets / f".s.PGSQL.{self.port}.lock")) > SOCKET_PATH_MAX_BYTES:
            self._borrowed_sockets = self.sockets = Path(tempfile.mkdtemp(prefix="cvq-"))
            self._own(self.sockets)
        elif self.sockets != self.folder / "run":  # borrowed by whoever we had joined
            self._borrowed_sockets = self.sockets

    def _check_port(self) -> None:
        if not self._tcp:
            return
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError as error:
                raise PortInUse(
                    f"Le port {self.port} est déjà pris par un autre programme : arrêtez-le, ou "
                    "choisissez un autre port."
                ) from error

    def _launch(self) -> None:
        quoted = str(self.sockets).replace('"', '""')
        settings = SETTINGS | {
            "listen_addresses": "127.0.0.1" if self._tcp else "",
            "port": str(self.port),
            "unix_socket_directories": f'"{quoted}"',  # a list: a comma would split it
        }
        command = [str(self.programs / "postgres"), "-D", str(self.data)]
        for name, value in (settings | self._settings).items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            begins_at = log.tell()
            self._process = subprocess.Popen(
                command,
                cwd="/",
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with(os.getpid()),  # noqa: PLW1509 - two system calls, no lock
                **self._identity,
            )
        self._wait(begins_at)

    def _wait(self, begins_at: int) -> None:
        assert self._process is not None
        end = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < end:
            lines = self._postmaster()
            if _is(lines, "ready") and int(lines[0]) == self._process.pid:
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.02)
        self.stop()
        with self.log.open("rb") as log:
            log.seek(begins_at)
            said = log.read().decode(errors="replace")
        if "Permission denied" in said:
            raise NotEnoughRights(f"PostgreSQL ne peut pas lire {self.data} :\n{said}")
        raise ServerWillNotStart(
            f"PostgreSQL ne démarre pas sur {self.data} :\n{said[-ENDING_CHARACTERS_MAX:]}"
        )

    def _postmaster(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _run(self, *command: object) -> None:
        subprocess.run(
            [str(word) for word in command],
            check=True,
            cwd="/",
            env=_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **self._identity,
        )


def _is(postmaster: list[str], state: str) -> bool:
    return len(postmaster) >= 8 and postmaster[7].strip() == state


def _listens(sockets: Path, port: int) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(sockets / f".s.PGSQL.{port}"))
        except OSError:
            return False
    return True


def _identity() -> dict[str, Any]:
    """Return who runs the server: us, or somebody of no power since PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    known = {user.pw_name: user for user in pwd.getpwall()}
    chosen = known.get("postgres") or known["nobody"]
    return {"user": chosen.pw_uid, "group": chosen.pw_gid, "extra_groups": []}


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "TZ": "UTC"}


def _die_with(parent: int) -> Any:
    def in_child() -> None:
        # Set after the change of user, which forgets it: the server stops cleanly if we are killed.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != parent:
            os._exit(1)

    return in_child
