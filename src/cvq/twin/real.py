"""
Boxes that are processes of their own: the twin holds cards to their readers, and they do the rest.

What such a box decided is read back from what its reader says, as a bystander would.
"""

import json
import socket
from typing import Any

from cvq.kernel.unable import Unable
from cvq.rules.vocabulary import By, Direction, Verdict
from cvq.twin.places import Spot
from cvq.wire.events import Event
from cvq.wire.words import SENTENCES, shown

PATIENCE_SECONDS = 35.0  # a box gives itself thirty
MAX_LINE = 4_096
REFUSALS = {said: reason for reason, said in SENTENCES.items()}


class BoxSilent(Unable):
    """A box does not say what it did, or does not say in time where its readers are."""


class RealBox:
    """The readers of one box, as who plays the people reaches them."""

    def __init__(self, device: int) -> None:
        """Stand before the door: where its readers are is known once the box has started."""
        self.device = device
        self.address = ("", 0)
        self.is_cut = False

    def present(self, spot: Spot, ref: str, at: int, direction: Direction, *, turns: bool) -> Event:
        """
        Hold a card to a reader, and return what the box did.

        :raises BoxSilent: it does not say.
        """
        gesture = {"ref": ref, "point": spot.point, "dir": direction, "turns": turns}
        said = self._exchange(json.dumps(gesture).encode() + b"\n")
        if "error" in said:
            raise BoxSilent(f"Le boîtier {self.device} : {said['error']}")
        verdict, way = _verdict(said), Direction(said["direction"])
        return Event(
            dev=self.device,
            seq=said["seq"],
            at=at,
            pt=spot.point,
            ref=ref,
            dir=way,
            by=By.DOOR if self.is_cut or not spot.online else By.TOWN,
            said=verdict,
            why=REFUSALS.get(said["sentence"]) if verdict is Verdict.REFUSED else None,
        )

    def _exchange(self, gesture: bytes) -> dict[str, Any]:
        # A line for each: readers hang up on who stands there and does nothing.
        try:
            with socket.create_connection(self.address, timeout=PATIENCE_SECONDS) as line:
                line.sendall(gesture)
                told = line.makefile("rb").readline(MAX_LINE)
            said: dict[str, Any] = json.loads(told)
        except (OSError, ValueError) as error:
            raise BoxSilent(f"Le boîtier {self.device} ne dit pas ce qu'il a fait.") from error
        return said


def _verdict(said: dict[str, Any]) -> Verdict:
    if not said["opens"]:
        return Verdict.REFUSED
    noted = shown(Verdict.NOTED, Direction(said["direction"]))
    return Verdict.NOTED if said["word"] == noted.word else Verdict.GRANTED
