"""A calm life is remembered as it was heard, whatever boxes make of it afterwards."""

from contextlib import closing

import pytest

from cvq.twin.disturbed import Disturbed, Memory, Remembered
from cvq.twin.ground import read
from cvq.twin.oracle import Oracle
from cvq.twin.recorded import Recorded
from cvq.twin.witness import Witness
from town import ZONE, Town, town_here


@pytest.fixture
def town(db: None) -> Town:
    """Return a town with one family that has money."""
    town = town_here()
    town.family("Petit", card="petit", topped_up="20,00")
    return town


def test_what_a_box_spends_without_its_line_is_not_taken_from_the_memory_of_it(town: Town) -> None:
    hall = Recorded(town.connection, Witness(Oracle(read())), zone=ZONE, tills={})
    memory = Memory()
    wallet = f"WALLET:{town.households['Petit'].pk}"

    left = Remembered.of(hall, memory).left()
    left[wallet] -= 450
    left_of = Remembered.of(hall, memory).left_of([wallet])
    left_of[wallet] -= 450

    with closing(Disturbed(hall, memory, dsn=town.connection.info.dsn, seed=1)) as again:
        assert again.left()[wallet] == again.left_of([wallet])[wallet] == 2000
