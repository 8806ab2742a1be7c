"""The folder of one territory: its description and the secrets that are never in the database."""

import contextlib
import json
import os
import secrets
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from cvq.kernel.unable import Unable

SECRET_BYTES = 48


class NoFolder(Unable):
    """What should be the folder of a territory is a file."""


class TerritoryUnreadable(Unable):
    """The file that describes the territory is damaged."""


class Territory(msgspec.Struct, frozen=True, kw_only=True):
    """One intercommunality: who it is, and the time and school year it lives by."""

    siren: str
    name: str
    time_zone: str = "Europe/Paris"
    school_zone: str | None = None  # none outside zones A, B and C: never zone A by default

    def __post_init__(self) -> None:
        """Refuse a time zone that no clock knows."""
        ZoneInfo(self.time_zone)


NOWHERE = Territory(siren="", name="")


def path() -> Path:
    """
    Return the folder of the territory that this process serves.

    :raises NoFolder: it is a file, or would be in one.
    """
    folder = Path(os.environ.get("CVQ_HOME", "var")).absolute()
    for one in (folder, *folder.parents):
        if one.is_file():
            raise NoFolder(f"{one} est un fichier : donnez dans CVQ_HOME le chemin d'un dossier.")
    return folder


def read_territory(home: Path) -> Territory:
    """
    Return the territory that ``cvq init`` wrote, or an unnamed one on the time of Paris.

    :raises TerritoryUnreadable: the file is there and cannot be believed.
    """
    file = home / "territory.json"
    try:
        return msgspec.json.decode(file.read_bytes(), type=Territory)
    except FileNotFoundError:
        return NOWHERE
    except PermissionError as error:
        raise TerritoryUnreadable(
            f"{file} ne se lit pas : rendez-le lisible à qui lance cette commande."
        ) from error
    except (OSError, ValueError, KeyError) as error:  # what msgspec raises is a ValueError
        raise TerritoryUnreadable(
            f"{file} est abîmé : remettez-en la copie, ou ôtez-le et refaites-le avec « cvq init "
            "--epci SIREN », qui ne change rien d'autre."
        ) from error


def write_territory(home: Path, territory: Territory) -> None:
    """Write the territory in one move, so that a reader never sees half of it."""
    home.mkdir(parents=True, exist_ok=True)
    fresh = home / "territory.json.new"
    described: dict[str, Any] = msgspec.to_builtins(territory)
    fresh.write_text(json.dumps(described, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    fresh.replace(home / "territory.json")


def secret(home: Path, name: str) -> bytes:
    """Return the secret of that name, drawing it on first use in a file only we can read."""
    folder = home / "secrets"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / name
    if not file.exists():
        _draw(file)
    return file.read_bytes()


def _draw(file: Path) -> None:
    # Two processes may start at once: linking a finished file lets one win, and never shows half.
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(secrets.token_urlsafe(SECRET_BYTES).encode("ascii"))
    with contextlib.suppress(FileExistsError):
        file.hardlink_to(fresh)
    fresh.unlink()


def known_secret(home: Path, name: str) -> bytes | None:
    """Return the secret of that name if it was ever drawn, and draw nothing."""
    file = home / "secrets" / name
    return file.read_bytes() if file.exists() else None
