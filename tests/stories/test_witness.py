"""The oracle hears each thing after what it followed, whichever process tells it first."""

from collections.abc import Sequence
from datetime import date

from cvq.taps.told import Told
from cvq.twin.heard import DaysCharged, Saw, ToppedUp
from cvq.twin.oracle import Oracle, Stands
from cvq.twin.witness import Witness


class Diary(Oracle):
    """An oracle that only writes down what it was told."""

    def __init__(self) -> None:
        """Begin with an empty page, and nothing known of the territory."""
        self.page: list[object] = []

    def tell_all(self, told: Sequence[Told], *, received_at: int) -> list[Stands]:
        """Write down a batch by its instant."""
        self.page.append(received_at)
        return []

    def top_up(self, wallet: str, cents: int, key: str, held_in: str) -> None:
        """Write down money."""
        self.page.append(key)

    def charge_days(self, until: date) -> None:
        """Write down a night."""
        self.page.append(until)


def test_what_overtook_the_teller_is_heard_after_what_it_followed() -> None:
    diary = Diary()
    witness = Witness(diary)
    night = date(2025, 1, 6)

    witness.hear(Saw([], [], at=1))
    witness.hear(Saw([], [], at=30, after=3))
    witness.hear(Saw([], [], at=11, after=1))
    witness.hear(ToppedUp("WALLET:1", 1000, "topup:1", "TILL"))
    witness.hear(DaysCharged(night))

    assert diary.page == [1, "topup:1", night, 30, 11]
