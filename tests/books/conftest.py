"""The crowd of the books."""

import pytest

from books.crowd import Crowd, crowded
from cvq.twin import ground


@pytest.fixture
def crowd(db: None) -> Crowd:
    """Return a crowded town, founded in a transaction that is rolled back."""
    town = crowded()
    return Crowd(town, ground.read())
