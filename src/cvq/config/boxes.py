"""
What a box must know beside its own keys: its sectors, and who may sign its policies.

Written into its key file once the catalogue knows it, and again when its points or the keys of
the town hall change.  Its own keys are never drawn again.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from cvq.config import keys
from cvq.kernel.unable import Unable
from cvq.rules.vocabulary import SECTOR_OF, Purpose
from cvq.wire.enrolment import Enrolment, read_enrolment, write_enrolment


class KeyFileMissing(Unable):
    """The keys of a box are not here: they may be on the box already."""


def complete(folder: Path) -> list[int]:
    """
    Complete the key file of each enrolled box that is in this folder; return which changed.

    :raises KeyFileMissing: a file is there and cannot be read.
    """
    from cvq.catalog.kinds import DeviceProfile, DeviceState
    from cvq.catalog.models import Device

    trusted = keys.policy_keys(folder)
    changed = []
    for device in Device.objects.filter(state=DeviceState.ENROLLED).order_by("id"):
        file = folder / "devices" / f"{device.id}.json"
        if not file.exists():
            continue
        purposes = device.points.values_list("service__purpose", flat=True).distinct()
        points = device.points.order_by("id").values_list("id", "name")
        known = _read(file)
        wanted = msgspec.structs.replace(
            known,
            code=device.code,
            sectors=tuple(sorted({SECTOR_OF[Purpose(purpose)] for purpose in purposes})),
            policy_keys=_written(trusted),
            turnstile=device.profile == DeviceProfile.TURNSTILE,
            points=tuple(points),
        )
        if wanted != known:
            _write(file, wanted)
            changed.append(device.id)
    return changed


def _written(trusted: Mapping[str, bytes]) -> dict[str, str]:
    return {kid: key.hex() for kid, key in trusted.items()}


def _read(file: Path) -> Enrolment:
    try:
        return read_enrolment(file.read_bytes())
    except (OSError, ValueError) as error:  # what msgspec and UTF-8 raise is one
        raise KeyFileMissing(
            f"{file} est abîmé, ou ne se lit pas : remettez-en la copie, ou ôtez ce fichier et "
            "enrôlez le boîtier sous un nouveau numéro."
        ) from error


def _write(file: Path, enrolment: Enrolment) -> None:
    """Write in one move: a box that starts meanwhile reads the old file or the new one."""
    fresh = file.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(write_enrolment(enrolment))
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(file)
