"""
A whole box, from its key file and its folder: what one process of ``cvq edge`` runs.

The thread that decides and the thread that tells have each their own connections to the files.
"""

import threading
from collections.abc import Callable
from pathlib import Path

from cvq.edge.asking import PATIENCE_SECONDS, Asking
from cvq.edge.ballast import BALLAST_BYTES, Ballast
from cvq.edge.controller import Box, Controller
from cvq.edge.journal import Journal
from cvq.edge.line import Line
from cvq.edge.link import Link
from cvq.edge.memory import Memory, snapshot_path
from cvq.edge.outbox import Outbox
from cvq.edge.ports import Actuator, Reader, Town
from cvq.edge.snapshot import Snapshot, set_aside_if_damaged
from cvq.edge.uplink import Clock, Uplink
from cvq.kernel.unable import Unable
from cvq.rules.vocabulary import Sector
from cvq.wire.enrolment import Enrolment, read_enrolment
from cvq.wire.policy import MAX_POLICY

UPLINK_PATIENCE_SECONDS = 20.0
UPKEEP_EVERY_MS = 60_000
TURN_SECONDS = 0.05


class NotEnrolled(Unable):
    """There is no key file for this box, or it cannot be read."""


def read_keys(home: Path, device: int) -> Enrolment:
    """
    Return the key file of a box.

    :raises NotEnrolled: it is missing, unreadable, unfinished, or another box's.
    """
    file = home / "devices" / f"{device}.json"
    try:
        enrolment = read_enrolment(file.read_bytes())
    except NotADirectoryError as error:
        raise NotEnrolled(
            f"{home} n'est pas un dossier : donnez celui du territoire (--home, ou CVQ_HOME)."
        ) from error
    except FileNotFoundError as error:
        raise NotEnrolled(
            f"Le boîtier {device} n'a pas de fichier de clés : {file} n'existe pas. Vérifiez son "
            "numéro et le dossier du territoire (--home, ou CVQ_HOME)."
        ) from error
    except OSError as error:
        raise NotEnrolled(
            f"{file} ne se lit pas : rendez-le lisible à qui lance le boîtier."
        ) from error
    except ValueError as error:  # what msgspec and UTF-8 raise is one
        raise NotEnrolled(
            f"{file} est abîmé : remettez-en la copie, ou enrôlez le boîtier sous un nouveau "
            "numéro."
        ) from error
    if enrolment.device != device:
        raise NotEnrolled(f"{file} est la clé de l'appareil {enrolment.device}, pas {device}.")
    if not (enrolment.sectors and enrolment.policy_keys):
        raise NotEnrolled(
            f"{file} ne dit pas qui croire : lancez « cvq device enrol » à la mairie."
        )
    return enrolment


def folder_of(home: Path, device: int) -> Path:
    """Return the folder of a box's own files, made if need be."""
    folder = home / "edge" / str(device)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def open_snapshots(folder: Path, enrolment: Enrolment) -> dict[Sector, Snapshot]:
    """Open the policy of each sector of a box, for one thread."""
    return {
        sector: Snapshot(snapshot_path(folder, sector), device=enrolment.device, sector=sector)
        for sector in enrolment.sectors
    }


class Running:
    """One box: its controller, and its uplink if it has a gateway."""

    def __init__(
        self,
        enrolment: Enrolment,
        folder: Path,
        *,
        reader: Reader,
        actuator: Actuator,
        town: Town,
        boot: str,
        ballast_bytes: int = BALLAST_BYTES,
    ) -> None:
        """Open the files of a box."""
        self.enrolment = enrolment
        self.folder = folder
        self.link = Link()
        for sector in enrolment.sectors:
            set_aside_if_damaged(snapshot_path(folder, sector))
        self.snapshots = open_snapshots(folder, enrolment)
        self.journal = Journal(
            folder / "journal.sqlite3",
            device=enrolment.device,
            ballast=Ballast(folder / "ballast", ballast_bytes),
        )
        self.memory = Memory(self.journal, self.snapshots)
        self.controller = Controller(
            Box(enrolment.device, boot, enrolment.turnstile),
            memory=self.memory,
            link=self.link,
            reader=reader,
            actuator=actuator,
            town=town,
        )

    def close(self) -> None:
        """Close the files."""
        self.journal.ballast.close()
        self.journal.close()
        for snapshot in self.snapshots.values():
            snapshot.close()

    def uplink(self, url: str, clock: Clock) -> Uplink:
        """Return what tells this box's journal to a gateway, for another thread."""
        return Uplink(
            self.enrolment,
            line=Line(url, timeout=UPLINK_PATIENCE_SECONDS, max_reply=MAX_POLICY),
            link=self.link,
            outbox=Outbox(self.journal.path, device=self.enrolment.device),
            snapshots=open_snapshots(self.folder, self.enrolment),
            clock=clock,
        )

    def loop(self, stop: threading.Event, clock: Clock, wait: Callable[[float], None]) -> None:
        """Turn until asked to stop."""
        kept_up = clock.mono()
        while not stop.is_set():
            self.controller.step(clock.now(), clock.mono())
            if clock.mono() - kept_up >= UPKEEP_EVERY_MS:
                kept_up = clock.mono()
                self.controller.upkeep()
            wait(TURN_SECONDS)


def asking(enrolment: Enrolment, url: str, monotonic: Callable[[], float]) -> Asking:
    """Return the town hall at the end of a line, for points that ask first."""
    return Asking(
        Line(url, timeout=PATIENCE_SECONDS),
        device=enrolment.device,
        hmac_key=bytes.fromhex(enrolment.hmac_key),
        monotonic=monotonic,
    )
