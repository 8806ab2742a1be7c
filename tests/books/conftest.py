"""The crowd of the books."""

from typing import Any

import pytest

from books.crowd import Crowd, Flow, crowded
from cvq.catalog import points as catalogue
from cvq.twin import ground


@pytest.fixture
def crowd(db: None) -> Crowd:
    """Return a crowded town, founded in a transaction that is rolled back."""
    town = crowded()
    return Crowd(town, ground.read())


@pytest.fixture
def flow(database: Any) -> Flow:
    """Give a crowded town that commits, as the processes see it; family D has nine euros."""
    town = crowded()
    catalogue.refresh(town.connection)
    flow = Flow.on(Crowd(town, ground.read()))
    flow.top_up({"D": 450})
    return flow
